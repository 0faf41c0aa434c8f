"""Merges made many in one transaction leave what they leave one after another, and a refused one holds back nobody else."""

import random
from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from contact_hub.directory import ContactDirectory, DecisionConflict, InvalidDecision, Made, Merge, UnknownContact
from contact_hub.directory.clinic import clinic_of
from contact_hub.directory.deciding import Author
from contact_hub.directory.merging import MOST_STEPS, merge_contacts
from contact_hub.store.database import Database
from contact_hub_tests.directory.desk import MODEL, PERSON, assert_derived
from contact_hub_tests.directory.support import DERIVED, ClinicOfTests, Patient, form, mail, patient, timeless, whatsapp

pytestmark = pytest.mark.long

TABLES = (*DERIVED, "identity_decisions", "split_records", "organization_changes")
Rows = dict[str, list[str]]


def number(place: int) -> str:
    return f"+61412345{600 + place}"


def patients(chance: random.Random, count: int) -> Iterator[Patient]:
    """A third of them share their phone with others, a few an email, and some were merged in Cliniko."""
    for place in range(count):
        phones = [number(chance.randrange(count // 4) if chance.random() < 0.35 else place)]
        email = f"{chance.choice('abc') if chance.random() < 0.2 else place}@example.com"
        merged = {"merged_into": str(place - 1)} if place and chance.random() < 0.08 else {}
        yield patient(str(place), chance.choice(("Anna", "Ben", "Cleo")), "Smith", *phones, email=email, **merged)


def busy_clinic(clinic: ClinicOfTests, chance: random.Random, count: int = 24) -> ClinicOfTests:
    """Families, strangers, typed numbers, numbers that changed hands, and decisions about some of them."""
    clinic.patients(*patients(chance, count))
    clinic.derive()
    org, directory = clinic.organization_id, clinic.directory
    for minute in range(count):
        anybody = number(chance.randrange(2 * count))
        told = (
            whatsapp(f"w{minute}", anybody, minute, chance.choice(("Anna", "Ben", None))),
            mail(f"m{minute}", f"{chance.randrange(2 * count)}@example.com", minute, stated=[("phone", anybody)]),
            form(f"f{minute}", minute, "Cleo", phone=anybody, email=f"{chance.randrange(count)}@example.com"),
        )
        clinic.land(chance.choice(told))
    clinic.settle()
    for _ in range(2):
        directory.release(org, "phone", number(chance.randrange(count)))
    for kind in ("merge", "distinct", "merge", "distinct", "merge"):
        one, other = chance.sample(people(clinic), 2)
        try:
            directory.merge(org, [one, other], PERSON) if kind == "merge" else directory.distinct(org, one, other, PERSON)
        except DecisionConflict:
            continue
    return clinic


def people(clinic: ClinicOfTests) -> list[UUID]:
    rows = clinic.query("SELECT id FROM contacts WHERE organization_id = :organization_id AND status <> 'merged' ORDER BY id")
    return [row.id for row in rows]


def groups(chance: random.Random, contacts: Sequence[UUID]) -> Iterator[Merge]:
    """All contacts in small groups."""
    left = chance.sample(contacts, len(contacts))
    while len(left) > 1:
        size = chance.choice((2, 2, 2, 3, 4))
        group, left = left[:size], left[size:]
        if len(group) > 1:
            yield Merge(group, Author("linkage", "certain", "model", chance.random(), "1"))


def rows(connection: Connection, organization_id: str) -> Rows:
    """All rows of all tables that a merge writes; a decision is called by its number, for ids are drawn."""
    named = {"organization_id": organization_id}
    statement = text("SELECT decision_id, number FROM identity_decisions WHERE organization_id = :organization_id")
    numbers = {str(row.decision_id): row.number for row in connection.execute(statement, named)}
    found: Rows = {}
    for table in TABLES:
        statement = text(
            f"SELECT (to_jsonb(t) - 'decided_at')::text FROM {table} AS t WHERE organization_id = :organization_id"
        )
        said = list(connection.execute(statement, named).scalars())
        for decision_id, place in numbers.items() if "decision" in table or table == "split_records" else ():
            said = [row.replace(decision_id, f"decision {place}") for row in said]
        found[table] = sorted(said)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_many_at_once_leave_what_they_leave_one_by_one(clinic: ClinicOfTests, seed: int) -> None:
    chance = random.Random(seed)
    busy_clinic(clinic, chance)
    merges = list(groups(chance, people(clinic)))
    known = clinic_of(clinic.database, clinic.organization_id)
    with clinic.database.writing(clinic.organization_id) as connection:
        before = rows(connection, clinic.organization_id)
        by_one, accepted = connection.begin_nested(), []
        for merge in merges:
            try:
                with connection.begin_nested():
                    merge_contacts(connection, known, [merge])
                accepted.append(merge)
            except DecisionConflict:
                continue
        expected = rows(connection, clinic.organization_id)
        by_one.rollback()
        assert rows(connection, clinic.organization_id) == before != expected
        ahead, transactions = accepted, 0
        while ahead:
            ahead, transactions = ahead[len(merge_contacts(connection, known, ahead)) :], transactions + 1
        assert rows(connection, clinic.organization_id) == expected
    assert transactions < len(accepted) / 2
    assert_derived(clinic)


def couples(clinic: ClinicOfTests, count: int) -> list[Merge]:
    """So many people with two files each, none of whom has to do with another."""
    clinic.patients(
        *(
            patient(f"{place}{copy}", f"P{place}", "Smith", number(2 * place + copy))
            for place in range(count)
            for copy in (0, 1)
        )
    )
    clinic.derive()
    found = clinic.contact_of_patient
    return [Merge([found(f"{place}0"), found(f"{place}1")], MODEL) for place in range(count)]


def test_who_is_kept_apart_is_held_back_alone(clinic: ClinicOfTests) -> None:
    merges = couples(clinic, 9)
    org, directory = clinic.organization_id, clinic.directory
    for place in (2, 5):
        directory.distinct(org, *merges[place].contact_ids, PERSON)
    merges[7] = Merge([merges[7].contact_ids[0], UUID(int=7)], MODEL)
    answers = list(directory.merge_many(org, merges))
    assert [type(answer) for answer in answers].count(Made) == 6
    assert isinstance(answers[2], DecisionConflict)
    assert isinstance(answers[5], DecisionConflict)
    assert isinstance(answers[7], UnknownContact)
    for place in (0, 1, 3, 4, 6, 8):
        assert len({directory.contact(org, one)["id"] for one in merges[place].contact_ids}) == 1
    assert sum(row["kind"] == "merge" for row in directory.decisions(org)) == 6
    assert_derived(clinic)


def test_the_last_one_alone_may_be_refused(clinic: ClinicOfTests) -> None:
    merges = couples(clinic, 1)
    clinic.directory.distinct(clinic.organization_id, *merges[0].contact_ids, PERSON)
    (refused,) = clinic.directory.merge_many(clinic.organization_id, merges)
    assert isinstance(refused, DecisionConflict)
    (refused,) = clinic.directory.merge_many(clinic.organization_id, [Merge([UUID(int=1)] * 2, MODEL)])
    assert isinstance(refused, InvalidDecision)


def test_each_of_many_is_undone_by_itself_and_again_is_nothing_new(clinic: ClinicOfTests) -> None:
    merges = couples(clinic, 5)
    org, directory = clinic.organization_id, clinic.directory
    all_but_one = list(directory.merge_many(org, [*merges[:2], *merges[3:]]))
    without = timeless(clinic.rows())
    again = list(directory.merge_many(org, merges))
    created = [one.created for one in again if isinstance(one, Made)]
    assert created == [False, False, True, False, False]
    assert [one.decision_ids for one in [*again[:2], *again[3:]]] == [one.decision_ids for one in all_but_one]  # type: ignore[union-attr]
    numbers = [row["number"] for row in directory.decisions(org)]
    assert len({*numbers}) == len(numbers) == len(merges)
    assert isinstance(again[2], Made)
    (decision_id,) = again[2].decision_ids
    directory.undo(org, decision_id, PERSON)
    assert timeless(clinic.rows()) == without
    assert_derived(clinic)


def test_a_process_that_ends_between_transactions_leaves_whole_decisions(
    clinic: ClinicOfTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    merges = couples(clinic, 5)
    monkeypatch.setattr("contact_hub.directory.directory.TOGETHER", 2)
    answers = clinic.directory.merge_many(clinic.organization_id, merges)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert clinic.count("identity_decisions") == 2
    assert_derived(clinic)
    made = list(clinic.directory.merge_many(clinic.organization_id, merges))
    assert [one.created for one in made if isinstance(one, Made)] == [False, False, True, True, True]
    assert_derived(clinic)


def test_a_large_family_is_not_merged_in_one_long_turn(
    database: Database, directory: ContactDirectory, clinic: ClinicOfTests
) -> None:
    """Those who share a phone take turns: how many of them one transaction takes is bounded."""
    count = 2 * MOST_STEPS + 2
    clinic.patients(*(patient(str(place), f"P{place // 2}", "Smith", number(0)) for place in range(count)))
    clinic.derive()
    found = clinic.contact_of_patient
    merges = [Merge([found(str(place)), found(str(place + 1))], MODEL) for place in range(0, count, 2)]
    with database.writing(clinic.organization_id) as connection:
        known = clinic_of(database, clinic.organization_id)
        assert len(merge_contacts(connection, known, merges)) == MOST_STEPS
    assert sum(one.created for one in directory.merge_many(clinic.organization_id, merges) if isinstance(one, Made)) == 1
    assert_derived(clinic)
