"""Measures of group cliniko: is what was read complete, readable and recent?"""

from contact_hub.measures.measure import Measure
from contact_hub.measures.steadiness import STEADY_APPOINTMENTS, STEADY_PATIENTS

FRESH_HOURS = 26
"""A daily schedule and two hours: what is older was missed."""


def fresh(*resources: str) -> Measure:
    listed = ", ".join(f"'{resource}'" for resource in resources)
    return Measure(
        name="fresh",
        description=(
            f"Resources read through the end of the day (today: within {FRESH_HOURS} hours) / resources of this asset."
        ),
        sql=f"""
            SELECT count(*) FILTER (WHERE state.changed_through >= least(
                       CAST(:day AS date) + 1, now() - INTERVAL '{FRESH_HOURS} hours')), count(*)
            FROM unnest(ARRAY[{listed}]) AS wanted (resource)
            LEFT JOIN sync_states AS state ON state.organization_id = :organization_id AND state.resource = wanted.resource
        """,
    )


PATIENTS = [
    fresh("patients"),
    STEADY_PATIENTS,
    Measure(
        name="merges_have_survivors",
        description="Merged patients whose survivor is known here / merged patients.",
        sql="""
            SELECT count(*) FILTER (WHERE survivor.cliniko_id IS NOT NULL), count(*)
            FROM raw.cliniko_patients AS merged
            LEFT JOIN raw.cliniko_patients AS survivor ON survivor.organization_id = merged.organization_id
                 AND survivor.cliniko_id = substring(merged.payload #>> '{merged_with_patient,links,self}' FROM '([0-9]+)$')
            WHERE merged.organization_id = :organization_id AND merged.merged_at IS NOT NULL
        """,
        at_least=0.9,
        severity="warn",
    ),
]

APPOINTMENTS = [
    fresh("individual_appointments", "group_appointments", "attendees"),
    STEADY_APPOINTMENTS,
    Measure(
        name="readable_appointments",
        description="Appointments and attendees whose start, business and patient could be read / all of them.",
        sql="""
            SELECT count(*) FILTER (WHERE readable), count(*) FROM (
                SELECT starts_at IS NOT NULL AND business_id IS NOT NULL AND patient_id IS NOT NULL AS readable
                FROM raw.cliniko_individual_appointments WHERE organization_id = :organization_id
                UNION ALL
                SELECT starts_at IS NOT NULL AND business_id IS NOT NULL
                FROM raw.cliniko_group_appointments WHERE organization_id = :organization_id
                UNION ALL
                SELECT booking_id IS NOT NULL AND patient_id IS NOT NULL
                FROM raw.cliniko_attendees WHERE organization_id = :organization_id
            ) AS landed
        """,
        at_least=0.999,
    ),
]

PRACTICE = [
    fresh("businesses", "practitioners", "appointment_types"),
    Measure(
        name="known_time_zones",
        description="Businesses that say their time zone (others take the organization's) / businesses.",
        sql="""
            SELECT count(time_zone), count(*) FROM raw.cliniko_businesses
            WHERE organization_id = :organization_id AND archived_at IS NULL AND deleted_at IS NULL AND vanished_at IS NULL
        """,
        severity="warn",
    ),
]
