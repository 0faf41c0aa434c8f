"""A large clinic put into the store by COPY: the rows that landing and deriving it would write, by the same pure functions.

A phone's people are joined to nobody else's, so each process resolves some phones at a time and writes their final rows;
nothing is staged, compared or read back. contact_hub_tests/test_benchmarks.py holds the rows to the real ones.
"""

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Table, text

from benchmarks.large_clinic import NOW, LargeClinic, has_written, tidy
from benchmarks.workplace import ORGANIZATION_ID, register_clinic
from contact_hub.channels.normalized import channel_row
from contact_hub.channels.records import Summary, sighting_of
from contact_hub.cliniko.fields import LANDED_FIELDS
from contact_hub.directory.clinic import clinic_of
from contact_hub.identity.golden_records import CONTACT_COLUMNS, SURVIVING_FIELDS, HeldIdentifiers, golden_records
from contact_hub.identity.linking import LINK_COLUMNS, RECORD_LINK_COLUMNS, link_rows, record_link_rows
from contact_hub.identity.normalized_rows import NORMALIZED_COLUMNS, patient_rows
from contact_hub.identity.own_identifiers import without_own
from contact_hub.identity.resolve import founders_of, resolve
from contact_hub.identity.source_records import Objects, StatedIdentifiers
from contact_hub.installation import prepare
from contact_hub.store import channel_tables, tables
from contact_hub.store.changes import move_watermark, take_numbers
from contact_hub.store.conversations import CONVERSATION_COLUMNS, CONVERSATIONS, KINDS
from contact_hub.store.database import Database
from contact_hub.store.difference import copy_rows
from contact_hub.store.events import event_id, event_row
from contact_hub.store.identity_rows import source_records
from contact_hub.store.raw_tables import RAW_TABLES
from contact_hub.store.summaries import record_rows, statement_rows

BLOCK = 10_000
"""Phones at a time."""
ASSETS = ("normalized_contacts", "channel_identity_links", "contacts", "conversations")
FILLED = (
    RAW_TABLES["patients"],
    channel_tables.channel_events,
    channel_tables.channel_records,
    channel_tables.identifier_statements,
    tables.normalized_contacts,
    channel_tables.source_record_links,
    tables.channel_identity_links,
    tables.contacts,
)
Rows = Iterable[Sequence[Any]]


def seed(contacts: int) -> int:
    """Put the clinic into the store of this installation; how many contacts that made."""
    phones = LargeClinic(contacts).phones
    blocks = [range(first, min(first + BLOCK, phones)) for first in range(0, phones, BLOCK)]
    with closing(prepare()) as database:
        register_clinic(database, "http://127.0.0.1:1")
        spawn = multiprocessing.get_context("spawn")
        with _without_indexes(database), ProcessPoolExecutor(os.cpu_count(), spawn) as processes:
            list(processes.map(_seed_block, blocks))
        tidy(database)
        with database.transaction() as connection:
            _finish(connection, sum(map(has_written, range(phones))))
        return tidy(database)


@cache
def _database() -> Database:
    """Of one process."""
    return prepare()


def _seed_block(phones: range) -> None:
    with _database().transaction() as connection:
        clinic = clinic_of(_database(), ORGANIZATION_ID)
        payloads = list(LargeClinic(0).patients(phones))
        fields = LANDED_FIELDS["patients"]
        raw = ((one["id"], one, *(field.read(one) for field in fields), None) for one in payloads)
        _copy(connection, RAW_TABLES["patients"], ("cliniko_id", "payload", *(one.name for one in fields), "vanished_at"), raw)
        patients = list(patient_rows(((one, False) for one in payloads), region=clinic.region, today=clinic.today))
        summary = _land(connection, phones)
        channel = [channel_row(key, record, summary.statements[key]) for key, record in summary.records.items()]
        _copy(connection, tables.normalized_contacts, NORMALIZED_COLUMNS, [*patients, *channel])
        statements = [*_patient_statements(patients), *statement_rows(summary)]
        _copy_named(connection, channel_tables.identifier_statements, statements)
        columns = dict(zip(NORMALIZED_COLUMNS, map(_objects, zip(*patients, *channel, strict=True)), strict=True))
        for table, names, rows in _derived(clinic, columns, statements):
            _copy(connection, table, names, rows)


def _land(connection: Connection, phones: range) -> Summary:
    """The events, and what they say of the people who wrote."""
    number = sum(map(has_written, range(phones.start)))
    summary, rows = Summary(), []
    for event in LargeClinic(0).events(phones):
        number += 1
        sighting = sighting_of(event, event.occurred_at or NOW)
        assert sighting is not None
        key = summary.add(sighting)
        rows.append(event_row(event, event_id(ORGANIZATION_ID, event.provider, event.external_id), key, NOW, number))
    _copy_named(connection, channel_tables.channel_events, rows)
    _copy_named(connection, channel_tables.channel_records, record_rows(summary, number))
    return summary


def _patient_statements(patients: Rows) -> Iterator[dict[str, Any]]:
    """What :mod:`contact_hub.store.patient_statements` makes of records that it sees for the first time."""
    for row in patients:
        record = dict(zip(NORMALIZED_COLUMNS, row, strict=True))
        stated = [("phone", one["number"]) for one in record["phones"] if not one["placeholder"]]
        stated += [("email", one["address"]) for one in record["emails"] if not one["placeholder"]]
        for kind, value in dict.fromkeys(stated):
            yield {
                "source": record["source"],
                "source_id": record["source_id"],
                "kind": kind,
                "value": value,
                "claim": "record",
                "since": record["created_at"],
                "last_at": None,
            }


def _derived(clinic: Any, columns: dict[str, Objects], statements: Sequence[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """(table, columns, rows) of links and contacts, as the assets of identity make them."""
    moments = {name: _objects(map(_microseconds, columns[name])) for name in ("created_at", "updated_at")}
    born = {"birth_date": _objects(map(_days, columns["date_of_birth"]))}
    records = source_records({**columns, **moments, **born})
    places = {key: place for place, key in enumerate(zip(records.source, records.source_id, strict=True))}
    identifiers = StatedIdentifiers(
        record=np.array([places[one["source"], one["source_id"]] for one in statements], np.intp),
        kind=_objects(one["kind"] for one in statements),
        value=_objects(one["value"] for one in statements),
        vouched=np.array([one["claim"] != "stated" for one in statements], np.bool_),
    )
    resolution = resolve(records, without_own(identifiers, clinic.own), [], as_of=clinic.today)
    founds = founders_of(records, clinic.contact_ids)
    links = list(link_rows(records, resolution, founds))
    of_records = list(record_link_rows(records, resolution, founds))
    yield tables.channel_identity_links, LINK_COLUMNS, links
    yield channel_tables.source_record_links, RECORD_LINK_COLUMNS, of_records
    contact_of = _objects(row[RECORD_LINK_COLUMNS.index("contact_id")] for row in of_records)
    method, candidates = RECORD_LINK_COLUMNS.index("method"), RECORD_LINK_COLUMNS.index("candidates")
    households = {found: row[candidates] for found, row in zip(founds, of_records, strict=True) if row[method] == "household"}
    fields = {name: columns[name] for name in (*SURVIVING_FIELDS, "status", "original")}
    yield tables.contacts, CONTACT_COLUMNS, golden_records(records, fields, contact_of, founds, _held(links), households)


def _held(links: Rows) -> dict[UUID, HeldIdentifiers]:
    channels: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    owned: dict[UUID, list[str]] = defaultdict(list)
    for row in sorted(links, key=lambda row: row[:2]):
        link = dict(zip(LINK_COLUMNS, row, strict=True))
        channels[link["contact_id"]][link["channel"]].append(link["identifier"])
        if link["channel"] == "phone" and link["role"] == "owner":
            owned[link["contact_id"]].append(link["identifier"])
    return {contact_id: HeldIdentifiers(dict(held), tuple(owned[contact_id])) for contact_id, held in channels.items()}


def _finish(connection: Connection, events: int) -> None:
    """Conversations, the counter and the watermarks."""
    take_numbers(connection, ORGANIZATION_ID, events)
    columns = ", ".join(("organization_id", *CONVERSATION_COLUMNS))
    parameters = {"organization_id": ORGANIZATION_ID, "kinds": KINDS, "through": events}
    connection.execute(text(f"INSERT INTO conversations ({columns}) {CONVERSATIONS}"), parameters)
    for asset in ASSETS:
        move_watermark(connection, ORGANIZATION_ID, asset, events)


@contextmanager
def _without_indexes(database: Database) -> Iterator[None]:
    """Without keys and indexes on the tables to be filled, which are made when these are full, several at a time."""
    with database.transaction() as connection:
        names = [table.fullname for table in FILLED]
        constraints = list(connection.execute(_CONSTRAINTS, {"tables": names}))
        for table, name, _ in constraints:
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        indexes = list(connection.execute(_INDEXES, {"tables": names}))
        for name, _ in indexes:
            connection.execute(text(f"DROP INDEX {name}"))
    yield
    added: dict[str, list[str]] = defaultdict(list)
    for table, name, definition in constraints:
        added[table].append(f"ADD CONSTRAINT {name} {definition}")
    made = [f"ALTER TABLE {table} {', '.join(parts)}" for table, parts in added.items()]
    for statement in (*made, *(definition for _, definition in indexes)):
        with database.transaction() as connection:
            connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            connection.exec_driver_sql(statement)


_CONSTRAINTS = text("""
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = ANY(CAST(:tables AS regclass[])) AND contype IN ('p', 'u', 'x', 'f') ORDER BY contype DESC
""")
_INDEXES = text("""
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY(CAST(:tables AS regclass[]))
""")


def _copy(connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
    named = ((ORGANIZATION_ID, *row) for row in rows)
    copy_rows(connection, table.fullname, table, ("organization_id", *columns), named)


def _copy_named(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        _copy(connection, table, tuple(rows[0]), (tuple(row.values()) for row in rows))


def _objects(values: Iterable[Any]) -> Objects:
    """A column of objects; lists stay lists."""
    listed = list(values)
    column = np.empty(len(listed), object)
    for place, value in enumerate(listed):
        column[place] = value
    return column


def _microseconds(value: datetime | str) -> int:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return round(moment.timestamp() * 1_000_000)


def _days(value: date | None) -> int | None:
    return None if value is None else (value - date(1970, 1, 1)).days
