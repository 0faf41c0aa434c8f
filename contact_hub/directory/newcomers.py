"""Newcomers: people of whose identifiers nobody has heard. Their rows follow from the event alone, by the same functions.

Nothing has to be read for them, so everything is written in one round trip, for several of them at once; that is what
makes a new contact cheap. Plain psycopg, as where the directory reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from psycopg import Connection
from sqlalchemy import Table

from contact_hub.channels.event import ChannelEvent
from contact_hub.channels.normalized import channel_row
from contact_hub.channels.records import Identifier, RecordKey, Summary, identifier_of, sighting_of
from contact_hub.directory.clinic import Clinic
from contact_hub.directory.reading import CONTACT_FIELDS
from contact_hub.identity.golden_records import CONTACT_COLUMNS, SURVIVING_FIELDS, HeldIdentifiers, golden_records
from contact_hub.identity.linking import LINK_COLUMNS, RECORD_LINK_COLUMNS, link_rows, record_link_rows
from contact_hub.identity.normalized_rows import NORMALIZED_COLUMNS
from contact_hub.identity.resolve import Resolution, founders_of, resolve
from contact_hub.identity.source_records import SourceRecords, StatedIdentifiers, constant
from contact_hub.store.channel_tables import channel_events, channel_records, identifier_statements, source_record_links
from contact_hub.store.database import lock_space
from contact_hub.store.difference import json_text
from contact_hub.store.events import event_id, event_row
from contact_hub.store.rows import Row, typed
from contact_hub.store.summaries import record_rows, statement_rows
from contact_hub.store.tables import channel_identity_links, contacts, normalized_contacts

_TURN = "SELECT pg_advisory_xact_lock(%(space)s, hashtext(%(organization_id)s))"
# Landings, which take no turn, wait from here on: of whom nobody has heard now, nobody hears before the end.
_NUMBERS = """
    INSERT INTO organization_changes AS counter (organization_id, last_number) VALUES (%(organization_id)s, %(count)s)
    ON CONFLICT (organization_id) DO UPDATE SET last_number = counter.last_number + excluded.last_number
"""


def _insert(table: Table) -> str:
    columns = [column.name for column in table.columns if column.name != "organization_id"]
    values = ["counter.before + incoming.place + 1" if column == "number" else f"incoming.{column}" for column in columns]
    return f"""
        INSERT INTO {table.fullname} (organization_id, {", ".join(columns)})
        SELECT %(organization_id)s, {", ".join(values)}
        FROM counter, jsonb_to_recordset(%(rows)s::jsonb -> '{table.name}') AS incoming(place int, {typed(table, columns)})
        WHERE incoming.place NOT IN (SELECT place FROM known)"""


_TABLES = (
    channel_events,
    channel_records,
    identifier_statements,
    normalized_contacts,
    source_record_links,
    channel_identity_links,
    contacts,
)
_WRITE = f"""
    WITH counter AS (
        SELECT last_number - %(count)s AS before FROM organization_changes WHERE organization_id = %(organization_id)s),
    known AS (
        SELECT place FROM jsonb_to_recordset(%(identifiers)s::jsonb) AS asked(place int, kind text, value text)
        WHERE EXISTS (SELECT FROM identifier_statements AS stated WHERE stated.organization_id = %(organization_id)s
                      AND stated.kind = asked.kind AND stated.value = asked.value)
           OR EXISTS (SELECT FROM number_changes AS change WHERE change.organization_id = %(organization_id)s
                      AND change.kind = asked.kind AND change.value = asked.value)),
    {", ".join(f"in_{table.name} AS ({_insert(table)})" for table in _TABLES[:-1])}
    {_insert(contacts)} RETURNING {", ".join(CONTACT_FIELDS)}
"""


@dataclass(frozen=True)
class Newcomer:
    """Everything that the event of a newcomer brings about; made before anybody has to wait for it.

    Attributes:
        identifiers: all that the event states; of none of them may anybody have heard.
        rows: by table.
    """

    contact_id: UUID
    identifiers: frozenset[Identifier]
    rows: Mapping[Table, Sequence[Row]]


def newcomer_of(clinic: Clinic, event: ChannelEvent, at: datetime) -> Newcomer:
    """What is to be written if nobody has ever stated any identifier of the event."""
    rows = _rows(clinic, event, at)
    return Newcomer(rows[contacts][0]["id"], frozenset(identifier_of(stated) for stated in event.identifiers), rows)


def write_newcomers(
    connection: Connection[Any], organization_id: str, newcomers: Sequence[Newcomer]
) -> list[dict[str, Any] | None]:
    """Land the events of newcomers and write what follows from them, in one transaction and one round trip.

    The contact of each; None for one of whom somebody has heard meanwhile, maybe by another of these: of that one nothing
    is written.
    """
    chosen = _strangers_to_each_other(newcomers)
    stated = [(place, *identifier) for place, one in enumerate(chosen) for identifier in one.identifiers]
    rows = {table: [(place, row) for place, one in enumerate(chosen) for row in one.rows[table]] for table in _TABLES}
    parameters = {
        "organization_id": organization_id,
        "space": lock_space("write"),
        "count": len(chosen),
        "identifiers": json_text([{"place": place, "kind": kind, "value": value} for place, kind, value in stated]),
        "rows": json_text({table.name: [{**row, "place": place} for place, row in placed] for table, placed in rows.items()}),
    }
    with connection.pipeline():  # what is sent in one pipeline is one transaction
        connection.execute(_TURN, parameters)
        connection.execute(_NUMBERS, parameters)
        written = connection.execute(_WRITE, parameters)
    made = {row[0]: dict(zip(CONTACT_FIELDS, row, strict=True)) for row in written.fetchall()}
    return [made.pop(one.contact_id, None) for one in newcomers]


def _strangers_to_each_other(newcomers: Sequence[Newcomer]) -> list[Newcomer]:
    """Those who share no identifier with an earlier one."""
    chosen: list[Newcomer] = []
    known: set[Identifier] = set()
    for one in newcomers:
        if known.isdisjoint(one.identifiers):
            chosen.append(one)
        known |= one.identifiers
    return chosen


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
    records = _one_record(key, at)
    stated = summary.statements[key]
    kept = [identifier for identifier in stated if identifier[1] not in clinic.own]
    forms = tuple((kind, stated[kind, value].claim != "stated") for kind, value in kept)
    resolution = _resolved(records, [value for _, value in kept], _resolution_alone(key[0], forms, clinic.today))
    contact_ids = founders_of(records, clinic.contact_ids)
    links = _named(LINK_COLUMNS, link_rows(records, resolution, contact_ids))
    fields = {field: constant(normalized[field], 1) for field in (*SURVIVING_FIELDS, "status", "original")}
    held = {contact_ids[0]: _held(links)}
    return {
        source_record_links: _named(RECORD_LINK_COLUMNS, record_link_rows(records, resolution, contact_ids)),
        channel_identity_links: links,
        contacts: _named(CONTACT_COLUMNS, golden_records(records, fields, contact_ids, contact_ids, held)),
    }


@lru_cache
def _resolution_alone(source: str, stated: tuple[tuple[str, bool], ...], as_of: date) -> Resolution:
    """The resolution of a record that nothing else reaches, from the kinds of what it states and whether that is vouched for.

    Which values these are makes no difference, nor when they were stated. The values are their places here.
    """
    identifiers = StatedIdentifiers(
        record=np.zeros(len(stated), np.intp),
        kind=np.array([kind for kind, _ in stated], object),
        value=np.array([str(place) for place in range(len(stated))], object),
        vouched=np.array([vouched for _, vouched in stated], np.bool_),
    )
    return resolve(_one_record((source, ""), datetime(1970, 1, 1)), identifiers, [], as_of=as_of)


def _resolved(records: SourceRecords, values: list[str], alone: Resolution) -> Resolution:
    """The same resolution with its values and its time."""
    links = alone.links
    seen = records.created_at[links.record]
    value = np.array([values[int(place)] for place in links.value], object)
    return replace(alone, links=replace(links, value=value, first_seen=seen, last_seen=seen))


def _one_record(key: RecordKey, at: datetime) -> SourceRecords:
    moment = np.array([np.datetime64(at.replace(tzinfo=None), "us")])
    return SourceRecords(
        source=constant(key[0], 1),
        source_id=constant(key[1], 1),
        created_at=moment,
        updated_at=moment,
        birth_date=np.array(["NaT"], "datetime64[D]"),
        in_use=np.ones(1, np.bool_),
    )


def _held(links: list[Row]) -> HeldIdentifiers:
    channels: dict[str, list[str]] = {}
    for link in links:
        channels.setdefault(link["channel"], []).append(link["identifier"])
    ordered = {channel: sorted(identifiers) for channel, identifiers in channels.items()}
    return HeldIdentifiers(ordered, tuple(ordered.get("phone", ())))


def _named(columns: tuple[str, ...], rows: Any) -> list[Row]:
    return [dict(zip(columns, row, strict=True)) for row in rows]
