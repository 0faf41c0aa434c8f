"""Rows that a linkage gives against those that the store has: told apart by fixed words of each, a few bytes a row.

A million contacts have some twenty million keys, and hundreds of thousands of pairs. Of those that are as they were, neither
side is written out, sent or read back: of each row the server sends its key and what says whether the rest differs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from psycopg import Connection as Psycopg
from psycopg import sql
from sqlalchemy import Connection, Table

from contact_hub.store.changed_rows import ChangedRows, keys_of
from contact_hub.store.difference import copy_rows

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class FoundRows:
    """All rows that an organization is to have in a table.

    Attributes:
        columns: those of :attr:`rows`; the organization first, then the other keys, which are ids.
        words: a row a row, 64-bit words: two an id of the key, then what says whether the rest differs.
        stored: SQL of the same words of a stored row, as ``bytea``.
        rows: the rows at some places, values in the order of ``columns``.
    """

    table: Table
    columns: Sequence[str]
    words: Array
    stored: str
    rows: Callable[[Array], Iterable[Sequence[Any]]]


def changed_rows(connection: Connection, organization_id: str, found: FoundRows) -> ChangedRows:
    """Those of the rows that differ from the stored ones, to be written in a transaction of its own; stored rows that were
    not found are to be deleted."""
    stored = _stored(connection.connection.driver_connection, organization_id, found)  # type: ignore[arg-type]
    now, before = mixed(found.words), mixed(stored)
    new = np.flatnonzero(~pd.Index(now).isin(before))
    old = np.flatnonzero(~pd.Index(before).isin(now))
    changed = ChangedRows(connection, found.table, found.columns, len(now))
    copy_rows(connection, changed.name, found.table, found.columns, found.rows(new))
    keys = keys_of(found.table)
    width = 2 * (len(keys) - 1)
    rewritten = set(_keys(found.words[new, :width]))
    gone = ((organization_id, *_ids(key)) for key in _keys(stored[old, :width]) if key not in rewritten)
    copy_rows(connection, changed.gone, found.table, keys, gone)
    return changed.analyzed()


def id_words(ids: Array) -> Array:
    """UUIDs as text as two words each (uint64, n x 2)."""
    return _as_words(bytes.fromhex("".join(ids.tolist()).replace("-", "")), 2)


def mixed(words: Array) -> Array:
    """One 64-bit number a row of words, by splitmix64's finalizer. Two rows have one by chance only, once in 2**64."""
    number = np.zeros(len(words), dtype=np.uint64)
    for word in words.T:
        number = splitmix((number + np.uint64(0x9E3779B97F4A7C15)) ^ word)
    return number


def splitmix(numbers: Array) -> Array:
    """The finalizer of splitmix64, of uint64; 0 stays 0."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _stored(connection: Psycopg[Any], organization_id: str, found: FoundRows) -> Array:
    """One value for all rows: a message a row would take longer than all the rest."""
    statement = sql.SQL("SELECT string_agg({words}, ''::bytea) FROM {table} WHERE organization_id = {organization_id}").format(
        words=sql.SQL(found.stored), table=sql.Identifier(found.table.name), organization_id=sql.Literal(organization_id)
    )
    row = connection.cursor(binary=True).execute(statement).fetchone()
    return _as_words((row[0] if row else None) or b"", found.words.shape[1])


def _as_words(values: bytes, width: int) -> Array:
    return np.frombuffer(values, ">u8").astype(np.uint64).reshape(-1, width)


def _keys(words: Array) -> list[bytes]:
    values = words.astype(">u8")
    return [row.tobytes() for row in values]


def _ids(key: bytes) -> list[UUID]:
    return [UUID(bytes=key[start : start + 16]) for start in range(0, len(key), 16)]
