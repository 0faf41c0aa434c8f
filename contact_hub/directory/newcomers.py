"""Newcomers: people of whose identifiers nobody has heard. Their rows follow from the event alone, by the same functions.

Nothing has to be read for them, so everything is written in one statement; that is what makes a new contact cheap.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Table, TextClause, text

from contact_hub.channels.event import ChannelEvent
from contact_hub.channels.normalized import channel_row
from contact_hub.channels.records import Summary, identifier_of, sighting_of
from contact_hub.directory.clinic import Clinic
from contact_hub.identity.golden_records import CONTACT_COLUMNS, SURVIVING_FIELDS, HeldIdentifiers, golden_records
from contact_hub.identity.linking import LINK_COLUMNS, RECORD_LINK_COLUMNS, link_rows, record_link_rows
from contact_hub.identity.normalized_rows import NORMALIZED_COLUMNS
from contact_hub.identity.own_identifiers import without_own
from contact_hub.identity.resolve import founders_of, resolve
from contact_hub.identity.source_records import SourceRecords, StatedIdentifiers, constant
from contact_hub.store.changes import take_numbers
from contact_hub.store.channel_tables import channel_events, channel_records, identifier_statements, source_record_links
from contact_hub.store.difference import json_text
from contact_hub.store.events import event_id, event_row
from contact_hub.store.rows import Row, recordset
from contact_hub.store.summaries import record_rows, statement_rows
from contact_hub.store.tables import channel_identity_links, contacts, normalized_contacts

_KNOWN = text(f"""
    SELECT EXISTS (SELECT FROM {recordset(identifier_statements, ("kind", "value"))}
                   JOIN identifier_statements AS stated USING (kind, value) WHERE stated.organization_id = :organization_id)
        OR EXISTS (SELECT FROM {recordset(identifier_statements, ("kind", "value"))}
                   JOIN number_changes AS change USING (kind, value) WHERE change.organization_id = :organization_id)
""")


def is_newcomer(connection: Connection, clinic: Clinic, event: ChannelEvent) -> bool:
    """Whether nobody has ever stated any identifier of the event. The caller holds the organization's write lock.

    Landings, which take no turn, wait from here on, so that it stays true.
    """
    take_numbers(connection, clinic.organization_id, 0)
    identifiers = {identifier_of(stated) for stated in event.identifiers}
    rows = json_text([{"kind": kind, "value": value} for kind, value in sorted(identifiers)])
    known = connection.execute(_KNOWN, {"organization_id": clinic.organization_id, "rows": rows}).scalar_one()
    return not known


@dataclass(frozen=True)
class Newcomer:
    """Everything that the event of a newcomer brings about; made before anybody has to wait for it."""

    contact_id: UUID
    statement: TextClause
    parameters: dict[str, str]

    def write(self, connection: Connection) -> None:
        """Land the event and write what follows from it, in one statement."""
        connection.execute(self.statement, self.parameters)


def newcomer_of(clinic: Clinic, event: ChannelEvent, at: datetime) -> Newcomer:
    """What is to be written if :func:`is_newcomer` holds."""
    rows = _rows(clinic, event, at)
    parameters = {f"rows_{place}": json_text(of_table) for place, of_table in enumerate(rows.values())}
    statement = _insert(tuple((table, tuple(of_table[0]) if of_table else ()) for table, of_table in rows.items()))
    return Newcomer(rows[contacts][0]["id"], statement, {"organization_id": clinic.organization_id, **parameters})


@lru_cache
def _insert(tables: tuple[tuple[Table, tuple[str, ...]], ...]) -> TextClause:
    """One statement that takes the event's number and inserts into all tables."""
    parts = [
        """counter AS (
            INSERT INTO organization_changes AS counter (organization_id, last_number) VALUES (:organization_id, 1)
            ON CONFLICT (organization_id) DO UPDATE SET last_number = counter.last_number + 1 RETURNING last_number)"""
    ]
    for place, (table, columns) in enumerate(tables):
        if not columns:
            continue
        values = ["counter.last_number" if column == "number" else f"incoming.{column}" for column in columns]
        source = recordset(table, columns, f"rows_{place}")
        parts.append(
            f"written_{place} AS (INSERT INTO {table.fullname} (organization_id, {', '.join(columns)}) "
            f"SELECT :organization_id, {', '.join(values)} FROM {source} CROSS JOIN counter)"
        )
    return text(f"WITH {', '.join(parts)} SELECT last_number FROM counter")


def _rows(clinic: Clinic, event: ChannelEvent, at: datetime) -> dict[Table, list[Row]]:
    """Everything that is to be written, by table."""
    sighting = sighting_of(event, at)
    assert sighting is not None, "an event of a newcomer names somebody"
    summary = Summary()
    key = summary.add(sighting)
    normalized = dict(zip(NORMALIZED_COLUMNS, channel_row(key, summary.records[key], summary.statements[key]), strict=True))
    one = event_id(clinic.organization_id, event.provider, event.external_id)
    return {
        channel_events: [event_row(event, one, key, at)],
        channel_records: list(record_rows(summary, None)),
        identifier_statements: list(statement_rows(summary)),
        normalized_contacts: [normalized],
        **_derived(clinic, summary, normalized, at),
    }


def _derived(clinic: Clinic, summary: Summary, normalized: Row, at: datetime) -> dict[Table, list[Row]]:
    """Links and contact of the only record there is."""
    (key,) = summary.records
    moment = np.array([np.datetime64(at.replace(tzinfo=None), "us")])
    records = SourceRecords(
        source=constant(key[0], 1),
        source_id=constant(key[1], 1),
        created_at=moment,
        updated_at=moment,
        birth_date=np.array(["NaT"], "datetime64[D]"),
        in_use=np.ones(1, np.bool_),
    )
    stated = summary.statements[key]
    identifiers = StatedIdentifiers(
        record=np.zeros(len(stated), np.intp),
        kind=np.array([kind for kind, _ in stated], object),
        value=np.array([value for _, value in stated], object),
        vouched=np.array([statement.claim != "stated" for statement in stated.values()], np.bool_),
    )
    resolution = resolve(records, without_own(identifiers, clinic.own), [], as_of=clinic.today)
    contact_ids = founders_of(records, clinic.contact_ids)
    links = _named(LINK_COLUMNS, link_rows(records, resolution, contact_ids))
    fields = {field: constant(normalized[field], 1) for field in (*SURVIVING_FIELDS, "status", "original")}
    held = {contact_ids[0]: _held(links)}
    return {
        source_record_links: _named(RECORD_LINK_COLUMNS, record_link_rows(records, resolution, contact_ids)),
        channel_identity_links: links,
        contacts: _named(CONTACT_COLUMNS, golden_records(records, fields, contact_ids, contact_ids, held)),
    }


def _held(links: list[Row]) -> HeldIdentifiers:
    channels: dict[str, list[str]] = {}
    for link in links:
        channels.setdefault(link["channel"], []).append(link["identifier"])
    ordered = {channel: sorted(identifiers) for channel, identifiers in channels.items()}
    return HeldIdentifiers(ordered, tuple(ordered.get("phone", ())))


def _named(columns: tuple[str, ...], rows: Any) -> list[Row]:
    return [dict(zip(columns, row, strict=True)) for row in rows]
