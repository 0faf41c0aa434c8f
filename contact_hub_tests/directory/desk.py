"""A front desk that knows the people: decisions in the words of a clinic, about whoever is called by a name."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest

from contact_hub.channels.event import ChannelEvent
from contact_hub.channels.records import RecordKey
from contact_hub.directory import DecisionConflict
from contact_hub.directory.deciding import Author, Made
from contact_hub_tests.directory.support import ClinicOfTests, at, instagram, timeless, whatsapp

PERSON = Author("front desk", "they said so")
MODEL = Author("linkage", authority="model", confidence=0.99, model_version="1")


@dataclass
class Desk:
    """Names for the records of a clinic, and what is decided and true about those who are called so.

    A patient's file is called by a first name, everything else as its first message calls it.
    """

    clinic: ClinicOfTests
    records: dict[str, RecordKey] = field(default_factory=dict)
    minute: int = 0

    def contact_of(self, name: str) -> UUID:
        """To whom a file or an account belongs now."""
        found = [row for row in self.clinic.rows("source_record_links")["source_record_links"] if self._is(name, row)]
        return UUID(found[0]["contact_id"])

    def id_of(self, name: str) -> UUID:
        """The id that a file or an account was given first."""
        source, source_id = self.records[name]
        found: UUID = self.clinic.directory._clinic(self.clinic.organization_id).contact_ids(source, source_id)
        return found

    def merge(self, *names: str, by: Author = PERSON) -> Made:
        return self.clinic.directory.merge(self.clinic.organization_id, [self.id_of(name) for name in names], by)

    def distinct(self, one: str, other: str) -> Made:
        return self.clinic.directory.distinct(self.clinic.organization_id, self.id_of(one), self.id_of(other), PERSON)

    def split(self, *names: str, off: str) -> Made:
        """Split files and accounts off the contact of another."""
        records = [self.records[name] for name in names]
        return self.clinic.directory.split(self.clinic.organization_id, self.id_of(off), records, PERSON)

    def undo(self, made: Made) -> Made:
        return self.clinic.directory.undo(self.clinic.organization_id, made.decision_ids[0], PERSON)

    def refuses_to_merge(self, *names: str, by: Author = PERSON, undo: Made | None = None) -> None:
        """The merge is refused, changes nothing, and names the decision to undo."""
        before = self.clinic.rows()
        with pytest.raises(DecisionConflict, match=str(undo.decision_ids[0]) if undo else None):
            self.merge(*names, by=by)
        assert self.clinic.rows() == before

    def refuses_distinct(self, one: str, other: str, *, undo: Made) -> None:
        before = self.clinic.rows()
        with pytest.raises(DecisionConflict, match=str(undo.decision_ids[0])):
            self.distinct(one, other)
        assert self.clinic.rows() == before

    def whatsapp_from(self, number: str, message: str) -> None:
        self.minute += 1
        self._land(message, ("whatsapp", number), whatsapp(message, number, self.minute))

    def instagram_from(self, account: str, message: str) -> None:
        self.minute += 1
        self._land(message, ("instagram", account), instagram(message, account, self.minute))

    def books(self, patient_id: str, appointment_id: str) -> None:
        link = {"links": {"self": f"https://api/v1/patients/{patient_id}"}}
        times = {"starts_at": at(1_000).isoformat(), "updated_at": at(0).isoformat()}
        self.clinic.resource("individual_appointments", {"id": appointment_id, "patient": link, **times})

    def are_one(self, *names: str) -> bool:
        """Everybody finds the same contact: what they belong to, and what each id leads to that was ever given out."""
        return len(self._found(names)) == 1

    def are_apart(self, *names: str) -> bool:
        return len(self._found(names)) == len(names)

    def said_to(self, name: str) -> list[str]:
        """The messages in somebody's history."""
        return sorted(self.clinic.said(self.id_of(name)))

    def appointments_of(self, name: str) -> list[str]:
        timeline = self.clinic.directory.timeline(self.clinic.organization_id, self.id_of(name))
        return sorted(one["appointment_id"] for one in timeline.appointments)

    def assert_derived(self) -> None:
        """All of it is what a derivation gives, and one from nothing."""
        assert_derived(self.clinic)

    def _land(self, message: str, record: RecordKey, event: ChannelEvent) -> None:
        self.records.setdefault(message, record)
        self.clinic.land(event)
        self.clinic.settle()

    def _found(self, names: tuple[str, ...]) -> set[UUID]:
        found = set()
        for name in names:
            belongs = self.contact_of(name)
            assert self.clinic.directory.contact(self.clinic.organization_id, self.id_of(name))["id"] == belongs
            found.add(belongs)
        return found

    def _is(self, name: str, row: dict[str, str]) -> bool:
        return (row["source"], row["source_id"]) == self.records[name]


def assert_derived(clinic: ClinicOfTests) -> None:
    """What was settled is what a derivation and a rebuild give."""
    settled = clinic.rows()
    clinic.derive()
    assert timeless(clinic.rows()) == timeless(settled)
    derived = clinic.rows()
    clinic.forget_derived()
    clinic.derive()
    assert clinic.rows() == derived
