"""The table of outcomes in docs/decisions.md, row by row, in a real store.

Each row has one story below, under the row's own words: a row without a story and a story without a row both fail.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from contact_hub.directory.deciding import Made
from contact_hub_tests.directory.desk import MODEL, Desk
from contact_hub_tests.directory.support import ClinicOfTests, patient

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions.md"
HEADER = ("at first", "then it was decided", "and so")
ANNAS_NUMBER, ANNS_NUMBER = "+61412345671", "+61412345672"
Row = tuple[str, ...]
STORIES: dict[Row, Callable[[Desk], None]] = {}


def outcome(at_first: str, decided: str, and_so: str) -> Callable[[Callable[[Desk], None]], Callable[[Desk], None]]:
    """The story of one row of the table."""

    def note(story: Callable[[Desk], None]) -> Callable[[Desk], None]:
        STORIES[at_first, decided, and_so] = story
        return story

    return note


def table() -> list[Row]:
    """The rows of the outcomes' table, as it is published."""
    lines = DECISIONS.read_text().splitlines()
    start = next(place for place, line in enumerate(lines) if _cells(line) == HEADER)
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(_cells(line))
    return rows


def _cells(line: str) -> Row:
    return tuple(cell.strip() for cell in line.strip().strip("|").split("|"))


@pytest.fixture
def desk(clinic: ClinicOfTests) -> Desk:
    """Anna and Ann have a file each; both have written, and both come tomorrow."""
    clinic.patients(patient("1", "Anna", "Smith", ANNAS_NUMBER), patient("2", "Ann", "Smith", ANNS_NUMBER))
    clinic.derive()
    desk = Desk(clinic, {"Anna": ("cliniko", "1"), "Ann": ("cliniko", "2")})
    desk.whatsapp_from(ANNAS_NUMBER, "Anna's WhatsApp")
    desk.whatsapp_from(ANNS_NUMBER, "Ann's WhatsApp")
    desk.books("1", "Anna's appointment")
    desk.books("2", "Ann's appointment")
    assert desk.are_apart("Anna", "Ann")
    return desk


@pytest.mark.parametrize("row", table(), ids=lambda row: re.sub(r"\W+", " ", f"{row[0]}, {row[1]}"))
def test_the_table(row: Row, desk: Desk) -> None:
    assert row in STORIES, "no story tells this row of docs/decisions.md"
    STORIES[row](desk)
    desk.assert_derived()


def test_every_story_is_a_row_of_the_table() -> None:
    assert set(STORIES) == set(table())


def merged(desk: Desk) -> Made:
    made = desk.merge("Anna", "Ann")
    assert desk.are_one("Anna", "Ann")
    return made


def ann_split_off(desk: Desk) -> Made:
    merged(desk)
    made = desk.split("Ann", "Ann's WhatsApp", off="Anna")
    assert desk.are_apart("Anna", "Ann")
    return made


@outcome(
    "two patient files, Anna and Ann",
    "merge Anna and Ann",
    "one contact; both ids find it; its history and appointments are those of both",
)
def _(desk: Desk) -> None:
    desk.merge("Anna", "Ann")
    assert desk.are_one("Anna", "Ann", "Anna's WhatsApp", "Ann's WhatsApp")
    for name in ("Anna", "Ann"):
        assert desk.said_to(name) == ["Ann's WhatsApp", "Anna's WhatsApp"]
        assert desk.appointments_of(name) == ["Ann's appointment", "Anna's appointment"]


@outcome("the two merged", "undo that merge", "two contacts again; what was said meanwhile is with whom it came to")
def _(desk: Desk) -> None:
    made = merged(desk)
    desk.whatsapp_from(ANNS_NUMBER, "meanwhile, from Ann's number")
    desk.whatsapp_from(ANNAS_NUMBER, "meanwhile, from Anna's number")
    desk.undo(made)
    assert desk.are_apart("Anna", "Ann")
    assert desk.said_to("Anna") == ["Anna's WhatsApp", "meanwhile, from Anna's number"]
    assert desk.said_to("Ann") == ["Ann's WhatsApp", "meanwhile, from Ann's number"]
    assert desk.appointments_of("Anna") == ["Anna's appointment"]
    assert desk.appointments_of("Ann") == ["Ann's appointment"]


@outcome(
    "the two merged",
    "split Ann's file off",
    "Ann is the contact that she was; neither the model nor a shared phone merges them again",
)
def _(desk: Desk) -> None:
    merged(desk)
    split = desk.split("Ann", off="Anna")
    assert desk.contact_of("Ann") == desk.id_of("Ann")
    assert desk.are_apart("Anna", "Ann")
    desk.refuses_to_merge("Anna", "Ann", by=MODEL, undo=split)
    desk.clinic.patients(patient("2", "Ann", "Smith", ANNAS_NUMBER, changed=5))
    desk.clinic.derive()
    desk.whatsapp_from(ANNAS_NUMBER, "from the phone that both files have")
    assert desk.are_apart("Anna", "Ann")


@outcome("Ann split off", "a person merges them", "one contact: a person may think again")
def _(desk: Desk) -> None:
    ann_split_off(desk)
    desk.merge("Anna", "Ann")
    assert desk.are_one("Anna", "Ann", "Anna's WhatsApp", "Ann's WhatsApp")


@outcome("Ann split off", "the model finds them equal", "two contacts; refused")
def _(desk: Desk) -> None:
    split = ann_split_off(desk)
    desk.refuses_to_merge("Anna", "Ann", by=MODEL, undo=split)
    assert desk.are_apart("Anna", "Ann")


@outcome(
    "a WhatsApp split off from Anna",
    "its contact is merged with Anna's",
    "it is Anna's again: a merge takes along what a split holds apart; undone, it is apart again",
)
def _(desk: Desk) -> None:
    desk.split("Anna's WhatsApp", off="Anna")
    assert desk.are_apart("Anna", "Anna's WhatsApp")
    made = desk.merge("Anna", "Anna's WhatsApp")
    assert desk.are_one("Anna", "Anna's WhatsApp")
    assert desk.said_to("Anna") == ["Anna's WhatsApp"]
    desk.undo(made)
    assert desk.are_apart("Anna", "Anna's WhatsApp")


@outcome("two contacts", "distinct, then merge", "refused, with the decision to undo")
def _(desk: Desk) -> None:
    said = desk.distinct("Anna", "Ann")
    desk.refuses_to_merge("Anna", "Ann", undo=said)
    desk.refuses_to_merge("Ann's WhatsApp", "Anna's WhatsApp", undo=said)
    desk.undo(said)
    desk.merge("Anna", "Ann")
    assert desk.are_one("Anna", "Ann")


@outcome("two contacts merged", "distinct", "refused: split, or undo the merge")
def _(desk: Desk) -> None:
    made = merged(desk)
    desk.refuses_distinct("Anna", "Ann", undo=made)
    desk.undo(made)
    desk.distinct("Anna", "Ann")
    assert desk.are_apart("Anna", "Ann")


@outcome(
    "Anna and Ann distinct",
    "an account is merged with each",
    "it belongs to the one whose merge is the stronger; Anna and Ann stay two",
)
def _(desk: Desk) -> None:
    said = desk.distinct("Anna", "Ann")
    desk.instagram_from("17841400001", "an account")
    desk.merge("an account", "Anna", by=MODEL)
    desk.refuses_to_merge("an account", "Ann", undo=said)
    off = desk.split("an account", off="Anna")
    by_person = desk.merge("an account", "Ann")
    desk.undo(off)
    assert desk.are_one("an account", "Ann"), "a person's merge before the model's"
    assert desk.are_apart("Anna", "Ann")
    desk.undo(by_person)
    assert desk.are_one("an account", "Anna")
    assert desk.are_apart("Anna", "Ann")


@outcome(
    "a WhatsApp split off from Anna", "it writes again from the same number", "still apart, though Anna's file has that number"
)
def _(desk: Desk) -> None:
    desk.split("Anna's WhatsApp", off="Anna")
    desk.whatsapp_from(ANNAS_NUMBER, "again")
    assert desk.are_apart("Anna", "Anna's WhatsApp")
    assert desk.said_to("Anna's WhatsApp") == ["Anna's WhatsApp", "again"]
    assert desk.said_to("Anna") == []


@outcome(
    "Cliniko has merged Old into Anna",
    "a person splits Old off",
    "two contacts, for a person's word is the stronger; Cliniko is left as it is",
)
def _(desk: Desk) -> None:
    desk.records["Old"] = ("cliniko", "3")
    desk.clinic.patients(patient("3", "Anna", "Smyth", merged_into="1"))
    desk.clinic.derive()
    assert desk.are_one("Anna", "Old")
    desk.split("Old", off="Anna")
    assert desk.are_apart("Anna", "Old")
    (still,) = desk.clinic.query(
        """SELECT merged_into_source_id FROM normalized_contacts
           WHERE organization_id = :organization_id AND source = 'cliniko' AND source_id = '3'"""
    )
    assert still[0] == "1"
