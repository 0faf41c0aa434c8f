"""When, in words, on the clinic's own calendar."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.context import when
from contact_hub.context.languages import LANGUAGES, language_tag
from contact_hub.errors import ConfigurationError

ZONES = {
    "Sydney": "Australia/Sydney",
    "Brisbane": "Australia/Brisbane",
    "Adelaide": "Australia/Adelaide",
    "Lord Howe": "Australia/Lord_Howe",
    "London": "Europe/London",
    "Chatham": "Pacific/Chatham",
}


def moment(text: str, city: str) -> datetime:
    """What a clock in that city shows ('2026-12-03 14:00'), or UTC with a Z at the end."""
    if text.endswith("Z"):
        return datetime.fromisoformat(text)
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONES[city]))


# Columns: where; what its clocks show now; when the appointment is; how it is said.
TABLE = """
Sydney    | 2026-11-30 09:00 | 2026-11-30 14:00 | today at 2 pm
Sydney    | 2026-11-30 09:00 | 2026-12-01 10:30 | tomorrow at 10:30 am
Sydney    | 2026-11-30 09:00 | 2026-12-02 14:00 | on Wednesday 2 December at 2 pm
Sydney    | 2026-11-30 09:00 | 2027-01-05 08:05 | on Tuesday 5 January 2027 at 8:05 am
Sydney    | 2026-12-31 23:59 | 2027-01-01 09:00 | tomorrow at 9 am
Sydney    | 2026-12-30 12:00 | 2027-01-01 09:00 | on Friday 1 January 2027 at 9 am
Sydney    | 2026-11-30 09:00 | 2026-11-29 14:00 | yesterday at 2 pm
Sydney    | 2026-11-30 09:00 | 2026-11-03 14:00 | on Tuesday 3 November at 2 pm
Sydney    | 2026-11-30 09:00 | 2025-12-02 14:00 | on Tuesday 2 December 2025 at 2 pm
Sydney    | 2026-11-30 15:00 | 2026-11-30 14:00 | today at 2 pm
Sydney    | 2026-11-30 00:00 | 2026-11-30 12:00 | today at 12 pm
Sydney    | 2026-11-30 00:00 | 2026-12-01 00:00 | tomorrow at 12 am
# midnight: one minute decides, and the date in UTC never does
Sydney    | 2026-11-30 23:59 | 2026-12-01 00:01 | tomorrow at 12:01 am
Sydney    | 2026-12-01 00:00 | 2026-12-01 00:01 | today at 12:01 am
Sydney    | 2026-11-30 00:00 | 2026-12-01 23:59 | tomorrow at 11:59 pm
Sydney    | 2026-11-30T23:30Z | 2026-12-01T23:30Z | tomorrow at 10:30 am
Sydney    | 2026-11-30T12:59Z | 2026-11-30T23:30Z | tomorrow at 10:30 am
Sydney    | 2026-11-30T13:00Z | 2026-11-30T23:30Z | today at 10:30 am
Brisbane  | 2026-11-30T13:59Z | 2026-11-30T23:30Z | tomorrow at 9:30 am
Brisbane  | 2026-11-30T14:00Z | 2026-11-30T23:30Z | today at 9:30 am
Adelaide  | 2026-11-30T13:29Z | 2026-11-30T23:30Z | tomorrow at 10 am
Adelaide  | 2026-11-30T13:30Z | 2026-11-30T23:30Z | today at 10 am
Chatham   | 2026-11-30T10:14Z | 2026-11-30T23:30Z | tomorrow at 1:15 pm
Chatham   | 2026-11-30T10:15Z | 2026-11-30T23:30Z | today at 1:15 pm
# the night to Sunday 4 October 2026: Sydney, Adelaide and Lord Howe go forward, Brisbane does not
Sydney    | 2026-10-03 14:00 | 2026-10-04 14:00 | tomorrow at 2 pm
Sydney    | 2026-10-03 00:00 | 2026-10-04 23:59 | tomorrow at 11:59 pm
Sydney    | 2026-10-03T13:59Z | 2026-10-04T04:00Z | tomorrow at 3 pm
Sydney    | 2026-10-03T14:00Z | 2026-10-04T04:00Z | today at 3 pm
Sydney    | 2026-10-03T15:59Z | 2026-10-03T16:00Z | today at 3 am
Sydney    | 2026-10-03 23:30 | 2026-10-05 00:15 | on Monday 5 October at 12:15 am
Brisbane  | 2026-10-03T13:59Z | 2026-10-04T04:00Z | tomorrow at 2 pm
Adelaide  | 2026-10-03T16:29Z | 2026-10-03T16:30Z | today at 3 am
Lord Howe | 2026-10-03T15:29Z | 2026-10-03T15:30Z | today at 2:30 am
Lord Howe | 2026-10-03 14:00 | 2026-10-04 14:00 | tomorrow at 2 pm
Adelaide  | 2026-10-03 14:00 | 2026-10-04 14:00 | tomorrow at 2 pm
Adelaide  | 2026-10-03T14:29Z | 2026-10-04T03:30Z | tomorrow at 2 pm
Adelaide  | 2026-10-03T14:30Z | 2026-10-04T03:30Z | today at 2 pm
Lord Howe | 2026-10-03T13:29Z | 2026-10-04T03:00Z | tomorrow at 2 pm
Lord Howe | 2026-10-03T13:30Z | 2026-10-04T03:00Z | today at 2 pm
Brisbane  | 2026-10-03T15:59Z | 2026-10-03T16:30Z | today at 2:30 am
# whoever books a time that this night leaves out gets one that is there, and the day stays
Sydney    | 2026-10-03 23:59 | 2026-10-04 02:30 | tomorrow at 3:30 am
Lord Howe | 2026-10-03 23:59 | 2026-10-04 02:15 | tomorrow at 2:45 am
# the night to Sunday 5 April 2026: they go back, an hour comes twice (on Lord Howe half of one)
Sydney    | 2026-04-04 14:00 | 2026-04-05 14:00 | tomorrow at 2 pm
Sydney    | 2026-04-04T15:30Z | 2026-04-04T16:30Z | today at 2:30 am
Sydney    | 2026-04-05 00:00 | 2026-04-05 23:59 | today at 11:59 pm
Sydney    | 2026-04-04 00:00 | 2026-04-05 23:59 | tomorrow at 11:59 pm
Adelaide  | 2026-04-04T13:29Z | 2026-04-05T06:30Z | tomorrow at 4 pm
Adelaide  | 2026-04-04T13:30Z | 2026-04-05T06:30Z | today at 4 pm
Sydney    | 2026-04-04T12:59Z | 2026-04-05T04:00Z | tomorrow at 2 pm
Sydney    | 2026-04-04T13:00Z | 2026-04-05T04:00Z | today at 2 pm
Sydney    | 2026-04-05T13:59Z | 2026-04-05T14:00Z | tomorrow at 12 am
Adelaide  | 2026-04-04T16:00Z | 2026-04-04T17:00Z | today at 2:30 am
Lord Howe | 2026-04-04T14:45Z | 2026-04-04T15:15Z | today at 1:45 am
Lord Howe | 2026-04-04T12:59Z | 2026-04-05T03:30Z | tomorrow at 2 pm
Lord Howe | 2026-04-04T13:00Z | 2026-04-05T03:30Z | today at 2 pm
Brisbane  | 2026-04-04 14:00 | 2026-04-05 14:00 | tomorrow at 2 pm
# London: forward on 29 March, back on 25 October 2026
London    | 2026-03-28 14:00 | 2026-03-29 14:00 | tomorrow at 2 pm
London    | 2026-03-28T23:59Z | 2026-03-29T13:00Z | tomorrow at 2 pm
London    | 2026-03-29T00:00Z | 2026-03-29T13:00Z | today at 2 pm
London    | 2026-03-29T00:59Z | 2026-03-29T01:00Z | today at 2 am
London    | 2026-03-28 23:59 | 2026-03-29 01:30 | tomorrow at 2:30 am
London    | 2026-10-24 14:00 | 2026-10-25 14:00 | tomorrow at 2 pm
London    | 2026-10-24T22:59Z | 2026-10-25T14:00Z | tomorrow at 2 pm
London    | 2026-10-24T23:00Z | 2026-10-25T14:00Z | today at 2 pm
London    | 2026-10-25T00:30Z | 2026-10-25T01:30Z | today at 1:30 am
# every city, both change days: the last minute of the evening before, and midnight
Sydney    | 2026-10-03 23:59 | 2026-10-04 09:00 | tomorrow at 9 am
Sydney    | 2026-10-04 00:00 | 2026-10-04 09:00 | today at 9 am
Sydney    | 2026-04-04 23:59 | 2026-04-05 09:00 | tomorrow at 9 am
Sydney    | 2026-04-05 00:00 | 2026-04-05 09:00 | today at 9 am
Brisbane  | 2026-10-03 23:59 | 2026-10-04 09:00 | tomorrow at 9 am
Brisbane  | 2026-10-04 00:00 | 2026-10-04 09:00 | today at 9 am
Brisbane  | 2026-04-04 23:59 | 2026-04-05 09:00 | tomorrow at 9 am
Brisbane  | 2026-04-05 00:00 | 2026-04-05 09:00 | today at 9 am
Adelaide  | 2026-10-03 23:59 | 2026-10-04 09:00 | tomorrow at 9 am
Adelaide  | 2026-10-04 00:00 | 2026-10-04 09:00 | today at 9 am
Adelaide  | 2026-04-04 23:59 | 2026-04-05 09:00 | tomorrow at 9 am
Adelaide  | 2026-04-05 00:00 | 2026-04-05 09:00 | today at 9 am
Lord Howe | 2026-10-03 23:59 | 2026-10-04 09:00 | tomorrow at 9 am
Lord Howe | 2026-10-04 00:00 | 2026-10-04 09:00 | today at 9 am
Lord Howe | 2026-04-04 23:59 | 2026-04-05 09:00 | tomorrow at 9 am
Lord Howe | 2026-04-05 00:00 | 2026-04-05 09:00 | today at 9 am
London    | 2026-03-28 23:59 | 2026-03-29 09:00 | tomorrow at 9 am
London    | 2026-03-29 00:00 | 2026-03-29 09:00 | today at 9 am
London    | 2026-10-24 23:59 | 2026-10-25 09:00 | tomorrow at 9 am
London    | 2026-10-25 00:00 | 2026-10-25 09:00 | today at 9 am
# the evening of a change day, which has 23 or 25 hours (on Lord Howe 23.5 or 24.5), and the day after it
Sydney    | 2026-10-04 23:59 | 2026-10-05 08:00 | tomorrow at 8 am
Sydney    | 2026-10-05 00:00 | 2026-10-05 08:00 | today at 8 am
Sydney    | 2026-04-05 23:59 | 2026-04-06 08:00 | tomorrow at 8 am
Brisbane  | 2026-10-04 23:59 | 2026-10-05 08:00 | tomorrow at 8 am
Brisbane  | 2026-04-05 23:59 | 2026-04-06 08:00 | tomorrow at 8 am
Adelaide  | 2026-10-04 23:59 | 2026-10-05 08:00 | tomorrow at 8 am
Adelaide  | 2026-04-05 23:59 | 2026-04-06 08:00 | tomorrow at 8 am
Lord Howe | 2026-10-04 23:59 | 2026-10-05 08:00 | tomorrow at 8 am
Lord Howe | 2026-04-05 23:59 | 2026-04-06 08:00 | tomorrow at 8 am
London    | 2026-03-29 23:59 | 2026-03-30 08:00 | tomorrow at 8 am
London    | 2026-10-25 23:59 | 2026-10-26 08:00 | tomorrow at 8 am
# a time that no clock shows, as somebody may note it, is what the clocks show instead
Sydney    | 2026-10-03 12:00 | 2026-10-04 02:30 | tomorrow at 3:30 am
Brisbane  | 2026-10-03 12:00 | 2026-10-04 02:30 | tomorrow at 2:30 am
Adelaide  | 2026-10-03 12:00 | 2026-10-04 02:30 | tomorrow at 3:30 am
Lord Howe | 2026-10-03 12:00 | 2026-10-04 02:15 | tomorrow at 2:45 am
London    | 2026-03-28 12:00 | 2026-03-29 01:30 | tomorrow at 2:30 am
# the hour that comes twice: both are the same words
Sydney    | 2026-04-04 12:00 | 2026-04-04T15:30Z | tomorrow at 2:30 am
Sydney    | 2026-04-04 12:00 | 2026-04-04T16:30Z | tomorrow at 2:30 am
Adelaide  | 2026-04-04 12:00 | 2026-04-04T16:00Z | tomorrow at 2:30 am
Adelaide  | 2026-04-04 12:00 | 2026-04-04T17:00Z | tomorrow at 2:30 am
Lord Howe | 2026-04-04 12:00 | 2026-04-04T14:45Z | tomorrow at 1:45 am
Lord Howe | 2026-04-04 12:00 | 2026-04-04T15:15Z | tomorrow at 1:45 am
London    | 2026-10-24 12:00 | 2026-10-25T00:30Z | tomorrow at 1:30 am
London    | 2026-10-24 12:00 | 2026-10-25T01:30Z | tomorrow at 1:30 am
"""
ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(("city", "now", "starts_at", "said"), ROWS)
def test_when(city: str, now: str, starts_at: str, said: str) -> None:
    assert when(moment(starts_at, city), moment(now, city), ZONES[city], "en-AU") == said


LANGUAGES_TABLE = """
en       | today at 2 pm                   | on Friday 1 January 2027 at 10:30 am
en-AU    | today at 2 pm                   | on Friday 1 January 2027 at 10:30 am
en_NZ    | today at 2 pm                   | on Friday 1 January 2027 at 10:30 am
en-GB    | today at 14:00                  | on Friday 1 January 2027 at 10:30
en-US    | today at 2 PM                   | on Friday, January 1, 2027 at 10:30 AM
de       | heute um 14:00 Uhr              | am Freitag, 1. Januar 2027 um 10:30 Uhr
de-AT    | heute um 14:00 Uhr              | am Freitag, 1. Jänner 2027 um 10:30 Uhr
fr       | aujourd’hui à 14:00             | le vendredi 1er janvier 2027 à 10:30
es       | hoy a las 14:00                 | el viernes 1 de enero de 2027 a las 10:30
es-MX    | hoy a las 2:00 p.m.             | el viernes 1 de enero de 2027 a las 10:30 a.m.
zh       | 今天14:00                       | 2027年1月1日星期五10:30
zh-TW    | 今天下午2:00                    | 2027年1月1日星期五上午10:30
vi       | hôm nay lúc 14:00               | vào Thứ Sáu, ngày 1 tháng 1 năm 2027 lúc 10:30
it       | today at 2 pm                   | on Friday 1 January 2027 at 10:30 am
Klingon  | today at 2 pm                   | on Friday 1 January 2027 at 10:30 am
"""


@pytest.mark.parametrize("line", LANGUAGES_TABLE.strip().splitlines())
def test_languages(line: str) -> None:
    language, today, later = (cell.strip() for cell in line.split("|"))
    now = moment("2026-11-30 09:00", "Sydney")
    assert when(moment("2026-11-30 14:00", "Sydney"), now, ZONES["Sydney"], language) == today
    assert when(moment("2027-01-01 10:30", "Sydney"), now, ZONES["Sydney"], language) == later


@pytest.mark.parametrize(
    ("language", "tag"),
    [
        ("en_gb", "en-GB"), ("EN", "en"), ("de", "de"), ("zh_CN", "zh-Hans-CN"), ("zh-tw", "zh-Hant-TW"), ("en-XX", "en"),
        ("en_AU.UTF-8", "en-AU"), ("it", "en"), ("", "en"), (None, "en"), ("C", "en"), ("e" * 5000, "en"), ("de-XX", "de"),
    ],
)  # fmt: skip
def test_language_tags(language: str | None, tag: str) -> None:
    assert language_tag(language) == tag


def test_one_o_clock_in_spanish() -> None:
    now = moment("2026-11-30 09:00", "Sydney")
    assert when(moment("2026-12-01 01:15", "Sydney"), now, ZONES["Sydney"], "es") == "mañana a la 1:15"
    assert when(moment("2026-12-01 13:15", "Sydney"), now, ZONES["Sydney"], "es") == "mañana a las 13:15"
    assert when(moment("2026-12-01 11:15", "Sydney"), now, ZONES["Sydney"], "es") == "mañana a las 11:15"


def test_a_zone_that_is_none_and_a_moment_without_one() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    for name in ("Sydney", "", "../etc/passwd", "Australia", "\0"):
        with pytest.raises(ConfigurationError):
            when(now, now, name)
    with pytest.raises(ValueError, match="zone"):
        when(now.replace(tzinfo=None), now, "Australia/Sydney")


# Whatever the machine's own zone and language ---------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))


@pytest.fixture
def machine() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ("TZ", "LC_ALL", "LANG")}
    yield
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    time.tzset()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_machine_does_not_matter(machine: None, language: str) -> None:
    def said() -> list[str]:
        start = datetime(2026, 10, 3, 10, tzinfo=UTC)
        steps = [start + timedelta(minutes=37 * step) for step in range(60)]
        return [when(moment, start, zone, language) for moment in steps for zone in ZONES.values()]

    expected = said()
    for machine_zone, locale in (("Pacific/Honolulu", "fr_FR.UTF-8"), ("Asia/Tokyo", "C"), ("America/St_Johns", "zh_CN")):
        os.environ.update(TZ=machine_zone, LC_ALL=locale, LANG=locale)
        time.tzset()
        assert said() == expected


@given(
    MOMENTS, MOMENTS, st.sampled_from(sorted(ZONES.values())), st.sampled_from([*LANGUAGES, "en-GB", "en-US", "es-MX", "it"])
)
def test_it_is_always_said_on_one_line(starts_at: datetime, now: datetime, zone: str, language: str) -> None:
    text = when(starts_at, now, zone, language)
    assert text == text.strip()
    assert len(text) < 80
    assert not {"\n", "\u202f", "\u00a0", "{", "}"} & set(text)


@given(MOMENTS, st.timedeltas(timedelta(days=-3), timedelta(days=3)), st.sampled_from(sorted(ZONES.values())))
def test_today_is_a_date_and_no_span_of_hours(now: datetime, apart: timedelta, zone: str) -> None:
    there = ZoneInfo(zone)
    days = ((now + apart).astimezone(there).date() - now.astimezone(there).date()).days
    word = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days, "on")
    assert when(now + apart, now, zone).startswith(word + " ")
