"""The stranger becomes a patient: somebody at the front desk, or she herself online, enters her into Cliniko."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.morning.cast import Stranger
from contact_hub.sandbox.practice import SYDNEY


@dataclass(frozen=True)
class Booking:
    """What there is in Cliniko then."""

    patient_id: str
    appointment_id: str


def book(clinic: Clinic, stranger: Stranger, at: datetime | None = None) -> Booking:
    """Enter her, with an appointment at two on the next day.

    Args:
        at: when it happened, for a clinic that is generated again after it has; else it happens now.
    """
    clock = clinic.clock
    moment = at or clock()
    with clinic.lock:
        clinic.clock = lambda: moment
        try:
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
        finally:
            clinic.clock = clock
