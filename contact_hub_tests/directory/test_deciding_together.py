"""Many people decide about the same contacts at once, while others find and create: in turns, and each clinic by itself."""

import random
from collections.abc import Callable
from uuid import UUID

import pytest

from contact_hub.directory import ContactDirectory, DecisionConflict, InvalidDecision
from contact_hub.directory.deciding import Author
from contact_hub.store.database import Database
from contact_hub_tests.directory.support import DERIVED, LANDED, ClinicOfTests, patient, whatsapp
from contact_hub_tests.directory.test_concurrency import assert_derived, at_once

PHONES = [f"+6141234570{number}" for number in range(6)]


def told(clinic: ClinicOfTests) -> list[UUID]:
    """Three patients, and three who only wrote; one contact each."""
    clinic.patients(*(patient(str(number), f"P{number}", "Smith", phone) for number, phone in enumerate(PHONES[:3])))
    clinic.derive()
    clinic.land(*(whatsapp(f"hello {phone}", phone, minute) for minute, phone in enumerate(PHONES)))
    clinic.settle()
    people = [UUID(row["id"]) for row in clinic.rows("contacts")["contacts"] if row["status"] != "merged"]
    assert len(people) == len(PHONES)
    return people


def decider(clinic: ClinicOfTests, people: list[UUID], number: int) -> Callable[[], int]:
    """Somebody who merges, tells apart and takes back whatever there is, and how often that was not refused."""
    chance = random.Random(number)
    directory, org = clinic.directory, clinic.organization_id
    author = Author(f"person {number}", authority="model" if number % 3 == 0 else "person")

    def work() -> int:
        made = 0
        for _ in range(5):
            one, other = chance.sample(people, 2)
            known = [row["decision_id"] for row in directory.decisions(org) if row["kind"] != "undo"]
            kind = chance.choice(["merge", "merge", "distinct", *(["undo"] if known else [])])
            try:
                if kind == "undo":
                    directory.undo(org, chance.choice(known), author)
                elif kind == "merge":
                    directory.merge(org, [one, other], author)
                else:
                    directory.distinct(org, one, other, author)
                made += 1
            except (DecisionConflict, InvalidDecision):
                continue
        return made

    return work


def caller(clinic: ClinicOfTests, number: int) -> Callable[[], int]:
    """Somebody who finds the same people, and brings a new one each time."""

    def work() -> int:
        for turn in range(5):
            clinic.directory.find_or_create(clinic.organization_id, "whatsapp", PHONES[(number + turn) % len(PHONES)])
            new = clinic.directory.find_or_create(clinic.organization_id, "email", f"{number}.{turn}@example.com")
            assert new.created
        return 5

    return work


def test_decisions_about_the_same_people_at_once(database: Database, directory: ContactDirectory, organization_id: str) -> None:
    """Nobody is refused but for a decision; the outcome is that of all decisions that were made; a neighbour has none of it."""
    clinic = ClinicOfTests(database, directory, organization_id)
    neighbour = ClinicOfTests(database, directory, f"{organization_id}_beside")
    people, _ = told(clinic), told(neighbour)
    before = versions(neighbour)
    decided = at_once(
        *(decider(clinic, people, number) for number in range(6)),
        *(caller(clinic, number) for number in range(3)),
    )
    assert sum(decided[:6]) > 6
    assert versions(neighbour) == before
    assert neighbour.count("identity_decisions") == 0
    numbers = [row["number"] for row in directory.decisions(organization_id)]
    assert len(set(numbers)) == len(numbers)
    assert_derived(clinic)
    assert versions(neighbour) == before


def test_the_same_merge_said_by_many_at_once_is_one_decision(clinic: ClinicOfTests) -> None:
    people = told(clinic)
    merge = lambda: clinic.directory.merge(clinic.organization_id, people[:2], Author("somebody"))  # noqa: E731
    made = at_once(*[merge] * 8)
    assert clinic.count("identity_decisions") == 1
    assert sum(one.created for one in made) == 1
    assert len({one.decision_ids for one in made}) == 1
    undo = lambda: clinic.directory.undo(clinic.organization_id, made[0].decision_ids[0], Author("somebody"))  # noqa: E731
    assert sum(one.created for one in at_once(*[undo] * 8)) == 1
    assert clinic.count("identity_decisions") == 2
    assert_derived(clinic)


@pytest.mark.parametrize("contrary", ["merge first", "distinct first"])
def test_of_a_merge_and_its_contrary_at_once_one_is_refused(clinic: ClinicOfTests, contrary: str) -> None:
    people = told(clinic)
    directory, org, refused = clinic.directory, clinic.organization_id, []

    def attempt(decide: Callable[[], object]) -> Callable[[], None]:
        def work() -> None:
            try:
                decide()
            except DecisionConflict as conflict:
                refused.append(conflict)

        return work

    both = [
        attempt(lambda: directory.merge(org, people[:2], Author("one"))),
        attempt(lambda: directory.distinct(org, people[0], people[1], Author("other"))),
    ]
    at_once(*(both if contrary == "merge first" else reversed(both)))
    assert len(refused) == 1
    assert clinic.count("identity_decisions") == 1
    assert_derived(clinic)


def versions(clinic: ClinicOfTests) -> set[tuple[str, str, str]]:
    """Changes with every write to a row of the clinic."""
    found = set()
    for table in (*DERIVED, *LANDED, "identity_decisions", "organization_changes"):
        statement = f"SELECT xmin::text, ctid::text FROM {table} WHERE organization_id = :organization_id"
        found |= {(table, row[0], row[1]) for row in clinic.query(statement)}
    return found
