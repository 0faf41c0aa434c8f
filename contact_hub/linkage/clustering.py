"""Who is one person: correlation clustering of signed log odds inside each connected component.

Greedy additive merging, as in Bansal, Blum and Chawla 2004 and Keuper et al. 2015 (GAEC): in every round the clusters that
are each other's best partner become one, weights between clusters add up, and it ends when no sum is positive.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Array = np.ndarray[Any, Any]

CLIP = 20.0
NEVER = -1e9
LARGEST_COMPLETE = 400
"""Of a larger component only the candidate pairs count: all of its pairs would be too many."""
_ORDERLY_ROUNDS = 50
"""Rounds in which the smallest of equal pairs is taken. A million records need some 25; but of a long chain of equal weights,
such as thousands of copies of one record, each would take one pair. Later rounds take equal pairs in a shuffled order, by which
a chain shrinks by a third in each."""


def components(left: Array, right: Array, count: int) -> Array:
    """The number of each row's connected component."""
    if not len(left):
        return np.arange(count)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def smallest_rows(labels: Array) -> Array:
    """Each row's group named by the group's smallest row."""
    smallest = np.empty(int(labels.max(initial=-1)) + 1, dtype=np.int64)
    smallest[labels[::-1]] = np.arange(len(labels))[::-1]  # of several values for one place numpy keeps the last
    return np.asarray(smallest[labels])


def missing_pairs(labels: Array, left: Array, right: Array) -> tuple[Array, Array]:
    """The pairs inside components that are not among these (left < right, sorted): all but those of huge components."""
    sizes = np.bincount(labels)
    edges = np.bincount(labels[left], minlength=len(sizes))
    partial = (edges < sizes * (sizes - 1) // 2) & (sizes <= LARGEST_COMPLETE)
    rows = np.flatnonzero(partial[labels])
    rows = rows[np.argsort(labels[rows], kind="stable")]
    if not len(rows):
        return np.empty(0, np.int32), np.empty(0, np.int32)
    member = labels[rows]
    starts = np.flatnonzero(np.r_[True, member[1:] != member[:-1]])
    behind = np.repeat(np.append(starts[1:], len(rows)), np.diff(np.append(starts, len(rows)))) - np.arange(len(rows)) - 1
    a, b, position, step = [], [], np.arange(len(rows)), 1
    while len(position):
        position = position[behind[position] >= step]
        a.append(rows[position])
        b.append(rows[position + step])
        step += 1
    count = np.int64(len(labels))
    packed = np.concatenate(a).astype(np.int64) * count + np.concatenate(b)
    packed = absent(packed, left.astype(np.int64) * count + right)
    return (packed // count).astype(np.int32), (packed % count).astype(np.int32)


def absent(packed: Array, ordered: Array) -> Array:
    """Those of `packed` that are not in `ordered`, which is sorted."""
    if not len(ordered):
        return packed
    place = np.minimum(np.searchsorted(ordered, packed), len(ordered) - 1)
    return np.asarray(packed[ordered[place] != packed])


def cluster(count: int, left: Array, right: Array, weight: Array) -> Array:
    """The cluster of each row, named by its smallest row; `weight` is signed, one row a pair."""
    label, open_pairs = _undisputed(count, left, right, weight)
    left, right, weight = left[open_pairs], right[open_pairs], weight[open_pairs]
    a, b, w = _summed(count, left.astype(np.int64), right.astype(np.int64), weight.astype(float))
    for done in itertools.count():
        if not (w > 0).any():
            break
        partner = _best_partners(count, a, b, w, done if done >= _ORDERLY_ROUNDS else None)
        rows = np.arange(count)
        mutual = (partner >= 0) & (partner[partner] == rows) & (partner < rows)
        into = np.where(mutual, partner, rows)
        if not mutual.any():
            break
        label = into[label]
        a, b, w = _summed(count, into[a], into[b], w)
    return label


def _undisputed(count: int, left: Array, right: Array, weight: Array) -> tuple[Array, Array]:
    """The clusters of rows that positive pairs connect and no negative one divides: merging would end there, a pair a round.

    Also the pairs that remain, a mask: those inside the other connected rows.
    """
    good = weight > 0
    group = smallest_rows(components(left[good], right[good], count))
    inside = group[left] == group[right]
    disputed = np.zeros(count, dtype=bool)
    disputed[group[left[inside & (weight < 0)]]] = True
    return np.where(disputed[group], np.arange(count), group), inside & disputed[group[left]]


def _best_partners(count: int, a: Array, b: Array, w: Array, shuffle: int | None) -> Array:
    """Of each cluster the one with the greatest positive weight to it, else -1.

    Of equals the smallest pair, or the first in the order of this shuffle. Pairs are sorted.
    """
    good = np.flatnonzero(w > 0)
    a, b, w = a[good], b[good], w[good]
    best = np.zeros(count)
    np.maximum.at(best, a, w)
    np.maximum.at(best, b, w)
    one, other = np.stack((a, b), axis=1).ravel(), np.stack((b, a), axis=1).ravel()
    chosen = np.flatnonzero(best[one] == np.repeat(w, 2))[::-1]  # pairs are sorted, and of several numpy keeps the last
    if shuffle is not None:
        chosen = chosen[np.random.default_rng(shuffle).permutation(len(w))[chosen // 2].argsort()]
    partner = np.full(count, -1)
    partner[one[chosen]] = other[chosen]
    return partner


def _summed(count: int, a: Array, b: Array, w: Array) -> tuple[Array, Array, Array]:
    """Weights between the merged clusters: those of parallel edges add up, those within are done with."""
    keep = a != b
    packed = np.minimum(a, b)[keep] * np.int64(count) + np.maximum(a, b)[keep]
    order = np.argsort(packed, kind="stable")
    packed, w = packed[order], w[keep][order]
    if not len(packed):
        return a[:0], b[:0], w
    starts = np.flatnonzero(np.r_[True, packed[1:] != packed[:-1]])
    packed, w = packed[starts], np.add.reduceat(w, starts)
    return packed // count, packed % count, w
