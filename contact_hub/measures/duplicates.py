"""Measures of group duplicates: is everybody looked at, and are decisions kept?"""

from contact_hub.duplicates.decided import DISTINCT_PAIRS
from contact_hub.measures.measure import Measure

CLUSTERS = [
    Measure(
        name="blocks_looked_at",
        description="Blocks by rules that tell people apart that are small enough to be looked at / those blocks.",
        sql="""
            SELECT blocks - dropped_blocks, blocks FROM (
                SELECT coalesce(sum(blocks), 0) AS blocks, coalesce(sum(dropped_blocks), 0) AS dropped_blocks
                FROM duplicate_statistics WHERE organization_id = :organization_id
            ) AS counted
        """,
        at_least=0.99,
        severity="warn",
    ),
    Measure(
        name="of_live_contacts",
        description="Pairs of two contacts in use / pairs.",
        sql="""
            SELECT count(*) FILTER (WHERE one.status = 'active' AND other.status = 'active'), count(*)
            FROM duplicate_pairs AS pair
            LEFT JOIN contacts AS one ON one.organization_id = pair.organization_id AND one.id = pair.left_id
            LEFT JOIN contacts AS other ON other.organization_id = pair.organization_id AND other.id = pair.right_id
            WHERE pair.organization_id = :organization_id
        """,
    ),
    Measure(
        name="decisions_respected",
        description="Pairs that nobody has said are two people / pairs.",
        sql=f"""
            SELECT count(*) FILTER (WHERE apart.left_id IS NULL), count(*) FROM duplicate_pairs AS pair
            LEFT JOIN ({DISTINCT_PAIRS}) AS apart USING (left_id, right_id)
            WHERE pair.organization_id = :organization_id
        """,
    ),
]

MERGES = [
    Measure(
        name="automatic_merges_kept",
        description="Merges by the model that no person has undone / merges by the model: the precision of certain.",
        sql="""
            SELECT count(*) - count(undo.decision_id), count(*) FROM identity_decisions AS decision
            LEFT JOIN identity_decisions AS undo ON undo.organization_id = decision.organization_id
                 AND undo.undoes = decision.decision_id AND undo.authority = 'person'
            WHERE decision.organization_id = :organization_id AND decision.kind = 'merge' AND decision.authority = 'model'
        """,
        at_least=0.99,
        severity="warn",
    ),
]
