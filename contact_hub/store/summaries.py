"""Summaries of channel records in the store: read, grown by :mod:`contact_hub.channels.records`, written back."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, text

from contact_hub.channels.records import ChannelRecord, Identifier, RecordKey, Statement, Summary, identifier_in
from contact_hub.store.channel_tables import channel_records, identifier_statements, unsettled_records
from contact_hub.store.difference import json_text
from contact_hub.store.rows import delete, recordset, upsert

_KEYS = ("source", "source_id")
_RECORDS = text(f"""
    SELECT source, source_id, identifier, first_at, last_at, from_customer, name, named_at, username, username_at
    FROM channel_records JOIN {recordset(channel_records, _KEYS)} USING (source, source_id)
    WHERE organization_id = :organization_id
""")
_STATEMENTS = text(f"""
    SELECT source, source_id, kind, value, claim, since, last_at
    FROM identifier_statements JOIN {recordset(identifier_statements, _KEYS)} USING (source, source_id)
    WHERE organization_id = :organization_id
""")


def read_summary(connection: Connection, organization_id: str, keys: Collection[RecordKey]) -> Summary:
    """What is known of the records with these keys."""
    parameters = {"organization_id": organization_id, "rows": json_text(_named(keys))}
    records = {
        (row.source, row.source_id): ChannelRecord(*row[2:])  # columns in the order of the fields
        for row in connection.execute(_RECORDS, parameters)
    }
    statements: dict[RecordKey, dict[Identifier, Statement]] = {}
    if records:
        for row in connection.execute(_STATEMENTS, parameters):
            known = statements.setdefault((row.source, row.source_id), {})
            known[row.kind, row.value] = Statement(row.claim, row.since, row.last_at)
    return Summary(records, statements)


def write_summary(connection: Connection, organization_id: str, summary: Summary, number: int) -> None:
    """Write the records that were touched, and what they state."""
    upsert(connection, channel_records, organization_id, record_rows(summary, number))
    upsert(connection, identifier_statements, organization_id, statement_rows(summary))


def record_rows(summary: Summary, number: int | None) -> list[dict[str, object]]:
    """The records that were touched, as rows of ``channel_records``."""
    return [_record_row(key, summary.records[key], number) for key in sorted(summary.touched)]


def statement_rows(summary: Summary) -> list[dict[str, object]]:
    """What the records that were touched state, as rows of ``identifier_statements``."""
    return [
        {
            "source": key[0],
            "source_id": key[1],
            "kind": kind,
            "value": value,
            "claim": statement.claim,
            "since": statement.since,
            "last_at": statement.last_at,
        }
        for key in sorted(summary.touched)
        for (kind, value), statement in summary.statements.get(key, {}).items()
    ]


def delete_summaries(connection: Connection, organization_id: str, keys: Iterable[RecordKey]) -> None:
    """Forget summaries, to make them again from events."""
    rows = _named(keys)
    delete(connection, channel_records, organization_id, rows)
    delete(connection, identifier_statements, organization_id, rows)


def _named(keys: Iterable[RecordKey]) -> Sequence[dict[str, str]]:
    return [dict(zip(_KEYS, key, strict=True)) for key in sorted(keys)]


def _record_row(key: RecordKey, record: ChannelRecord, number: int | None) -> dict[str, object]:
    return {
        "source": key[0],
        "source_id": key[1],
        "identifier": record.identifier,
        "name": record.name,
        "named_at": record.named_at,
        "username": record.username,
        "username_at": record.username_at,
        "first_at": record.first_at,
        "last_at": record.last_at,
        "from_customer": record.from_customer,
        "number": number,
    }


def mark_unsettled(connection: Connection, organization_id: str, keys: Iterable[RecordKey], number: int) -> None:
    """Say that records have news about identity, the latest of number ``number``, that no contact has taken in yet."""
    rows = [
        {"source": source, "source_id": source_id, "identifier": identifier_in(source, source_id), "number": number}
        for source, source_id in sorted(keys)
    ]
    upsert(connection, unsettled_records, organization_id, rows)
