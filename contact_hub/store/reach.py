"""What one channel record can reach: the records whose resolution depends on it, and those that its own depends on."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, TextClause, text

from contact_hub.channels.records import Identifier, RecordKey
from contact_hub.store.channel_tables import channel_records, identifier_statements
from contact_hub.store.difference import json_text
from contact_hub.store.rows import recordset

# Channel records reach on through what they state, and through decisions; patients through what decisions say of them.
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
              AND target_source_id = reached.source_id AND (reached.source <> 'cliniko' OR kind <> 'link')
            UNION ALL
            SELECT other.source, other.source_id FROM split_records AS own
            JOIN split_records AS other USING (organization_id, decision_id)
            WHERE own.organization_id = :organization_id AND own.source = reached.source AND own.source_id = reached.source_id
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
_IDENTIFIERS = text(f"""
    SELECT own.kind, own.value FROM {recordset(channel_records, ("source", "source_id"))}
    JOIN identifier_statements AS own
         ON own.organization_id = :organization_id AND own.source = incoming.source AND own.source_id = incoming.source_id
    UNION
    SELECT change.kind, change.value FROM {recordset(channel_records, ("source", "source_id"))}
    JOIN number_changes AS change ON change.organization_id = :organization_id
         AND change.former_source = incoming.source AND change.former_source_id = incoming.source_id
""")
_STATING = text(f"""
    SELECT DISTINCT other.source, other.source_id
    FROM {recordset(identifier_statements, ("kind", "value"))} JOIN identifier_statements AS other USING (kind, value)
    WHERE other.organization_id = :organization_id AND other.claim <> 'record'
""")
_HOLDING_PATIENTS = text(f"""
    SELECT DISTINCT other.source, other.source_id
    FROM {recordset(identifier_statements, ("kind", "value"))} JOIN identifier_statements AS other USING (kind, value)
    WHERE other.organization_id = :organization_id AND other.claim = 'record' AND other.until IS NULL
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
            UNION ALL
            SELECT target_source, target_source_id FROM identity_decisions
            WHERE organization_id = :organization_id AND source = merged.source AND source_id = merged.source_id
            UNION ALL
            SELECT source, source_id FROM identity_decisions
            WHERE organization_id = :organization_id AND target_source = merged.source
              AND target_source_id = merged.source_id AND (merged.source <> 'cliniko' OR kind <> 'link')
            UNION ALL
            SELECT other.source, other.source_id FROM split_records AS own
            JOIN split_records AS other USING (organization_id, decision_id)
            WHERE own.organization_id = :organization_id AND own.source = merged.source AND own.source_id = merged.source_id
        ) AS next
    )
    SELECT source, source_id FROM merged
""")
_TIES = text(f"""
    WITH named AS (SELECT incoming.source, incoming.source_id FROM {recordset(channel_records, ("source", "source_id"))})
    SELECT named.source, named.source_id, 'identifier' AS what, own.kind || ' ' || own.value AS which
    FROM named JOIN identifier_statements AS own USING (source, source_id) WHERE own.organization_id = :organization_id
    UNION ALL
    SELECT named.source, named.source_id, 'identifier', change.kind || ' ' || change.value
    FROM named JOIN number_changes AS change
         ON (change.former_source, change.former_source_id) = (named.source, named.source_id)
    WHERE change.organization_id = :organization_id
    UNION ALL
    SELECT named.source, named.source_id, 'contact', tied.contact_id::text
    FROM named JOIN source_record_links AS link USING (source, source_id),
         LATERAL (VALUES (link.contact_id), (link.founds)) AS tied(contact_id)
    WHERE link.organization_id = :organization_id AND tied.contact_id IS NOT NULL
    UNION ALL
    SELECT named.source, named.source_id, 'decision', decision.decision_id::text
    FROM named JOIN identity_decisions AS decision USING (source, source_id)
    WHERE decision.organization_id = :organization_id
    UNION ALL
    SELECT named.source, named.source_id, 'decision', decision.decision_id::text
    FROM named JOIN identity_decisions AS decision
         ON (decision.target_source, decision.target_source_id) = (named.source, named.source_id)
    WHERE decision.organization_id = :organization_id
    UNION ALL
    SELECT named.source, named.source_id, 'decision', part.decision_id::text
    FROM named JOIN split_records AS part USING (source, source_id) WHERE part.organization_id = :organization_id
    UNION ALL
    SELECT named.source, named.source_id, 'survivor', coalesce(merged.merged_into_source_id, merged.source_id)
    FROM named JOIN normalized_contacts AS merged USING (source, source_id)
    WHERE merged.organization_id = :organization_id AND named.source = 'cliniko'
    UNION ALL
    SELECT named.source, named.source_id, 'survivor', named.source_id FROM named WHERE named.source = 'cliniko'
""")


def ties_of(connection: Connection, organization_id: str, keys: Iterable[RecordKey]) -> list[tuple[RecordKey, tuple[str, str]]]:
    """What ties records to others: (record, what both have). Records without a common tie, at any remove, have nothing to
    do with each other: :func:`reachable` follows a part of these ties, and contacts are folded over the others."""
    rows = connection.execute(_TIES, _parameters(organization_id, ("source", "source_id"), keys))
    return [((row.source, row.source_id), (row.what, row.which)) for row in rows]


def reachable(
    connection: Connection, organization_id: str, seeds: Collection[RecordKey], changed: Collection[Identifier] = ()
) -> set[RecordKey]:
    """The keys of all records that resolution must see to give ``seeds``, and whatever they touch, their contacts.

    Args:
        changed: identifiers that have changed hands; whoever states them counts as a seed.
    """
    stating = _keys(connection, _STATING, organization_id, changed, ("kind", "value")) if changed else set()
    ahead = {*seeds, *stating}
    while True:
        channel = _keys(connection, _CHANNEL_RECORDS, organization_id, ahead)
        identifiers = identifiers_of(connection, organization_id, (key for key in channel if key[0] != "cliniko"))
        identifiers |= set(changed)
        patients = _keys(connection, _HOLDING_PATIENTS, organization_id, identifiers, ("kind", "value"))
        patients |= {key for key in channel if key[0] == "cliniko"}
        decided = _keys(connection, _MERGED_PATIENTS, organization_id, patients) if patients else set()
        more = {key for key in decided if key[0] != "cliniko"} - channel
        if not more:
            return channel | decided
        ahead |= more


def identifiers_of(connection: Connection, organization_id: str, keys: Iterable[RecordKey]) -> set[Identifier]:
    """What channel records state, and the identifiers that have left them."""
    rows = connection.execute(_IDENTIFIERS, _parameters(organization_id, ("source", "source_id"), keys))
    return {(row.kind, row.value) for row in rows}


def _keys(
    connection: Connection,
    statement: TextClause,
    organization_id: str,
    values: Collection[tuple[str, str]],
    columns: tuple[str, str] = ("source", "source_id"),
) -> set[RecordKey]:
    found = connection.execute(statement, _parameters(organization_id, columns, values))
    return {(row.source, row.source_id) for row in found}


def _parameters(organization_id: str, columns: tuple[str, str], values: Iterable[tuple[str, str]]) -> dict[str, str]:
    rows = [dict(zip(columns, value, strict=True)) for value in sorted(values)]
    return {"organization_id": organization_id, "rows": json_text(rows)}
