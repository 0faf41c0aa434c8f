"""The clinic: its tables, and everything that people do to a clinic's data while others read it.

Every change bumps ``updated_at`` to the clinic's clock. All of it is safe to call from any thread, also while the
sandbox serves requests. Ids go in as text or number and come out as text, as Cliniko's API has them.
"""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contact_hub.sandbox.rows import (
    Attendee,
    Booking,
    GroupAppointment,
    IndividualAppointment,
    Patient,
    Row,
)
from contact_hub.sandbox.tables import Table, Tables
from contact_hub.sandbox.truth import Truth

Id = str | int


def real_time() -> datetime:
    """Now, in UTC and whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


class IdSequence:
    """Rising ids as Cliniko gives them: an old account's first ones are short, later ones have 19 digits."""

    def __init__(self, rng: random.Random, *, legacy: int = 0) -> None:
        self._rng = rng
        self._legacy_left = legacy
        self._short = 75_335_000
        self._long = 1_390_726_237_298_631_000

    def next(self) -> int:
        """The next id."""
        if self._legacy_left:
            self._legacy_left -= 1
            self._short += self._rng.randint(1, 40)
            return self._short
        self._long += self._rng.randint(10_000_000, 900_000_000_000)
        return self._long


class Clinic:
    """One Cliniko account.

    Args:
        seed: what the ids of new records follow from.
        today: the day, in Sydney, on which the generated history ends (before its first second).
        clock: says the moment of a change; aware, UTC.
        legacy_patients: how many patients get ids of the short kind.
    """

    def __init__(self, *, seed: int, today: date, clock: Callable[[], datetime] = real_time, legacy_patients: int = 0) -> None:
        self.seed = seed
        self.today = today
        self.clock = clock
        self.tables = Tables()
        self.lock = self.tables.lock
        self.patient_ids = IdSequence(random.Random(f"{seed}:patient ids"), legacy=legacy_patients)
        self.booking_ids = IdSequence(random.Random(f"{seed}:booking ids"))
        self.attendee_ids = IdSequence(random.Random(f"{seed}:attendee ids"))

    @property
    def truth(self) -> Truth:
        """What is so in this clinic, at this moment."""
        return Truth(self.tables)

    # Patients

    def add_patient(self, *, person: int | None = None, household: int | None = None, **fields: Any) -> str:
        """Enter somebody; ``person`` and ``household`` say who it truly is, when the clinic knows them already."""
        with self.lock:
            now, number = self.clock(), self._fresh_number()
            patient = Patient(
                id=self.patient_ids.next(),
                created_at=now,
                updated_at=now,
                person=number if person is None else person,
                household=number if household is None else household,
                fields={"first_name": "New", "last_name": "Patient"} | fields,
            )
            self.tables.patients.add(patient)
            return str(patient.id)

    def update_patient(self, patient_id: Id, **fields: Any) -> None:
        """Change what a patient's record says (``patient_phone_numbers`` and the like, as they are served)."""
        with self.lock:
            patient = self.tables.patients[int(patient_id)]
            patient.fields |= fields
            patient.absent = tuple(name for name in patient.absent if name not in fields)
            self._changed(self.tables.patients, patient)

    def archive_patient(self, patient_id: Id) -> None:
        """Archive, which can be undone."""
        self._stamp(self.tables.patients, patient_id, "archived_at")

    def unarchive_patient(self, patient_id: Id) -> None:
        """Undo an archiving."""
        self._set(self.tables.patients, patient_id, archived_at=None)

    def merge_patients(self, loser_id: Id, survivor_id: Id, *, move_appointments: bool = True) -> None:
        """Merge the loser into the survivor, which keeps its own fields.

        ``updated_at`` of moved appointments stays as it was: nobody knows that Cliniko bumps it, so a client must not
        count on it.
        """
        with self.lock:
            now, loser, survivor = self.clock(), int(loser_id), int(survivor_id)
            self._set(self.tables.patients, loser, archived_at=now, merged_at=now, merged_with=survivor)
            self._changed(self.tables.patients, self.tables.patients[survivor])
            if move_appointments:
                self._repoint_bookings(loser, survivor)

    def vanish_patient(self, patient_id: Id) -> None:
        """Erase a patient without a trace; appointments keep pointing at it."""
        with self.lock:
            self.tables.patients.remove(int(patient_id))
            self.tables.vanished_patients.add(int(patient_id))

    # Appointments

    def add_appointment(
        self, patient_id: Id, starts_at: datetime, *, minutes: int = 45, business_id: Id | None = None, **fields: Any
    ) -> str:
        """Book a one-to-one appointment, in the first business unless told otherwise."""
        with self.lock:
            appointment = IndividualAppointment(
                patient_id=int(patient_id),
                fields=fields,
                **self._booking(starts_at, minutes, business_id, classes=False),
            )
            self.tables.individual_appointments.add(appointment)
            self._attend(appointment.id, int(patient_id))
            return str(appointment.id)

    def move_appointment(self, appointment_id: Id, starts_at: datetime) -> None:
        """Reschedule a one-to-one appointment or a class; only the new times tell."""
        with self.lock:
            table, booking = self._find_booking(appointment_id)
            starts_at = starts_at.astimezone(UTC)
            booking.starts_at, booking.ends_at = starts_at, starts_at + (booking.ends_at - booking.starts_at)
            self._changed(table, booking)

    def cancel_appointment(self, appointment_id: Id) -> None:
        """Cancel a one-to-one appointment."""
        with self.lock:
            self._stamp(self.tables.individual_appointments, appointment_id, "cancelled_at")
            self._stamp_attendees(appointment_id, "cancelled_at")

    def mark_no_show(self, appointment_id: Id) -> None:
        """The patient did not come."""
        with self.lock:
            self._set(self.tables.individual_appointments, appointment_id, did_not_arrive=True, patient_arrived=False)
            for attendee in self._attendees_of(int(appointment_id)):
                self._set(self.tables.attendees, attendee.id, arrived=False)

    def delete_appointment(self, appointment_id: Id) -> None:
        """Delete a one-to-one appointment or a class; the record stays readable with ``deleted_at``."""
        self._end_booking(appointment_id, "deleted_at")

    def archive_appointment(self, appointment_id: Id) -> None:
        """Archive a one-to-one appointment or a class."""
        self._end_booking(appointment_id, "archived_at")

    def vanish_appointment(self, appointment_id: Id) -> None:
        """Erase a one-to-one appointment or a class with its attendees, without a trace."""
        with self.lock:
            for attendee in self._attendees_of(int(appointment_id)):
                self.tables.attendees.remove(attendee.id)
            self._find_booking(appointment_id)[0].remove(int(appointment_id))

    # Classes

    def add_class(
        self,
        starts_at: datetime,
        patient_ids: Iterable[Id],
        *,
        minutes: int = 50,
        business_id: Id | None = None,
        **fields: Any,
    ) -> str:
        """Put a class into the calendar, with an attendee for each patient."""
        with self.lock:
            patients = [int(patient_id) for patient_id in patient_ids]
            session = GroupAppointment(
                max_attendees=10,
                patient_ids=patients,
                fields=fields,
                **self._booking(starts_at, minutes, business_id, classes=True),
            )
            self.tables.group_appointments.add(session)
            for patient_id in patients:
                self._attend(session.id, patient_id)
            return str(session.id)

    def attendee_ids_of(self, booking_id: Id) -> list[str]:
        """The attendees of a class or an appointment."""
        with self.lock:
            return [str(attendee.id) for attendee in self._attendees_of(int(booking_id))]

    def cancel_attendee(self, attendee_id: Id) -> None:
        """One patient cancels their place; the booking itself does not change."""
        self._stamp(self.tables.attendees, attendee_id, "cancelled_at")

    def mark_attendee(self, attendee_id: Id, *, arrived: bool | None) -> None:
        """Note whether a patient came to a class."""
        self._set(self.tables.attendees, attendee_id, arrived=arrived)

    # Within

    def _changed(self, table: Table[Any], row: Row) -> None:
        row.updated_at = self.clock()
        table.changed()

    def _set(self, table: Table[Any], row_id: Id, **values: Any) -> None:
        with self.lock:
            row = table[int(row_id)]
            for name, value in values.items():
                setattr(row, name, value)
            self._changed(table, row)

    def _stamp(self, table: Table[Any], row_id: Id, name: str) -> None:
        self._set(table, row_id, **{name: self.clock()})

    def _find_booking(self, booking_id: Id) -> tuple[Table[Any], Booking]:
        wanted = int(booking_id)
        table: Table[Any] = self.tables.individual_appointments
        if wanted not in table:
            table = self.tables.group_appointments
        return table, table[wanted]

    def _attendees_of(self, booking_id: int) -> list[Attendee]:
        return [attendee for attendee in self.tables.attendees if attendee.booking_id == booking_id]

    def _stamp_attendees(self, booking_id: Id, name: str) -> None:
        for attendee in self._attendees_of(int(booking_id)):
            self._stamp(self.tables.attendees, attendee.id, name)

    def _end_booking(self, booking_id: Id, name: str) -> None:
        with self.lock:
            table, booking = self._find_booking(booking_id)
            self._stamp(table, booking.id, name)
            if isinstance(booking, IndividualAppointment):
                self._stamp_attendees(booking.id, name)

    def _attend(self, booking_id: int, patient_id: int) -> None:
        now = self.clock()
        self.tables.attendees.add(
            Attendee(
                id=self.attendee_ids.next(),
                created_at=now,
                updated_at=now,
                booking_id=booking_id,
                patient_id=patient_id,
            )
        )

    def _booking(self, starts_at: datetime, minutes: int, business_id: Id | None, *, classes: bool) -> dict[str, Any]:
        """What a new booking needs besides its patients: the first practitioner and service that fit."""
        business = int(business_id) if business_id is not None else next(iter(self.tables.businesses.rows))
        now, starts_at = self.clock(), starts_at.astimezone(UTC)
        return {
            "id": self.booking_ids.next(),
            "created_at": now,
            "updated_at": now,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=minutes),
            "business_id": business,
            "practitioner_id": next(p.id for p in self.tables.practitioners if p.business_id == business and p.active),
            "appointment_type_id": next(t.id for t in self.tables.appointment_types if (t.max_attendees > 1) == classes),
        }

    def _repoint_bookings(self, loser: int, survivor: int) -> None:
        for appointment in self.tables.individual_appointments:
            if appointment.patient_id == loser:
                appointment.patient_id = survivor
        for attendee in self.tables.attendees:
            if attendee.patient_id == loser:
                attendee.patient_id = survivor
        for session in self.tables.group_appointments:
            session.patient_ids = [survivor if patient == loser else patient for patient in session.patient_ids]
        for table in (self.tables.individual_appointments, self.tables.attendees, self.tables.group_appointments):
            table.changed()

    def _fresh_number(self) -> int:
        return 1 + max((max(patient.person, patient.household) for patient in self.tables.patients), default=0)
