"""One person's history over all channels: what was said, and when they come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from contact_hub.channels.event import SPOKEN_KINDS

_EVENTS = """
    SELECT event.event_id, event.channel, event.kind, event.direction, event.occurred_at, event.text, event.external_id,
           event.provider, event.attachments, event.conversation_id
    FROM source_record_links AS record
    JOIN channel_events AS event USING (organization_id, source, source_id)
    WHERE record.organization_id = %(organization_id)s AND record.contact_id = %(contact_id)s
      AND event.kind = ANY(%(kinds)s) AND event.occurred_at < coalesce(CAST(%(before)s AS timestamptz), 'infinity')
    ORDER BY event.occurred_at DESC, event.number DESC LIMIT %(limit)s
"""
_APPOINTMENTS = """
    WITH patient AS (
        SELECT source_id AS patient_id FROM source_record_links
        WHERE organization_id = %(organization_id)s AND contact_id = %(contact_id)s AND source = 'cliniko'
    ),
    booked AS (
        SELECT cliniko_id, business_id, practitioner_id, appointment_type_id, starts_at, ends_at,
               cancelled_at IS NOT NULL AS cancelled, did_not_arrive IS TRUE AS did_not_arrive
        FROM raw.cliniko_individual_appointments JOIN patient USING (patient_id)
        WHERE organization_id = %(organization_id)s
          AND deleted_at IS NULL AND archived_at IS NULL AND vanished_at IS NULL
        UNION ALL
        SELECT class.cliniko_id, class.business_id, class.practitioner_id, class.appointment_type_id, class.starts_at,
               class.ends_at, attendee.cancelled_at IS NOT NULL, attendee.arrived IS FALSE
        FROM raw.cliniko_attendees AS attendee
        JOIN patient USING (patient_id)
        JOIN raw.cliniko_group_appointments AS class
             ON class.organization_id = attendee.organization_id AND class.cliniko_id = attendee.booking_id
        WHERE attendee.organization_id = %(organization_id)s AND attendee.deleted_at IS NULL
          AND attendee.vanished_at IS NULL AND class.deleted_at IS NULL AND class.archived_at IS NULL
    )
    SELECT DISTINCT ON (booked.starts_at, booked.cliniko_id) booked.cliniko_id AS appointment_id, booked.starts_at,
           booked.ends_at, booked.cancelled, booked.did_not_arrive,
           coalesce(practitioner.payload ->> 'display_name', practitioner.payload ->> 'label') AS practitioner,
           type.payload ->> 'name' AS type,
           coalesce(business.payload ->> 'display_name', business.payload ->> 'business_name') AS place
    FROM booked
    LEFT JOIN raw.cliniko_practitioners AS practitioner
         ON practitioner.organization_id = %(organization_id)s AND practitioner.cliniko_id = booked.practitioner_id
    LEFT JOIN raw.cliniko_appointment_types AS type
         ON type.organization_id = %(organization_id)s AND type.cliniko_id = booked.appointment_type_id
    LEFT JOIN raw.cliniko_businesses AS business
         ON business.organization_id = %(organization_id)s AND business.cliniko_id = booked.business_id
    ORDER BY booked.starts_at DESC, booked.cliniko_id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Timeline:
    """A contact's history, the latest first.

    Attributes:
        events: ``channel``, ``direction``, ``occurred_at``, ``text``, ``external_id``, ``kind``, ``provider``,
            ``attachments``, ``conversation_id``, ``event_id``.
        appointments: ``starts_at``, ``ends_at``, ``practitioner``, ``type``, ``place``, ``cancelled``, ``did_not_arrive``,
            ``appointment_id``; as they landed last.
    """

    contact_id: UUID
    events: list[dict[str, Any]]
    appointments: list[dict[str, Any]]


def timeline(
    connection: Connection[Any], organization_id: str, contact_id: UUID, *, limit: int, before: datetime | None
) -> Timeline:
    """The history of one contact."""
    parameters = {
        "organization_id": organization_id,
        "contact_id": contact_id,
        "kinds": sorted(SPOKEN_KINDS),
        "limit": limit,
        "before": before,
    }
    cursor = connection.cursor(row_factory=dict_row)
    events = cursor.execute(_EVENTS, parameters).fetchall()
    appointments = cursor.execute(_APPOINTMENTS, parameters).fetchall()
    return Timeline(contact_id, events, appointments)
