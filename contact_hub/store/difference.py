"""Derive in full, write the difference: the one way in which derived rows reach their table.

The whole new content of a scope (one organization, or one organization and day) is staged; then only rows that are new,
changed or gone are written, in the caller's transaction. The same content again writes nothing, not even row locks.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects.postgresql import JSONB

from contact_hub.errors import StoreError

_UNSTORABLE = re.compile(r"\\u0000|\\ud[89a-f]")


def _text_of(value: Any) -> str:
    """Times and ids in JSON, as PostgreSQL reads them."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_text_of).encode

WORTH_ANALYZING = 1_000
"""Rows written at once after which a table is analyzed. The server does so by itself, but maybe in the middle of the write:
it then sees a table without rows, and the planner believes it (see :func:`joined_by_hash`) until the next time."""


@dataclass(frozen=True)
class Difference:
    """Rows that a write found new, changed, gone and as they were."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int

    @property
    def written(self) -> int:
        return self.inserted + self.updated + self.deleted

    @property
    def rows(self) -> int:
        """Rows of the scope after the write."""
        return self.inserted + self.updated + self.unchanged


def json_text(value: Any) -> str:
    """``value`` as JSON that ``jsonb`` takes.

    NUL characters and lone surrogates, which it refuses, become U+FFFD; numbers beyond a float (1e999) become text.
    """
    try:
        encoded = _encode(value)
    except ValueError:  # infinity, which JSON does not have
        return _encode(_storable(value))
    return _encode(_storable(value)) if _UNSTORABLE.search(encoded) else encoded


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value


def storable_text(value: str) -> str:
    """``value`` without the characters that PostgreSQL cannot hold."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")


def copy_rows(connection: Connection, into: str, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table that has these columns of ``table``; dicts and lists of ``jsonb`` columns are encoded."""
    json_places = [at for at, column in enumerate(columns) if isinstance(table.c[column].type, JSONB)]
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {into} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            values = list(row)
            for place in json_places:
                if values[place] is not None:
                    values[place] = json_text(values[place])
            copy.write_row(values)


class Staging:
    """A temporary table with some of ``table``'s columns, filled by COPY; lives as long as the connection."""

    def __init__(self, connection: Connection, table: Table, columns: Sequence[str]) -> None:
        self.table = table
        self.name = f"staging_{table.name}"
        self.columns = list(columns)
        self._connection = connection
        self._keys = [column.name for column in table.primary_key.columns]
        listed = ", ".join(self.columns)
        connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{self.name}"))
        connection.execute(text(f"CREATE TEMPORARY TABLE {self.name} AS SELECT {listed} FROM {table.fullname} WITH NO DATA"))

    def copy(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows, values in the order of ``columns``; dicts and lists of ``jsonb`` columns are encoded."""
        copy_rows(self._connection, self.name, self.table, self.columns, rows)

    def fill(self, select: str, parameters: Mapping[str, Any]) -> None:
        """Append what a SELECT gives, columns in the order of ``columns``."""
        self._connection.execute(text(f"INSERT INTO {self.name} ({', '.join(self.columns)}) {select}"), parameters)

    def merge(self, scope: Mapping[str, Any], *, delete_missing: bool, touch: str | None = None) -> Difference:
        """Make the rows of ``scope`` in the table equal to the staged ones.

        Args:
            scope: the columns and values that say which rows the staged ones are all of.
            delete_missing: delete rows of the scope that are not staged.
            touch: a column set to ``now()`` on rows that change.

        Raises:
            StoreError: two staged rows have one key; nothing was written.
        """
        self._analyze(self.name)
        self._refuse_repeated_keys()
        with joined_by_hash(self._connection):
            deleted = self._delete(scope) if delete_missing else 0
            updated = self._update(scope, touch)
            inserted = self._insert(scope)
        staged = self._connection.execute(text(f"SELECT count(*) FROM {self.name}")).scalar_one()
        self._connection.execute(text(f"DROP TABLE {self.name}"))
        difference = Difference(inserted, updated, deleted, staged - inserted - updated)
        if difference.written >= WORTH_ANALYZING:
            self._analyze(self.table.fullname)
        return difference

    def _analyze(self, table: str) -> None:
        """Tell the planner how many rows there are. The keys are what rows are joined by; documents take long to sample."""
        self._connection.execute(text(f"ANALYZE {table} ({', '.join(self._keys)})"))

    def _refuse_repeated_keys(self) -> None:
        keys = ", ".join(self._keys)
        repeated = text(f"SELECT EXISTS (SELECT FROM {self.name} GROUP BY {keys} HAVING count(*) > 1)")
        if self._connection.execute(repeated).scalar_one():
            raise StoreError(f"{self.table.fullname}: two of the rows to write have one key; nothing was written")

    def _delete(self, scope: Mapping[str, Any]) -> int:
        statement = f"""
            DELETE FROM {self.table.fullname} AS target
            WHERE {_within(scope)} AND NOT EXISTS (SELECT FROM {self.name} AS staged WHERE {self._same_key()})
        """
        return self._connection.execute(text(statement), dict(scope)).rowcount

    def _update(self, scope: Mapping[str, Any], touch: str | None) -> int:
        compared = [column for column in self.columns if column not in self._keys]
        changed = " OR ".join(f"target.{column} IS DISTINCT FROM staged.{column}" for column in compared)
        assignments = [f"{column} = staged.{column}" for column in compared] + ([f"{touch} = now()"] if touch else [])
        statement = f"""
            UPDATE {self.table.fullname} AS target SET {", ".join(assignments)}
            FROM {self.name} AS staged WHERE {_within(scope)} AND {self._same_key()} AND ({changed})
        """
        return self._connection.execute(text(statement), dict(scope)).rowcount

    def _insert(self, scope: Mapping[str, Any]) -> int:
        statement = f"""
            INSERT INTO {self.table.fullname} ({", ".join(self.columns)})
            SELECT {", ".join(f"staged.{column}" for column in self.columns)} FROM {self.name} AS staged
            WHERE NOT EXISTS (SELECT FROM {self.table.fullname} AS target WHERE {_within(scope)} AND {self._same_key()})
        """
        return self._connection.execute(text(statement), dict(scope)).rowcount

    def _same_key(self) -> str:
        return " AND ".join(f"target.{column} = staged.{column}" for column in self._keys)


def _within(scope: Mapping[str, Any]) -> str:
    return " AND ".join(f"target.{column} = :{column}" for column in scope)


@contextmanager
def joined_by_hash(connection: Connection) -> Iterator[None]:
    """No nested loops, for a while of a transaction.

    They are what the planner takes where it believes a table to be empty. It may believe so of one that this very
    transaction fills, and each row would be compared with all rows: an import of 100,000 that takes seconds takes minutes.
    """
    connection.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    connection.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))
