"""Real time and batch are one: whatever lands, in whatever order, the directory has what a derivation of everything gives."""

import itertools
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contact_hub.channels.event import ChannelEvent
from contact_hub.directory import ContactDirectory, DecisionConflict, InvalidDecision, LinkRefused
from contact_hub.directory.deciding import Author
from contact_hub.store.database import Database
from contact_hub_tests.directory.support import (
    DERIVED,
    IDENTITY,
    LANDED,
    ClinicOfTests,
    Patient,
    Rows,
    form,
    instagram,
    introduction,
    mail,
    moved,
    patient,
    sms,
    status,
    timeless,
    whatsapp,
)

pytestmark = pytest.mark.long

PHONES = [f"+6141234567{digit}" for digit in range(4)] + ["+61293334444", "+5511987654321"]
EMAILS = [f"{name}@example.com" for name in ("anna", "ben", "family")]
USER_IDS = ["AU.1001", "AU.1002"]
SCOPED_IDS = ["17841400001", "17841400002"]
NAMES = [None, "Anna Smith", "Ben Smith", "Anna", "Mum", "Clara Jones", "Ben"]

_counter = itertools.count()


@dataclass(frozen=True)
class Story:
    """What a clinic's records say, what lands from the channels, and in which order and company it does."""

    patients: list[Patient]
    events: list[ChannelEvent]
    arrival: list[int]
    settled_after: list[int]
    derived_after: list[int]
    second_arrival: list[int]
    links: list[tuple[int, int]]
    edits: list[tuple[int, Patient, int]]
    decisions: list[tuple[str, int, int, bool]]


@st.composite
def patient_of_a_clinic(draw: st.DrawFn, number: int, changed: st.SearchStrategy[int]) -> Patient:
    merged_into = draw(st.sampled_from([None, None, None, number - 1, number + 1]))
    first, last = draw(st.sampled_from([("Anna", "Smith"), ("Ben", "Smith"), ("Clara", "Jones"), (None, "Smith")]))
    return patient(
        str(100 + number),
        first,
        last,
        *draw(st.lists(st.sampled_from(PHONES[:3] + PHONES[4:5]), max_size=2)),
        email=draw(st.sampled_from([None, *EMAILS])),
        changed=draw(changed),
        date_of_birth=draw(st.sampled_from([None, "1980-05-06", "2020-05-06"])),
        archived_at=draw(st.sampled_from([None, None, "2026-02-01T00:00:00Z"])),
        merged_into=None if merged_into is None else str(100 + max(merged_into, 0)),
    )


@st.composite
def edits_of_patients(draw: st.DrawFn, places: int) -> list[tuple[int, Patient, int]]:
    """After which event, what a patient is from then on, and how many assets of identity are derived then."""
    made = []
    for _ in range(draw(st.integers(1, 4))):
        one = draw(patient_of_a_clinic(draw(st.integers(0, 4)), st.integers(6, 60)))
        made.append((draw(st.integers(0, places - 1)), one, draw(st.integers(1, len(IDENTITY)))))
    return made


@st.composite
def event(draw: st.DrawFn, number: int, minute: int) -> ChannelEvent:
    one = f"e{number}"
    phone, other = draw(st.sampled_from(PHONES)), draw(st.sampled_from(PHONES))
    address, name = draw(st.sampled_from(EMAILS)), draw(st.sampled_from(NAMES))
    stated = draw(st.sampled_from([(), (), (("email", address),), (("phone", other),)]))
    kind = draw(
        st.sampled_from(["whatsapp"] * 4 + ["moved", "moved", "form", "form", "mail", "sms", "status", "instagram", "hello"])
    )
    if kind == "whatsapp":
        user_id = draw(st.sampled_from([None, None, *USER_IDS]))
        number_given = draw(st.booleans()) or user_id is None
        return whatsapp(one, phone if number_given else None, minute, name, user_id=user_id, stated=stated)
    if kind == "moved" and phone != other:
        return moved(one, phone, other, minute)
    if kind == "form":
        return form(one, minute, name, *draw(st.sampled_from([(phone, None), (None, address), (phone, address)])))
    if kind == "mail":
        return mail(one, address, minute, name, stated=[pair for pair in stated if pair[0] == "phone"])
    if kind == "sms":
        return sms(one, phone, minute, kind=draw(st.sampled_from(["message", "call"])))
    if kind == "instagram":
        return instagram(one, draw(st.sampled_from(SCOPED_IDS)), minute, name, *stated)
    if kind == "hello":
        channel, value = draw(st.sampled_from([("phone", phone), ("whatsapp", phone), ("email", address)]))
        return introduction(one, channel, value, minute, name, draw(st.sampled_from([None, EMAILS[0]])))
    return status(one, phone, minute)


decisions_of_people = st.tuples(
    st.sampled_from(["merge", "merge", "distinct", "split", "undo"]), st.integers(0, 30), st.integers(0, 30), st.booleans()
)
"""What is decided, about which two contacts (by their place among all), and whether the model does."""


@st.composite
def stories(draw: st.DrawFn, edited: bool = False) -> Story:
    minutes = draw(st.lists(st.integers(1, 60), min_size=1, max_size=12, unique=True))
    events = [draw(event(number, minute)) for number, minute in enumerate(minutes)]
    everyone = list(range(len(events)))
    some = st.lists(st.sampled_from(everyone), max_size=4)
    people = [draw(patient_of_a_clinic(number, st.integers(-5, 5))) for number in range(draw(st.integers(0, 5)))]
    links = st.tuples(st.sampled_from(everyone), st.integers(0, max(0, len(people) - 1)))
    return Story(
        patients=people,
        events=events,
        arrival=draw(st.permutations(everyone)),
        settled_after=draw(some),
        derived_after=draw(st.lists(st.sampled_from(everyone), max_size=1)),
        second_arrival=draw(st.permutations(everyone + draw(some))),
        links=draw(st.lists(links, max_size=2)) if people else [],
        edits=draw(edits_of_patients(len(events))) if edited else [],
        decisions=draw(st.lists(decisions_of_people, max_size=5)),
    )


class Told:
    """A story told to a clinic of its own."""

    def __init__(self, database: Database, directory: ContactDirectory, story: Story) -> None:
        self.clinic = ClinicOfTests(database, directory, f"org_story_{next(_counter)}")
        self.story = story
        self.clinic.patients(*story.patients)
        self.clinic.derive()

    def land(self, order: list[int]) -> None:
        for place, number in enumerate(order):
            self.land_one(place, number)
        self.clinic.settle()

    def land_one(self, place: int, number: int) -> None:
        """An event, and what happens after its place."""
        self.clinic.land(self.story.events[number])
        if place in self.story.settled_after:
            self.clinic.settle()
        if place in self.story.derived_after:
            self.clinic.derive()
        for _, one, assets in (edit for edit in self.story.edits if edit[0] == place):
            self.clinic.patients(one)
            self.clinic.derive(*IDENTITY[:assets])

    def link(self) -> None:
        """What a person decides."""
        for number, one in self.story.links:
            contact_id = self.clinic.contact_of(self.story.events[number].external_id)
            if contact_id is not None:
                try:
                    patient_id = self.story.patients[one]["id"]
                    self.clinic.directory.link_to_cliniko_patient(
                        self.clinic.organization_id, contact_id, patient_id, decided_by="a person"
                    )
                except LinkRefused:
                    continue

    def decide(self) -> None:
        """Merges, splits and the like, as they come; what is refused changes nothing."""
        for kind, one, other, by_model in self.story.decisions:
            self.decide_one(kind, one, other, Author("somebody", authority="model" if by_model else "person"))

    def decide_one(self, kind: str, one: int, other: int, author: Author) -> None:
        directory, organization_id = self.clinic.directory, self.clinic.organization_id
        people = [row["id"] for row in self.clinic.rows("contacts")["contacts"] if row["status"] != "merged"]
        known = [row["decision_id"] for row in directory.decisions(organization_id) if row["kind"] != "undo"]
        if not people or (kind == "undo" and not known):
            return
        first, second = UUID(sorted(people)[one % len(people)]), UUID(sorted(people)[other % len(people)])
        try:
            if kind == "merge":
                directory.merge(organization_id, [first, second], author)
            elif kind == "distinct":
                directory.distinct(organization_id, first, second, author)
            elif kind == "undo":
                directory.undo(organization_id, known[one % len(known)], author)
            else:
                links = self.clinic.rows("source_record_links")["source_record_links"]
                own = sorted((row["source"], row["source_id"]) for row in links if row["contact_id"] == str(first))
                directory.split(organization_id, first, own[: 1 + other % len(own)], author)
        except (DecisionConflict, InvalidDecision):
            return

    def forget_channels(self) -> None:
        self.clinic.forget_derived()
        with self.clinic.database.transaction() as connection:
            for table in (*LANDED, "unsettled_records"):
                condition = "AND claim <> 'record'" if table == "identifier_statements" else ""
                statement = f"DELETE FROM {table} WHERE organization_id = :organization_id {condition}"
                connection.execute(text(statement), {"organization_id": self.clinic.organization_id})
        self.clinic.derive()

    def versions(self) -> set[tuple[Any, ...]]:
        """Changes with every write to a derived row."""
        found = set()
        for table in DERIVED:
            statement = f"SELECT xmin::text, ctid::text FROM {table} WHERE organization_id = :organization_id"
            found |= {(table, *row) for row in self.clinic.query(statement)}
        return found


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
def test_what_is_settled_one_by_one_is_what_is_derived_of_everything(
    database: Database, directory: ContactDirectory, story: Story
) -> None:
    told = Told(database, directory, story)
    clinic = told.clinic
    told.land(story.arrival)
    told.link()
    told.decide()
    derived = assert_settled_is_derived(told)

    landed = clinic.rows(*LANDED)
    told.forget_channels()
    told.land(story.second_arrival)
    clinic.settle_everything()
    assert clinic.rows(*LANDED) == landed, "the order of arrival does not matter, nor do doubled deliveries"
    assert clinic.rows() == derived


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories(edited=True))
def test_and_so_it_is_while_patients_change_in_cliniko(database: Database, directory: ContactDirectory, story: Story) -> None:
    told = Told(database, directory, story)
    told.land(story.arrival)
    told.clinic.derive()
    told.link()
    told.decide()
    assert_settled_is_derived(told)


def assert_settled_is_derived(told: Told) -> Rows:
    """Row for row, and a rebuild from nothing gives the same; the rows."""
    clinic = told.clinic
    settled = clinic.rows()
    clinic.settle_everything()
    caught_up, versions = clinic.rows(), told.versions()
    written = clinic.derive()
    derived = clinic.rows()

    assert timeless(settled) == timeless(derived), "news was not settled"
    assert caught_up == derived
    assert set(written.values()) == {(0, 0, 0)}
    assert told.versions() == versions

    clinic.forget_derived()
    clinic.derive()
    assert clinic.rows() == derived, "a rebuild gives the same"
    return derived


def test_a_first_message_that_arrives_late_founds_the_contact_all_the_same(
    database: Database, directory: ContactDirectory, organization_id: str
) -> None:
    clinic = ClinicOfTests(database, directory, organization_id)
    clinic.land(form("form", 5, "Ben", PHONES[0]), whatsapp("later", PHONES[0], 10))
    clinic.settle()
    assert clinic.said(known := clinic.contact_of("form")) == ["form", "later"]  # type: ignore[arg-type]
    clinic.land(whatsapp("first", PHONES[0], 1))
    clinic.settle()
    settled = clinic.rows()
    clinic.derive()
    assert timeless(clinic.rows()) == timeless(settled)
    assert known is not None
    assert clinic.said(known) == ["first", "form", "later"], "the id that was given out keeps answering"
