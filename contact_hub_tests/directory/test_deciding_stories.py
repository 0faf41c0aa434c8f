"""Decisions within stories: what is undone was never decided, the order of making is of no matter, a rebuild keeps it."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contact_hub.directory import ContactDirectory, DecisionConflict, InvalidDecision
from contact_hub.directory.clinic import clinic_of
from contact_hub.directory.deciding import Author, Made
from contact_hub.directory.settlement import settle_decided
from contact_hub.store.database import Database
from contact_hub_tests.directory.desk import MODEL, PERSON, assert_derived
from contact_hub_tests.directory.support import ClinicOfTests, mail, patient, timeless, whatsapp
from contact_hub_tests.directory.test_derivation import Story, Told, assert_settled_is_derived, decisions_of_people, stories

pytestmark = pytest.mark.long(minutes=1)
few = settings(
    max_examples=settings().max_examples // 8, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck)
)
places = st.integers(0, 30)


def people(clinic: ClinicOfTests) -> list[UUID]:
    rows = clinic.query("SELECT id FROM contacts WHERE organization_id = :organization_id AND status <> 'merged' ORDER BY id")
    return [row.id for row in rows]


def foundings(clinic: ClinicOfTests) -> list[tuple[str, str]]:
    """The founding records of all contacts: the same in every clinic that was told the same."""
    rows = clinic.query(
        """SELECT link.source, link.source_id FROM source_record_links AS link
           JOIN contacts AS contact ON contact.organization_id = link.organization_id AND contact.id = link.founds
           WHERE link.organization_id = :organization_id AND contact.status <> 'merged' ORDER BY 1, 2"""
    )
    return [(row.source, row.source_id) for row in rows]


def merge(clinic: ClinicOfTests, one: int, other: int, author: Author) -> Made | None:
    """Merge two contacts by their places among all; None where that is refused or nothing new."""
    clinic.settle()
    known = foundings(clinic)
    if len(known) < 2:
        return None
    name = clinic.directory._clinic(clinic.organization_id).contact_ids
    pair = [name(*known[place % len(known)]) for place in (one, other)]
    before = clinic.rows()
    try:
        made = clinic.directory.merge(clinic.organization_id, pair, author)
    except (DecisionConflict, InvalidDecision):
        assert clinic.rows() == before, "what is refused changes nothing"
        return None
    return made if made.created else None


def undo(clinic: ClinicOfTests, made: Made | None) -> None:
    for decision_id in made.decision_ids if made else ():
        clinic.directory.undo(clinic.organization_id, decision_id, PERSON)


def named(clinic: ClinicOfTests, *tables: str) -> Any:
    """The rows, with contact ids replaced by the records that found them: alike in clinics that are in the same state."""
    said = json.dumps(clinic.rows(*tables), sort_keys=True, default=str)
    for row in clinic.query(
        "SELECT founds, source, source_id FROM source_record_links WHERE organization_id = :organization_id"
    ):
        said = said.replace(str(row.founds), f"{row.source}:{row.source_id}")
    rows = json.loads(said)
    return {table: sorted(json.dumps(row, sort_keys=True) for row in rows[table]) for table in rows}


@few
@given(stories(), places, places, st.booleans())
def test_a_merge_that_is_undone_has_left_nothing(
    database: Database, directory: ContactDirectory, story: Story, one: int, other: int, by_model: bool
) -> None:
    told = Told(database, directory, story)
    clinic = told.clinic
    told.land(story.arrival)
    told.decide()
    clinic.derive()
    before = clinic.rows()
    made = merge(clinic, one, other, MODEL if by_model else PERSON)
    if made:
        assert len({directory.contact(clinic.organization_id, each)["id"] for each in made_of(clinic, made)}) == 1
    undo(clinic, made)
    assert timeless(clinic.rows()) == timeless(before)
    clinic.derive()
    assert clinic.rows() == before


def made_of(clinic: ClinicOfTests, made: Made) -> list[UUID]:
    """The contact ids that a merge names."""
    name = clinic.directory._clinic(clinic.organization_id).contact_ids
    entries = [one for one in clinic.directory.decisions(clinic.organization_id) if one["decision_id"] in made.decision_ids]
    return [name(*key) for one in entries for key in ((one["source"], one["source_id"]), _target(one))]


def _target(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["target_source"], entry["target_source_id"]


@few
@given(stories(edited=True), places, places, places)
def test_a_merge_undone_after_all_that_came_later_was_never_made(
    database: Database, directory: ContactDirectory, story: Story, after: int, one: int, other: int
) -> None:
    """The same story twice, once with a merge in it that is undone at the end: patients change and people write meanwhile."""
    with_it, without = Told(database, directory, story), Told(database, directory, story)
    place = after % (len(story.arrival) + 1)
    made: list[Made | None] = []
    told_in_parts(with_it, {place: lambda: made.append(merge(with_it.clinic, one, other, PERSON))})
    told_in_parts(without, {})
    undo(with_it.clinic, made[0])
    for told in (with_it, without):
        told.clinic.derive()
    assert named(with_it.clinic, "number_changes") == named(without.clinic, "number_changes")
    assert named(with_it.clinic) == named(without.clinic)


def told_in_parts(told: Told, also: dict[int, Callable[[], Any]]) -> None:
    """The story, with something done before the event in a place (or at the end)."""
    story = told.story
    for place, number in enumerate(story.arrival):
        also.get(place, int)()
        told.land_one(place, number)
    told.clinic.settle()
    also.get(len(story.arrival), int)()


@few
@given(stories(edited=True), st.lists(st.tuples(places, decisions_of_people), min_size=1, max_size=6))
def test_decisions_among_messages_and_changes_are_what_a_derivation_gives(
    database: Database, directory: ContactDirectory, story: Story, decided: list[tuple[int, tuple[str, int, int, bool]]]
) -> None:
    told = Told(database, directory, story)
    for place, number in enumerate(story.arrival):
        told.land_one(place, number)
        told.clinic.settle()
        for at, (kind, one, other, by_model) in decided:
            if at % len(story.arrival) == place:
                told.decide_one(kind, one, other, MODEL if by_model else PERSON)
    told.clinic.derive()
    assert_settled_is_derived(told)


@few
@given(stories(), st.lists(decisions_of_people, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_same_decisions_give_the_same_contacts_in_whatever_order_they_arrive(
    database: Database, directory: ContactDirectory, story: Story, decided: list[tuple[str, int, int, bool]], random: Any
) -> None:
    """Each is taken in as it arrives, with the number that it has; as of a clinic that is read into another store."""
    told = Told(database, directory, story)
    clinic = told.clinic
    told.land(story.arrival)
    for kind, one, other, by_model in decided:
        told.decide_one(kind, one, other, MODEL if by_model else PERSON)
    clinic.derive()
    before = clinic.rows()
    entries, parts = taken_away(clinic)
    clinic.derive()
    random.shuffle(entries)
    for entry in entries:
        own = [part for part in parts if part["decision_id"] == entry["decision_id"]]
        arrive(clinic, entry, own)
    assert timeless(clinic.rows()) == timeless(before)
    clinic.derive()
    assert clinic.rows() == before


Entry = dict[str, Any]


def taken_away(clinic: ClinicOfTests) -> tuple[list[Entry], list[Entry]]:
    """The decisions of a clinic and the records of its splits, which the store then has no more."""
    found: list[list[Entry]] = []
    with clinic.database.transaction() as connection:
        for table in ("identity_decisions", "split_records"):
            statement = text(f"DELETE FROM {table} WHERE organization_id = :organization_id RETURNING to_jsonb({table}) AS row")
            rows = connection.execute(statement, {"organization_id": clinic.organization_id})
            found.append(sorted((row.row for row in rows), key=json.dumps))
    return found[0], found[1]


def arrive(clinic: ClinicOfTests, entry: Entry, parts: list[Entry]) -> None:
    keys = {(entry["source"], entry["source_id"]), _target(entry), *((part["source"], part["source_id"]) for part in parts)}
    known = clinic_of(clinic.database, clinic.organization_id)
    with clinic.database.writing(clinic.organization_id) as connection:
        for table, rows in (("identity_decisions", [entry]), ("split_records", parts)):
            statement = f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
            connection.execute(text(statement), {"rows": json.dumps(rows)})
        settle_decided(connection, known, keys)


@few
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_merges_made_in_another_order_give_the_same_contacts(
    database: Database, directory: ContactDirectory, pairs: list[tuple[int, int]], random: Any
) -> None:
    clinic = Told(database, directory, Story([], [], [], [], [], [], [], [], [])).clinic
    clinic.patients(*(patient(str(number), f"P{number}", "Smith", f"+6141234560{number}") for number in range(4)))
    clinic.derive()
    clinic.land(whatsapp("a", "+61412345600", 1), whatsapp("b", "+61412345690", 2), mail("c", "c@example.com", 3))
    clinic.settle()
    everybody = people(clinic)
    outcomes = []
    for _ in range(2):
        random.shuffle(pairs)
        made = [
            directory.merge(clinic.organization_id, [everybody[one], everybody[other]], PERSON)
            for one, other in pairs
            if one != other
        ]
        outcomes.append(timeless(clinic.rows("contacts", "source_record_links")) if made else {})
        for one in made:
            undo(clinic, one if one.created else None)
        assert people(clinic) == everybody
    assert _methodless(outcomes[0]) == _methodless(outcomes[1])
    assert_derived(clinic)


def _methodless(rows: Any) -> Any:
    return {table: [{key: row[key] for key in row if key != "method"} for row in rows[table]] for table in rows}
