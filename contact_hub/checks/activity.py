"""Checks of group activity: is everybody found who comes, and is anybody coming at all?"""

import dagster as dg

from contact_hub.checks.measures import Measure, measure_checks

ACTIVE = [
    Measure(
        name="matching_rate",
        description="Appointments in the window whose patient is a contact / appointments in the window.",
        sql="""
            SELECT count(link.contact_id), count(*)
            FROM raw.cliniko_individual_appointments AS appointment
            JOIN activity_days AS day ON day.organization_id = appointment.organization_id AND day.as_of = :day
            LEFT JOIN channel_identity_links AS link ON link.organization_id = appointment.organization_id
                 AND link.channel = 'cliniko' AND link.identifier = appointment.patient_id
            WHERE appointment.organization_id = :organization_id
              AND appointment.starts_at BETWEEN day.search_date_from AND day.search_date_to
              AND appointment.cancelled_at IS NULL AND appointment.deleted_at IS NULL
              AND appointment.archived_at IS NULL AND appointment.vanished_at IS NULL
        """,
        at_least=0.99,
    ),
    Measure(
        name="active_count",
        description="Active patients / contacts in use; a clinic where nobody comes is likelier not read than empty.",
        sql="""
            SELECT (SELECT active_patients FROM activity_days WHERE organization_id = :organization_id AND as_of = :day),
                   (SELECT count(*) FROM contacts WHERE organization_id = :organization_id AND status = 'active')
        """,
        at_least=0.0001,
        severity=dg.AssetCheckSeverity.WARN,
    ),
    Measure(
        name="reconciles_with_day",
        description="Rows of the day / active patients that the day counted.",
        sql="""
            SELECT (SELECT count(*) FROM active_patient_days WHERE organization_id = :organization_id AND as_of = :day),
                   (SELECT active_patients FROM activity_days WHERE organization_id = :organization_id AND as_of = :day)
        """,
    ),
]

ACTIVITY_CHECKS = (measure_checks("active_patients", ACTIVE),)
