"""What is so in a clinic, worked out by plain loops over its records: the yardstick for everything that reads the API.

Nothing here looks at payloads, and nothing here is shared with the code under test.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from contact_hub.sandbox.rows import Booking, Patient
from contact_hub.sandbox.tables import Tables

_MOST_MERGES_IN_A_CHAIN = 1000


@dataclass
class ActivePatient:
    """One active patient, as of a day.

    ``recent_count`` counts visits of the recent window that took place, ``no_show_count`` those that did not;
    ``upcoming_count`` counts what is booked. Last and next are the closest of those counted.
    """

    patient_id: str
    recent_count: int = 0
    upcoming_count: int = 0
    no_show_count: int = 0
    last_appointment_at: datetime | None = None
    last_appointment_date: date | None = None
    next_appointment_at: datetime | None = None
    next_appointment_date: date | None = None

    def count(self, visit: "Visit") -> None:
        """Take one visit of the window into account."""
        if visit.when == "recent" and visit.no_show:
            self.no_show_count += 1
        elif visit.when == "recent":
            self.recent_count += 1
            if self.last_appointment_at is None or visit.starts_at > self.last_appointment_at:
                self.last_appointment_at, self.last_appointment_date = visit.starts_at, visit.day
        else:
            self.upcoming_count += 1
            if self.next_appointment_at is None or visit.starts_at < self.next_appointment_at:
                self.next_appointment_at, self.next_appointment_date = visit.starts_at, visit.day


@dataclass(frozen=True, slots=True)
class Visit:
    """One patient's part in one booking that stands, ``day`` being the business's own date."""

    patient_id: int
    starts_at: datetime
    day: date
    no_show: bool
    when: Literal["recent", "upcoming"]


class Truth:
    """Questions about a clinic and their answers at this moment; ids are text, as in the API."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def live_patients(self) -> set[str]:
        """Neither archived, merged nor deleted."""
        return self._patients(lambda patient: patient.is_live)

    def archived_patients(self) -> set[str]:
        """Archived, neither by a merge nor with a deletion."""
        return self._patients(lambda patient: bool(patient.archived_at and not patient.merged_at and not patient.deleted_at))

    def merged_patients(self) -> set[str]:
        """The losers of merges."""
        return self._patients(lambda patient: patient.merged_at is not None)

    def deleted_patients(self) -> set[str]:
        """Deleted, and still served with ``archived_at:*``."""
        return self._patients(lambda patient: patient.deleted_at is not None)

    def vanished_patients(self) -> set[str]:
        """Erased without a trace since the clinic was made."""
        with self._tables.lock:
            return {str(patient_id) for patient_id in self._tables.vanished_patients}

    def survivor_of(self, patient_id: str | int) -> str | None:
        """Whom the record stands for in the end: itself unless merged; None where a chain of merges leads nowhere."""
        with self._tables.lock:
            survivor = self._survivor(int(patient_id))
            return None if survivor is None else str(survivor)

    def survivors(self) -> dict[str, str | None]:
        """Each merged patient's survivor."""
        return {patient_id: self.survivor_of(patient_id) for patient_id in self.merged_patients()}

    def person_of(self) -> dict[str, int]:
        """Every record's person: what a perfect deduplication would group by."""
        with self._tables.lock:
            return {str(patient.id): patient.person for patient in self._tables.patients}

    def duplicate_groups(self) -> list[frozenset[str]]:
        """Live records of one person, where there are several."""
        return self._groups("person")

    def households(self) -> list[frozenset[str]]:
        """Live records of people under one roof, duplicates included, where there are several."""
        return self._groups("household")

    def active_patients(self, day: date, *, past_days: int = 45, future_days: int = 45) -> dict[str, ActivePatient]:
        """Who is active as of ``day``, with their counts.

        That is whoever has a visit in [day - past, day) that took place, or a booking in [day, day + future).
        """
        with self._tables.lock:
            found: dict[int, ActivePatient] = {}
            for visit in self._visits(day, past_days, future_days):
                patient_id = self._survivor(visit.patient_id)
                patient = None if patient_id is None else self._tables.patients.get(patient_id)
                if patient is not None and patient.is_live:
                    found.setdefault(patient.id, ActivePatient(str(patient.id))).count(visit)
        return {one.patient_id: one for one in found.values() if one.recent_count or one.upcoming_count}

    def _visits(self, day: date, past_days: int, future_days: int) -> Iterator[Visit]:
        """Every visit of the two windows that was not called off."""
        first, end = day - timedelta(days=past_days), day + timedelta(days=future_days)
        for booking, patient_id, no_show in self._standing():
            local_day = self._local_day(booking)
            if first <= local_day < end:
                when: Literal["recent", "upcoming"] = "recent" if local_day < day else "upcoming"
                yield Visit(patient_id, booking.starts_at, local_day, no_show, when)

    def _standing(self) -> Iterator[tuple[Booking, int, bool]]:
        """(booking, patient, whether they stayed away) for all that is neither cancelled, deleted nor archived."""
        tables = self._tables
        for one in tables.individual_appointments:
            if not (one.cancelled_at or one.deleted_at or one.archived_at):
                yield one, one.patient_id, bool(one.did_not_arrive)
        for attendee in tables.attendees:
            session = tables.group_appointments.get(attendee.booking_id)
            if session is None or session.deleted_at or session.archived_at:
                continue
            if not (attendee.cancelled_at or attendee.deleted_at or attendee.archived_at):
                yield session, attendee.patient_id, attendee.arrived is False

    def _local_day(self, booking: Booking) -> date:
        zone = self._tables.businesses[booking.business_id].zone
        return booking.starts_at.astimezone(zone).date()

    def _survivor(self, patient_id: int) -> int | None:
        for _ in range(_MOST_MERGES_IN_A_CHAIN):
            patient = self._tables.patients.get(patient_id)
            if patient is None:
                return None
            if patient.merged_at is None:
                return patient.id
            if patient.merged_with is None:
                return None
            patient_id = patient.merged_with
        return None

    def _patients(self, wanted: Callable[[Patient], bool]) -> set[str]:
        with self._tables.lock:
            return {str(patient.id) for patient in self._tables.patients if wanted(patient)}

    def _groups(self, attribute: Literal["person", "household"]) -> list[frozenset[str]]:
        groups: dict[int, set[str]] = defaultdict(set)
        with self._tables.lock:
            for patient in self._tables.patients:
                if patient.is_live:
                    groups[getattr(patient, attribute)].add(str(patient.id))
        return _several(groups.values())


def _several(groups: Iterable[set[str]]) -> list[frozenset[str]]:
    return sorted((frozenset(group) for group in groups if len(group) > 1), key=min)
