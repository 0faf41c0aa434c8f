"""The trial of kills tells two stores apart by one row; the trial of callers tells who belongs together."""

import copy
from uuid import uuid4

import pytest
from sqlalchemy import text

from contact_hub.directory import ContactDirectory
from contact_hub.store.database import Database
from contact_hub_tests.directory.support import ClinicOfTests, mail, whatsapp
from trials.caller import Answer
from trials.callers import judge_newcomers, together
from trials.kills import FOUND_BY_SEARCH
from trials.outcome import Outcome
from trials.stores import Store, differences, metadata


@pytest.fixture
def store(database: Database, organization_id: str) -> Store:
    directory = ContactDirectory(database)
    clinic = ClinicOfTests(database, directory, organization_id)
    clinic.land(whatsapp("one", "+61412345678", 1, "Anna"), mail("two", "jo@example.com", 2, "Jo"))
    clinic.settle()
    directory.close()
    return Store(database, only=organization_id)


@pytest.mark.parametrize(
    ("planted", "table", "column"),
    [
        ("UPDATE contacts SET name = 'Somebody' WHERE name = 'Anna'", "contacts", "name"),
        ("UPDATE channel_events SET text = 'other' WHERE external_id = 'one'", "channel_events", "text"),
        ("UPDATE channel_events SET occurred_at = occurred_at + interval '1 second'", "channel_events", "occurred_at"),
        ("DELETE FROM channel_records WHERE source = 'email'", "channel_records", None),
        ("UPDATE identifier_statements SET value = 'x' WHERE value = 'jo@example.com'", "identifier_statements", "value"),
    ],
)
def test_one_changed_row_is_a_difference(store: Store, planted: str, table: str, column: str | None) -> None:
    before = store.rows()
    assert before["contacts"]
    assert differences(before, store.rows()) == {}
    statement = planted + (" AND " if " WHERE " in planted else " WHERE ") + "organization_id = :organization_id"
    with store.database.transaction() as connection:
        connection.execute(text(statement), {"organization_id": store.only})
    (found,) = differences(before, store.rows()).items()
    assert found[0] == table
    assert (column is None) == (found[1].more == 0)
    assert found[1].columns == ({column} if column else set())


def test_a_doubled_row_is_a_difference() -> None:
    one = {"channel_events": ['{"id": 1}']}
    other = copy.deepcopy(one)
    other["channel_events"] *= 2
    assert str(differences(one, other)["channel_events"]) == "lacks 0 rows, has 1 others (whole rows)"


def test_what_is_left_out_after_merges_is_the_searchs_alone() -> None:
    tables = {table.name for table in metadata.sorted_tables}
    assert tables >= FOUND_BY_SEARCH
    assert FOUND_BY_SEARCH.isdisjoint(("identity_decisions", "contacts", "source_record_links", "channel_events"))


def answers(*told: tuple[int, str, bool]) -> list[Answer]:
    return [
        Answer(status, "application/json", f'{{"contact_id": "{contact}", "created": {str(created).lower()}}}'.encode())
        for status, contact, created in told
    ]


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        (answers((201, "a", True), (200, "a", False)), 0),
        (answers((201, "a", True), (200, "b", False)), 1),
        (answers((201, "a", True), (201, "a", True)), 1),
        (answers((200, "a", False), (200, "a", False)), 1),
        (answers((201, "a", True), (503, "a", False)), 1),
        (answers((201, "a", True), (429, "a", False)), 1),
        ([], 2),
    ],
)
def test_newcomers_are_one_contact_made_once(told: list[Answer], faults: int) -> None:
    outcome = Outcome("")
    judge_newcomers(told, outcome)
    assert len(outcome.faults) == faults
    assert outcome.print() == (1 if faults else 0)


def test_who_belongs_together_is_told_without_ids() -> None:
    def links(*groups: tuple[str, ...]) -> list[tuple[str, str, object]]:
        return [("phone", value, contact) for group in groups for contact in [uuid4()] for value in group]

    assert together(links(("1", "2"), ("3",))) == together(links(("3",), ("2", "1")))
    assert together(links(("1", "2"), ("3",))) != together(links(("1",), ("2", "3")))
    assert together(links(("1", "2"), ("3",))) != together(links(("1", "2", "3")))
