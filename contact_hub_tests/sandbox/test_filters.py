"""The filter grammar, by properties."""

import contextlib
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.sandbox import Clinic
from contact_hub.sandbox.filters import BadFilter, Kind, parse_filter
from contact_hub.sandbox.query import ListQuery, parse_list_query, select_page
from contact_hub.sandbox.resources import RESOURCES

KINDS = {kind.name.lower(): kind for kind in Kind}
COMPARE = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda m: m.replace(microsecond=0, tzinfo=UTC))
numbers = st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1)
dates = st.dates(date(1900, 1, 1), date(2090, 1, 1))
texts = st.text("aAbB%_.*+ 'é", max_size=5)


def matches(text: str, value: Any) -> bool:
    return parse_filter(text, KINDS).matches(value)


@given(moments, moments, st.sampled_from(sorted(COMPARE)))
def test_moments_compare(value: datetime, bound: datetime, sign: str) -> None:
    assert matches(f"moment:{sign}{bound:%Y-%m-%dT%H:%M:%SZ}", value) == COMPARE[sign](value, bound)


@given(dates, dates, st.sampled_from(sorted(COMPARE)))
def test_dates_compare(value: date, bound: date, sign: str) -> None:
    assert matches(f"date:{sign}{bound}", value.isoformat()) == COMPARE[sign](value, bound)


@given(dates, dates, st.booleans(), st.booleans(), st.booleans())
def test_date_wildcards_leave_parts_open(value: date, said: date, year: bool, month: bool, day: bool) -> None:
    parts = [
        f"{said.year:04d}" if year else "****",
        f"{said.month:02d}" if month else "**",
        f"{said.day:02d}" if day else "**",
    ]
    expected = (
        (not year or value.year == said.year)
        and (not month or value.month == said.month)
        and (not day or value.day == said.day)
    )
    assert matches(f"date:={'-'.join(parts)}", value.isoformat()) == expected


@given(numbers, st.lists(numbers, min_size=1, max_size=4))
def test_numbers_equal_any_of_a_list(value: int, wanted: list[int]) -> None:
    listed = ",".join(map(str, wanted))
    assert matches(f"number:={listed}", value) == (value in wanted)
    assert matches(f"number:!={listed}", value) == (value not in wanted)


@given(numbers, numbers, st.sampled_from(sorted(COMPARE)))
def test_numbers_compare(value: int, bound: int, sign: str) -> None:
    assert matches(f"number:{sign}{bound}", value) == COMPARE[sign](value, bound)


@given(texts, texts)
def test_texts_equal_contain_and_resemble(value: str, said: str) -> None:
    assert matches(f"text:={said}", value) == (value == said)
    assert matches(f"text:!={said}", value) == (value != said)
    if not said.startswith("~"):
        assert matches(f"text:~{said}", value) == (said.lower() in value.lower())
    like = "".join(".*" if c == "%" else re.escape(c) for c in said)
    assert matches(f"text:~~{said}", value) == bool(re.fullmatch(like, value, re.IGNORECASE))


@given(st.lists(numbers, max_size=4), numbers)
def test_arrays_contain(value: list[int], wanted: int) -> None:
    assert matches(f"numbers:~{wanted}", value) == (wanted in value)


@pytest.mark.parametrize("value", [True, False, None])
def test_flags(value: bool | None) -> None:
    assert matches("flag:=true", value) is (value is True)
    assert matches("flag:!=true", value) is (value is False)


@pytest.mark.parametrize("kind", ["moment", "date", "number", "text"])
def test_null_is_found_by_its_own_operator_only(kind: str) -> None:
    sample = {"moment": "2020-01-01T00:00:00Z", "date": "2020-01-01", "number": "1", "text": "a"}[kind]
    for sign in {"moment": "< >", "date": "= >", "number": "= != <=", "text": "= != ~ ~~"}[kind].split():
        assert not matches(f"{kind}:{sign}{sample}", None)
    assert matches(f"{kind}:!?", None)
    assert not matches(f"{kind}:?", None)
    assert matches("moment:*", None)


@given(st.text(max_size=12) | st.builds("{}:{}".format, st.sampled_from(sorted(KINDS)), st.text(max_size=12)))
def test_anything_else_is_refused_as_a_bad_filter(text: str) -> None:
    with contextlib.suppress(BadFilter):
        assert parse_filter(text, KINDS).matches(None) in (True, False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("phone:=1", "phone is not filterable"),
        ("number:>x", "number must be a number"),
        ("number:=1,", "number must be a number"),
        ("moment:=2020-01-01T00:00:00Z", "cannot be used with moment"),
        ("moment:>2020-01-01", "must be a UTC date and time"),
        ("moment:>2020-13-01T00:00:00Z", "must be a date and time"),
        ("date:>****-01-01", "must be a date"),
        ("number:*", "cannot be used with number"),
        ("flag:=yes", "must be true or false"),
        ("number", "not a valid filter"),
    ],
)
def test_refusals_say_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(BadFilter, match=re.escape(says)):
        parse_filter(text, KINDS)


@given(
    st.lists(
        st.sampled_from(
            [
                "archived_at:*",
                "archived_at:?",
                "last_name:~o",
                "date_of_birth:=****-05-**",
                "id:>1390726237298631770",
                "id:<=1391726237298631770",
                "id:!=1",
                "id:=1,75335034,75335070,1390949025959771648",
                "accepted_privacy_policy:!=true",
            ]
        ),
        max_size=3,
    ),
    st.sampled_from(["id", "id:desc", "created_at", "updated_at:desc,id", "last_name,first_name:desc"]),
    st.sampled_from([7, 50, 100]),
)
def test_pages_hold_every_wanted_row_once_in_order(clinic: Clinic, filters: list[str], sort: str, size: int) -> None:
    resource = RESOURCES["patients"]
    asked = parse_list_query([*(("q[]", one) for one in filters), ("sort", sort), ("per_page", str(size))], resource)
    rows = list(pages(clinic, asked))
    wanted = [*asked.filters]
    if not any(one.field == "archived_at" for one in wanted):
        wanted.append(parse_filter("archived_at:!?", resource.filterable))
    expected = {row.id for row in clinic.tables.patients if all(one.matches(row.value(one.field)) for one in wanted)}
    assert len(rows) == len(expected)
    assert {row.id for row in rows} == expected
    field, descending = asked.sort[0]
    keys = [row.value(field) for row in rows if row.value(field) is not None]
    assert keys == sorted(keys, reverse=descending)


def pages(clinic: Clinic, asked: ListQuery) -> Any:
    number, total = 1, 1
    while (number - 1) * asked.per_page < total:
        page = select_page(
            clinic.tables.patients,
            RESOURCES["patients"],
            ListQuery(asked.filters, asked.sort, number, asked.per_page),
        )
        total, number = page.total, number + 1
        yield from page.rows


def test_a_change_is_seen_at_once(changing_clinic: Clinic) -> None:
    table, resource = changing_clinic.tables.patients, RESOURCES["patients"]
    asked = parse_list_query([("q[]", "updated_at:>=2026-11-23T00:00:00Z")], resource)
    assert select_page(table, resource, asked).total == 0
    patient = next(iter(changing_clinic.truth.live_patients()))
    changing_clinic.update_patient(patient, first_name="Changed")
    assert [str(row.id) for row in select_page(table, resource, asked).rows] == [patient]
    assert table[int(patient)].updated_at - timedelta(hours=1) < changing_clinic.clock()
