"""How alike two texts are spelled: Jaro-Winkler and single edits, and a cheap test that spares most pairs both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

Array = np.ndarray[Any, Any]

_READ = 64  # characters; those behind count as common to any two texts
_CHUNK = 1 << 16  # texts
_PREFIX, _PREFIX_WEIGHT = 4, 0.1  # of Jaro-Winkler
_MARGIN = 1e-3  # of the 32-bit arithmetic here, generously


@dataclass(frozen=True)
class Spelling:
    """What is counted of each text once.

    Attributes:
        letters: a bit for each of 32 classes of characters that occurs, and another one for each that occurs again.
        others: how many characters have no bit there.
        length: in characters; share: 1 / length, NaN where nothing is to be ruled out.
        start: the lowest bytes of the first four characters.
    """

    letters: Array
    others: Array
    length: Array
    share: Array
    start: Array

    def unlike(self, a: Array, b: Array, least: float) -> Array:
        """Whether the Jaro-Winkler similarity of these pairs is surely below `least`, and they are surely no edit apart.

        With c common characters, in whatever places, Jaro's similarity is at most (c/|a| + c/|b| + 1) / 3, and one edit
        leaves all but one character of the longer text.
        """
        common = np.bitwise_count(self.letters[a] & self.letters[b]) + np.minimum(self.others[a], self.others[b])
        jaro = (common * (self.share[a] + self.share[b]) + np.float32(1)) / np.float32(3)
        short = common + 1 < np.maximum(self.length[a], self.length[b])
        out = short & (_most(jaro, _PREFIX) < least - _MARGIN)
        rows = np.flatnonzero(short & ~out)  # where it matters how many first characters are equal
        start = self.start[a[rows]] ^ self.start[b[rows]]
        prefix = np.zeros(len(rows), dtype=np.float32)
        for size in range(1, _PREFIX + 1):
            prefix += (start & np.uint32(256**size - 1)) == 0
        out[rows] = _most(jaro[rows], prefix) < least - _MARGIN
        return np.asarray(out)


def _most(jaro: Array, prefix: Array | int) -> Array:
    """The Jaro-Winkler similarity of texts that share so many first characters."""
    return np.asarray(jaro + np.float32(_PREFIX_WEIGHT) * prefix * (1 - jaro))


def spelling(texts: Iterable[str], doubtful: Array | None = None) -> Spelling:
    """The spelling of these texts; those that are `doubtful` are unlike nothing."""
    listed = list(texts)
    length = np.fromiter(map(len, listed), np.int32, len(listed))
    letters, start = np.zeros(len(listed), dtype=np.uint64), np.zeros(len(listed), dtype=np.uint32)
    for first in range(0, len(listed), _CHUNK):
        here = slice(first, first + _CHUNK)
        letters[here], start[here] = _counted(np.array(listed[here], dtype=f"U{_READ}"))
    unsure = (length == 0) if doubtful is None else (length == 0) | doubtful
    share = np.where(unsure, np.nan, 1 / np.maximum(length, 1)).astype(np.float32)
    return Spelling(letters, (length - np.bitwise_count(letters)).astype(np.int32), length, share, start)


def _counted(texts: Array) -> tuple[Array, Array]:
    """`letters` and `start` of `Spelling`."""
    characters = np.ascontiguousarray(texts.view(np.uint32).reshape(len(texts), -1).T)
    once, again = np.zeros(len(texts), dtype=np.uint32), np.zeros(len(texts), dtype=np.uint32)
    for column in characters[: np.flatnonzero(characters.any(axis=1)).max(initial=-1) + 1]:
        bit = np.where(column > 0, np.uint32(1) << (column & np.uint32(31)), np.uint32(0))
        again |= once & bit
        once |= bit
    start = np.zeros(len(texts), dtype=np.uint32)
    for place, column in enumerate(characters[:_PREFIX]):
        start |= (column & np.uint32(255)) << np.uint32(8 * place)
    return once.astype(np.uint64) | again.astype(np.uint64) << np.uint64(32), start


def similarity(texts: Array, a: Array, b: Array) -> Array:
    """Jaro-Winkler."""
    return np.asarray(process.cpdist(texts[a], texts[b], scorer=JaroWinkler.similarity, dtype=np.float32))


def one_edit(texts: Array, a: Array, b: Array, near: Array) -> Array:
    """Whether texts are one insertion, deletion, change or swap of neighbours apart; asked only where they are `near`."""
    out = np.zeros(len(a), dtype=bool)
    rows = np.flatnonzero(near)
    if len(rows):
        out[rows] = process.cpdist(texts[a[rows]], texts[b[rows]], scorer=OSA.distance, score_cutoff=1, dtype=np.int32) <= 1
    return out
