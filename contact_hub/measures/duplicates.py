"""Measures of group duplicates: is everybody looked at, and are decisions kept?"""

from contact_hub.duplicates.decided import DISTINCT_PAIRS
from contact_hub.duplicates.reviewed import REVIEWED
from contact_hub.measures.measure import Measure


def _precision(decision: str, at_least: float) -> Measure:
    return Measure(
        name=f"{decision}_precision",
        description=f"Pairs scored {decision} that people said are one person / those that people decided.",
        sql=f"""
            SELECT count(*) FILTER (WHERE is_same), count(*) FROM ({REVIEWED}) AS reviewed WHERE decision = '{decision}'
        """,
        at_least=at_least,
        severity="warn",
        counts=(f"{decision}_same", f"{decision}_reviewed"),
    )


# Found: what people said, what the model merged and nobody undid, and of the pairs that wait as many as the model expects.
_RECALL = f"""
    WITH reviewed AS ({REVIEWED}), found AS (
        SELECT (SELECT count(*) FROM reviewed WHERE is_same AND decision <> 'below')
             + (SELECT count(*) FROM identity_decisions AS decision
                WHERE organization_id = :organization_id AND kind = 'merge' AND authority = 'model' AND NOT EXISTS (
                    SELECT FROM identity_decisions AS undo WHERE undo.organization_id = decision.organization_id
                      AND undo.undoes = decision.decision_id))
             + (SELECT coalesce(sum(probability), 0) FROM duplicate_pairs WHERE organization_id = :organization_id) AS pairs
    )
    SELECT round(pairs), 0, sampled.* FROM found CROSS JOIN (
        SELECT count(*) FILTER (WHERE is_same), count(*), max(population) FROM reviewed WHERE decision = 'below'
    ) AS sampled
"""

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
    _precision("certain", 0.99),
    _precision("possible", 0.5),
    Measure(
        name="recall",
        description=(
            "Pairs of one person that were shown or merged / those and what is missed just below the threshold, "
            "by `duplicates sample`."
        ),
        sql=_RECALL,
        at_least=0.9,
        severity="warn",
        counts=("duplicates_found", "duplicates_estimated"),
        is_sampled=True,
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
