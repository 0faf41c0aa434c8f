"""Dates and times as sources write them: days as people in Australia type them, timestamps as APIs send them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[t ]\s*\d{1,2}:\d{2}.*)?", re.ASCII | re.DOTALL)
_DAY_FIRST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4})(?:[t ]\s*\d{1,2}:\d{2}.*)?", re.ASCII | re.DOTALL)
_DAY_MONTH_NAME = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]+(?:of\s+)?([a-z]{3,9})[\s.,-]+(\d{4})", re.ASCII)
_MONTH_NAME_DAY = re.compile(r"([a-z]{3,9})[\s.]+(\d{1,2})(?:st|nd|rd|th)?[\s,]+(\d{4})", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?", re.ASCII)

_RAILS_OFFSET = re.compile(r"(?<=\d) ([+-]\d{2}:?\d{2})\Z", re.ASCII)

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH_NUMBERS = {name[:3]: number for number, name in enumerate(_MONTHS, 1)}

# What software and staff enter when a form insists on a date. (A zero year, month or day is no date to begin with.)
PLACEHOLDER_DATES = frozenset(
    (
        date(1, 1, 1), date(1111, 11, 11), date(1800, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1),
        date(9999, 12, 31),
    )
)  # fmt: skip
OLDEST_AGE = 125  # years; the oldest person known reached 122


def normalize_date(raw: object) -> date | None:
    """The day that `raw` names, or None.

    Read are year-month-day, also with a time behind it (which does not move the day), day-month-year with '/', '.' or
    '-', and the month by its name. Refused are two-digit years, impossible days, month-day-year and the usual
    placeholders (1900-01-01, 1111-11-11 and so on).
    """
    if isinstance(raw, datetime):
        day: date | None = raw.date()
    elif isinstance(raw, date):
        day = raw
    else:
        day = _read(raw.strip().lower()) if isinstance(raw, str) else None
    return None if day in PLACEHOLDER_DATES else day


def normalize_birth_date(raw: object, today: date) -> date | None:
    """`normalize_date`, and None for a day after `today` or more than 125 years before it."""
    day = normalize_date(raw)
    if day is None or day > today or (today.year - day.year, today.month, today.day) > (OLDEST_AGE, day.month, day.day):
        return None
    return day


def parse_timestamp(raw: object) -> datetime | None:
    """An ISO 8601 timestamp as an aware datetime in UTC, or None ('' too, as Cliniko sends it for an absent time).

    Offsets may be 'Z', '+10:00', '+1000' or, as Rails prints times, ' UTC' and ' +1000'; seconds may have fractions; without
    an offset the time is taken as UTC.
    """
    moment = raw
    if isinstance(raw, str):
        text = raw.strip()
        if _TIMESTAMP.fullmatch(text) is None:
            return None
        try:
            moment = datetime.fromisoformat(_RAILS_OFFSET.sub(r"\1", text.removesuffix(" UTC")))
        except ValueError:
            return None
    if not isinstance(moment, datetime):
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # the first and last hours of the calendar
        return None


def _read(text: str) -> date | None:
    if match := _YEAR_FIRST.fullmatch(text):
        return _date(match[1], match[3], match[4])
    if match := _DAY_FIRST.fullmatch(text):
        return _date(match[4], match[3], match[1])
    if match := _DAY_MONTH_NAME.fullmatch(text):
        return _date(match[3], _month(match[2]), match[1])
    if match := _MONTH_NAME_DAY.fullmatch(text):
        return _date(match[3], _month(match[1]), match[2])
    return None


def _month(word: str) -> int:
    """The number of a month that the word is or abbreviates, else 0."""
    number = _MONTH_NUMBERS.get(word[:3], 0)
    return number if number and (_MONTHS[number - 1].startswith(word) or word == "sept") else 0


def _date(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
