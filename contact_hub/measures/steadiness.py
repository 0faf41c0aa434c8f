"""Measures of what should not change from one day to the next: a clinic does not lose most of its patients overnight."""

from contact_hub.measures.measure import Measure
from contact_hub.measures.parts import APPOINTMENTS_IN_WINDOW, PATIENTS_IN_USE

UNREMARKABLE = 20
"""So many records may go at any time: in a small clinic they are a large share."""


def _steady(*, what: str, count: str, column: str) -> Measure:
    return Measure(
        name="steady",
        description=(
            f"{what} now / when the clinic's numbers were last kept; a fall by up to {UNREMARKABLE} counts for nothing. "
            "Nothing is made of a sync that lost most: if they really are gone, set a lower limit once."
        ),
        sql=f"""
            SELECT CASE WHEN now.count + {UNREMARKABLE} >= last.count THEN last.count ELSE now.count END, last.count
            FROM ({count}) AS now,
                 (SELECT coalesce((SELECT {column} FROM contact_metrics WHERE organization_id = :organization_id
                                   ORDER BY updated_at DESC, as_of DESC LIMIT 1), 0) AS count) AS last
        """,
        at_least=0.5,
        blocking=True,
    )


STEADY_PATIENTS = _steady(
    what="Patients in use",
    count=f"SELECT count(*) FROM raw.cliniko_patients AS patient WHERE {PATIENTS_IN_USE}",
    column="patients",
)
STEADY_APPOINTMENTS = _steady(
    what="Appointments in the window around the day",
    count=f"SELECT count(*) FROM {APPOINTMENTS_IN_WINDOW}",
    column="appointments",
)
