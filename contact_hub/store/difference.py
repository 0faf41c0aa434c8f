"""Derive in full, write the difference: the one way in which derived rows reach their table.

The whole new content of a scope (one organization, or one organization and day) is staged; then only rows that are new,
changed or gone are written, in the caller's transaction. The same content again writes nothing, not even row locks.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects.postgresql import JSONB

from contact_hub.errors import StoreError
from contact_hub.store.changed_rows import (
    WORTH_ANALYZING,
    ChangedRows,
    Difference,
    analyze,
    differs,
    joined_by_hash,
    keys_of,
    make_temporary,
    same_key,
)

_UNSTORABLE = re.compile(r"\\u0000|\\ud[89a-f]")


def _text_of(value: Any) -> str:
    """Times and ids in JSON, as PostgreSQL reads them."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_text_of).encode


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
        self._keys = keys_of(table)
        make_temporary(connection, self.name, table, self.columns)

    def copy(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows, values in the order of ``columns``; dicts and lists of ``jsonb`` columns are encoded."""
        copy_rows(self._connection, self.name, self.table, self.columns, rows)

    def fill(self, select: str, parameters: Mapping[str, Any]) -> None:
        """Append what a SELECT gives, columns in the order of ``columns``."""
        self._connection.execute(text(f"INSERT INTO {self.name} ({', '.join(self.columns)}) {select}"), parameters)

    def merge(self, scope: Mapping[str, Any], *, delete_missing: bool, touch: str | None = None) -> Difference:
        """Make the rows of ``scope`` in the table equal to the staged ones: :meth:`compare`, and write what differs.

        Args:
            touch: a column set to ``now()`` on rows that change.
        """
        changed = self.compare(scope, delete_missing=delete_missing)
        difference = changed.write(touch)
        changed.drop()
        return difference

    def compare(self, scope: Mapping[str, Any], *, delete_missing: bool) -> ChangedRows:
        """Which rows of ``scope`` have to be written so that the table is equal to the staged ones. The staged rows are gone.

        Args:
            scope: the columns and values that say which rows the staged ones are all of.
            delete_missing: rows of the scope that are not staged are to be deleted.

        Raises:
            StoreError: two staged rows have one key.
        """
        analyze(self._connection, self.name, self._keys)
        self._refuse_repeated_keys()
        staged = self._connection.execute(text(f"SELECT count(*) FROM {self.name}")).scalar_one()
        changed = ChangedRows(self._connection, self.table, self.columns, staged)
        if delete_missing:
            with joined_by_hash(self._connection):
                self._connection.execute(text(self._gone(scope, changed.gone)), dict(scope))
        with joined_by_hash(self._connection) if staged >= WORTH_ANALYZING else nullcontext():
            self._connection.execute(text(self._differing(changed.name)))
        self._connection.execute(text(f"DROP TABLE {self.name}"))
        return changed.analyzed()

    def _refuse_repeated_keys(self) -> None:
        keys = ", ".join(self._keys)
        repeated = text(f"SELECT EXISTS (SELECT FROM {self.name} GROUP BY {keys} HAVING count(*) > 1)")
        if self._connection.execute(repeated).scalar_one():
            raise StoreError(f"{self.table.fullname}: two of the rows to write have one key; nothing was written")

    def _gone(self, scope: Mapping[str, Any], into: str) -> str:
        within = " AND ".join(f"target.{column} = :{column}" for column in scope)
        return f"""
            INSERT INTO {into} SELECT {", ".join(f"target.{key}" for key in self._keys)} FROM {self.table.fullname} AS target
            WHERE {within} AND NOT EXISTS (SELECT FROM {self.name} AS staged WHERE {same_key(self.table, "staged")})
        """

    def _differing(self, into: str) -> str:
        return f"""
            INSERT INTO {into} SELECT {", ".join(f"staged.{column}" for column in self.columns)} FROM {self.name} AS staged
            LEFT JOIN {self.table.fullname} AS target ON {same_key(self.table, "staged")}
            WHERE target.{self._keys[0]} IS NULL OR {differs(self.table, self.columns, "staged")}
        """
