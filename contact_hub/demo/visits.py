"""Three patients' visits: made before the demo begins, one of them moved and one cancelled while it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from contact_hub.sandbox import Clinic
from contact_hub.sandbox.morning import Booking, Morning, at_moment, book_visit
from contact_hub.sandbox.practice import SYDNEY
from contact_hub.store.database import Database

_LANDED = text("""
    SELECT payload ->> 'starts_at' AS starts_at, payload ->> 'cancelled_at' AS cancelled_at,
           payload ->> 'updated_at' AS updated_at
    FROM raw.cliniko_individual_appointments WHERE organization_id = :organization_id AND cliniko_id = :appointment_id
""")


@dataclass(frozen=True)
class Visits:
    """The appointments of those who will ask: one stays, one is moved, one is cancelled."""

    clinic: Clinic
    stays: Booking
    moves: Booking
    ends: Booking
    moved_to: datetime

    def move(self, at: datetime) -> None:
        with at_moment(self.clinic, at):
            self.clinic.move_appointment(self.moves.appointment_id, self.moved_to)

    def cancel(self, at: datetime) -> None:
        with at_moment(self.clinic, at):
            self.clinic.cancel_appointment(self.ends.appointment_id)


def booked_visits(database: Database, organization_id: str, clinic: Clinic, morning: Morning) -> Visits:
    """Book them on the evening before the morning, for two days after it; with what an earlier start changed of them."""
    day = morning.day + timedelta(days=2)
    at = datetime.combine(morning.day - timedelta(days=1), time(17), SYDNEY)
    hours = (14, 10, 16)
    stays, moves, ends = (
        book_visit(clinic, patient, day, hour, at=at) for patient, hour in zip(morning.cast.asking, hours, strict=True)
    )
    visits = Visits(clinic, stays, moves, ends, datetime.combine(day + timedelta(days=1), time(9), SYDNEY))
    moved, ended = (_landed(database, organization_id, one) for one in (moves, ends))
    if moved.get("starts_at") and datetime.fromisoformat(moved["starts_at"]) == visits.moved_to:
        visits.move(datetime.fromisoformat(moved["updated_at"]))
    if ended.get("cancelled_at"):
        visits.cancel(datetime.fromisoformat(ended["cancelled_at"]))
    return visits


def _landed(database: Database, organization_id: str, booking: Booking) -> Mapping[str, Any]:
    with database.reading() as connection:
        parameters = {"organization_id": organization_id, "appointment_id": booking.appointment_id}
        row = connection.execute(_LANDED, parameters).one_or_none()
    return {} if row is None else dict(row._mapping)
