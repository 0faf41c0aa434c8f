"""Rows as Cliniko serves them: ids as text, related records as links only, moments in UTC with a Z.

A link that may be empty is left out when it is (``repeated_from``, ``patient_case``, ``merged_with_patient``) or null
(``repeats``), as in captured payloads. An attendee's booking is ``/bookings/ID``, whichever kind it is of.
"""

from datetime import datetime
from typing import Any

from contact_hub.sandbox.rows import (
    AppointmentType,
    Attendee,
    Booking,
    Business,
    GroupAppointment,
    IndividualAppointment,
    Patient,
    Practitioner,
    Row,
)

Payload = dict[str, Any]


def _nulls(names: str) -> Payload:
    return dict.fromkeys(names.split())


_PATIENT: Payload = _nulls(
    """accepted_email_marketing accepted_privacy_policy accepted_sms_marketing address_1 address_2 address_3
    appointment_notes archived_at city country country_code custom_fields date_of_birth deleted_at
    dva_card_number email emergency_contact
    first_name gender gender_identity invoice_default_to invoice_email invoice_extra_information label last_name
    medicare medicare_reference_number merged_at notes occupation old_reference_id patient_phone_numbers post_code
    preferred_first_name pronouns receives_cancellation_emails receives_confirmation_emails
    referral_source reminder_type
    sex state time_zone title"""
)
_INDIVIDUAL: Payload = _nulls(
    """booking_ip_address cancellation_note cancellation_reason email_reminder_sent has_patient_appointment_notes
    invoice_status notes online_booking_policy_accepted patient_name sms_reminder_sent treatment_note_status"""
) | {"cancellation_reason_description": "", "repeat_rule": {}, "repeats": None}
_GROUP: Payload = {"notes": None, "repeat_rule": {}, "repeats": None}
_ATTENDEE: Payload = _nulls(
    """booking_ip_address cancellation_note cancellation_reason email_reminder_sent invoice_status notes
    online_booking_policy_accepted sent_email_follow_ups_count sent_email_reminders_count sent_sms_follow_ups_count
    sent_sms_reminders_count sms_reminder_sent telehealth_url treatment_note_status"""
) | {"cancellation_reason_description": ""}
_WEEKLY = {"number_of_repeats": 8, "repeat_type": "Weekly", "repeating_interval": 1}
_FILTERED_BY_PATIENT = ("attendees", "invoices", "medical_alerts", "patient_attachments", "relationships")


def patient_payload(row: Patient, base: str) -> Payload:
    """A patient."""
    payload = _PATIENT | row.fields | _common(row, base, "patients")
    payload["merged_at"] = said(row.merged_at)
    payload["deleted_at"] = said(row.deleted_at) or row.fields.get("deleted_at")
    payload["appointments"] = _link(f"{base}/patients/{row.id}/appointments")
    for name in _FILTERED_BY_PATIENT:
        payload[name] = _link(f"{base}/{name}?q%5B%5D=patient_id%3A%3D{row.id}")
    if row.merged_with is not None:
        payload["merged_with_patient"] = _link(f"{base}/patients/{row.merged_with}")
    for name in row.absent:
        payload.pop(name, None)
    return payload


def individual_appointment_payload(row: IndividualAppointment, base: str) -> Payload:
    """A one-to-one appointment."""
    payload = _INDIVIDUAL | row.fields | _booking(row, base, "individual_appointments")
    payload["cancelled_at"] = said(row.cancelled_at)
    payload["did_not_arrive"], payload["patient_arrived"] = row.did_not_arrive, row.patient_arrived
    payload["patient"] = _link(f"{base}/patients/{row.patient_id}")
    return payload


def group_appointment_payload(row: GroupAppointment, base: str) -> Payload:
    """A class: nobody's arrival or cancellation is in it."""
    payload = _GROUP | row.fields | _booking(row, base, "group_appointments")
    payload["max_attendees"] = row.max_attendees
    payload["patient_ids"] = [str(patient_id) for patient_id in row.patient_ids] or None
    return payload


def attendee_payload(row: Attendee, base: str) -> Payload:
    """One patient in one booking."""
    payload = _ATTENDEE | row.fields | _common(row, base, "attendees")
    payload["arrived"] = row.arrived
    payload["cancelled_at"], payload["deleted_at"] = said(row.cancelled_at), said(row.deleted_at)
    payload["cancellation_url"] = f"https://surfrehab.example.com/bookings/cancel?attendee={row.id}"
    payload["booking"] = _link(f"{base}/bookings/{row.booking_id}")
    payload["patient"] = _link(f"{base}/patients/{row.patient_id}")
    payload["invoices"] = _link(f"{base}/attendees/{row.id}/invoices")
    payload["patient_forms"] = _link(f"{base}/attendees/{row.id}/patient_forms")
    if row.patient_case_id is not None:
        payload["patient_case"] = _link(f"{base}/patient_cases/{row.patient_case_id}")
    return payload


def business_payload(row: Business, base: str) -> Payload:
    """A place."""
    payload = {"additional_information": None, "address_2": None} | row.fields | _common(row, base, "businesses")
    payload["deleted_at"] = said(row.deleted_at)
    payload["appointment_type_ids"] = None
    payload["practitioners"] = _link(f"{base}/businesses/{row.id}/practitioners")
    return payload


def practitioner_payload(row: Practitioner, base: str) -> Payload:
    """Somebody who treats; practitioners are active or not, never archived."""
    payload = row.fields | _common(row, base, "practitioners")
    del payload["archived_at"]
    payload["active"] = row.active
    payload["user"] = _link(f"{base}/users/{row.user_id}")
    return payload


def appointment_type_payload(row: AppointmentType, base: str) -> Payload:
    """A service."""
    payload = row.fields | _common(row, base, "appointment_types")
    payload["max_attendees"] = row.max_attendees
    payload["practitioners"] = _link(f"{base}/appointment_types/{row.id}/practitioners")
    return payload


def said(moment: datetime | None) -> str | None:
    """A moment as Cliniko says it."""
    return None if moment is None else f"{moment.isoformat()[:19]}Z"


def _common(row: Row, base: str, resource: str) -> Payload:
    return {
        "id": str(row.id),
        "created_at": said(row.created_at),
        "updated_at": said(row.updated_at),
        "archived_at": said(row.archived_at),
        "links": {"self": f"{base}/{resource}/{row.id}"},
    }


def _booking(row: Booking, base: str, resource: str) -> Payload:
    payload = _common(row, base, resource)
    payload |= {
        "starts_at": said(row.starts_at),
        "ends_at": said(row.ends_at),
        "deleted_at": said(row.deleted_at),
        "telehealth_url": f"https://surfrehab.example.com/telehealth/{row.practitioner_id}",
        "appointment_type": _link(f"{base}/appointment_types/{row.appointment_type_id}"),
        "business": _link(f"{base}/businesses/{row.business_id}"),
        "practitioner": _link(f"{base}/practitioners/{row.practitioner_id}"),
        "attendees": _link(f"{base}/attendees?q%5B%5D=booking_id%3A%3D{row.id}"),
        "conflicts": _link(f"{base}/{resource}/{row.id}/conflicts"),
    }
    if row.repeated_from_id is not None:
        payload["repeated_from"] = _link(f"{base}/{resource}/{row.repeated_from_id}")
        payload["repeats"] = _link(f"{base}/{resource}?q%5B%5D=repeated_from_id%3A%3D{row.repeated_from_id}")
        payload["repeat_rule"] = _WEEKLY
    return payload


def _link(url: str) -> Payload:
    return {"links": {"self": url}}
