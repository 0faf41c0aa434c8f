"""Parts of statements that several measures share."""

PATIENTS_IN_USE = """
    patient.organization_id = :organization_id AND patient.archived_at IS NULL AND patient.merged_at IS NULL
    AND patient.vanished_at IS NULL AND coalesce(patient.payload ->> 'deleted_at', '') = ''
"""
"""Condition on ``raw.cliniko_patients AS patient``."""

APPOINTMENTS_IN_WINDOW = """
    raw.cliniko_individual_appointments AS appointment
    JOIN organizations AS clinic ON clinic.organization_id = :organization_id
         AND clinic.organization_id = appointment.organization_id
         AND appointment.starts_at >= (CAST(:day AS timestamp) - make_interval(days => clinic.past_days))
                                      AT TIME ZONE clinic.time_zone
         AND appointment.starts_at < (CAST(:day AS timestamp) + make_interval(days => clinic.future_days))
                                     AT TIME ZONE clinic.time_zone
         AND appointment.cancelled_at IS NULL AND appointment.deleted_at IS NULL
         AND appointment.archived_at IS NULL AND appointment.vanished_at IS NULL
"""
"""Appointments with one patient that take place in the window around the day."""
