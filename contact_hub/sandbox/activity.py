"""Who comes when: the plan behind the calendar.

Of the live patients a fixed share is active (a visit that counts within 45 days of today); everybody else is kept out
of that window, or is in it only by something that does not count: a cancellation, a no-show, a deleted or archived
booking. The days of the window are the business's own, so visits sit right before and after those midnights.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.rows import Business, GroupAppointment, Patient
from contact_hub.sandbox.schedule import Calendar, Outcome

ACTIVE_SHARE = 0.08
WINDOW_DAYS = 45
PAST_DAYS = 180
FUTURE_DAYS = 90
_MIDNIGHT = time(0, 0)
_LATE = time(23, 45)
_INSIDE_EDGES = ((-WINDOW_DAYS, _MIDNIGHT), (-1, _LATE), (0, _MIDNIGHT), (WINDOW_DAYS - 1, _LATE))
_OUTSIDE_EDGES = ((-WINDOW_DAYS - 1, _LATE), (WINDOW_DAYS, _MIDNIGHT))
_NOT_COUNTED: tuple[Outcome, ...] = ("cancelled", "no_show", "deleted", "archived")
_AMONG_OTHERS: tuple[Outcome, ...] = ("cancelled", "cancelled", "no_show", "deleted")
_ABSENCES: tuple[Outcome, ...] = ("cancelled", "deleted", "cancelled", "archived")
_CLASS_SIZE = 8
_WEEK = 7


@dataclass
class Roles:
    """Which live patient plays which part; nobody plays two."""

    through_merges: list[Patient]
    on_the_edge: list[Patient]
    regulars: list[Patient]
    visitors: list[Patient]
    off_the_edge: list[Patient]
    uncounted: list[Patient]
    former: list[Patient]


def fill_calendar(clinic: Clinic, history_end: datetime) -> None:
    """Give the clinic its appointments and classes."""
    rng = random.Random(f"{clinic.seed}:activity")
    plan = _Plan(clinic, Calendar(clinic, history_end, rng), rng)
    roles = plan.roles()
    plan.edges(roles)
    plan.visitors(roles.visitors)
    plan.former(roles.former)
    plan.uncounted(roles.uncounted)
    plan.classes(roles.regulars, roles.former, roles.uncounted)
    plan.archived()
    plan.merged(roles.through_merges)


class _Plan:
    def __init__(self, clinic: Clinic, calendar: Calendar, rng: random.Random) -> None:
        self._clinic = clinic
        self._calendar = calendar
        self._rng = rng
        self._businesses = list(clinic.tables.businesses)

    def roles(self) -> Roles:
        """Cast the live patients; survivors of merges who are active through a merged record alone come first."""
        live = [patient for patient in self._clinic.tables.patients if patient.is_live]
        active_count = round(ACTIVE_SHARE * len(live))
        through_merges = self._survivors()[: active_count // 8]
        taken = {patient.id for patient in through_merges}
        others = [patient for patient in live if patient.id not in taken]
        self._rng.shuffle(others)
        cut = active_count - len(through_merges)
        active, inactive = others[:cut], others[cut:]
        on, off = len(_INSIDE_EDGES) * len(self._businesses), len(_OUTSIDE_EDGES) * len(self._businesses)
        regulars = len(active[on:]) // 4
        uncounted = off + round(0.05 * len(live))
        return Roles(
            through_merges=through_merges,
            on_the_edge=active[:on],
            regulars=active[on : on + regulars],
            visitors=active[on + regulars :],
            off_the_edge=inactive[:off],
            uncounted=inactive[off:uncounted],
            former=inactive[uncounted : uncounted + round(0.3 * len(live))],
        )

    def edges(self, roles: Roles) -> None:
        """Visits in the first and last quarter of an hour inside the window, and in the ones just outside."""
        for patients, edges in ((roles.on_the_edge, _INSIDE_EDGES), (roles.off_the_edge, _OUTSIDE_EDGES)):
            places = [(business, day, at) for business in self._businesses for day, at in edges]
            for patient, (business, day, at) in zip(patients, places, strict=False):
                self._calendar.visit(patient, business, day, at)

    def visitors(self, patients: Sequence[Patient]) -> None:
        """Active patients: single visits, weekly series, and cancellations and no-shows among them."""
        for patient in patients:
            business = self._rng.choice(self._businesses)
            draw = self._rng.random()
            if draw < 0.3:
                self._series(patient, business)
            if draw >= 0.3 or draw < 0.03:
                for _ in range(self._rng.randint(1, 3)):
                    self._calendar.visit(patient, business, self._day_inside(), self._hour())
            if self._rng.random() < 0.3:
                outcome: Outcome = self._rng.choice(_AMONG_OTHERS)
                self._calendar.visit(patient, business, -self._rng.randint(1, WINDOW_DAYS), self._hour(), outcome)

    def former(self, patients: Sequence[Patient]) -> None:
        """Patients whose visits are long past, or far ahead."""
        for patient in patients:
            business = self._rng.choice(self._businesses)
            for _ in range(self._rng.choice((1, 1, 2, 3))):
                outcome: Outcome = self._rng.choice(("stands", "stands", "stands", "stands", "cancelled", "no_show"))
                self._calendar.visit(patient, business, self._day_before(), self._hour(), outcome)
            if self._rng.random() < 0.08:
                self._calendar.visit(patient, business, self._rng.randint(WINDOW_DAYS + 2, FUTURE_DAYS), self._hour())

    def uncounted(self, patients: Sequence[Patient]) -> None:
        """Patients within the window by nothing that counts."""
        for number, patient in enumerate(patients):
            outcome = _NOT_COUNTED[number % len(_NOT_COUNTED)]
            day = -self._rng.randint(1, WINDOW_DAYS) if outcome == "no_show" else self._day_inside()
            self._calendar.visit(patient, self._rng.choice(self._businesses), day, self._hour(), outcome)

    def classes(self, regulars: Sequence[Patient], former: Sequence[Patient], uncounted: Sequence[Patient]) -> None:
        """Weekly classes: regulars who mostly come, former members, and members whose place never counts."""
        for number, start in enumerate(range(0, len(regulars), _CLASS_SIZE)):
            cohort = regulars[start : start + _CLASS_SIZE]
            left = former[2 * number : 2 * number + 2]
            hidden = uncounted[2 * number : 2 * number + 2]
            self._cohort(self._businesses[number % len(self._businesses)], cohort, left, hidden)

    def archived(self) -> None:
        """Archived and deleted patients with visits that would count if they were live."""
        gone = [patient for patient in self._clinic.tables.patients if not patient.is_live and not patient.merged_at]
        for patient in gone[::2]:
            self._calendar.visit(patient, self._rng.choice(self._businesses), self._day_inside(), self._hour())

    def merged(self, through_merges: Sequence[Patient]) -> None:
        """Visits booked before a merge: some moved to the survivor, some still of the record that lost."""
        active_through = {patient.id for patient in through_merges}
        for number, loser in enumerate(self._losers()):
            survivor = self._survivor_of(loser)
            business, inside = self._rng.choice(self._businesses), survivor is None or survivor.id in active_through
            day = self._day_inside() if inside else self._day_before()
            self._calendar.visit(loser, business, day, self._hour())
            if survivor is not None and number % 2:
                self._calendar.visit(survivor, business, self._day_before(), self._hour())

    def _series(self, patient: Patient, business: Business) -> None:
        """A weekly appointment, every one of which is a record of its own that names the first."""
        at, first = self._hour(), -self._rng.randint(1, WINDOW_DAYS)
        origin = self._calendar.visit(patient, business, first, at)
        for week in range(1, self._rng.randint(3, 9)):
            self._calendar.visit(patient, business, first + week * _WEEK, at, repeated_from=origin)

    def _cohort(
        self, business: Business, regulars: Sequence[Patient], left: Sequence[Patient], hidden: Sequence[Patient]
    ) -> None:
        at, origin = self._hour(), None
        first = -PAST_DAYS + self._rng.randrange(_WEEK)
        for number, day in enumerate(range(first, FUTURE_DAYS + 1, _WEEK)):
            outcome: Outcome = "deleted" if number % 9 == 4 else "archived" if number % 9 == 8 else "stands"
            session = self._calendar.session(business, day, at, outcome, repeated_from=origin)
            origin = origin or session.id
            self._fill(session, day, regulars, left)
            for patient in hidden:
                missed: Outcome = "no_show" if day < 0 and day % 2 else "cancelled"
                self._calendar.attend(session, patient, missed if outcome == "stands" else "stands")

    def _fill(self, session: GroupAppointment, day: int, regulars: Sequence[Patient], left: Sequence[Patient]) -> None:
        for patient in regulars:
            absence: Outcome = self._rng.choice(_ABSENCES)
            no_show = day < 0 and self._rng.random() < 0.08
            outcome: Outcome = "no_show" if no_show else absence if self._rng.random() < 0.08 else "stands"
            self._calendar.attend(session, patient, outcome)
        for patient in left if day < -WINDOW_DAYS - 1 else ():
            self._calendar.attend(session, patient)

    def _losers(self) -> list[Patient]:
        """Merged records, those of chains first: they shall be among the few that matter for activity."""
        losers = [patient for patient in self._clinic.tables.patients if patient.merged_at]
        merged = {patient.id for patient in losers}
        return sorted(losers, key=lambda loser: loser.merged_with not in merged)

    def _survivors(self) -> list[Patient]:
        found = {survivor.id: survivor for loser in self._losers() if (survivor := self._survivor_of(loser))}
        return list(found.values())

    def _survivor_of(self, patient: Patient) -> Patient | None:
        while patient.merged_at:
            if patient.merged_with is None:
                return None
            patient = self._clinic.tables.patients[patient.merged_with]
        return patient

    def _hour(self) -> time:
        return time(self._rng.choice((7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18)), self._rng.choice((0, 0, 15, 30, 45)))

    def _day_inside(self) -> int:
        return self._rng.randint(-WINDOW_DAYS + 1, WINDOW_DAYS - 2)

    def _day_before(self) -> int:
        return self._rng.randint(-PAST_DAYS + 1, -WINDOW_DAYS - 2)
