"""Keys grouped, texts ordered and pairs made distinct, without a general sort."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from scipy.sparse import coo_array

Array = np.ndarray[Any, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")

_SHORT = 64  # characters
_CHUNK = 1 << 17


def chunks(count: int) -> Iterator[slice]:
    """The places below `count` in parts so small that what is computed of one stays in the processor's cache."""
    return (slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))


def each(work: Callable[[Item], Result], items: Sequence[Item], rows: int) -> list[Result]:
    """`work` of each item, in their order; where it goes over many rows, in two threads, since numpy lets go of the GIL.

    More threads gain nothing: the memory is the limit.
    """
    if rows < _CHUNK:
        return [work(item) for item in items]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, items))


def grouped(keys: Array) -> tuple[Array, Array]:
    """Places of uint64 hashes so that equal ones are neighbours, in ascending order among equals; and where each group begins.

    numpy sorts 16-bit numbers by radix, ten times as fast as 64-bit ones. Two such passes order the keys by their lower half;
    the few different keys of one lower half are put in order afterwards.
    """
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    order = order[np.argsort((keys >> np.uint64(16)).astype(np.uint16)[order], kind="stable")]
    half = keys.astype(np.uint32)[order]
    changes = _changes(keys[order])
    mixed = changes[half[changes] == half[changes - 1]]
    if len(mixed):
        begins, ends = (np.searchsorted(half, np.unique(half[mixed]), side) for side in ("left", "right"))
        places = np.concatenate([np.arange(begin, end) for begin, end in zip(begins, ends, strict=True)])
        rows = order[places]
        order[places] = rows[np.lexsort((rows, keys[rows], half[places]))]
        changes = _changes(keys[order])
    return order, np.append(np.zeros(min(len(keys), 1), dtype=changes.dtype), changes)


def _changes(ordered: Array) -> Array:
    """Where a value differs from the one before it."""
    return np.flatnonzero(ordered[1:] != ordered[:-1]) + 1


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
