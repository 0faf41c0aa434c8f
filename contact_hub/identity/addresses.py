"""Postal addresses as people type them, in one readable form, and a key to compare them by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from contact_hub.identity.names import clean_text, match_key, proper_case

_MAX_LENGTH = 500

STREET_TYPES = {
    "street": "st str", "road": "rd", "avenue": "ave av aven", "drive": "dr drv dve", "court": "ct crt",
    "place": "pl plc", "crescent": "cres cr crs", "close": "cl cls", "lane": "ln la", "terrace": "tce ter terr",
    "parade": "pde par", "way": "wy", "highway": "hwy hway", "boulevard": "blvd bvd boul blv",
    "circuit": "cct circ cir", "grove": "gr gve grv", "square": "sq", "esplanade": "esp", "parkway": "pkwy pwy",
    "circle": "crcl", "rise": "ri", "glade": "gld", "gardens": "gdns", "mews": "mws", "promenade": "prom",
    "quay": "qy", "view": "vw", "vista": "vsta", "track": "trk", "heights": "hts", "motorway": "mwy",
}  # fmt: skip
_PLAIN_STREET = re.compile(rf"(?:[0-9]+/)?[0-9]+ (?:[A-Z][a-z]+ )+(?:{'|'.join(map(str.capitalize, STREET_TYPES))})")
_STREET_TYPES = {short: full for full, shorts in STREET_TYPES.items() for short in shorts.split()}
_DIRECTIONS = {"n": "North", "s": "South", "e": "East", "w": "West", "nth": "North", "sth": "South"}
_DIRECTION_NAMES = frozenset(("north", "south", "east", "west"))

STATES = {
    "NSW": "new south wales", "VIC": "victoria", "QLD": "queensland", "SA": "south australia",
    "WA": "western australia", "TAS": "tasmania", "NT": "northern territory", "ACT": "australian capital territory",
}  # fmt: skip
_STATES = {full.replace(" ", ""): short for short, full in STATES.items()} | {short.lower(): short for short in STATES}
_COUNTRIES = {
    "australia": "AU", "newzealand": "NZ", "aotearoa": "NZ", "unitedkingdom": "GB", "uk": "GB", "england": "GB",
    "scotland": "GB", "wales": "GB", "greatbritain": "GB", "unitedstates": "US", "unitedstatesofamerica": "US",
    "usa": "US", "canada": "CA", "ireland": "IE", "singapore": "SG", "hongkong": "HK", "aus": "AU",
}  # fmt: skip

_NOTHING = frozenset(
    """
    x na nil none null unknown addressunknown unknownaddress nofixedaddress nofixedabode nfa homeless notprovided
    notgiven notknown notsupplied noaddress tba tbc asabove sameasabove unspecified address suburb street postcode
    state nan
    """.split()
)
_UNIT_WORD = "unit|u|apartment|apt|flat|villa|townhouse|suite|ste"
_UNIT = re.compile(
    rf"(?:{_UNIT_WORD})\.?\s*(?:no\.?|\#)?\s*([0-9]+[a-z]?|[a-z](?=[\s,/]))"
    r"(?:\s*[,/-]\s*|\s+)([0-9]+[a-z]?(?:\s*-\s*[0-9]+[a-z]?)?)(?=[\s,])",
    re.IGNORECASE,
)
_NUMBERED_UNIT = re.compile(r"([0-9]+[a-z]?)\s*/\s*([0-9]+[a-z]?(?:\s*-\s*[0-9]+[a-z]?)?)(?=[\s,])", re.IGNORECASE)
_UNIT_BEHIND = re.compile(
    r"(?P<street>[0-9]+[a-z]?(?:-[0-9]+[a-z]?)? [^,]+), "
    rf"(?:{_UNIT_WORD})\.?\s*(?:no\.?|\#)?\s*(?P<unit>[0-9]+[a-z]?)(?=,|\Z)",
    re.IGNORECASE,
)
_PO_BOX = re.compile(r"\b(g?)\.?p\.?\s*o\.?\s*box\b\.?\s*(?:no\.?\s*)?(?=\d)", re.IGNORECASE)
_NUMBERED_WORD = re.compile(r"[0-9]+[^\W\d_]", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_AU_POSTCODE = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)
_LOST_ZERO = re.compile(r"[289]\d\d", re.ASCII)  # 0200 to 0299 in the ACT, 0800 to 0999 in the NT
_FRACTION = re.compile(r"\.0+\Z")
_COMMAS = re.compile(r"[\s,]*,[\s,]*")


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address in readable form; absent parts are None. `country_code` is ISO 3166 alpha-2."""

    street: str | None = None
    suburb: str | None = None
    state: str | None = None
    postcode: str | None = None
    country_code: str | None = None

    @property
    def match_key(self) -> str | None:
        """Equal for addresses that are spelled alike but for case, accents and punctuation: '3/12smithstreet|bondi|2026'.
        None without a street."""
        if self.street is None:
            return None
        street = "".join(char for char in _key(self.street) if char.isalnum() or char in "/-")
        return f"{street}|{match_key(self.suburb)}|{(self.postcode or '').lower().replace(' ', '')}"


def normalize_address(
    line1: object = None, line2: object = None, line3: object = None, suburb: object = None,
    state: object = None, postcode: object = None, country_code: object = None,
) -> PostalAddress:  # fmt: skip
    """The address in these fields, each of them as typed, or None where it is no text or a stand-in ('.', 'n/a').

    Street types are written out, 'Unit 3/12', 'U3 12' and '3 / 12' become '3/12', all upper or lower case becomes proper
    case. Without a country, or in Australia, states become their abbreviations and postcodes get back a zero that a
    spreadsheet took. Never raises, and changes nothing the second time.
    """
    country = normalize_country(country_code)
    australian = country in (None, "AU")
    town = _part(suburb)
    town = proper_case(town) if town is not None else None
    lines = [line for line in map(_part, (line1, line2, line3)) if line is not None]
    if len(lines) > 1 and town is not None:
        lines = [line for line in lines if line.lower() != town.lower()] or lines[:1]
    street = _street(", ".join(dict.fromkeys(lines)))
    region = _part(state)
    return PostalAddress(
        street=street,
        suburb=town,
        state=_state(region) if australian and region is not None else region,
        postcode=_postcode(postcode, australian=australian),
        country_code=country,
    )


def _part(raw: object) -> str | None:
    text = clean_text(raw)
    if text is None:
        return None
    text = _COMMAS.sub(", ", text[:_MAX_LENGTH]) if "," in text else text[:_MAX_LENGTH]
    text = text.strip(" ,;")
    if _DIGITS.search(text) is not None:  # no stand-in has any
        return text
    letters = "".join(filter(str.isalpha, text.lower()))
    return None if letters in _NOTHING or not letters.strip("x") else text


@lru_cache(maxsize=1 << 12)
def _street(text: str) -> str | None:
    """The lines of a street address in one form, which is its own form."""
    for _ in range(5):  # what joins two lines can make a stand-in or a unit of them
        before, part = text, _part(text)
        if part is None:
            return None
        text = _street_once(part)
        if text == before or _PLAIN_STREET.fullmatch(text) is not None:
            break
    return text


def _street_once(text: str) -> str:
    if text.isupper() or text.islower():
        text = " ".join(map(_word, text.split(" ")))
    text = _PO_BOX.sub(lambda match: f"{match[1].upper()}PO Box ", text)
    text = _UNIT_BEHIND.sub(r"\g<unit>/\g<street>", text, count=1)
    text = (_UNIT if _UNIT.match(text) else _NUMBERED_UNIT).sub(_unit, text, count=1)
    return ", ".join(map(_segment, text.split(", ")))


def _unit(match: re.Match[str]) -> str:
    return f"{match[1].upper()}/{match[2].upper().replace(' ', '')}"


def _word(word: str) -> str:
    if word[:1].isdigit():
        return word.upper() if _NUMBERED_WORD.fullmatch(word.rstrip(",")) or "/" in word or "-" in word else word.lower()
    return word if word.lower() in ("po", "gpo") else proper_case(word)


def _segment(segment: str) -> str:
    """One part of a street line with its type written out: the last word, or the last but a direction; a first one is
    a saint ('St Kilda')."""
    words = segment.split(" ")
    place = len(words) - 1
    direction = words[place].lower().rstrip(".")
    if place > 1 and (direction in _DIRECTIONS or direction in _DIRECTION_NAMES) and _type(words[place - 1]) is not None:
        words[place] = _DIRECTIONS.get(direction, words[place].capitalize())
        place -= 1
    full = _type(words[place]) if place > 0 else None
    if full is not None:
        words[place] = full
    return " ".join(words)


def _type(word: str) -> str | None:
    plain = word.lower().rstrip(".")
    full = plain if plain in STREET_TYPES else _STREET_TYPES.get(plain)
    return full.capitalize() if full is not None else None


def _state(text: str) -> str:
    return _STATES.get(match_key(text), text)


def _postcode(raw: object, *, australian: bool) -> str | None:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        raw = f"{raw:.0f}" if 0 < raw < 10**9 else None
    text = _part(raw)
    if text is None:
        return None
    text = _FRACTION.sub("", text)
    if not australian:
        return text.upper() if _DIGITS.search(text) is not None else None
    if _LOST_ZERO.fullmatch(text):
        return f"0{text}"
    found = _AU_POSTCODE.findall(text)
    return found[0] if len(found) == 1 else None


def normalize_country(raw: object) -> str | None:
    """The ISO 3166 alpha-2 code that `raw` is, or that it names in English; None if neither."""
    text = clean_text(raw)
    if text is None:
        return None
    if len(text) == 2 and text.isascii() and text.isalpha():
        return {"UK": "GB"}.get(text.upper(), text.upper())
    return _COUNTRIES.get(match_key(text))


def _key(text: str) -> str:
    """Like match_key, with digits and punctuation left in."""
    return " ".join(match_key(word) if word.isalpha() else word.lower() for word in text.split(" "))
