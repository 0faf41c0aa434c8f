"""Rows to the store against bare COPY, table by table; a part of the benchmark :mod:`benchmarks.sync`.

Bare COPY is psycopg's, of the very same rows, into an empty table with the same columns, defaults, checks and indexes. JSON
is encoded on the way, as contact_hub has to; what COPY does with JSON encoded beforehand is reported beside it.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Table, text
from sqlalchemy.dialects.postgresql import JSONB

from benchmarks.report import Rounds, seconds, take_turns
from benchmarks.workplace import ORGANIZATION_ID, client, register_clinic
from contact_hub.automation.partitions import today
from contact_hub.cliniko import PATIENTS, Unlimited
from contact_hub.cliniko.fields import LANDED_FIELDS
from contact_hub.identity.contact_ids import contact_id_namer
from contact_hub.identity.golden_records import CONTACT_COLUMNS, golden_records
from contact_hub.identity.linking import LINK_COLUMNS, RECORD_LINK_COLUMNS, link_rows, record_link_rows
from contact_hub.identity.normalized_rows import NORMALIZED_COLUMNS, patient_rows
from contact_hub.identity.resolve import founders_of, resolve
from contact_hub.installation import prepare
from contact_hub.store import channel_tables, tables
from contact_hub.store.changed_rows import Difference, joined_by_hash
from contact_hub.store.database import Database
from contact_hub.store.difference import Staging
from contact_hub.store.identity_rows import held_identifiers, identity_columns, linked_columns
from contact_hub.store.landing import land
from contact_hub.store.patient_statements import follow_patient_statements
from contact_hub.store.raw_tables import RAW_TABLES

Row = tuple[Any, ...]
Pages = Sequence[list[dict[str, Any]]]


@dataclass(frozen=True)
class Bulk:
    """The rows of one table, in the order of ``columns``, and how contact_hub writes them."""

    table: Table
    columns: Sequence[str]
    rows: list[Row]
    write: Callable[[], Difference]


def rows_to_store(url: str) -> Rounds:
    """Rows a second, of all patients: ``TABLE_copy``, ``TABLE_text_copy`` (JSON encoded beforehand), ``TABLE_first`` (into an
    empty table) and ``TABLE_unchanged``."""
    rounds: Rounds = {}
    with closing(prepare()) as database:
        register_clinic(database, url)
        pages = [page.records for page in client(url, Unlimited()).pages(PATIENTS)]
        for bulk in (landed, normalized, linked, golden):
            rounds |= compare(database, bulk(database, pages))
    return rounds


def land_patients(database: Database, pages: Iterable[list[dict[str, Any]]]) -> Difference:
    """Land a complete list of the clinic's patients."""
    return land(database, ORGANIZATION_ID, "patients", pages, changed_through=datetime.now(UTC), sweep=True).difference


def forget_patients(database: Database) -> None:
    """Make the next landing of patients the first one."""
    empty(database, RAW_TABLES["patients"])
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM sync_states WHERE resource = 'patients'"))


def landed(database: Database, pages: Pages) -> Bulk:
    fields = LANDED_FIELDS["patients"]
    columns = ["organization_id", "cliniko_id", "payload", *(field.name for field in fields)]
    rows: list[Row] = [
        (ORGANIZATION_ID, record["id"], record, *(field.read(record) for field in fields))
        for records in pages
        for record in records
    ]
    return Bulk(RAW_TABLES["patients"], columns, rows, lambda: land_patients(database, pages))


def normalized(database: Database, pages: Pages) -> Bulk:
    patients = ((record, False) for records in pages for record in records)
    rows = patient_rows(patients, region="AU", today=today())
    return _derived(database, tables.normalized_contacts, NORMALIZED_COLUMNS, rows)


def linked(database: Database, pages: Pages) -> Bulk:
    with database.writing(ORGANIZATION_ID) as connection, joined_by_hash(connection):
        follow_patient_statements(connection, ORGANIZATION_ID, "normalized_contacts")
    with database.reading() as connection:
        columns = identity_columns(connection, ORGANIZATION_ID)
    resolution = resolve(columns.records, columns.identifiers, columns.decisions, as_of=today())
    contact_ids = founders_of(columns.records, _contact_ids())
    _derived(
        database,
        channel_tables.source_record_links,
        RECORD_LINK_COLUMNS,
        record_link_rows(columns.records, resolution, contact_ids),
    ).write()
    rows = link_rows(columns.records, resolution, contact_ids)
    return _derived(database, tables.channel_identity_links, LINK_COLUMNS, rows)


def golden(database: Database, pages: Pages) -> Bulk:
    with database.reading() as connection:
        columns = linked_columns(connection, ORGANIZATION_ID)
        held = held_identifiers(connection, ORGANIZATION_ID)
    contact_ids = founders_of(columns.records, _contact_ids())
    rows = golden_records(columns.records, columns.fields, columns.contact_id, contact_ids, held)
    return _derived(database, tables.contacts, CONTACT_COLUMNS, rows)


def _contact_ids() -> Callable[[str, str], UUID]:
    return contact_id_namer(b"a secret of benchmarks", ORGANIZATION_ID)


def _derived(database: Database, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> Bulk:
    derived = list(rows)

    def write() -> Difference:
        with database.writing(ORGANIZATION_ID) as connection:
            staging = Staging(connection, table, ("organization_id", *columns))
            staging.copy((ORGANIZATION_ID, *row) for row in derived)
            return staging.merge({"organization_id": ORGANIZATION_ID}, delete_missing=True)

    return Bulk(table, ("organization_id", *columns), [(ORGANIZATION_ID, *row) for row in derived], write)


def compare(database: Database, bulk: Bulk) -> Rounds:
    """One table's rates; its rows are in it afterwards."""
    name, count = bulk.table.name, len(bulk.rows)
    values, texts = _with_json(bulk, Jsonb), _with_json(bulk, json.dumps)

    def copied(rows: list[Row]) -> float:
        _make_twin(database, bulk.table)
        return count / seconds(lambda: _bare_copy(database, bulk.columns, rows))

    def first() -> float:
        empty(database, bulk.table)
        return count / seconds(lambda: _expect(bulk.write(), inserted=count))

    def unchanged() -> float:
        _settle(database)
        return count / seconds(lambda: _expect(bulk.write(), inserted=0))

    ways = {"copy": lambda: copied(values), "text_copy": lambda: copied(texts), "first": first, "unchanged": unchanged}
    return take_turns({f"{name}_{way}": measured for way, measured in ways.items()})


def _expect(difference: Difference, *, inserted: int) -> None:
    if (difference.inserted, difference.updated, difference.deleted) != (inserted, 0, 0):
        raise RuntimeError(f"{difference}, where {inserted} new rows were expected and nothing else")


def _with_json(bulk: Bulk, made: Callable[[Any], Any]) -> list[Row]:
    """The rows for COPY: psycopg has to be told which values are JSON, or be given its text."""
    is_json = [isinstance(bulk.table.c[column].type, JSONB) for column in bulk.columns]
    return [tuple(made(value) if wanted else value for value, wanted in zip(row, is_json, strict=True)) for row in bulk.rows]


def _bare_copy(database: Database, columns: Sequence[str], rows: list[Row]) -> None:
    with database.transaction() as connection:
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY twin ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _make_twin(database: Database, table: Table) -> None:
    """An empty table like ``table``, in a transaction before that of the COPY: one's own new table needs no log."""
    with database.transaction() as connection:
        connection.execute(text("DROP TABLE IF EXISTS twin"))
        connection.execute(text(f"CREATE TABLE twin (LIKE {table.fullname} INCLUDING ALL)"))
    _settle(database)


def empty(database: Database, table: Table) -> None:
    """Remove all rows of ``table``."""
    with database.transaction() as connection:
        connection.execute(text(f"TRUNCATE {table.fullname}"))
    _settle(database)


def _settle(database: Database) -> None:
    """Write out now what earlier work left to be written later."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
