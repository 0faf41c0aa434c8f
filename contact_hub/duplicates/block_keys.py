"""The stored blocking keys of an organization's contacts: which differ from those of a linkage, told by a digest of each row.

A million contacts have some twenty million keys. Of those that are as they were, neither side is read or written: only the
digests are compared.
"""

import hashlib
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from psycopg import Connection as Psycopg
from psycopg import sql
from sqlalchemy import Connection

from contact_hub.linkage.blocking import KeyMatrix
from contact_hub.store.changed_rows import ChangedRows
from contact_hub.store.difference import copy_rows
from contact_hub.store.duplicate_tables import contact_block_keys

Array = np.ndarray[Any, Any]

COLUMNS = ("organization_id", "contact_id", "keys", "digest")
_DIGESTS = "COPY (SELECT contact_id, digest FROM contact_block_keys WHERE organization_id = {}) TO STDOUT (FORMAT csv)"
_BATCH = 10_000
"""Contacts whose keys are made text at a time."""


def changed_keys(connection: Connection, organization_id: str, found: KeyMatrix) -> ChangedRows:
    """Rows of ``contact_block_keys`` that differ from the keys of a linkage, to be written in a transaction of its own.

    Contacts without a key have no row.
    """
    salted = np.where(found.keys == 0, found.keys, found.keys ^ salt(organization_id).view(np.uint64))
    keyed = np.flatnonzero(found.keys.any(axis=0))
    now = pd.Series(digests(salted)[keyed], index=pd.Index(found.ids[keyed]))
    stored = _stored(connection.connection.driver_connection, organization_id)  # type: ignore[arg-type]
    at = now.index.get_indexer(stored.index)
    same = at[at >= 0][now.to_numpy()[at[at >= 0]] == stored.to_numpy()[at >= 0]]
    differs = np.ones(len(now), dtype=bool)
    differs[same] = False
    changed = ChangedRows(connection, contact_block_keys, COLUMNS, len(now))
    rows = _rows(organization_id, found.ids, salted, keyed[differs], now.to_numpy()[differs])
    copy_rows(connection, changed.name, contact_block_keys, COLUMNS, rows)
    gone = ((organization_id, contact_id) for contact_id in stored.index[at < 0])
    copy_rows(connection, changed.gone, contact_block_keys, COLUMNS[:2], gone)
    return changed.analyzed()


def salt(organization_id: str) -> np.int64:
    """What is mixed into an organization's keys, so that no two organizations share one."""
    return np.int64(int.from_bytes(hashlib.sha256(organization_id.encode()).digest()[:8], "big", signed=True))


def digests(keys: Array) -> Array:
    """A 64-bit digest of each column's set of keys (int64), whatever rules they are of: the sum of splitmix64 of each.

    Two sets have one digest by chance only, once in 2**64.
    """
    total = np.zeros(keys.shape[1], dtype=np.uint64)
    for row in keys:
        mixed = (row ^ (row >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        total += mixed ^ (mixed >> np.uint64(31))  # 0, no key, stays 0
    return total.view(np.int64)


def _stored(connection: Psycopg[Any], organization_id: str) -> "pd.Series[int]":
    """Digests by contact id."""
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(sql.SQL(_DIGESTS).format(sql.Literal(organization_id))) as copy:
        for block in copy:
            buffer.write(block)
    buffer.seek(0)
    table = pd.read_csv(buffer, names=["contact_id", "digest"], dtype={"contact_id": str, "digest": np.int64})
    return pd.Series(table["digest"].to_numpy(), index=pd.Index(table["contact_id"].to_numpy(dtype=object)))


def _rows(organization_id: str, ids: Array, keys: Array, columns: Array, digest: Array) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of :data:`COLUMNS`, the keys as PostgreSQL writes an array."""
    for start in range(0, len(columns), _BATCH):
        batch = columns[start : start + _BATCH]
        of_batch = keys[:, batch].T.view(np.int64).tolist()
        for name, own, one in zip(ids[batch], of_batch, digest[start : start + _BATCH].tolist(), strict=True):
            yield organization_id, name, "{" + ",".join(map(str, sorted(filter(None, own)))) + "}", one
