"""The blocking keys of an organization's contacts as rows, each with a digest that tells whether it differs."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from contact_hub.duplicates.stored_rows import FoundRows, id_words, splitmix
from contact_hub.linkage.blocking import KeyMatrix
from contact_hub.store.duplicate_tables import contact_block_keys

Array = np.ndarray[Any, Any]

COLUMNS = ("organization_id", "contact_id", "keys", "digest")
_STORED = "uuid_send(contact_id) || int8send(digest)"
_BATCH = 10_000
"""Contacts whose keys are made text at a time."""


def found_keys(organization_id: str, found: KeyMatrix) -> FoundRows:
    """Rows of ``contact_block_keys``. Contacts without a key have no row."""
    keyed = np.flatnonzero(found.keys.any(axis=0))
    ids, keys = found.ids[keyed], found.keys[:, keyed]
    keys = np.where(keys == 0, keys, keys ^ salt(organization_id).view(np.uint64))
    digest = digests(keys)
    words = np.column_stack([id_words(ids), digest.view(np.uint64)])

    def rows(places: Array) -> Iterator[tuple[Any, ...]]:
        return _rows(organization_id, ids, keys, digest, places)

    return FoundRows(contact_block_keys, COLUMNS, words, _STORED, rows)


def salt(organization_id: str) -> np.int64:
    """What is mixed into an organization's keys, so that no two organizations share one."""
    return np.int64(int.from_bytes(hashlib.sha256(organization_id.encode()).digest()[:8], "big", signed=True))


def digests(keys: Array) -> Array:
    """A 64-bit digest of each column's set of keys (int64), whatever rules they are of: the sum of splitmix64 of each.

    Two sets have one digest by chance only, once in 2**64.
    """
    total = np.zeros(keys.shape[1], dtype=np.uint64)
    for row in keys:
        total += splitmix(row)  # 0, no key, stays 0
    return total.view(np.int64)


def _rows(organization_id: str, ids: Array, keys: Array, digest: Array, places: Array) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of :data:`COLUMNS`, the keys as PostgreSQL writes an array."""
    for start in range(0, len(places), _BATCH):
        batch = places[start : start + _BATCH]
        of_batch = keys[:, batch].T.view(np.int64).tolist()
        for name, own, one in zip(ids[batch], of_batch, digest[batch].tolist(), strict=True):
            yield organization_id, name, "{" + ",".join(map(str, sorted(filter(None, own)))) + "}", one
