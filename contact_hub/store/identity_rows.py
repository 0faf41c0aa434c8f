"""What identity reads from the store and writes back: whole organizations as columns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from contact_hub.identity.golden_records import SURVIVING_FIELDS, HeldIdentifiers
from contact_hub.identity.resolve import Decision, Objects, SourceRecords, StatedIdentifiers

NOT_A_TIME = np.iinfo(np.int64).min
STREAMED = {"yield_per": 2_000}
"""A server-side cursor: so many rows are here at once."""


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
class NormalizedColumns:
    """The normalized records of a clinic, one entry a record, ordered by key."""

    records: SourceRecords
    identifiers: StatedIdentifiers
    decisions: list[Decision]


_RECORDS = """
    SELECT source, source_id, status, merged_into_source_id,
           (extract(epoch FROM created_at) * 1000000)::bigint AS created_at,
           (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_at,
           date_of_birth - DATE '1970-01-01' AS birth_date,
           ARRAY(SELECT entry ->> 'number' FROM jsonb_array_elements(phones) AS entry
                 WHERE NOT (entry ->> 'placeholder')::boolean) AS phones,
           ARRAY(SELECT entry ->> 'address' FROM jsonb_array_elements(emails) AS entry
                 WHERE NOT (entry ->> 'placeholder')::boolean) AS emails
    FROM normalized_contacts WHERE organization_id = :organization_id ORDER BY source, source_id
"""


def normalized_columns(connection: Connection, organization_id: str) -> NormalizedColumns:
    """What :func:`contact_hub.identity.resolve.resolve` takes, for a whole clinic."""
    columns = _columns(connection, _RECORDS, organization_id)
    return NormalizedColumns(source_records(columns), _stated(columns), _source_merges(columns))


def source_records(columns: Mapping[str, Objects]) -> SourceRecords:
    return SourceRecords(
        source=columns["source"],
        source_id=columns["source_id"],
        created_at=_integers(columns["created_at"]).view("datetime64[us]"),
        updated_at=_integers(columns["updated_at"]).view("datetime64[us]"),
        birth_date=_integers(columns["birth_date"]).view("datetime64[D]"),
        in_use=columns["status"] == "active",
    )


def _stated(columns: Mapping[str, Objects]) -> StatedIdentifiers:
    parts = [("phone", columns["phones"]), ("email", columns["emails"])]
    record = [np.repeat(np.arange(len(lists)), [len(values) for values in lists]) for _, lists in parts]
    values = [value for _, lists in parts for listed in lists for value in listed]
    return StatedIdentifiers(
        record=np.concatenate(record).astype(np.intp),
        kind=np.repeat(np.array([kind for kind, _ in parts], object), [len(positions) for positions in record]),
        value=_objects(values),
    )


def _source_merges(columns: Mapping[str, Objects]) -> list[Decision]:
    keys = zip(columns["source"], columns["source_id"], columns["merged_into_source_id"], strict=True)
    return [
        Decision("merge", survivor=(source, survivor), absorbed=(source, source_id), decided_by=source)
        for source, source_id, survivor in keys
        if survivor is not None
    ]


@dataclass(frozen=True)
class LinkedColumns:
    """The normalized records of a clinic with the contact that each belongs to, ordered by key."""

    records: SourceRecords
    fields: dict[str, Objects]
    contact_id: Objects


_LINKED = f"""
    SELECT record.source, record.source_id, record.status,
           (extract(epoch FROM record.created_at) * 1000000)::bigint AS created_at,
           (extract(epoch FROM record.updated_at) * 1000000)::bigint AS updated_at,
           record.date_of_birth - DATE '1970-01-01' AS birth_date,
           record.original::text AS original, {", ".join(f"record.{field} AS field_{field}" for field in SURVIVING_FIELDS)},
           link.contact_id
    FROM normalized_contacts AS record
    JOIN channel_identity_links AS link ON link.organization_id = record.organization_id
         AND link.channel = record.source AND link.identifier = record.source_id AND link.source = record.source
    WHERE record.organization_id = :organization_id ORDER BY record.source, record.source_id
"""


def linked_columns(connection: Connection, organization_id: str) -> LinkedColumns:
    """What :func:`contact_hub.identity.golden_records.golden_records` takes, for a whole clinic."""
    columns = _columns(connection, _LINKED, organization_id)
    fields = {field: columns[f"field_{field}"] for field in SURVIVING_FIELDS}
    fields |= {"status": columns["status"], "original": columns["original"]}
    return LinkedColumns(source_records(columns), fields, columns["contact_id"])


def held_identifiers(connection: Connection, organization_id: str) -> dict[UUID, HeldIdentifiers]:
    """The identifiers of each contact, by channel, and the phones that it owns."""
    statement = text("""
        SELECT contact_id, jsonb_object_agg(channel, identifiers), max(owned) FILTER (WHERE channel = 'phone')
        FROM (
            SELECT contact_id, channel, jsonb_agg(identifier ORDER BY identifier) AS identifiers,
                   array_agg(identifier ORDER BY identifier) FILTER (WHERE role = 'owner') AS owned
            FROM channel_identity_links WHERE organization_id = :organization_id GROUP BY contact_id, channel
        ) AS by_channel
        GROUP BY contact_id
    """)
    rows = connection.execute(statement, {"organization_id": organization_id}, execution_options=STREAMED)
    return {contact_id: HeldIdentifiers(channels, tuple(owned or ())) for contact_id, channels, owned in rows}


def _columns(connection: Connection, statement: str, organization_id: str) -> dict[str, Objects]:
    """The result of a statement by column; rows are taken apart as they come, for a clinic's would fill memory twice."""
    result = connection.execute(text(statement), {"organization_id": organization_id}, execution_options=STREAMED)
    names = list(result.keys())
    columns: list[list[Any]] = [[] for _ in names]
    for rows in result.partitions():
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return {name: _objects(values) for name, values in zip(names, columns, strict=True)}


def _objects(values: Any) -> Objects:
    """A column of objects; lists stay lists."""
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _integers(column: Objects) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.fromiter((NOT_A_TIME if value is None else value for value in column), np.int64, len(column))
