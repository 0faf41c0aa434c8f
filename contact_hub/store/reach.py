"""What one channel record can reach: the records whose resolution depends on it, and those that its own depends on."""

from collections.abc import Collection

from sqlalchemy import Connection, text

from contact_hub.channels.records import RecordKey
from contact_hub.store.channel_tables import channel_records
from contact_hub.store.difference import json_text
from contact_hub.store.rows import recordset

# Channel records reach on through what they state, and through decisions; patients are where a path ends.
_CHANNEL_RECORDS = text(f"""
    WITH RECURSIVE reached(source, source_id) AS (
        SELECT incoming.source, incoming.source_id FROM {recordset(channel_records, ("source", "source_id"))}
        UNION
        SELECT next.source, next.source_id FROM reached, LATERAL (
            SELECT other.source, other.source_id
            FROM identifier_statements AS own
            JOIN identifier_statements AS other USING (organization_id, kind, value)
            WHERE own.organization_id = :organization_id AND own.source = reached.source
              AND own.source_id = reached.source_id AND own.claim <> 'record' AND other.claim <> 'record'
            UNION ALL
            SELECT target_source, target_source_id FROM identity_decisions
            WHERE organization_id = :organization_id AND source = reached.source AND source_id = reached.source_id
            UNION ALL
            SELECT source, source_id FROM identity_decisions
            WHERE organization_id = :organization_id AND target_source = reached.source
              AND target_source_id = reached.source_id AND reached.source <> 'cliniko'
            UNION ALL
            SELECT change.former_source, change.former_source_id
            FROM identifier_statements AS own
            JOIN number_changes AS change USING (organization_id, kind, value)
            WHERE own.organization_id = :organization_id AND own.source = reached.source
              AND own.source_id = reached.source_id AND own.claim <> 'record' AND change.former_source IS NOT NULL
            UNION ALL
            SELECT other.source, other.source_id
            FROM number_changes AS change
            JOIN identifier_statements AS other USING (organization_id, kind, value)
            WHERE change.organization_id = :organization_id AND change.former_source = reached.source
              AND change.former_source_id = reached.source_id AND reached.source <> 'cliniko' AND other.claim <> 'record'
        ) AS next
    )
    SELECT source, source_id FROM reached
""")
_HOLDING_PATIENTS = text(f"""
    SELECT DISTINCT other.source, other.source_id
    FROM {recordset(channel_records, ("source", "source_id"))}
    JOIN identifier_statements AS own
         ON own.organization_id = :organization_id AND own.source = incoming.source AND own.source_id = incoming.source_id
    JOIN identifier_statements AS other
         ON other.organization_id = own.organization_id AND other.kind = own.kind AND other.value = own.value
    WHERE other.claim = 'record' AND other.until IS NULL
""")
_MERGED_PATIENTS = text(f"""
    WITH RECURSIVE merged(source, source_id) AS (
        SELECT incoming.source, incoming.source_id FROM {recordset(channel_records, ("source", "source_id"))}
        UNION
        SELECT next.source, next.source_id FROM merged, LATERAL (
            SELECT source, merged_into_source_id AS source_id FROM normalized_contacts
            WHERE organization_id = :organization_id AND source = merged.source AND source_id = merged.source_id
              AND merged_into_source_id IS NOT NULL
            UNION ALL
            SELECT source, source_id FROM normalized_contacts
            WHERE organization_id = :organization_id AND source = merged.source AND merged_into_source_id = merged.source_id
        ) AS next
    )
    SELECT source, source_id FROM merged
""")


def reachable(connection: Connection, organization_id: str, seeds: Collection[RecordKey]) -> set[RecordKey]:
    """The keys of all records that resolution must see to give ``seeds``, and whatever they touch, their contacts."""
    channel = _keys(connection, _CHANNEL_RECORDS, organization_id, seeds)
    patients = _keys(connection, _HOLDING_PATIENTS, organization_id, channel)
    patients |= {key for key in channel if key[0] == "cliniko"}
    merged = _keys(connection, _MERGED_PATIENTS, organization_id, patients) if patients else set()
    return channel | merged


def _keys(connection: Connection, statement, organization_id: str, keys: Collection[RecordKey]) -> set[RecordKey]:  # type: ignore[no-untyped-def]
    rows = json_text([{"source": source, "source_id": source_id} for source, source_id in sorted(keys)])
    found = connection.execute(statement, {"organization_id": organization_id, "rows": rows})
    return {(row.source, row.source_id) for row in found}
