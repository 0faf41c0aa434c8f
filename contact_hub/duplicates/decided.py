"""What was decided about pairs: who is never proposed again."""

from uuid import UUID

from sqlalchemy import Connection, text

Pair = tuple[UUID, UUID]

# A merge by the model that somebody has undone says the same as distinct: else the model would merge them again.
DISTINCT_PAIRS = """
    WITH decided AS (
        SELECT decision.*, undo.authority AS undone_by FROM identity_decisions AS decision
        LEFT JOIN identity_decisions AS undo
             ON undo.organization_id = decision.organization_id AND undo.undoes = decision.decision_id
        WHERE decision.organization_id = :organization_id
    ), apart AS (
        SELECT source, source_id, target_source, target_source_id FROM decided
        WHERE kind = 'distinct' AND undone_by IS NULL
           OR kind = 'merge' AND authority = 'model' AND undone_by = 'person'
        UNION
        SELECT moved.source, moved.source_id, kept.source, kept.source_id FROM decided
        JOIN split_records AS moved USING (organization_id, decision_id)
        JOIN split_records AS kept USING (organization_id, decision_id)
        WHERE decided.kind = 'split' AND decided.undone_by IS NULL AND moved.side = 'moved' AND kept.side = 'kept'
    )
    SELECT DISTINCT least(one.contact_id, other.contact_id) AS left_id, greatest(one.contact_id, other.contact_id) AS right_id
    FROM apart
    JOIN source_record_links AS one ON one.organization_id = :organization_id
         AND (one.source, one.source_id) = (apart.source, apart.source_id)
    JOIN source_record_links AS other ON other.organization_id = :organization_id
         AND (other.source, other.source_id) = (apart.target_source, apart.target_source_id)
    WHERE one.contact_id <> other.contact_id
"""
"""Contacts that decisions hold apart, the smaller id left; for ``:organization_id``."""


def distinct_pairs(connection: Connection, organization_id: str) -> list[Pair]:
    """Contacts that somebody said are two people: distinct, split, or an automatic merge undone."""
    rows = connection.execute(text(f"{DISTINCT_PAIRS} ORDER BY 1, 2"), {"organization_id": organization_id})
    return [(row.left_id, row.right_id) for row in rows]
