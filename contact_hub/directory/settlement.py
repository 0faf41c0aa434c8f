"""Settling: what has landed about some channel records, taken in by links and contacts, with the batch's own functions.

The batch derives an organization in full; this does the same for the records that a few channel records can reach, which
gives the same rows (a group depends only on what is joined to it), in milliseconds.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Table, text

from contact_hub.channels.normalized import channel_row
from contact_hub.channels.records import Identifier, RecordKey
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
from contact_hub.identity.source_records import PATIENT_SOURCES, components
from contact_hub.store.changes import last_number
from contact_hub.store.channel_tables import identity_reviews, source_record_links, unsettled_records
from contact_hub.store.decisions import decided_since
from contact_hub.store.difference import json_text
from contact_hub.store.identity_rows import held_identifiers, identity_columns, linked_columns
from contact_hub.store.reach import identifiers_of, reachable, ties_of
from contact_hub.store.rows import Row, delete, recordset, upsert
from contact_hub.store.summaries import read_summary
from contact_hub.store.tables import channel_identity_links, contacts, normalized_contacts

_RECORD_KEY = ("source", "source_id")
_LINK_KEY = ("channel", "identifier")


def settle(
    connection: Connection, clinic: Clinic, records: Collection[RecordKey], changed: Collection[Identifier] = ()
) -> set[UUID]:
    """Bring links and contacts up to date with what ``records`` (channel records) say; the contacts that it touched.

    The caller holds the organization's write lock.

    Args:
        changed: identifiers that have changed hands, whether or not a channel record has them.
    """
    if not records and not changed:
        return set()
    organization_id = clinic.organization_id
    seen = last_number(connection, organization_id)
    reached = reachable(connection, organization_id, records, changed)
    channel = {key for key in reached if key[0] not in PATIENT_SOURCES}
    _normalize(connection, organization_id, channel)
    stated = _links_of(identifiers_of(connection, organization_id, channel) | set(changed)) | (reached - channel)
    before = _linked_contacts(connection, organization_id, channel, stated)
    _resolve(connection, clinic, reached, stated)
    touched = before.contacts | _linked_contacts(connection, organization_id, channel, stated).contacts
    _fold(connection, organization_id, touched, before.founded)
    _unmark(connection, organization_id, channel, seen)
    return touched


def settle_since(connection: Connection, clinic: Clinic, number: int) -> int:
    """Settle the channel records that changes after ``number`` have touched; how many there were."""
    statement = text(
        "SELECT source, source_id FROM channel_records WHERE organization_id = :organization_id AND number > :number"
    )
    changes = text("SELECT kind, value FROM number_changes WHERE organization_id = :organization_id AND number > :number")
    parameters = {"organization_id": clinic.organization_id, "number": number}
    keys = {(row.source, row.source_id) for row in connection.execute(statement, parameters)}
    changed = {(row.kind, row.value) for row in connection.execute(changes, parameters)}
    decided = decided_since(connection, clinic.organization_id, number)
    settle(connection, clinic, keys, changed)
    settle_decided(connection, clinic, decided)
    return len(keys | decided)


def settle_decided(connection: Connection, clinic: Clinic, decided: Collection[RecordKey]) -> None:
    """Settle what decisions about these records concern: all records of their contacts, and what their patients state."""
    if decided:
        settle(connection, clinic, *_concerned(connection, clinic, decided))


def lines(connection: Connection, clinic: Clinic, decided: Sequence[Collection[RecordKey]]) -> list[int]:
    """A label for each of some sets of records, equal where deciding about one may touch what the other's reads or writes.

    Sets with different labels may be decided and settled in any order, or at once.
    """
    everything = set[RecordKey]().union(*decided)
    reached = reachable(connection, clinic.organization_id, *_concerned(connection, clinic, everything))
    keys = everything | reached
    nodes: dict[object, int] = {key: place for place, key in enumerate(keys)}
    ties = [(nodes[key], nodes.setdefault(tie, len(nodes))) for key, tie in ties_of(connection, clinic.organization_id, keys)]
    ties += [(nodes[key], nodes.setdefault(place, len(nodes))) for place, keys in enumerate(decided) for key in keys]
    left, right = np.array(ties, np.intp).reshape(-1, 2).T
    label = components(left, right, len(nodes))
    return [int(label[nodes[next(iter(keys))]]) for keys in decided]


def _concerned(
    connection: Connection, clinic: Clinic, decided: Collection[RecordKey]
) -> tuple[set[RecordKey], set[Identifier]]:
    """All records of the contacts that decided records can reach, and what their patients state."""
    reached = reachable(connection, clinic.organization_id, decided)
    patients = {key for key in reached if key[0] in PATIENT_SOURCES}
    stated = identifiers_of(connection, clinic.organization_id, patients)
    return {*decided, *_records_beside(connection, clinic.organization_id, reached)}, stated


def _records_beside(connection: Connection, organization_id: str, keys: Iterable[RecordKey]) -> set[RecordKey]:
    """All records of the contacts that these belong to."""
    statement = text(f"""
        SELECT beside.source, beside.source_id
        FROM {recordset(source_record_links, _RECORD_KEY)}
        JOIN source_record_links AS link USING (source, source_id)
        JOIN source_record_links AS beside USING (organization_id, contact_id)
        WHERE organization_id = :organization_id
    """)
    rows = connection.execute(statement, {"organization_id": organization_id, "rows": json_text(_named(_RECORD_KEY, keys))})
    return {(row.source, row.source_id) for row in rows}


def forget_news(connection: Connection, clinic: Clinic, number: int) -> None:
    """Records with news up to ``number``, which links and contacts have taken in, are unsettled no more."""
    connection.execute(
        text("DELETE FROM unsettled_records WHERE organization_id = :organization_id AND number <= :number"),
        {"organization_id": clinic.organization_id, "number": number},
    )


def _unmark(connection: Connection, organization_id: str, records: Iterable[RecordKey], seen: int) -> None:
    """The records are settled, but for what has landed after number ``seen``: landing waits for nobody."""
    connection.execute(
        text(f"""
            DELETE FROM unsettled_records AS unsettled USING {recordset(unsettled_records, _RECORD_KEY)}
            WHERE unsettled.organization_id = :organization_id AND unsettled.number <= :seen
              AND unsettled.source = incoming.source AND unsettled.source_id = incoming.source_id
        """),
        {"organization_id": organization_id, "rows": json_text(_named(_RECORD_KEY, records)), "seen": seen},
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


def _links_of(identifiers: Iterable[Identifier]) -> set[tuple[str, str]]:
    """(channel, identifier) of the links that can speak of these identifiers."""
    links = set(identifiers)
    return links | {("whatsapp", value) for kind, value in links if kind == "phone"}


def _linked_contacts(
    connection: Connection, organization_id: str, channel: Iterable[RecordKey], stated: Iterable[tuple[str, str]]
) -> _Linked:
    statement = text(f"""
        SELECT link.contact_id, link.founds
        FROM {recordset(source_record_links, _RECORD_KEY)}
        JOIN source_record_links AS link USING (source, source_id) WHERE link.organization_id = :organization_id
    """)
    parameters = {"organization_id": organization_id, "rows": json_text(_named(_RECORD_KEY, channel))}
    rows = list(connection.execute(statement, parameters))
    linked = {row.contact_id for row in rows if row.contact_id is not None}
    holders = text(f"""
        SELECT DISTINCT link.contact_id FROM {recordset(channel_identity_links, _LINK_KEY)}
        JOIN channel_identity_links AS link USING (channel, identifier) WHERE link.organization_id = :organization_id
    """)
    held = connection.execute(holders, {**parameters, "rows": json_text(_named(_LINK_KEY, stated))}).scalars()
    return _Linked(linked | set(held), {row.founds for row in rows})


def _resolve(connection: Connection, clinic: Clinic, reached: set[RecordKey], stated: set[tuple[str, str]]) -> None:
    """Resolve the reached records, and write what it says of the channel records and their identifiers."""
    organization_id = clinic.organization_id
    identity = identity_columns(connection, organization_id, reached)
    identifiers = without_own(identity.identifiers, clinic.own)
    resolution = resolve(identity.records, identifiers, identity.decisions, as_of=clinic.today)
    contact_ids = founders_of(identity.records, clinic.contact_ids)
    # Patients too: one may have been normalized a moment ago, and be in no contact yet.
    of_records = list(record_link_rows(identity.records, resolution, contact_ids))
    _replace(connection, source_record_links, organization_id, _RECORD_KEY, reached, RECORD_LINK_COLUMNS, of_records)
    reviews = review_rows(identity.records, resolution, contact_ids)
    _replace(connection, identity_reviews, organization_id, _RECORD_KEY, reached, REVIEW_COLUMNS, list(reviews))
    links = [row for row in link_rows(identity.records, resolution, contact_ids) if row[:2] in stated]
    _replace(connection, channel_identity_links, organization_id, _LINK_KEY, stated, LINK_COLUMNS, links)


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
    folded = touched | _who_lost_a_phone_to(connection, organization_id, touched)
    linked = linked_columns(connection, organization_id, folded)
    held = held_identifiers(connection, organization_id, folded)
    # A patient may have been merged a moment ago, while other records are still linked to what was their contact.
    home = dict(zip(linked.founds, linked.contact_id, strict=True))
    contact_of = np.array([home[contact_id] for contact_id in linked.contact_id], object)
    rows = list(golden_records(linked.records, linked.fields, contact_of, linked.founds, held, linked.households))
    upsert(connection, contacts, organization_id, [dict(zip(CONTACT_COLUMNS, row, strict=True)) for row in rows])
    gone = (founded | (folded - touched)) - {row[0] for row in rows}
    delete(connection, contacts, organization_id, [{"id": one} for one in sorted(gone)])


def _who_lost_a_phone_to(connection: Connection, organization_id: str, touched: set[UUID]) -> set[UUID]:
    """Contacts that still have a phone which by its link is a touched contact's now, or that of another of these.

    An asset writes links before the next one folds the contacts: until then who lost a number is not known there, and a
    number can be one contact's only. Of a contact that has been merged away this is the one that it went into; one that
    nothing founds any more is named itself.
    """
    statement = text("""
        WITH RECURSIVE folded(contact_id) AS (
            SELECT unnest(CAST(:touched AS uuid[]))
            UNION
            SELECT coalesce(home.contact_id, loser.id)
            FROM folded
            JOIN channel_identity_links AS link USING (contact_id)
            JOIN contacts AS loser ON loser.organization_id = link.organization_id AND loser.phone = link.identifier
            LEFT JOIN source_record_links AS home
              ON home.organization_id = link.organization_id AND home.founds = loser.id
            WHERE link.organization_id = :organization_id AND link.channel = 'phone' AND link.role = 'owner'
              AND loser.id <> link.contact_id
        )
        SELECT contact_id FROM folded
    """)
    rows = connection.execute(statement, {"organization_id": organization_id, "touched": sorted(touched)})
    return set(rows.scalars()) - touched


def _named(columns: Sequence[str], keys: Iterable[tuple[str, ...]]) -> list[Row]:
    return [dict(zip(columns, key, strict=True)) for key in sorted(keys)]
