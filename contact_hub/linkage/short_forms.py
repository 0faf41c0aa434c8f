"""Short forms of given names that speakers make anew, of which no table has all.

Names are clipped behind a syllable (*Nicko*), before one (*Xander*), or after an unstressed first vowel is gone (*Liv* of
Olivia), with or without an ending; in Australia also at an *r* that becomes *z* (*Shazza* of Sharon). Source: J. Simpson,
Hypocoristics in Australian English, in A Handbook of Varieties of English, 2004.

Brothers and sisters have such names as well (*Daniel* and *Daniella*), so this is a level of its own, and never certain.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from contact_hub.linkage.names import NameTable

Array = np.ndarray[Any, Any]
Texts = tuple[str, ...]

_LEAST = 3
"""Letters that an ending was put to. Three alone, without an ending, begin too many names; the usual ones are nicknames."""
_LEAST_BEGINNING, _LEAST_END = 4, 5
_ENDINGS = ("ie", "ey", "y", "i", "o")
_DOUBLED = re.compile(r"([^aeiouy])\1$|ck$")
_R_TO_Z = re.compile("([^aeiouy]*[aeiou])z(?:z?[ao])?")
_VOWELS = "aeiou"
_FIRST_TWO, _FIRST_THREE = np.uint32(0xFFFF), np.uint32(0xFFFFFF)


def is_short_form(short: str, full: str) -> bool:
    """Whether somebody named `full` may be called `short`, by how such forms are made. Both lower case, one word each."""
    return len(full) >= _LEAST and _fits(short, _kept(short), full)


def _fits(short: str, kept: tuple[Texts, Texts], full: str) -> bool:
    begins, after_a_vowel = kept
    return (
        (full.startswith(begins) and full not in begins)
        or (len(short) >= _LEAST_END and full.endswith(short) and full != short)
        or (full[0] in _VOWELS and full.startswith(after_a_vowel, 1))
    )


def _kept(short: str) -> tuple[Texts, Texts]:
    """What a name can begin with that this is a short form of, and what behind an unstressed first vowel."""
    if len(short) < _LEAST:
        return (), ()
    stems = _stems(short)
    clipped = _R_TO_Z.fullmatch(short)
    begins = (*stems, clipped[1] + "r") if clipped else stems
    return (*begins, short) if len(short) >= _LEAST_BEGINNING else begins, (*stems, short)


def _stems(short: str) -> Texts:
    """What the short form kept of the name, if its ending was put to it."""
    ending = next((ending for ending in _ENDINGS if short.endswith(ending)), None)
    if ending is None:
        return ()
    stem = short[: -len(ending)]
    return tuple(part for part in (stem, stem[:-1] if _DOUBLED.search(stem) else stem) if len(part) >= _LEAST)


def may_be_short(names: NameTable, a: Array, b: Array) -> Array:
    """False where neither of the two names in these rows can be a short form of the other; quick."""
    spelled = names.spelling
    unequal = spelled.start[a] ^ spelled.start[b]
    common = spelled.letters[a] & spelled.letters[b]
    clipped = names.clipped_at_r
    return np.asarray(
        ((unequal & _FIRST_THREE) == 0)
        | (common == spelled.letters[a])
        | (common == spelled.letters[b])
        | (((unequal & _FIRST_TWO) == 0) & (clipped[a] | clipped[b]))
    )


def short_forms(names: NameTable, a: Array, b: Array) -> Array:
    """Whether one of the two names in these rows is a short form of the other."""
    out = np.zeros(len(a), dtype=bool)
    rows = np.flatnonzero(may_be_short(names, a, b) & (names.initial[a] == 0) & (names.initial[b] == 0))
    kept = {code: _kept(names.keys[code]) for code in {*a[rows].tolist(), *b[rows].tolist()}}

    def either(x: int, y: int) -> bool:
        one, other = names.keys[x], names.keys[y]
        return _fits(one, kept[x], other) or _fits(other, kept[y], one)

    out[rows] = list(map(either, a[rows].tolist(), b[rows].tolist()))
    return out
