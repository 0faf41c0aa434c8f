"""Decisions in the store: appended, never changed; what was undone is so by another row."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from contact_hub.identity.source_records import Decision, Key
from contact_hub.store.channel_tables import identity_decisions, split_records
from contact_hub.store.difference import json_text
from contact_hub.store.rows import insert_new, recordset

_COLUMNS = """decision.decision_id, decision.number, decision.kind, decision.source, decision.source_id,
    decision.target_source, decision.target_source_id, decision.authority, decision.decided_by, decision.reason,
    decision.confidence, decision.model_version, decision.undoes, decision.decided_at"""

_NAMED = f"{recordset(identity_decisions, ('source', 'source_id'), 'keys')} JOIN"
# Three look-ups in indexes: every decision tested for its records is too many for a clinic that has made thousands.
_NAMING = f"""
    SELECT one.decision_id FROM {_NAMED} identity_decisions AS one USING (source, source_id)
    WHERE one.organization_id = :organization_id
    UNION ALL
    SELECT one.decision_id FROM {_NAMED} identity_decisions AS one
         ON (one.target_source, one.target_source_id) = (incoming.source, incoming.source_id)
    WHERE one.organization_id = :organization_id
    UNION ALL
    SELECT part.decision_id FROM {_NAMED} split_records AS part USING (source, source_id)
    WHERE part.organization_id = :organization_id
"""


def decisions_about(connection: Connection, organization_id: str, keys: Collection[Key] | None = None) -> list[Decision]:
    """The decisions of an organization, or those on some records; in the order in which they were made."""
    among, parameters = "", {"organization_id": organization_id}
    if keys is not None:
        among = f"JOIN {recordset(identity_decisions, ('source', 'source_id'), 'keys')} USING (source, source_id)"
        parameters["keys"] = json_text([{"source": source, "source_id": source_id} for source, source_id in sorted(keys)])
    statement = text(f"""
        SELECT {_COLUMNS} FROM identity_decisions AS decision {among}
        WHERE organization_id = :organization_id ORDER BY decision.number, decision.decision_id
    """)
    rows = list(connection.execute(statement, parameters))
    sides = split_sides(connection, organization_id, [row.decision_id for row in rows if row.kind in ("split", "merge")])
    return [_decision(row, sides.get(row.decision_id, {})) for row in rows]


def _decision(row: Any, sides: Mapping[str, Sequence[Key]]) -> Decision:
    return Decision(
        row.kind,
        (row.target_source, row.target_source_id),
        (row.source, row.source_id),
        row.decided_by,
        row.authority,
        row.number,
        str(row.decision_id),
        str(row.undoes or ""),
        tuple(sides.get("moved", ())),
        tuple(sides.get("kept", ())),
    )


def split_sides(
    connection: Connection, organization_id: str, decision_ids: Collection[UUID]
) -> dict[UUID, dict[str, list[Key]]]:
    """The records that splits moved and kept, the target of the split first; and those that merges took along as moved."""
    if not decision_ids:
        return {}
    statement = text("""
        SELECT decision_id, side, split.source, split.source_id FROM split_records AS split
        JOIN identity_decisions AS decision USING (organization_id, decision_id)
        WHERE organization_id = :organization_id AND decision_id = ANY(:decision_ids)
        ORDER BY (split.source, split.source_id) <> (target_source, target_source_id), split.source, split.source_id
    """)
    found: dict[UUID, dict[str, list[Key]]] = {}
    parameters = {"organization_id": organization_id, "decision_ids": list(decision_ids)}
    for row in connection.execute(statement, parameters):
        found.setdefault(row.decision_id, {}).setdefault(row.side, []).append((row.source, row.source_id))
    return found


def append(connection: Connection, organization_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Decisions, by the columns of ``identity_decisions``."""
    insert_new(connection, identity_decisions, organization_id, rows)


def append_sides(connection: Connection, organization_id: str, sides: Mapping[UUID, Mapping[str, Iterable[Key]]]) -> None:
    """The records that decisions of the same transaction moved and kept, by the decision's id."""
    parts = [
        {"decision_id": decision_id, "source": source, "source_id": source_id, "side": side}
        for decision_id, by_side in sides.items()
        for side, keys in by_side.items()
        for source, source_id in sorted(keys)
    ]
    insert_new(connection, split_records, organization_id, parts)


def listed(connection: Connection, organization_id: str, keys: Collection[Key] | None = None) -> list[dict[str, Any]]:
    """Decisions that name some records on either side (or all decisions), the latest first, with ``undone_by``."""
    among, parameters = "", {"organization_id": organization_id}
    if keys is not None:
        among = f"AND decision.decision_id IN ({_NAMING})"
        parameters["keys"] = json_text([{"source": source, "source_id": source_id} for source, source_id in sorted(keys)])
    statement = text(f"""
        SELECT {_COLUMNS}, undo.decision_id AS undone_by FROM identity_decisions AS decision
        LEFT JOIN identity_decisions AS undo
             ON undo.organization_id = decision.organization_id AND undo.undoes = decision.decision_id
        WHERE decision.organization_id = :organization_id {among} ORDER BY decision.number DESC, decision.decision_id
    """)
    return [dict(row._mapping) for row in connection.execute(statement, parameters)]


def decided_since(connection: Connection, organization_id: str, number: int) -> set[Key]:
    """All records that decisions after ``number`` name."""
    statement = text("""
        SELECT source, source_id FROM identity_decisions WHERE organization_id = :organization_id AND number > :number
        UNION
        SELECT target_source, target_source_id FROM identity_decisions
        WHERE organization_id = :organization_id AND number > :number AND kind <> 'link'
        UNION
        SELECT part.source, part.source_id FROM identity_decisions AS decision
        JOIN split_records AS part ON part.organization_id = decision.organization_id
             AND part.decision_id IN (decision.decision_id, decision.undoes)
        WHERE decision.organization_id = :organization_id AND decision.number > :number
    """)
    return {
        (row.source, row.source_id)
        for row in connection.execute(statement, {"organization_id": organization_id, "number": number})
    }
