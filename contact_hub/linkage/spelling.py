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
_CHUNK = 1 << 14  # texts
_LONGEST = 254  # characters; longer texts are unlike nothing
_PREFIX, _PREFIX_WEIGHT = 4, 0.1  # of Jaro-Winkler
_MARGIN = 1e-3  # of the 32-bit arithmetic here, generously


@dataclass(frozen=True)
class Spelling:
    """What is counted of each text once.

    Attributes:
        letters: a bit for each of 32 classes of characters that occurs, and another one for each that occurs again.
        shape: in the upper byte the length in characters, 0 where nothing is to be ruled out; in the lower one how many
            characters have no bit in `letters`.
        start: the lowest bytes of the first four characters.
    """

    letters: Array
    shape: Array
    start: Array

    def unlike(self, a: Array, b: Array, least: float) -> Array:
        """Whether the Jaro-Winkler similarity of these pairs is surely below `least`, and they are surely no edit apart.

        With c common characters, in whatever places, Jaro's similarity is at most (c/|a| + c/|b| + 1) / 3, and one edit
        leaves all but one character of the longer text.
        """
        shape_a, shape_b = self.shape.take(a), self.shape.take(b)
        length_a, length_b = (shape_a >> np.uint16(8)).astype(np.uint8), (shape_b >> np.uint16(8)).astype(np.uint8)
        common = np.bitwise_count(self.letters.take(a) & self.letters.take(b))
        common += np.minimum(shape_a.astype(np.uint8), shape_b.astype(np.uint8))
        with np.errstate(divide="ignore", invalid="ignore"):  # a length of 0 makes no number below `least` of it
            share = 1 / length_a.astype(np.float32) + 1 / length_b.astype(np.float32)
            jaro = (common * share + np.float32(1)) / np.float32(3)
            short = common + np.uint8(1) < np.maximum(length_a, length_b)
            out = short & (_most(jaro, _PREFIX) < least - _MARGIN)
            rows = np.flatnonzero(short & ~out)  # where it matters how many first characters are equal
            start = self.start.take(a[rows]) ^ self.start.take(b[rows])
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
        letters[here], start[here] = _counted(_characters(listed[here]))
    unsure = (length > _LONGEST) if doubtful is None else (length > _LONGEST) | doubtful
    shape = length << 8 | (length - np.bitwise_count(letters))
    return Spelling(letters, np.where(unsure, 0, shape).astype(np.uint16), start)


def _characters(texts: list[str]) -> Array:
    """The first, second and further characters of all these texts, a row each; 0 behind a text's end."""
    try:
        characters = np.array(texts, dtype=f"S{_READ}").view(np.uint8)
    except UnicodeEncodeError:
        characters = np.array(texts, dtype=f"U{_READ}").view(np.uint32)
    return np.ascontiguousarray(characters.reshape(len(texts), -1).T)


_BITS = np.array([0, *(1 << (code & 31) for code in range(1, 256))], dtype=np.uint32)


def _counted(characters: Array) -> tuple[Array, Array]:
    """`letters` and `start` of `Spelling`."""
    count = characters.shape[1]
    once, again = np.zeros(count, dtype=np.uint32), np.zeros(count, dtype=np.uint32)
    for column in characters[: np.flatnonzero(characters.any(axis=1)).max(initial=-1) + 1]:
        bit = _BITS.take(column if column.dtype == np.uint8 else np.where(column > 0, column & 31 | 32, 0))
        again |= once & bit
        once |= bit
    start = np.zeros(count, dtype=np.uint32)
    for place, column in enumerate(characters[:_PREFIX]):
        start |= (column & 255).astype(np.uint32) << np.uint32(8 * place)
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
