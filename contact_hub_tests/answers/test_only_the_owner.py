"""No answer names an appointment of anybody but the one person who owns the identifier beyond doubt.

Made-up families live through made-up stories in a real store, with Cliniko's sandbox over HTTP. Everybody has an appointment
at a time and with a practitioner that nobody else has, so that any that is told to somebody else is seen.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from contact_hub.channels.event import ChannelEvent
from contact_hub.directory.deciding import Author
from contact_hub.directory.errors import DirectoryError
from contact_hub.store.database import Database
from contact_hub.store.events import land_events
from contact_hub_tests.answers.stories import (
    Archived,
    Edited,
    Joined,
    Linked,
    Member,
    Moved,
    Owners,
    Released,
    Said,
    Slot,
    Step,
    Story,
    Submitted,
    Synced,
    Undone,
    Via,
    stories,
    untouched,
)
from contact_hub_tests.answers.support import LiveClinic, days_ahead, live_clinic
from contact_hub_tests.directory import support as events

DESK = Author("the front desk")
CANARIES = (("Quagga", 8, 11), ("Tarpan", 9, 22), ("Moa", 10, 33), ("Dodo", 11, 44))
ASKED: tuple[tuple[str, str], ...] = (
    ("whatsapp", "phone"), ("sms", "phone"), ("phone", "phone"), ("email", "email"), ("web", "email"),
)  # fmt: skip
_families = itertools.count()


@pytest.fixture(scope="module")
def clinic(database: Database) -> Iterator[LiveClinic]:
    with live_clinic(database, "org_only_the_owner") as clinic:
        staff = clinic.cliniko.tables.practitioners
        model = next(iter(staff))
        for number, (name, _, _) in enumerate(CANARIES):
            fields = {**model.fields, "first_name": name, "last_name": "Canary", "display_name": f"{name} Canary"}
            staff.add(replace(model, id=model.id + 1000 + number, fields=fields))
        yield clinic


@dataclass
class Telling:
    """A story as it happens to a clinic. Each has identifiers and a family name of its own."""

    clinic: LiveClinic
    story: Story
    family: int = field(default_factory=lambda: next(_families))
    owners: Owners = field(init=False)
    patients: list[str] = field(init=False)
    late: list[ChannelEvent] = field(default_factory=list)
    made: list[UUID] = field(default_factory=list)
    events: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.owners = Owners.at_first(self.story)
        self.patients = [self._begin(member, *canary) for member, canary in zip(self.story.members, CANARIES, strict=False)]
        self.clinic.sync()

    @property
    def organization_id(self) -> str:
        return self.clinic.organization_id

    def tell(self) -> None:
        for at, step in enumerate(self.story.steps):
            self.happens(at, step)
        self._land(*self.late)
        self.clinic.sync()
        self.clinic.directory.settle(self.organization_id)

    def happens(self, at: int, step: Step) -> None:
        does: Callable[[Any], bool] = getattr(self, "_" + type(step).__name__.lower())
        decided = does(step)
        match step:
            case Linked() | Joined():
                if decided:
                    self.owners.decided(at, step)
            case Undone():
                if decided:
                    self.owners.taken_back()
            case _:
                self.owners.follow(at, step)

    def identifier(self, slot: Slot | None) -> str:
        if slot is None:
            return f"1784140{self.family:06}0001"
        kind, number = slot
        return f"+61{423_517_310 + 10 * self.family + number}" if kind == "phone" else f"one{number}.of{self.family}@quill.au"

    def named(self, name: str | None) -> str | None:
        return name and f"{name} {self.family_name}"

    @property
    def family_name(self) -> str:
        return "Q" + "".join("abcdefghij"[int(digit)] for digit in str(self.family))

    def _begin(self, member: Member, practitioner: str, hour: int, minute: int) -> str:
        born = "2019-02-03" if member.child else "1980-05-06"
        patient = self.clinic.patient(
            member.given, self.family_name, date_of_birth=born, **self._stated(member.holds),
            accepted_privacy_policy=False if member.declined else None,
        )  # fmt: skip
        staff = next(
            one
            for one in self.clinic.cliniko.tables.practitioners
            if one.fields.get("display_name") == f"{practitioner} Canary"
        )
        booked = self.clinic.cliniko.add_appointment(patient, days_ahead(1, hour).replace(minute=minute))
        self.clinic.cliniko.tables.individual_appointments.rows[int(booked)].practitioner_id = staff.id
        if member.archived:
            self.clinic.cliniko.archive_patient(patient)
        return patient

    def _stated(self, holds: frozenset[Slot]) -> dict[str, Any]:
        phones = sorted(self.identifier(slot) for slot in holds if slot[0] == "phone")
        mails = sorted(self.identifier(slot) for slot in holds if slot[0] == "email")
        numbers = [{"number": phone, "phone_type": "Mobile"} for phone in phones]
        return {"patient_phone_numbers": numbers, "email": mails[0] if mails else None}

    def _land(self, *landed: ChannelEvent) -> None:
        if landed:
            land_events(self.clinic.database, self.organization_id, landed, received_at=datetime.now(UTC))

    def _said(self, step: Said) -> bool:
        event = self._message(step)
        (self.late.append if step.late else self._land)(event)
        if step.doubled:
            self._land(event)
        return False

    def _message(self, step: Said) -> ChannelEvent:
        code, own, name = self._event(), self.identifier(step.slot), self.named(step.name)
        typed = ((step.typed[0], self.identifier(step.typed)),) if step.typed and step.typed != step.slot else ()
        via: Via = step.via
        if via == "whatsapp":
            event = events.whatsapp(code, own, 0, name, stated=typed)
        elif via == "sms":
            event = events.sms(code, own, 0, profile_name=name)
        elif via == "email":
            event = events.mail(code, own, 0, name, stated=typed)
        else:
            event = events.instagram(code, own, 0, name, *typed)
        return replace(event, occurred_at=datetime.now(UTC))

    def _event(self) -> str:
        return f"{self.family}-{next(self.events)}"

    def _submitted(self, step: Submitted) -> bool:
        typed = {step.typed[0]: self.identifier(step.typed)}
        self._land(replace(events.form(self._event(), 0, self.named(step.name), **typed), occurred_at=datetime.now(UTC)))
        return False

    def _moved(self, step: Moved) -> bool:
        event = events.moved(self._event(), self.identifier(("phone", step.old)), self.identifier(("phone", step.new)), 0)
        (self.late.append if step.late else self._land)(replace(event, occurred_at=datetime.now(UTC)))
        return False

    def _released(self, step: Released) -> bool:
        self.clinic.directory.release(self.organization_id, step.slot[0], self.identifier(step.slot))
        return False

    def _edited(self, step: Edited) -> bool:
        self.clinic.cliniko.update_patient(self.patients[step.member], **self._stated(step.holds))
        return False

    def _archived(self, step: Archived) -> bool:
        change = self.clinic.cliniko.archive_patient if step.archived else self.clinic.cliniko.unarchive_patient
        change(self.patients[step.member])
        return False

    def _linked(self, step: Linked) -> bool:
        channel = step.slot[0] if step.slot else "instagram"
        contact = self.clinic.directory.lookup(self.organization_id, channel, self.identifier(step.slot)).contact
        if contact is None or contact["contact_type"] != "contact":
            return False
        known = len(self.clinic.directory.decisions(self.organization_id))
        try:
            self.clinic.directory.link_to_cliniko_patient(
                self.organization_id, contact["id"], self.patients[step.member], decided_by="the front desk"
            )
        except DirectoryError:
            return False
        made = self.clinic.directory.decisions(self.organization_id)
        if len(made) > known:
            self.made.append(made[0]["decision_id"])
        return len(made) > known

    def _joined(self, step: Joined) -> bool:
        contacts = [self._contact(self.patients[one]) for one in (step.one, step.other)]
        try:
            made = self.clinic.directory.merge(self.organization_id, contacts, DESK)
        except DirectoryError:
            return False
        if made.created:
            self.made.append(made.decision_ids[0])
        return made.created

    def _contact(self, patient: str) -> UUID:
        with self.clinic.database.reading() as connection:
            found: UUID = connection.exec_driver_sql(
                "SELECT contact_id FROM source_record_links "
                "WHERE organization_id = %s AND source = 'cliniko' AND source_id = %s",
                (self.organization_id, patient),
            ).scalar_one()
        return found

    def _undone(self, _: Undone) -> bool:
        if self.made:
            self.clinic.directory.undo(self.organization_id, self.made.pop(), DESK)
            return True
        return False

    def _synced(self, _: Synced) -> bool:
        self.clinic.sync()
        return False


def told_of(body: dict[str, Any]) -> set[int]:
    """Whose appointments an answer names, in its fields or its words."""
    everything = str(body)
    times = {f"{hour}:{minute}" for _, hour, minute in CANARIES}
    assert sum(time in body["reply"]["text"] for time in times) <= 1
    return {
        number for number, (name, hour, minute) in enumerate(CANARIES) if name in everything or f"{hour}:{minute}" in everything
    }


@pytest.mark.long
@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories())
@example(story=Story((Member("Anna", frozenset({("phone", 0)})),), ()))
@example(  # somebody else's account moves onto a patient's number
    story=Story((Member("Anna", frozenset({("phone", 0)})), Member("Chloe", frozenset({("phone", 1)}))), (Moved(0, 1),))
)
@example(  # and the files know of it before
    story=Story(
        (Member("Anna", frozenset({("phone", 0)})), Member("Chloe", frozenset({("phone", 1)}))),
        (Edited(0, frozenset({("phone", 2)})), Moved(0, 1), Edited(1, frozenset()), Edited(1, frozenset({("phone", 1)}))),
    )
)
def test_nobody_is_told_of_somebody_elses_appointment(clinic: LiveClinic, story: Story) -> None:
    telling = Telling(clinic, story)
    telling.tell()
    for channel, kind in ASKED:
        for number in range(3 if kind == "phone" else 2):
            slot: Slot = (kind, number)  # type: ignore[assignment]
            told = told_of(clinic.ask(channel, telling.identifier(slot)))
            assert told <= telling.owners.of(channel, slot), (channel, slot, story)
    assert told_of(clinic.ask("instagram", telling.identifier(None))) <= telling.owners.of("instagram", None), story
    for slot, who in untouched(story):
        channel = "sms" if slot[0] == "phone" else "email"
        assert told_of(clinic.ask(channel, telling.identifier(slot))) == {who}, (slot, story)
