"""Measures of group reporting: did every day get its run?"""

from contact_hub.measures.measure import Measure

DAYS = 30

METRICS = [
    Measure(
        name="sync_success",
        description=f"Of the {DAYS} days up to this one and since the first import: those that a run brought to its end / all.",
        sql=f"""
            SELECT count(synced.as_of), count(*)
            FROM (SELECT greatest(CAST(:day AS date) - {DAYS - 1},
                                  (min(state.imported_at) AT TIME ZONE min(clinic.time_zone))::date) AS first
                  FROM sync_states AS state JOIN organizations AS clinic USING (organization_id)
                  WHERE organization_id = :organization_id) AS since
            CROSS JOIN LATERAL generate_series(since.first, CAST(:day AS date), INTERVAL '1 day') AS due (day)
            LEFT JOIN activity_days AS synced ON synced.organization_id = :organization_id AND synced.as_of = due.day::date
        """,
        at_least=0.9,
        severity="warn",
        counts=("days_synced", "days_due"),
    ),
]

REPORT = [
    Measure(
        name="numbers_kept",
        description="Days of the last week, since numbers were first kept, whose numbers are there / those days.",
        sql="""
            SELECT count(kept.as_of), count(*)
            FROM (SELECT greatest(CAST(:day AS date) - 6, min(as_of)) AS first FROM contact_metrics
                  WHERE organization_id = :organization_id) AS since
            CROSS JOIN LATERAL generate_series(since.first, CAST(:day AS date), INTERVAL '1 day') AS due (day)
            LEFT JOIN contact_metrics AS kept ON kept.organization_id = :organization_id AND kept.as_of = due.day::date
        """,
        severity="warn",
    ),
]
