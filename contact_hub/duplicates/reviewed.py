"""What people said of pairs that the model scored: kept with class and model, from which its precision and recall are told."""

from sqlalchemy import Connection, text

from contact_hub.duplicates.decided import DISTINCT_PAIRS
from contact_hub.store.changed_rows import ChangedRows

# The contact that a merged one went into, over any number of merges.
_ROOTS = """
    RECURSIVE went (contact_id, root) AS (
        SELECT id, id FROM contacts WHERE organization_id = :organization_id
          AND id IN (SELECT unnest(ARRAY[left_id, right_id]) FROM reviewed_pairs WHERE organization_id = :organization_id)
        UNION
        SELECT went.contact_id, (gone.metadata ->> 'merged_into')::uuid FROM went
        JOIN contacts AS gone ON gone.organization_id = :organization_id AND gone.id = went.root AND gone.status = 'merged'
    ), roots AS (
        SELECT went.contact_id, went.root FROM went
        JOIN contacts AS kept ON kept.organization_id = :organization_id AND kept.id = went.root AND kept.status <> 'merged'
    ), merges AS (
        SELECT DISTINCT link.contact_id AS root, decision.authority
        FROM identity_decisions AS decision
        JOIN source_record_links AS link ON link.organization_id = decision.organization_id
             AND (link.source, link.source_id) = (decision.source, decision.source_id)
        WHERE decision.organization_id = :organization_id AND decision.kind = 'merge' AND NOT EXISTS (
            SELECT FROM identity_decisions AS undo
            WHERE undo.organization_id = decision.organization_id AND undo.undoes = decision.decision_id)
    )
"""
REVIEWED = f"""
    WITH {_ROOTS}
    SELECT pair.decision, pair.population, pair.sampled_at,
           CASE WHEN one.root = other.root THEN true WHEN apart.left_id IS NOT NULL THEN false END AS is_same
    FROM reviewed_pairs AS pair
    JOIN roots AS one ON one.contact_id = pair.left_id
    JOIN roots AS other ON other.contact_id = pair.right_id
    LEFT JOIN ({DISTINCT_PAIRS}) AS apart
         ON (apart.left_id, apart.right_id) = (least(one.root, other.root), greatest(one.root, other.root))
    WHERE pair.organization_id = :organization_id AND (
        one.root = other.root
          AND EXISTS (SELECT FROM merges WHERE merges.root = one.root AND authority = 'person')
          AND NOT EXISTS (SELECT FROM merges WHERE merges.root = one.root AND authority <> 'person')
        OR one.root <> other.root AND apart.left_id IS NOT NULL)
"""
"""Scored pairs that people have decided and nobody undid: class, and whether they are one person. Contacts that a model merged
too are left out: it is not known whose word joined these two."""

_KEEP = f"""
    INSERT INTO reviewed_pairs (organization_id, left_id, right_id, decision, probability, model_version)
    SELECT pair.organization_id, pair.left_id, pair.right_id, pair.decision, pair.probability, pair.model_version
    FROM (SELECT organization_id, left_id, right_id FROM {{gone}}
          UNION SELECT organization_id, left_id, right_id FROM {{changed}}) AS forgotten
    JOIN duplicate_pairs AS pair USING (organization_id, left_id, right_id)
    JOIN contacts AS one ON one.organization_id = pair.organization_id AND one.id = pair.left_id
    JOIN contacts AS other ON other.organization_id = pair.organization_id AND other.id = pair.right_id
    LEFT JOIN ({DISTINCT_PAIRS}) AS apart ON (apart.left_id, apart.right_id) = (pair.left_id, pair.right_id)
    WHERE pair.organization_id = :organization_id
      AND (apart.left_id IS NOT NULL OR one.status = 'merged' OR other.status = 'merged')
    ON CONFLICT (organization_id, left_id, right_id) DO UPDATE
    SET decision = excluded.decision, probability = excluded.probability, model_version = excluded.model_version,
        updated_at = now()
    WHERE reviewed_pairs.sampled_at IS NULL
"""


def keep_reviewed(connection: Connection, organization_id: str, changed: ChangedRows) -> None:
    """Keep how the pairs that were decided since the last search had been scored, before it forgets them.

    Args:
        changed: the rows of ``duplicate_pairs`` that the search is about to delete or to write.
    """
    keep = _KEEP.format(gone=changed.gone, changed=changed.name)
    connection.execute(text(keep), {"organization_id": organization_id})
