"""Days and timestamps."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.identity.dates import PLACEHOLDER_DATES, normalize_birth_date, normalize_date, parse_timestamp

DAY = date(1980, 12, 3)
TODAY = date(2026, 2, 28)


@pytest.mark.parametrize(
    "raw",
    [
        "1980-12-03", "1980-12-03T00:00:00Z", "1980-12-03T23:30:00+10:00", "1980-12-03 00:00:00", "1980/12/03", "1980-12-3",
        "03/12/1980", "3/12/1980", "3.12.1980", "03-12-1980", "3 / 12 / 1980", "3 Dec 1980", "3rd December 1980",
        "3-Dec-1980",
        "Dec 3, 1980", "December 3rd 1980", " 3 DEC 1980 ", "03/12/1980 00:00:00", DAY, datetime(1980, 12, 3, 23, 59),
    ],
)  # fmt: skip
def test_one_day_in_many_forms(raw: object) -> None:
    assert normalize_date(raw) == DAY


@pytest.mark.parametrize(
    "raw",
    [
        "03/12/80", "80-12-03", "1980-13-01", "1981-02-29", "31/04/1980", "12/25/1980", "1900-01-01", "01/01/1900",
        "0000-00-00",
        "1111-11-11", "01/01/0001", "1899-12-30", "3 Foo 1980", "1980", "1980-12", "1980-12-03X", "19801203", "", " ",
        "n/a", None,
        19801203, 0.5, [], "١٩٨٠-١٢-٠٣", "3.12-1980",
    ],
)  # fmt: skip
def test_what_names_no_day(raw: object) -> None:
    assert normalize_date(raw) is None


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2026-02-28", TODAY),
        ("2026-03-01", None),
        ("1901-02-28", date(1901, 2, 28)),
        ("1901-02-27", None),
        ("1900-12-31", None),
        ("1980-12-03", DAY),
        ("1900-01-01", None),
        (None, None),
    ],
)
def test_birth_dates(raw: object, day: date | None) -> None:
    assert normalize_birth_date(raw, TODAY) == day


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05.678Z", datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)),
        ("2024-01-02T03:04:05.123456789Z", datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("2024-01-02T13:04:05+10:00", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T13:04:05+1000", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02 03:04", datetime(2024, 1, 2, 3, 4, tzinfo=UTC)),
        ("2024-01-02T03:04:05", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (" 2024-01-02T03:04:05Z ", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (datetime(2024, 1, 2, 13, tzinfo=timezone(timedelta(hours=10))), datetime(2024, 1, 2, 3, tzinfo=UTC)),
        ("0001-01-01T00:00:00+10:00", None),
        ("9999-12-31T23:59:59-10:00", None),
        ("2024-13-02T03:04:05Z", None),
        ("2024-01-02T25:04:05Z", None),
        ("2024-W01-1", None),
        ("", None),
        (" ", None),
        ("yesterday", None),
        (None, None),
        (1704164645, None),
        (date(2024, 1, 2), None),
        ("2025-06-02 04:00:00 UTC", datetime(2025, 6, 2, 4, tzinfo=UTC)),
        ("2025-06-02 14:00:00 +1000", datetime(2025, 6, 2, 4, tzinfo=UTC)),
    ],
)
def test_timestamps(raw: object, moment: datetime | None) -> None:
    parsed = parse_timestamp(raw)
    assert parsed == moment
    assert parsed is None or parsed.tzinfo is UTC


@settings(max_examples=200, deadline=None)
@given(st.dates())
def test_every_day_reads_back(day: date) -> None:
    expected = None if day in PLACEHOLDER_DATES else day
    assert normalize_date(day.isoformat()) == expected
    assert normalize_date(f"{day.day}/{day.month}/{day.year:04}") == expected
    assert normalize_date(f"{day.day} {day:%B} {day.year:04}") == expected


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=30), st.text(alphabet="0123456789-/.T :Z+decDEC", max_size=30), st.integers(), st.none()))
def test_never_raises(raw: object) -> None:
    assert isinstance(normalize_date(raw), date | None)
    assert isinstance(parse_timestamp(raw), datetime | None)


@settings(max_examples=200, deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_reads_back(moment: datetime) -> None:
    assert parse_timestamp(moment.isoformat()) == moment
