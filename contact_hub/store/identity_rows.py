"""What identity reads from the store: a whole organization, or the records that one of them can reach, as columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from contact_hub.channels.records import RecordKey
from contact_hub.channels.tenures import IdentifierChange, Statements, current_statements, former_holders
from contact_hub.identity.golden_records import SURVIVING_FIELDS, HeldIdentifiers
from contact_hub.identity.source_records import Decision, Objects, SourceRecords, StatedIdentifiers
from contact_hub.store.decisions import decisions_about
from contact_hub.store.difference import json_text
from contact_hub.store.rows import recordset
from contact_hub.store.tables import normalized_contacts

NOT_A_TIME = np.iinfo(np.int64).min
STREAMED = {"yield_per": 2_000}
"""A server-side cursor: so many rows are here at once."""
_AMONG = f"JOIN {recordset(normalized_contacts, ('source', 'source_id'), 'keys')} USING (source, source_id)"
"""Only the records of :keys."""


def patient_payloads(connection: Connection, organization_id: str) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every landed patient of a clinic, in small batches: its payload, and whether it has vanished from Cliniko."""
    statement = text(
        "SELECT payload, vanished_at IS NOT NULL FROM raw.cliniko_patients WHERE organization_id = :organization_id"
    )
    yield from connection.execute(statement, {"organization_id": organization_id}, execution_options=STREAMED)


def business_payloads(connection: Connection, organization_id: str) -> list[dict[str, Any]]:
    """The clinic's businesses as they landed."""
    statement = text("SELECT payload FROM raw.cliniko_businesses WHERE organization_id = :organization_id")
    return list(connection.execute(statement, {"organization_id": organization_id}).scalars())


@dataclass(frozen=True)
class IdentityColumns:
    """What :func:`contact_hub.identity.resolve.resolve` takes."""

    records: SourceRecords
    identifiers: StatedIdentifiers
    decisions: list[Decision]


def _records(among: str) -> str:
    return f"""
        SELECT source, source_id, status, merged_into_source_id, contact_type,
               (extract(epoch FROM created_at) * 1000000)::bigint AS created_at,
               (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_at,
               date_of_birth - DATE '1970-01-01' AS birth_date, given_name, family_name, preferred_name
        FROM normalized_contacts {among} WHERE organization_id = :organization_id ORDER BY source, source_id
    """


def _statements(among: str) -> str:
    return f"""
        SELECT source, source_id, kind, value, claim <> 'stated' AS vouched,
               (extract(epoch FROM since) * 1000000)::bigint AS since,
               (extract(epoch FROM last_at) * 1000000)::bigint AS last_at
        FROM identifier_statements {among} WHERE organization_id = :organization_id AND until IS NULL
    """


def identity_columns(connection: Connection, organization_id: str, keys: Iterable[RecordKey] | None = None) -> IdentityColumns:
    """The normalized records of a clinic, or those that ``keys`` name, with what they state and what was decided."""
    keys = None if keys is None else list(keys)
    among, parameters = _scope(organization_id, keys)
    columns = _columns(connection, _records(among), parameters)
    records = source_records(columns)
    changes = _changes(connection, organization_id)
    statements = _stated(columns, _columns(connection, _statements(among), parameters))
    stated = current_statements(records, statements, changes)
    former = former_holders(records, stated, changes)
    decisions = [*_source_merges(columns), *former, *decisions_about(connection, organization_id, keys)]
    return IdentityColumns(records, stated, decisions)


def _scope(organization_id: str, keys: Iterable[RecordKey] | None) -> tuple[str, dict[str, Any]]:
    if keys is None:
        return "", {"organization_id": organization_id}
    named = [{"source": source, "source_id": source_id} for source, source_id in sorted(keys)]
    return _AMONG, {"organization_id": organization_id, "keys": json_text(named)}


def source_records(columns: Mapping[str, Objects]) -> SourceRecords:
    """Columns of ``normalized_contacts`` as source records."""
    names = np.empty(len(columns["source"]), object)
    names[:] = list(zip(columns["given_name"], columns["family_name"], columns["preferred_name"], strict=True))
    return SourceRecords(
        source=columns["source"],
        source_id=columns["source_id"],
        created_at=_moments(columns["created_at"]),
        updated_at=_moments(columns["updated_at"]),
        birth_date=_integers(columns["birth_date"]).view("datetime64[D]"),
        in_use=columns["status"] == "active",
        names=names,
        founds=columns["contact_type"] != "account",
    )


def _stated(records: Mapping[str, Objects], columns: Mapping[str, Objects]) -> Statements:
    """Statements by the position of their record; those of records that are not normalized yet are left for later."""
    positions = {key: place for place, key in enumerate(zip(records["source"], records["source_id"], strict=True))}
    keys = zip(columns["source"], columns["source_id"], strict=True)
    record = np.fromiter((positions.get(key, -1) for key in keys), np.intp, len(columns["source"]))
    known = record >= 0
    return Statements(
        record=record[known],
        kind=columns["kind"][known],
        value=columns["value"][known],
        vouched=columns["vouched"].astype(np.bool_)[known],
        since=_moments(columns["since"])[known],
        last_at=_moments(columns["last_at"])[known],
    )


def _source_merges(columns: Mapping[str, Objects]) -> list[Decision]:
    keys = zip(columns["source"], columns["source_id"], columns["merged_into_source_id"], strict=True)
    return [
        Decision("merge", survivor=(source, survivor), absorbed=(source, source_id), decided_by=source, authority="source")
        for source, source_id, survivor in keys
        if survivor is not None
    ]


def _changes(connection: Connection, organization_id: str) -> list[IdentifierChange]:
    statement = text("""
        SELECT kind, value, (extract(epoch FROM changed_at) * 1000000)::bigint AS at, reason, former_source, former_source_id
        FROM number_changes WHERE organization_id = :organization_id ORDER BY changed_at, kind, value
    """)
    return [
        IdentifierChange(
            kind=row.kind,
            value=row.value,
            at=np.datetime64(row.at, "us"),
            by_clinic=row.reason == "dropped",
            former=(row.former_source, row.former_source_id) if row.former_source else None,
        )
        for row in connection.execute(statement, {"organization_id": organization_id})
    ]


@dataclass(frozen=True)
class LinkedColumns:
    """Normalized records with the contact that each belongs to, ordered by key.

    Attributes:
        founds: the contact id that each record founds, or would.
        households: contacts of a shared identifier, with the people who it may be.
    """

    records: SourceRecords
    fields: dict[str, Objects]
    contact_id: Objects
    founds: Objects
    households: dict[UUID, Sequence[UUID]]


def _linked(among: str) -> str:
    fields = ", ".join(f"record.{field} AS field_{field}" for field in SURVIVING_FIELDS)
    return f"""
        SELECT record.source, record.source_id, record.status, record.contact_type,
               (extract(epoch FROM record.created_at) * 1000000)::bigint AS created_at,
               (extract(epoch FROM record.updated_at) * 1000000)::bigint AS updated_at,
               record.date_of_birth - DATE '1970-01-01' AS birth_date,
               record.given_name, record.family_name, record.preferred_name,
               record.original::text AS original, {fields},
               link.contact_id, link.founds, link.method, link.candidates
        FROM normalized_contacts AS record
        JOIN source_record_links AS link USING (organization_id, source, source_id)
        WHERE record.organization_id = :organization_id AND link.contact_id IS NOT NULL {among}
        ORDER BY record.source, record.source_id
    """


def linked_columns(connection: Connection, organization_id: str, contact_ids: Iterable[UUID] | None = None) -> LinkedColumns:
    """What :func:`contact_hub.identity.golden_records.golden_records` takes: all records, or those of some contacts."""
    parameters: dict[str, Any] = {"organization_id": organization_id}
    among = ""
    if contact_ids is not None:
        among, parameters["contact_ids"] = "AND link.contact_id = ANY(:contact_ids)", list(contact_ids)
    columns = _columns(connection, _linked(among), parameters)
    fields = {field: columns[f"field_{field}"] for field in SURVIVING_FIELDS}
    fields |= {"status": columns["status"], "original": columns["original"]}
    contact_id, founds = columns["contact_id"], columns["founds"]
    households = {founds[place]: columns["candidates"][place] for place in np.flatnonzero(columns["method"] == "household")}
    return LinkedColumns(source_records(columns), fields, contact_id, founds, households)


def held_identifiers(
    connection: Connection, organization_id: str, contact_ids: Iterable[UUID] | None = None
) -> dict[UUID, HeldIdentifiers]:
    """The identifiers of each contact (or of some), by channel, and the phones that it owns."""
    parameters: dict[str, Any] = {"organization_id": organization_id}
    among = ""
    if contact_ids is not None:
        among, parameters["contact_ids"] = "AND contact_id = ANY(:contact_ids)", list(contact_ids)
    statement = text(f"""
        SELECT contact_id, jsonb_object_agg(channel, identifiers), max(owned) FILTER (WHERE channel = 'phone')
        FROM (
            SELECT contact_id, channel, jsonb_agg(identifier ORDER BY identifier) AS identifiers,
                   array_agg(identifier ORDER BY identifier) FILTER (WHERE role = 'owner') AS owned
            FROM channel_identity_links WHERE organization_id = :organization_id {among} GROUP BY contact_id, channel
        ) AS by_channel
        GROUP BY contact_id
    """)
    rows = connection.execute(statement, parameters, execution_options=STREAMED)
    return {contact_id: HeldIdentifiers(channels, tuple(owned or ())) for contact_id, channels, owned in rows}


def _columns(connection: Connection, statement: str, parameters: Mapping[str, Any]) -> dict[str, Objects]:
    """The result of a statement by column; rows are taken apart as they come, for a clinic's would fill memory twice."""
    result = connection.execute(text(statement), parameters, execution_options=STREAMED)
    names = list(result.keys())
    columns: list[list[Any]] = [[] for _ in names]
    for rows in result.partitions():
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return {name: _objects(values) for name, values in zip(names, columns, strict=True)}


def _objects(values: Any) -> Objects:
    """A column of objects; lists stay lists."""
    column = np.empty(len(values), object)
    for place, value in enumerate(values):
        column[place] = value
    return column


def _moments(column: Objects) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    return _integers(column).view("datetime64[us]")


def _integers(column: Objects) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.fromiter((NOT_A_TIME if value is None else value for value in column), np.int64, len(column))
