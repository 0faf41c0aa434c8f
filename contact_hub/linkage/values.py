"""One value as people type it, to the form in which it is compared. Called once a distinct value."""

from __future__ import annotations

import re

from phonenumbers import country_code_for_region

from contact_hub.identity.addresses import STREET_TYPES
from contact_hub.identity.dates import PLACEHOLDER_DATES, normalize_date
from contact_hub.identity.emails import normalize_email
from contact_hub.identity.names import LONGEST_NAME, TITLES, match_key, normalize_name
from contact_hub.identity.phones import normalize_phone
from contact_hub.identity.placeholders import (
    WORDS_OF_NOBODY,
    is_placeholder_email,
    is_placeholder_name,
    is_placeholder_phone,
)

_WORDS = re.compile(r"[^\W\d_]+")
_PARTICLES = frozenset("de da do dos das du di la le van von der den del ter ten al el bin binti ibn mac mc st san o d".split())
_DOUBTFUL = frozenset(
    "nil null none nan unknown unkown noname nosurname surname lastname firstname undefined xxx tba tbc".split()
)
_NO_PLAIN_NAMES = _DOUBTFUL | WORDS_OF_NOBODY | TITLES.keys()
_PLAIN_WORDS = re.compile("(?:[A-Za-z]')?[A-Za-z]{2,}(?:[ -](?:[A-Za-z]')?[A-Za-z]{2,})*")
# Of these words `normalize_name` may take some out, or read the whole as nothing; the longer way decides.
_NO_PLAIN_WORDS = (
    _NO_PLAIN_NAMES
    | _PARTICLES
    | frozenset("duplicate duplicates duplicated do not no na xx of or first last twin and und et".split())
)
_APOSTROPHES = re.compile("['’`´]")
_EIGHT_DIGITS = re.compile(r"\d{8}", re.ASCII)
_LOOSE_YEAR_FIRST = re.compile(r"(\d{4})[-/. ]?(\d{1,2})[-/. ]?(\d{1,2})(?:[t ].*)?", re.ASCII)
_LOOSE_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4}|\d{2})", re.ASCII)
_LAST_SHORT_YEAR = 25  # '25' is 2025, '26' is 1926; fixed, so that a result does not depend on the day
_OLDEST_YEAR, _NEWEST_YEAR = 1880, 2100
_DIGITS = re.compile(r"\d+", re.ASCII)
_FLOAT_END = re.compile(r"(?<=\d)\.0+\s*$")
"""Of a number that was read as a float and made a text: 412345678.0."""
_MIN_PHONE = 7
_ADDRESS_PARTS = re.compile(r"[^\W\d_]+|\d+(?:[a-z](?![^\W\d_]))?")
_UNIT_WORDS = frozenset("unit u apartment apt flat villa townhouse suite ste shop level lot no number".split())
_TYPES = {short: full for full, shorts in STREET_TYPES.items() for short in (*shorts.split(), full)}
_NO_ADDRESS = frozenset("na nil none null unknown nfa nfaa homeless tba tbc nan notprovided notgiven noaddress".split())


def read_name(text: str) -> str | None:
    """Words of a name, folded, particles joined to the word behind them: 'O’Brien-Van Dyk' -> 'obrien vandyk'."""
    if text.isascii() and text.isalpha() and len(text) > 2 and (key := text.lower()) not in _NO_PLAIN_NAMES:
        return key
    if words := plain_words(text):
        return " ".join(words)
    named = normalize_name(text, None)
    if named.given_name is None or is_placeholder_name(named.given_name, None):
        return None
    return name_words(" ".join(filter(None, (named.given_name, named.family_name))))


def plain_words(text: str) -> list[str]:
    """The folded words of a name that holds nothing to take out or to join, as most names do; none of any other text."""
    if len(text) > LONGEST_NAME or _PLAIN_WORDS.fullmatch(text) is None:
        return []
    words = text.lower().replace("'", "").replace("-", " ").split(" ")
    return words if _NO_PLAIN_WORDS.isdisjoint(words) and "".join(words) not in WORDS_OF_NOBODY else []


def name_words(text: str) -> str | None:
    words: list[str] = []
    front = ""
    for word in _WORDS.findall(_APOSTROPHES.sub("", text)):
        key = front + match_key(word)
        if key in _PARTICLES:
            front = key
        elif key:
            words.append(key)
            front = ""
    if front:
        words.append(front)
    return " ".join(words) or None


def read_birth_date(text: str) -> str | None:
    """'YYYY-MM-DD', also of days that no calendar has (a slip in one digit must not hide the other two parts)."""
    text = text.strip().lower()
    if not _EIGHT_DIGITS.fullmatch(text):
        day = normalize_date(text)
        if day is not None:
            return day.isoformat() if _OLDEST_YEAR <= day.year <= _NEWEST_YEAR else None
    if match := _LOOSE_YEAR_FIRST.fullmatch(text):
        return _loose(int(match[1]), int(match[2]), int(match[3]))
    if match := _LOOSE_YEAR_LAST.fullmatch(text):
        year = int(match[3])
        if len(match[3]) == 2:
            year += 2000 if year <= _LAST_SHORT_YEAR else 1900
        return _loose(year, int(match[2]), int(match[1]))
    return None


def _loose(year: int, month: int, day: int) -> str | None:
    if month > 12 >= day:
        month, day = day, month
    if not _OLDEST_YEAR <= year <= _NEWEST_YEAR or (year, month, day) in {(d.year, d.month, d.day) for d in PLACEHOLDER_DATES}:
        return None
    return f"{year:04}-{month:02}-{day:02}" if month and day else None


def read_phone(text: str, region: str) -> str | None:
    """E.164, or the digits of what is no valid number, in the same shape, so that a slip can be seen."""
    text = _FLOAT_END.sub("", text)
    number = normalize_phone(text, region)
    if number is not None:
        return None if is_placeholder_phone(number) else number
    digits = "".join(_DIGITS.findall(text))
    code = str(country_code_for_region(region))
    if digits.startswith("0") and code != "0":
        digits = code + digits[1:]
    if not _MIN_PHONE <= len(digits) <= 15 or len(set(digits[-_MIN_PHONE:])) == 1:
        return None
    return "+" + digits


def read_email(text: str) -> str | None:
    """The lower-cased address; what has an @ and is no valid address as typed, since a slip can make it so."""
    address = normalize_email(text)
    if address is None:
        address = "".join(text.lower().split())
        if address.count("@") != 1 or len(address) < 5:
            return None
    return None if is_placeholder_email(address) else address


def read_address(text: str) -> str | None:
    """'number|street|unit', street types written out: '5/12 Smith St', 'Unit 5, 12 Smith Street' -> '12|smith street|5'.

    A box is 'number|po box|'; a house with a name has no number.
    """
    parts = _ADDRESS_PARTS.findall(text.lower().replace(".", ""))
    numbers: list[str] = []
    words: list[str] = []
    for part in parts:
        if part[0].isdigit():
            numbers.append(part)
        elif part not in _UNIT_WORDS or words:
            words.append(part)
    if not words or "".join(words) in _NO_ADDRESS:
        return None
    if "box" in words or words[:2] == ["p", "o"] or words[:1] == ["po"]:
        return f"{numbers[-1] if numbers else ''}|po box|"
    if len(words) > 1:
        words = [*words[:1], *(_TYPES.get(word, word) for word in words[1:])]
    street = " ".join(word if word.isascii() else match_key(word) for word in words)
    number = numbers[1] if len(numbers) > 1 else numbers[0] if numbers else ""
    return f"{number}|{street}|{numbers[0] if len(numbers) > 1 else ''}"


def read_suburb(text: str) -> str | None:
    words = [match_key(word) for word in _WORDS.findall(text)]
    words = [{"saint": "st", "mount": "mt"}.get(word, word) for word in words if word]
    key = "".join(words)
    return None if not key or key in _NO_ADDRESS else key


def read_postcode(text: str) -> str | None:
    key = "".join(filter(str.isalnum, text.lower()))
    if len(key) == 3 and key.isdigit():
        key = "0" + key
    return key if any(map(str.isdigit, key)) else None


def read_identity(text: str) -> str | None:
    key = "".join(filter(str.isalnum, text.lower()))
    return key if len(key) > 2 and len(set(key)) > 1 else None
