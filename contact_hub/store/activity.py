"""Active patients: who had or will have an appointment in the window around a day. One set-based statement."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text

from contact_hub.store.changed_rows import Difference
from contact_hub.store.database import Database, lock_organization
from contact_hub.store.difference import Staging
from contact_hub.store.organizations import Organization
from contact_hub.store.tables import active_patient_days

_COLUMNS = (
    "organization_id",
    "as_of",
    "contact_id",
    "recent_appointment_count",
    "upcoming_appointment_count",
    "no_show_count",
    "last_appointment_date",
    "recent_appointments",
    "upcoming_appointments",
    "search_date_from",
    "search_date_to",
)

# The day begins at midnight where the appointment takes place. A class counts through its attendees. A no-show is listed
# and counted as such; it makes nobody active.
_ACTIVE = """
WITH business AS (
    SELECT cliniko_id AS business_id, time_zone, coalesce(payload ->> 'display_name', payload ->> 'business_name') AS place
    FROM raw.cliniko_businesses WHERE organization_id = :organization_id
),
attendance AS (
    SELECT patient_id, 'individual' AS kind, cliniko_id AS appointment_id, business_id, practitioner_id, appointment_type_id,
           starts_at, ends_at, did_not_arrive IS TRUE AS missed
    FROM raw.cliniko_individual_appointments
    WHERE organization_id = :organization_id AND starts_at BETWEEN :earliest AND :latest
      AND cancelled_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL AND vanished_at IS NULL
    UNION ALL
    SELECT attendee.patient_id, 'group', class.cliniko_id, class.business_id, class.practitioner_id,
           class.appointment_type_id, class.starts_at, class.ends_at, attendee.arrived IS FALSE
    FROM raw.cliniko_group_appointments AS class
    JOIN raw.cliniko_attendees AS attendee
         ON attendee.organization_id = class.organization_id AND attendee.booking_id = class.cliniko_id
    WHERE class.organization_id = :organization_id AND class.starts_at BETWEEN :earliest AND :latest
      AND class.deleted_at IS NULL AND class.archived_at IS NULL AND class.vanished_at IS NULL
      AND attendee.cancelled_at IS NULL AND attendee.deleted_at IS NULL AND attendee.archived_at IS NULL
      AND attendee.vanished_at IS NULL
),
dated AS (
    SELECT attendance.*, business.place, (starts_at AT TIME ZONE coalesce(business.time_zone, :time_zone)) AS local_start
    FROM attendance LEFT JOIN business USING (business_id)
),
seen AS (
    SELECT DISTINCT ON (link.contact_id, dated.appointment_id) link.contact_id, dated.*,
           CASE WHEN dated.local_start >= :as_of THEN 'upcoming' WHEN dated.missed THEN 'missed' ELSE 'attended' END AS state,
           jsonb_strip_nulls(jsonb_build_object(
               'appointment_id', dated.appointment_id, 'kind', dated.kind, 'place', dated.place,
               'starts_at', to_char(dated.starts_at AT TIME ZONE 'UTC', :iso),
               'ends_at', to_char(dated.ends_at AT TIME ZONE 'UTC', :iso),
               'local_start', to_char(dated.local_start, :local), 'practitioner_id', dated.practitioner_id,
               'practitioner', coalesce(practitioner.payload ->> 'display_name', practitioner.payload ->> 'label'),
               'appointment_type', appointment_type.payload ->> 'name',
               'did_not_arrive', CASE WHEN dated.missed AND dated.local_start < :as_of THEN true END
           )) AS appointment
    FROM dated
    JOIN channel_identity_links AS link ON link.organization_id = :organization_id AND link.channel = 'cliniko'
         AND link.source = 'cliniko' AND link.identifier = dated.patient_id
    JOIN contacts AS contact ON contact.organization_id = :organization_id AND contact.id = link.contact_id
         AND contact.status = 'active'
    LEFT JOIN raw.cliniko_practitioners AS practitioner
         ON practitioner.organization_id = :organization_id AND practitioner.cliniko_id = dated.practitioner_id
    LEFT JOIN raw.cliniko_appointment_types AS appointment_type
         ON appointment_type.organization_id = :organization_id AND appointment_type.cliniko_id = dated.appointment_type_id
    WHERE dated.local_start >= :window_from AND dated.local_start < :window_end
    ORDER BY link.contact_id, dated.appointment_id, dated.missed
)
SELECT :organization_id, :as_of, contact_id,
       count(*) FILTER (WHERE state = 'attended'), count(*) FILTER (WHERE state = 'upcoming'),
       count(*) FILTER (WHERE state = 'missed'), (max(local_start) FILTER (WHERE state = 'attended'))::date,
       coalesce(jsonb_agg(appointment ORDER BY starts_at, appointment_id) FILTER (WHERE state <> 'upcoming'), '[]'),
       coalesce(jsonb_agg(appointment ORDER BY starts_at, appointment_id) FILTER (WHERE state = 'upcoming'), '[]'),
       CAST(:window_from AS date), CAST(:window_end AS date) - 1
FROM seen GROUP BY contact_id HAVING count(*) FILTER (WHERE state IN ('attended', 'upcoming')) > 0
"""

_DAY = text("""
    INSERT INTO activity_days AS day (organization_id, as_of, search_date_from, search_date_to, active_patients)
    VALUES (:organization_id, :as_of, :window_from, CAST(:window_end AS date) - 1, :active_patients)
    ON CONFLICT (organization_id, as_of) DO UPDATE SET search_date_from = excluded.search_date_from,
        search_date_to = excluded.search_date_to, active_patients = excluded.active_patients, updated_at = now()
    WHERE (day.search_date_from, day.search_date_to, day.active_patients)
          IS DISTINCT FROM (excluded.search_date_from, excluded.search_date_to, excluded.active_patients)
""")


@dataclass(frozen=True)
class Window:
    """[day - past, day) for recent and [day, day + future) for upcoming appointments, in local days."""

    first: date
    day: date
    end: date


def window(clinic: Organization, day: date) -> Window:
    return Window(day - timedelta(days=clinic.past_days), day, day + timedelta(days=clinic.future_days))


def write_active_patients(database: Database, clinic: Organization, day: date) -> Difference:
    """Derive the active patients of one clinic as of one day, and write what differs.

    Nobody else writes these rows, so only derivations wait for each other while they are computed and compared.
    """
    span = window(clinic, day)
    parameters = {
        "organization_id": clinic.organization_id,
        "time_zone": clinic.time_zone,
        "as_of": span.day,
        "window_from": span.first,
        "window_end": span.end,
        # Wider than the window by more than any zone's offset, so that the index on starts_at serves.
        "earliest": span.first - timedelta(days=2),
        "latest": span.end + timedelta(days=2),
        "iso": 'YYYY-MM-DD"T"HH24:MI:SS"Z"',
        "local": 'YYYY-MM-DD"T"HH24:MI',
    }
    scope = {"organization_id": clinic.organization_id, "as_of": day}
    with database.transaction() as connection:
        lock_organization(connection, clinic.organization_id, "active patients")
        staging = Staging(connection, active_patient_days, _COLUMNS)
        staging.fill(_ACTIVE, parameters)
        changed = staging.compare(scope, delete_missing=True)
        lock_organization(connection, clinic.organization_id)
        difference = changed.write("updated_at")
        connection.execute(_DAY, {**parameters, "active_patients": difference.rows})
        changed.drop()
    return difference
