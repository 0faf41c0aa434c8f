"""What happens in Cliniko's books: somebody becomes a patient, appointments are made, moved and cancelled.

Whatever happens, happens at a given moment too, for a clinic that is generated again after it has.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.morning.cast import Patient, Stranger
from contact_hub.sandbox.practice import SYDNEY


@dataclass(frozen=True)
class Booking:
    """What there is in Cliniko then."""

    patient_id: str
    appointment_id: str


@contextmanager
def at_moment(clinic: Clinic, moment: datetime) -> Iterator[None]:
    """What is done in the block, is done at this moment."""
    clock = clinic.clock
    with clinic.lock:
        clinic.clock = lambda: moment
        try:
            yield
        finally:
            clinic.clock = clock


def book(clinic: Clinic, stranger: Stranger, at: datetime | None = None) -> Booking:
    """Enter her, with an appointment at two on the next day.

    Args:
        at: when it happened, for a clinic that is generated again after it has; else it happens now.
    """
    moment = at or clinic.clock()
    with at_moment(clinic, moment):
        patient_id = clinic.add_patient(
            first_name=stranger.given_name,
            last_name=stranger.family_name,
            email=stranger.email,
            date_of_birth="1994-03-17",
            patient_phone_numbers=[
                {"number": stranger.typed_number, "normalized_number": stranger.mobile, "phone_type": "Mobile"}
            ],
            reminder_type="SMS",
            country_code="AU",
        )
        day = moment.astimezone(SYDNEY).date() + timedelta(days=1)
        starts_at = datetime.combine(day, time(14), SYDNEY)
        return Booking(patient_id, clinic.add_appointment(patient_id, starts_at, minutes=60))


def book_visit(clinic: Clinic, patient: Patient, day: date, hour: int, *, at: datetime) -> Booking:
    """An appointment of a patient's, made at a moment."""
    with at_moment(clinic, at):
        starts_at = datetime.combine(day, time(hour), SYDNEY)
        return Booking(patient.patient_id, clinic.add_appointment(patient.patient_id, starts_at, minutes=60))
