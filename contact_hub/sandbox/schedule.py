"""Writing the calendar: bookings at local times of a business, with attendees, none newer than the history's end."""

import random
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.rows import Attendee, Business, GroupAppointment, IndividualAppointment, Patient

Outcome = Literal["stands", "cancelled", "no_show", "deleted", "archived"]

_REASONS = {10: "Feeling better", 20: "Condition worse", 30: "Sick", 40: "Away", 50: "Other", 60: "Work"}


class Calendar:
    """Writes bookings into a clinic's tables."""

    def __init__(self, clinic: Clinic, history_end: datetime, rng: random.Random) -> None:
        self._clinic = clinic
        self._history_end = history_end
        self._rng = rng
        tables = clinic.tables
        self._staff = {business.id: [p.id for p in tables.practitioners if p.business_id == business.id]
                       for business in tables.businesses}  # fmt: skip
        self._services = [service for service in tables.appointment_types if service.max_attendees == 1]
        self._class_services = [service for service in tables.appointment_types if service.max_attendees > 1]

    def visit(
        self,
        patient: Patient,
        business: Business,
        day: int,
        at: time,
        outcome: Outcome = "stands",
        repeated_from: int | None = None,
    ) -> int:
        """A one-to-one appointment ``day`` days from today, at a local time; answers its id."""
        starts_at = self._moment(business, day, at)
        service = self._rng.choice(self._services)
        created_at, updated_at = self._stamps(starts_at)
        ended_at = None if outcome in ("stands", "no_show") else updated_at
        past = starts_at < self._history_end
        arrived = False if outcome == "no_show" else True if past and not ended_at and self._rng.random() < 0.8 else None
        appointment = IndividualAppointment(
            id=self._clinic.booking_ids.next(),
            created_at=created_at,
            updated_at=updated_at,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=service.minutes),
            cancelled_at=ended_at if outcome == "cancelled" else None,
            deleted_at=ended_at if outcome == "deleted" else None,
            archived_at=ended_at if outcome == "archived" else None,
            patient_id=patient.id,
            did_not_arrive=outcome == "no_show",
            patient_arrived=bool(arrived),
            business_id=business.id,
            practitioner_id=self._rng.choice(self._staff[business.id]),
            appointment_type_id=service.id,
            repeated_from_id=repeated_from,
            fields=self._remarks(patient, outcome),
        )
        self._clinic.tables.individual_appointments.add(appointment)
        self._attend_alone(appointment, arrived)
        return appointment.id

    def session(
        self,
        business: Business,
        day: int,
        at: time,
        outcome: Outcome = "stands",
        repeated_from: int | None = None,
    ) -> GroupAppointment:
        """A class without anybody in it yet."""
        starts_at = self._moment(business, day, at)
        service = self._rng.choice(self._class_services)
        created_at, updated_at = self._stamps(starts_at)
        session = GroupAppointment(
            id=self._clinic.booking_ids.next(),
            created_at=created_at,
            updated_at=updated_at,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=service.minutes),
            deleted_at=updated_at if outcome == "deleted" else None,
            archived_at=updated_at if outcome == "archived" else None,
            business_id=business.id,
            practitioner_id=self._rng.choice(self._staff[business.id]),
            appointment_type_id=service.id,
            repeated_from_id=repeated_from,
            max_attendees=service.max_attendees,
        )
        self._clinic.tables.group_appointments.add(session)
        return session

    def attend(self, session: GroupAppointment, patient: Patient, outcome: Outcome = "stands") -> None:
        """Put a patient into a class; whoever cancels stays on its list."""
        past = session.starts_at < self._history_end
        ended_at = None if outcome in ("stands", "no_show") else session.updated_at
        session.patient_ids.append(patient.id)
        self._clinic.tables.attendees.add(
            Attendee(
                id=self._clinic.attendee_ids.next(),
                created_at=session.created_at,
                updated_at=session.updated_at,
                booking_id=session.id,
                patient_id=patient.id,
                arrived=False if outcome == "no_show" else True if past and self._rng.random() < 0.7 else None,
                cancelled_at=ended_at if outcome == "cancelled" else None,
                deleted_at=ended_at if outcome == "deleted" else None,
                archived_at=ended_at if outcome == "archived" else None,
            )
        )

    def _attend_alone(self, appointment: IndividualAppointment, arrived: bool | None) -> None:
        """The one attendee of a one-to-one appointment says the same as the appointment."""
        self._clinic.tables.attendees.add(
            Attendee(
                id=self._clinic.attendee_ids.next(),
                created_at=appointment.created_at,
                updated_at=appointment.updated_at,
                booking_id=appointment.id,
                patient_id=appointment.patient_id,
                arrived=arrived,
                cancelled_at=appointment.cancelled_at,
                deleted_at=appointment.deleted_at,
                archived_at=appointment.archived_at,
            )
        )

    def _moment(self, business: Business, day: int, at: time) -> datetime:
        local = datetime.combine(self._clinic.today + timedelta(days=day), at, tzinfo=business.zone)
        return local.astimezone(UTC)

    def _stamps(self, starts_at: datetime) -> tuple[datetime, datetime]:
        """When a booking was made and last touched: past visits are closed within hours of their start."""
        made = min(starts_at, self._history_end) - timedelta(seconds=self._rng.randrange(3600, 30 * 86_400))
        if starts_at < self._history_end:
            touched = starts_at + timedelta(seconds=self._rng.randrange(0, 3 * 3600))
        else:
            touched = made + timedelta(seconds=self._rng.randrange(0, 5 * 86_400))
        return made, min(touched, self._history_end)

    def _remarks(self, patient: Patient, outcome: Outcome) -> dict[str, object]:
        name = f"{patient.fields.get('first_name')} {patient.fields.get('last_name')}".strip()
        remarks: dict[str, object] = {"patient_name": name}
        if outcome == "cancelled":
            code = self._rng.choice(sorted(_REASONS))
            remarks |= {"cancellation_reason": code, "cancellation_reason_description": _REASONS[code]}
        if self._rng.random() < 0.2:
            remarks |= {"booking_ip_address": "203.0.113.7", "online_booking_policy_accepted": True}
        return remarks
