"""Who is in the clinic's books: live patients and, on top of them, archived, deleted and merged ones.

Ids rise with the day of registration, so the oldest records carry the short ids; who comes when does not depend on
today.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.people import Person, Population
from contact_hub.sandbox.registration import FrontDesk
from contact_hub.sandbox.rows import Patient

DUPLICATE_SHARE = 0.03
ARCHIVED_SHARE = 0.05
DELETED_SHARE = 0.005
MERGED_SHARE = 0.02
LEGACY_SHARE = 0.25
_ODD_CASES_FROM = 20  # patients: fewer than that are a toy, which gets neither merges nor deletions
_YEARS = 8

State = Literal["live", "archived", "deleted", "merged"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be: of whom, in which state, and whether the person has a record already."""

    person: Person
    state: State = "live"
    again: bool = False


def enrol(clinic: Clinic, live: int, history_end: datetime) -> None:
    """Fill the patients' table with ``live`` live patients and the others on top."""
    population = Population(clinic.seed)
    rng = random.Random(f"{clinic.seed}:enrolment")
    entries = _entries(population, live, rng)
    rng.shuffle(entries)
    desk = FrontDesk(clinic.seed, population)
    days = sorted((rng.random() * _YEARS * 365 for _ in entries), reverse=True)
    for entry, days_ago in zip(entries, days, strict=True):
        created_at = history_end - timedelta(seconds=1 + int(days_ago * 86_400))
        clinic.tables.patients.add(_record(clinic, desk, entry, created_at, history_end, rng))
    _merge(clinic, rng)


def records_on_top(live: int) -> dict[State, int]:
    """How many archived, deleted and merged records come with ``live`` live ones."""
    odd = live >= _ODD_CASES_FROM
    return {
        "archived": round(ARCHIVED_SHARE * live),
        "deleted": max(1, round(DELETED_SHARE * live)) if odd else 0,
        "merged": max(4, round(MERGED_SHARE * live)) if odd else 0,
    }


def _entries(population: Population, live: int, rng: random.Random) -> list[Entry]:
    doubled = round(DUPLICATE_SHARE * live)
    people = population.people(live - doubled)
    others = records_on_top(live)
    entries = [Entry(person) for person in people]
    entries += [Entry(person, again=True) for person in rng.choices(people, k=doubled)]
    strangers = population.people(others["archived"] + others["deleted"])
    entries += [Entry(person, "archived") for person in strangers[: others["archived"]]]
    entries += [Entry(person, "deleted") for person in strangers[others["archived"] :]]
    entries += [Entry(person, "merged", again=True) for person in rng.sample(people, k=others["merged"])]
    return entries


def _record(
    clinic: Clinic, desk: FrontDesk, entry: Entry, created_at: datetime, history_end: datetime, rng: random.Random
) -> Patient:
    fields, absent = desk.register_again(entry.person) if entry.again else desk.register(entry.person)
    touched = rng.random() ** 3 if entry.state == "live" else rng.random()
    updated_at = created_at + timedelta(seconds=int((history_end - created_at).total_seconds() * touched))
    ended_at = None if entry.state == "live" else updated_at
    return Patient(
        id=clinic.patient_ids.next(),
        created_at=created_at,
        updated_at=updated_at,
        archived_at=ended_at,
        deleted_at=ended_at if entry.state == "deleted" else None,
        merged_at=ended_at if entry.state == "merged" else None,
        person=entry.person.number,
        household=entry.person.household,
        fields=fields,
        absent=absent,
    )


def _merge(clinic: Clinic, rng: random.Random) -> None:
    """Point merged records at their survivors: one of them nowhere, two of them in a chain, the rest plainly."""
    losers = [patient for patient in clinic.tables.patients if patient.merged_at]
    if not losers:
        return
    living = {patient.person: patient for patient in clinic.tables.patients if patient.is_live}
    for loser in losers:
        loser.merged_with = living[loser.person].id
    losers[0].merged_with = None
    first, second = losers[1:3]
    first.merged_with, first.person, first.household = second.id, second.person, second.household
    first.fields = second.fields | {"email": None}
    first.merged_at = first.archived_at = first.updated_at = min(first.updated_at, second.updated_at)
    first.created_at = min(first.created_at, first.updated_at)
