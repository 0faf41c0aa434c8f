"""Few rows at a time, in one statement a table: what real-time writes do, where bulk writes stage and compare."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, TextClause, text
from sqlalchemy.dialects import postgresql

from contact_hub.store.difference import json_text

Row = Mapping[str, Any]


def insert_new(connection: Connection, table: Table, organization_id: str, rows: Sequence[Row]) -> list[Any]:
    """Insert rows whose key is not there yet; the keys of those that were not (without the organization)."""
    if not rows:
        return []
    statement = _insert_new(table, tuple(rows[0]))
    return list(connection.execute(statement, {"organization_id": organization_id, "rows": json_text(rows)}))


def upsert(connection: Connection, table: Table, organization_id: str, rows: Sequence[Row]) -> int:
    """Insert rows, or bring those with their key up to date; how many were written. Rows that are equal are left alone."""
    if not rows:
        return 0
    statement = _upsert(table, tuple(rows[0]))
    return connection.execute(statement, {"organization_id": organization_id, "rows": json_text(rows)}).rowcount


def delete(connection: Connection, table: Table, organization_id: str, keys: Sequence[Row]) -> int:
    """Delete the rows that ``keys`` name by some of their columns; how many there were."""
    if not keys:
        return 0
    statement = _delete(table, tuple(keys[0]))
    return connection.execute(statement, {"organization_id": organization_id, "rows": json_text(keys)}).rowcount


def recordset(table: Table, columns: Sequence[str], parameter: str = "rows") -> str:
    """``incoming``, a FROM item with the rows of a JSON parameter, in the types of the table's columns."""
    return f"jsonb_to_recordset(CAST(:{parameter} AS jsonb)) AS incoming({typed(table, columns)})"


def typed(table: Table, columns: Sequence[str]) -> str:
    """Columns with their types, as a list of column definitions has them."""
    return ", ".join(f"{column} {table.c[column].type.compile(postgresql.dialect())}" for column in columns)


@lru_cache
def _insert_new(table: Table, columns: tuple[str, ...]) -> TextClause:
    keys = [column.name for column in table.primary_key.columns if column.name != "organization_id"]
    return text(f"{_insert(table, columns)} ON CONFLICT DO NOTHING RETURNING {', '.join(keys)}")


@lru_cache
def _upsert(table: Table, columns: tuple[str, ...]) -> TextClause:
    keys = [column.name for column in table.primary_key.columns]
    values = [column for column in columns if column not in keys]
    if not values:
        return text(f"{_insert(table, columns)} ON CONFLICT DO NOTHING")
    changed = " OR ".join(f"target.{column} IS DISTINCT FROM excluded.{column}" for column in values)
    return text(
        f"{_insert(table, columns)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET "
        f"{', '.join(f'{column} = excluded.{column}' for column in values)} WHERE {changed}"
    )


def _insert(table: Table, columns: tuple[str, ...]) -> str:
    return (
        f"INSERT INTO {table.fullname} AS target (organization_id, {', '.join(columns)}) "
        f"SELECT :organization_id, {', '.join(f'incoming.{column}' for column in columns)} FROM {recordset(table, columns)}"
    )


@lru_cache
def _delete(table: Table, columns: tuple[str, ...]) -> TextClause:
    same = " AND ".join(f"target.{column} = incoming.{column}" for column in columns)
    return text(
        f"DELETE FROM {table.fullname} AS target USING {recordset(table, columns)} "
        f"WHERE target.organization_id = :organization_id AND {same}"
    )
