"""Rows grouped, texts ordered and pairs made distinct, without a general sort."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

Array = np.ndarray[Any, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")

_SHORT = 64  # characters
_CHUNK = 1 << 17
_FEW = 1 << 14


def chunks(count: int) -> Iterator[slice]:
    """The places below `count` in parts so small that what is computed of one stays in the processor's cache."""
    return (slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))


def each(work: Callable[[Item], Result], items: Sequence[Item], rows: int) -> list[Result]:
    """`work` of each item, in their order; where it goes over many rows, in two threads, since numpy lets go of the GIL.

    More threads gain nothing: the memory is the limit.
    """
    if rows < _FEW:
        return [work(item) for item in items]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, items))


def grouped(parts: Sequence[Array]) -> tuple[Array, Array]:
    """Rows of equal keys as neighbours, in ascending order among equals; and where each group begins.

    A key has several parts, an array of numbers each, and rows where one is 0 have no key. Numbers are dense: the largest is
    not much above the number of rows. So rows can be counted into their places, a pass a part, which is several times as fast
    as to sort them.
    """
    present = parts[0] != 0
    for part in parts[1:]:
        present &= part != 0
    rows = np.flatnonzero(present).astype(np.int32)
    for part in parts:
        rows = _by_number(rows, part.take(rows))
    changes = np.zeros(max(len(rows) - 1, 0), dtype=bool)
    for part in parts:
        ordered = part.take(rows)
        changes |= ordered[1:] != ordered[:-1]
    return rows, np.append(np.zeros(min(len(rows), 1), dtype=np.int64), np.flatnonzero(changes) + 1)


def _by_number(rows: Array, numbers: Array) -> Array:
    """Rows in the order of their numbers, as they come among equals: what a sparse matrix does with its entries."""
    if not len(rows):
        return rows
    places = np.arange(len(rows), dtype=np.int32)
    table = coo_array((rows, (numbers, places)), shape=(int(numbers.max()) + 1, len(rows)))
    return np.asarray(table.tocsr().data)


def dense(numbers: Array) -> Array:
    """The same numbers (0 stays 0) as int32; those that are far larger than there are rows are numbered anew."""
    if int(numbers.max(initial=0)) > 2 * len(numbers):
        numbers, _ = pd.factorize(np.append(np.zeros(1, dtype=numbers.dtype), numbers))
        numbers = numbers[1:]
    return numbers.astype(np.int32, copy=False)


def text_order(texts: Array) -> Array | None:
    """The order of texts that are short, ASCII and all different, ten times as fast as by comparing them; else None.

    Eight characters at a time are one big-endian number, and the order of the numbers is that of the texts.
    """
    if set(map(type, texts.tolist())) != {str}:
        return None
    try:
        characters = texts.astype(np.bytes_)
    except UnicodeEncodeError:
        return None
    if characters.itemsize > _SHORT:
        return None
    words = characters.astype(f"S{-(-characters.itemsize // 8) * 8}").view(">u8").reshape(len(texts), -1).astype(np.uint64)
    order = np.argsort(words[:, 0])
    equal = words[order[1:], 0] == words[order[:-1], 0]
    if equal.any():
        places = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
        rows = order[places]
        order[places] = rows[np.lexsort(words[rows].T[::-1])]
        if (words[order[1:]] == words[order[:-1]]).all(axis=1).any():
            return None
    return order


def distinct_pairs(left: Array, right: Array, count: int) -> tuple[Array, Array]:
    """Each pair of rows below `count` once, sorted by left and then by right (int32)."""
    if not len(left):
        return np.empty(0, np.int32), np.empty(0, np.int32)
    table = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(count, count)).tocsr()
    return np.repeat(np.arange(count, dtype=np.int32), np.diff(table.indptr)), table.indices.astype(np.int32, copy=False)
