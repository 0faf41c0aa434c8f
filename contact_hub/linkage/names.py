"""The distinct names of a table: their words, sound, and who is called what for short."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import jellyfish
import numpy as np
import pandas as pd
from nicknames import NickNamer

from contact_hub.linkage.spelling import Spelling, spelling
from contact_hub.linkage.texts import objects

Array = np.ndarray[Any, Any]


_AUSTRALIAN = """
barry baz bazza|caroline caz|carol caz|darren daz dazza|david davo|dean deano|damian damo|damien damo|gary gaz gazza
jeremy jez jezza|john johnno|jonathan jonno|karen kaz kazza|lauren loz|laurence loz|margaret maz|marion maz|robert robbo
sharon shaz shazza|sharyn shaz|steven stevo|stephen stevo|tamara taz|thomas tommo|warren wazza|murray muz muzza
"""
"""Formal names, each with short forms that Australians use and the library's table, made in America, lacks."""


@dataclass(frozen=True)
class NameTable:
    """Distinct names, a row each.

    Attributes:
        keys: folded words, one space between them.
        joined: the same without spaces.
        first, last: rows of the first and last word.
        words: how many there are.
        initial: the letter that a one-letter name is, 0 for others; begins: the first letter of every name.
        sound: row in `sounds` of the first word's Metaphone.
        nicknames: sorted packed pairs (lower row * rows + higher row) of names that can be one person's.
    """

    keys: list[str]
    joined: Array
    first: Array
    last: Array
    words: Array
    initial: Array
    begins: Array
    sound: Array
    sounds: Array
    nicknames: Array

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def spelling(self) -> Spelling:
        """Of `joined`; names of several words and initials are unlike nothing, for there are more ways to be alike."""
        return spelling(self.joined, (self.words != 1) | (self.initial > 0))

    @cached_property
    def hashes(self) -> Array:
        """A hash a name, the same on every machine, by which a model knows it."""
        return pd.util.hash_array(np.array(self.keys, dtype=object)) if len(self) else np.empty(0, np.uint64)

    @cached_property
    def has_nickname(self) -> Array:
        found = np.zeros(len(self), dtype=bool)
        found[self.nicknames // max(len(self), 1)] = True
        found[self.nicknames % max(len(self), 1)] = True
        return found

    @cached_property
    def clipped_at_r(self) -> Array:
        """Which names end as those do whose *r* became *z*: Shaz, Bazza."""
        return np.array([key.endswith(("z", "za", "zo")) for key in self.keys], dtype=bool)

    def same_person(self, a: Array, b: Array) -> Array:
        """Whether the names in these rows are forms of one another in the table of nicknames."""
        if not len(self.nicknames):
            return np.zeros(len(a), dtype=bool)
        packed = np.minimum(a, b).astype(np.int64) * len(self) + np.maximum(a, b)
        place = np.minimum(np.searchsorted(self.nicknames, packed), len(self.nicknames) - 1)
        return np.asarray(self.nicknames[place] == packed)


def name_table(keys: list[str]) -> NameTable:
    """The table of these names, and of the first and last words of those that have several."""
    row = {key: place for place, key in enumerate(keys)}
    several = {place: key.split(" ") for place, key in enumerate(keys) if " " in key}
    for parts in several.values():
        for word in (parts[0], parts[-1]):
            row.setdefault(word, len(row))
    keys = list(row)
    first, last = np.arange(len(keys), dtype=np.int32), np.arange(len(keys), dtype=np.int32)
    words, joined = np.ones(len(keys), dtype=np.int32), objects(keys)
    for place, parts in several.items():
        first[place], last[place] = row[parts[0]], row[parts[-1]]
        words[place], joined[place] = len(parts), "".join(parts)
    sound, sounds = pd.factorize(objects(map(_sound, joined[first])))
    letters = np.array([ord(key[0]) for key in keys], dtype=np.int32)
    lengths = np.fromiter(map(len, keys), np.int32, len(keys))
    return NameTable(
        keys=keys,
        joined=joined,
        first=first,
        last=last,
        words=words,
        initial=np.where(lengths == 1, letters, 0),
        begins=letters,
        sound=sound,
        sounds=sounds,
        nicknames=_nickname_pairs(row, len(keys)),
    )


def _sound(word: str) -> str:
    return jellyfish.metaphone(word) or word


@cache
def _formal_names() -> dict[str, frozenset[str]]:
    """Short form -> the names that it can stand for."""
    formal: dict[str, set[str]] = {short: set(names) for short, names in NickNamer().canonical_lookup.items()}
    for line in _AUSTRALIAN.strip().replace("\n", "|").split("|"):
        name, *short_forms = line.split()
        for short in short_forms:
            formal.setdefault(short, set()).add(name)
    return {short: frozenset(names) for short, names in formal.items()}


def _nickname_pairs(row: dict[str, int], count: int) -> Array:
    """Names and their short forms, and two short forms of one name."""
    called: dict[str, set[int]] = defaultdict(set)
    formal = _formal_names()
    for key, place in row.items():
        for name in formal.get(key, ()):
            called[name].add(place)
    pairs: set[int] = set()
    for name, forms in called.items():
        members = sorted(forms | ({row[name]} if name in row else set()))
        pairs.update(a * count + b for i, a in enumerate(members) for b in members[i + 1 :])
    return np.array(sorted(pairs), dtype=np.int64)
