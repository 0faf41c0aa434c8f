"""Invented phone numbers: valid for the ``phonenumbers`` library, distinct between households, typed as staff type.

A `Number` knows its own E.164 digits, so that no parser is needed to say what a typed text stands for.
"""

import random
from dataclasses import dataclass

PLACEHOLDER_NUMBERS = ("0400 000 000", "n/a", "unknown", "0", "-", "none", "same as mum", "1234", "0000000000")
"""What staff type when there is no number: on many records, and never an identity."""

_MOBILE_PREFIXES = ("491", "492", "493", "497", "498", "499")
_MOBILES_A_PREFIX = 1_000_000
_SCATTER = 611_953  # prime to a million: neighbours in time get unlike numbers, and no number comes twice
_LANDLINE_AREAS = {"NSW": "2", "ACT": "2", "VIC": "3", "TAS": "3", "QLD": "7", "SA": "8", "WA": "8", "NT": "8"}
_LANDLINE_PREFIXES = tuple(f"555{digit}" for digit in range(10)) + tuple(f"701{digit}" for digit in range(10))
_ABROAD = {"NZ": ("64", "21{:07d}"), "GB": ("44", "7911{:06d}"), "US": ("1", "415555{:04d}"),
           "IN": ("91", "98{:08d}"), "DE": ("49", "151{:08d}")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number as it is, whatever is typed of it."""

    country_calling_code: str
    national: str

    @property
    def digits(self) -> str:
        """Country code and national number, as Cliniko's ``normalized_number``."""
        return self.country_calling_code + self.national

    @property
    def is_australian_mobile(self) -> bool:
        """Whether it starts with 04 when dialled at home."""
        return self.country_calling_code == "61" and self.national.startswith("4")


class NumberPool:
    """Hands out numbers, each once."""

    def __init__(self) -> None:
        self._mobiles = 0
        self._landlines = 0
        self._abroad = 1000

    def mobile(self) -> Number:
        """An Australian mobile."""
        self._mobiles += 1
        block, place = divmod(self._mobiles, _MOBILES_A_PREFIX)
        return Number("61", f"{_MOBILE_PREFIXES[block]}{place * _SCATTER % _MOBILES_A_PREFIX:06d}")

    def landline(self, state: str | None) -> Number:
        """A home or work number in the area of ``state``."""
        self._landlines += 1
        prefix, place = divmod(self._landlines * _SCATTER % (len(_LANDLINE_PREFIXES) * 10_000), 10_000)
        return Number("61", f"{_LANDLINE_AREAS[state or 'NSW']}{_LANDLINE_PREFIXES[prefix]}{place:04d}")

    def abroad(self, country_code: str) -> Number:
        """A number of another country."""
        self._abroad += 1
        calling_code, pattern = _ABROAD[country_code]
        return Number(calling_code, pattern.format(self._abroad))


def spelled(number: Number, rng: random.Random) -> str:
    """The number as one receptionist or another types it."""
    if number.country_calling_code != "61":
        return _spelled_abroad(number, rng)
    n = number.national
    if number.is_australian_mobile:
        tidy = f"0{n[:3]} {n[3:6]} {n[6:]}"
        if rng.random() < 0.62:
            return tidy
        a, b, c = n[:3], n[3:6], n[6:]
        return rng.choice((f"0{n}", f"0{n}", f"+61 {a} {b} {c}", f"61{n}", f"+61{n}", f"0{a}-{b}-{c}",
                           f"(0{a}) {b} {c}", f"+61 (0){a} {b} {c}", f"0061 {a} {b} {c}", n, f"{a} {b} {c}",
                           f" 0{a}{b} {c} ",
                           f"0{n[:1]} {n[1:5]} {n[5:]}", f"{tidy} (mum)", f"m: {tidy}", f"0{a}.{b}.{c}"))  # fmt: skip
    area, left, right = n[:1], n[1:5], n[5:]
    return rng.choice((f"(0{area}) {left} {right}", f"0{area} {left} {right}", f"0{n}", f"+61 {area} {left} {right}",
                       f"0{area}-{left}-{right}", f"61{n}"))  # fmt: skip


def without_area(number: Number) -> str:
    """A landline as typed by someone who thinks of one state only: which number it is, nobody can tell."""
    return f"{number.national[1:5]} {number.national[5:]}"


def _spelled_abroad(number: Number, rng: random.Random) -> str:
    code, n = number.country_calling_code, number.national
    return rng.choice((f"+{code} {n[:3]} {n[3:]}", f"+{code}{n}", f"00{code} {n}", f"0011 {code} {n}", f"{code}{n}"))
