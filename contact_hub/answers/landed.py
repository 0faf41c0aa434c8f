"""What has landed of a patient's appointments, and of the practice that they refer to."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from psycopg import Connection

from contact_hub.context import Practice

# By the clinic's calendar from a moment on, which the indexes on starts_at and booking_id serve.
_AHEAD = """
    SELECT cliniko_id FROM raw.cliniko_individual_appointments
    WHERE organization_id = %(organization_id)s AND starts_at >= %(now)s AND patient_id = ANY(%(patients)s)
      AND cancelled_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL AND vanished_at IS NULL
    UNION
    SELECT class.cliniko_id
    FROM raw.cliniko_group_appointments AS class
    JOIN raw.cliniko_attendees AS attendee
         ON attendee.organization_id = class.organization_id AND attendee.booking_id = class.cliniko_id
    WHERE class.organization_id = %(organization_id)s AND class.starts_at >= %(now)s
      AND class.deleted_at IS NULL AND class.archived_at IS NULL AND class.vanished_at IS NULL
      AND attendee.patient_id = ANY(%(patients)s) AND attendee.cancelled_at IS NULL AND attendee.deleted_at IS NULL
      AND attendee.archived_at IS NULL AND attendee.vanished_at IS NULL
"""
_PRACTICE = """
    SELECT 'businesses', cliniko_id, payload, time_zone FROM raw.cliniko_businesses WHERE organization_id = %(organization_id)s
    UNION ALL
    SELECT 'practitioners', cliniko_id, payload, NULL FROM raw.cliniko_practitioners
    WHERE organization_id = %(organization_id)s
    UNION ALL
    SELECT 'appointment_types', cliniko_id, payload, NULL FROM raw.cliniko_appointment_types
    WHERE organization_id = %(organization_id)s
"""


def booked_ahead(
    connection: Connection[Any], organization_id: str, patient_ids: Iterable[str], now: datetime
) -> frozenset[str]:
    """The ids of appointments and classes ahead, as they landed last."""
    parameters = {"organization_id": organization_id, "patients": sorted(patient_ids), "now": now}
    return frozenset(row[0] for row in connection.execute(_AHEAD, parameters))


def practice(connection: Connection[Any], organization_id: str, time_zone: str) -> Practice:
    """Businesses, practitioners and appointment types of a clinic; ``time_zone`` is of businesses that name none."""
    payloads: dict[str, dict[str, Mapping[str, Any]]] = {"businesses": {}, "practitioners": {}, "appointment_types": {}}
    zones: dict[str, str | None] = {}
    for resource, record, payload, zone in connection.execute(_PRACTICE, {"organization_id": organization_id}):
        payloads[resource][record] = payload
        if resource == "businesses":
            zones[record] = zone
    return Practice(time_zone, time_zones=zones, **payloads)
