"""Settling: what has landed about some channel records, taken in by links and contacts, with the batch's own functions.

The batch derives an organization in full; this does the same for the records that a few channel records can reach, which
gives the same rows (a group depends only on what is joined to it), in milliseconds.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, text

from contact_hub.channels.normalized import channel_row
from contact_hub.channels.records import RecordKey
from contact_hub.directory.clinic import Clinic
from contact_hub.identity.golden_records import CONTACT_COLUMNS, golden_records
from contact_hub.identity.linking import (
    LINK_COLUMNS,
    RECORD_LINK_COLUMNS,
    REVIEW_COLUMNS,
    link_rows,
    record_link_rows,
    review_rows,
)
from contact_hub.identity.normalized_rows import NORMALIZED_COLUMNS
from contact_hub.identity.own_identifiers import without_own
from contact_hub.identity.resolve import founders_of, resolve
from contact_hub.identity.source_records import PATIENT_SOURCES
from contact_hub.store.channel_tables import identity_reviews, source_record_links, unsettled_records
from contact_hub.store.difference import json_text
from contact_hub.store.identity_rows import held_identifiers, identity_columns, linked_columns
from contact_hub.store.reach import reachable
from contact_hub.store.rows import Row, delete, recordset, upsert
from contact_hub.store.summaries import read_summary
from contact_hub.store.tables import channel_identity_links, contacts, normalized_contacts

_RECORD_KEY = ("source", "source_id")


def settle(connection: Connection, clinic: Clinic, records: Collection[RecordKey]) -> set[UUID]:
    """Bring links and contacts up to date with what ``records`` (channel records) say; the contacts that it touched.

    The caller holds the organization's write lock.
    """
    if not records:
        return set()
    organization_id = clinic.organization_id
    reached = reachable(connection, organization_id, records)
    channel = {key for key in reached if key[0] not in PATIENT_SOURCES}
    _normalize(connection, organization_id, channel)
    before = _linked_contacts(connection, organization_id, reached)
    _resolve(connection, clinic, reached, before)
    touched = before.contacts | _linked_contacts(connection, organization_id, reached).contacts
    _fold(connection, organization_id, touched, before.founded)
    delete(connection, unsettled_records, organization_id, _named(_RECORD_KEY, channel))
    return touched


def settle_since(connection: Connection, clinic: Clinic, number: int) -> int:
    """Settle the channel records that changes after ``number`` have touched; how many there were."""
    statement = text("""
        SELECT source, source_id FROM channel_records WHERE organization_id = :organization_id AND number > :number
        UNION
        SELECT source, source_id FROM identity_decisions WHERE organization_id = :organization_id AND number > :number
    """)
    rows = connection.execute(statement, {"organization_id": clinic.organization_id, "number": number})
    keys = {(row.source, row.source_id) for row in rows}
    settle(connection, clinic, keys)
    return len(keys)


def forget_news(connection: Connection, clinic: Clinic, number: int) -> None:
    """Records with news up to ``number``, which links and contacts have taken in, are unsettled no more."""
    connection.execute(
        text("""
            DELETE FROM unsettled_records AS unsettled USING channel_records AS record
            WHERE unsettled.organization_id = :organization_id AND record.organization_id = unsettled.organization_id
              AND record.source = unsettled.source AND record.source_id = unsettled.source_id AND record.number <= :number
        """),
        {"organization_id": clinic.organization_id, "number": number},
    )


def settle_unsettled(connection: Connection, clinic: Clinic, *, at_most: int = 500) -> int:
    """Settle records that have news, up to a number of them; how many there were."""
    statement = text("""
        SELECT source, source_id FROM unsettled_records
        WHERE organization_id = :organization_id ORDER BY source, source_id LIMIT :at_most
    """)
    rows = connection.execute(statement, {"organization_id": clinic.organization_id, "at_most": at_most})
    keys = {(row.source, row.source_id) for row in rows}
    settle(connection, clinic, keys)
    return len(keys)


def _normalize(connection: Connection, organization_id: str, keys: Collection[RecordKey]) -> None:
    """Write the normalized rows of channel records; those that are no more (their number was divided) go, with their links."""
    summary = read_summary(connection, organization_id, keys)
    rows = [channel_row(key, record, summary.statements.get(key, {})) for key, record in sorted(summary.records.items())]
    upsert(connection, normalized_contacts, organization_id, [dict(zip(NORMALIZED_COLUMNS, row, strict=True)) for row in rows])
    gone = _named(_RECORD_KEY, set(keys) - set(summary.records))
    delete(connection, normalized_contacts, organization_id, gone)


@dataclass(frozen=True)
class _Linked:
    """The contacts that records and identifiers belong to, and those that the records found, or would."""

    contacts: set[UUID]
    founded: set[UUID]


def _linked_contacts(connection: Connection, organization_id: str, keys: Collection[RecordKey]) -> _Linked:
    channel = [key for key in keys if key[0] not in PATIENT_SOURCES]
    statement = text(f"""
        SELECT link.contact_id, link.founds
        FROM {recordset(source_record_links, _RECORD_KEY)}
        JOIN source_record_links AS link USING (source, source_id) WHERE link.organization_id = :organization_id
    """)
    parameters = {"organization_id": organization_id, "rows": json_text(_named(_RECORD_KEY, channel))}
    rows = list(connection.execute(statement, parameters))
    linked = {row.contact_id for row in rows if row.contact_id is not None}
    identifiers = text(f"""
        SELECT DISTINCT link.contact_id
        FROM {recordset(source_record_links, _RECORD_KEY)}
        JOIN identifier_statements AS own USING (source, source_id)
        CROSS JOIN LATERAL unnest(
            CASE own.kind WHEN 'phone' THEN ARRAY['phone', 'whatsapp'] ELSE ARRAY[own.kind] END) AS reached(channel)
        JOIN channel_identity_links AS link ON link.organization_id = own.organization_id
             AND link.channel = reached.channel AND link.identifier = own.value
        WHERE own.organization_id = :organization_id
    """)
    held = set(connection.execute(identifiers, parameters).scalars())
    return _Linked(linked | held, {row.founds for row in rows})


def _resolve(connection: Connection, clinic: Clinic, reached: set[RecordKey], before: _Linked) -> None:
    """Resolve the reached records, and write what it says of the channel records and their identifiers."""
    organization_id = clinic.organization_id
    identity = identity_columns(connection, organization_id, reached)
    identifiers = without_own(identity.identifiers, clinic.own)
    resolution = resolve(identity.records, identifiers, identity.decisions, as_of=clinic.today)
    contact_ids = founders_of(identity.records, clinic.contact_ids)
    channel = [key for key in reached if key[0] not in PATIENT_SOURCES]
    of_channel = [row for row in record_link_rows(identity.records, resolution, contact_ids) if row[0] not in PATIENT_SOURCES]
    _replace(connection, source_record_links, organization_id, _RECORD_KEY, channel, RECORD_LINK_COLUMNS, of_channel)
    reviews = review_rows(identity.records, resolution, contact_ids)
    _replace(connection, identity_reviews, organization_id, _RECORD_KEY, channel, REVIEW_COLUMNS, list(reviews))
    stated = _channel_identifiers(connection, organization_id, channel)
    links = [row for row in link_rows(identity.records, resolution, contact_ids) if row[:2] in stated]
    _replace(connection, channel_identity_links, organization_id, ("channel", "identifier"), stated, LINK_COLUMNS, links)


def _channel_identifiers(connection: Connection, organization_id: str, keys: Iterable[RecordKey]) -> set[tuple[str, str]]:
    """(channel, identifier) of the links that the channel records' statements speak of."""
    statement = text(f"""
        SELECT DISTINCT own.kind, own.value
        FROM {recordset(source_record_links, _RECORD_KEY)} JOIN identifier_statements AS own USING (source, source_id)
        WHERE own.organization_id = :organization_id
    """)
    parameters = {"organization_id": organization_id, "rows": json_text(_named(_RECORD_KEY, keys))}
    stated = {(row.kind, row.value) for row in connection.execute(statement, parameters)}
    return stated | {("whatsapp", value) for kind, value in stated if kind == "phone"}


def _replace(
    connection: Connection,
    table: Table,
    organization_id: str,
    scope_columns: Sequence[str],
    scope: Iterable[tuple[str, ...]],
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Make the rows within ``scope`` (values of ``scope_columns``) equal to ``rows``."""
    keys = [column.name for column in table.primary_key.columns if column.name != "organization_id"]
    kept = [tuple(str(row[columns.index(key)]) for key in keys) for row in rows]
    statement = text(f"""
        DELETE FROM {table.fullname} AS target USING {recordset(table, scope_columns)}
        WHERE target.organization_id = :organization_id
          AND {" AND ".join(f"target.{column} = incoming.{column}" for column in scope_columns)}
          AND NOT EXISTS (SELECT FROM {recordset(table, keys, "kept").replace("AS incoming", "AS kept")}
                          WHERE {" AND ".join(f"kept.{key} = target.{key}" for key in keys)})
    """)
    parameters = {"organization_id": organization_id, "rows": json_text(_named(scope_columns, scope))}
    connection.execute(statement, {**parameters, "kept": json_text(_named(keys, kept))})
    upsert(connection, table, organization_id, [dict(zip(columns, row, strict=True)) for row in rows])


def _fold(connection: Connection, organization_id: str, touched: set[UUID], founded: set[UUID]) -> None:
    """Fold the touched contacts again; ids that a channel record founded and no longer does go."""
    linked = linked_columns(connection, organization_id, touched)
    held = held_identifiers(connection, organization_id, touched)
    rows = list(golden_records(linked.records, linked.fields, linked.contact_id, linked.founds, held, linked.households))
    upsert(connection, contacts, organization_id, [dict(zip(CONTACT_COLUMNS, row, strict=True)) for row in rows])
    gone = founded - {row[0] for row in rows}
    delete(connection, contacts, organization_id, [{"id": one} for one in sorted(gone)])


def _named(columns: Sequence[str], keys: Iterable[tuple[str, ...]]) -> list[Row]:
    return [dict(zip(columns, key, strict=True)) for key in sorted(keys)]
