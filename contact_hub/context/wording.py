"""When, in words: 'today at 2 pm', 'tomorrow at 10:30 am', 'on Tuesday 3 December at 2 pm'.

Which day is today is judged on the clinic's calendar at the moment of speaking; days are counted, never hours, so nights
on which the clocks change are nights like any other. Names of days and months and the shape of a time are Babel's (CLDR).
"""

from dataclasses import dataclass
from datetime import date, datetime

from babel import Locale
from babel.dates import format_datetime, format_time

from contact_hub.context.languages import locale_of
from contact_hub.context.zones import local


@dataclass(frozen=True)
class _Words:
    """How a language says it. ``day`` and ``year`` are CLDR date patterns: of a day, and of a day in another year."""

    yesterday: str
    today: str
    tomorrow: str
    day: str
    year: str
    joined: str


_ENGLISH = _Words("yesterday", "today", "tomorrow", "'on' EEEE d MMMM", "'on' EEEE d MMMM y", "{day} at {time}")
_AMERICAN = _Words("yesterday", "today", "tomorrow", "'on' EEEE, MMMM d", "'on' EEEE, MMMM d, y", "{day} at {time}")
_WORDS = {
    "en": _ENGLISH,
    "de": _Words("gestern", "heute", "morgen", "'am' EEEE, d. MMMM", "'am' EEEE, d. MMMM y", "{day} um {time} Uhr"),
    "es": _Words("ayer", "hoy", "mañana", "'el' EEEE d 'de' MMMM", "'el' EEEE d 'de' MMMM 'de' y", "{day} a las {time}"),
    "fr": _Words("hier", "aujourd’hui", "demain", "'le' EEEE d MMMM", "'le' EEEE d MMMM y", "{day} à {time}"),
    "vi": _Words(
        "hôm qua",
        "hôm nay",
        "ngày mai",
        "'vào' EEEE, 'ngày' d 'tháng' M",
        "'vào' EEEE, 'ngày' d 'tháng' M 'năm' y",
        "{day} lúc {time}",
    ),
    "zh": _Words("昨天", "今天", "明天", "M月d日EEEE", "y年M月d日EEEE", "{day}{time}"),
}
_SPACES = str.maketrans({"\u202f": " ", "\u00a0": " "})


def when(starts_at: datetime, now: datetime, time_zone: str, language: str | None = None) -> str:
    """When something begins or began, as one says it at ``now``.

    Args:
        starts_at, now: aware moments.
        time_zone: IANA zone of the business where it takes place; never the reader's or the machine's.
        language: a tag such as ``en-AU`` or ``de``; see :mod:`~contact_hub.context.languages` for any other.

    Raises:
        ValueError: a moment is naive.
        ConfigurationError: there is no such zone.
    """
    start, today = local(starts_at, time_zone), local(now, time_zone).date()
    locale = locale_of(language)
    words = _american(locale) or _WORDS[locale.language]
    text = words.joined.format(day=_day(start, today, words, locale), time=_time(start, locale))
    if locale.language == "es":
        text = text.replace(" a las 1:", " a la 1:")
    return text.translate(_SPACES)


def _american(locale: Locale) -> _Words | None:
    """English where the month comes first."""
    pattern = locale.date_formats["full"].pattern
    return _AMERICAN if locale.language == "en" and pattern.index("MMMM") < pattern.index("d") else None


def _day(start: datetime, today: date, words: _Words, locale: Locale) -> str:
    distance = (start.date() - today).days
    if distance in (-1, 0, 1):
        return (words.today, words.tomorrow, words.yesterday)[distance]
    pattern = words.day if start.year == today.year else words.year
    if locale.language == "fr" and start.day == 1:
        pattern = pattern.replace("d MMMM", "d'er' MMMM")
    return format_datetime(start, pattern, locale=locale)


def _time(start: datetime, locale: Locale) -> str:
    """The time of day, with twelve or twenty-four hours as the locale has it; full hours in English are '2 pm'."""
    if locale.language == "en" and "h" in locale.time_formats["short"].pattern:
        return format_datetime(start, "h:mm a" if start.minute else "h a", locale=locale)
    return format_time(start.time(), "short", locale=locale)
