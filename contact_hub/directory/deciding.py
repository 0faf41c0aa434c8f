"""Deciding: that contacts are two people, that records are another's, that a decision was wrong. Merges are by themselves.

A decision is appended, settled and looked at in one transaction: one that does not come about, because another decision
holds against it, is refused and leaves nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection

from contact_hub.channels.records import RecordKey
from contact_hub.directory import reading
from contact_hub.directory.clinic import Clinic
from contact_hub.directory.errors import DecisionConflict, InvalidDecision, UnknownDecision
from contact_hub.directory.linked_records import contacts_of, founding_record, records_of
from contact_hub.directory.settlement import settle_decided
from contact_hub.store.changes import take_numbers
from contact_hub.store.decisions import append, append_sides, listed, split_sides


@dataclass(frozen=True)
class Author:
    """Who decides, and why.

    Attributes:
        name: a person, a token, a model or a rule.
        confidence: probability by the model, where it decides.
    """

    name: str
    reason: str | None = None
    authority: Literal["person", "model", "rule"] = "person"
    confidence: float | None = None
    model_version: str | None = None


@dataclass(frozen=True)
class Made:
    """The answer to a decision.

    Attributes:
        decision_ids: the decisions that say so; made now or before.
        created: whether any was made now.
        contacts: the contacts concerned, as they now are; the first is the survivor, or what was kept.
    """

    decision_ids: tuple[UUID, ...]
    created: bool
    contacts: tuple[dict[str, Any], ...]


@dataclass
class Deciding:
    """One decision under way; the caller holds the organization's write lock.

    Attributes:
        touched: the records that it names so far.
    """

    connection: Connection
    clinic: Clinic
    author: Author
    touched: set[RecordKey] = field(default_factory=set)

    @property
    def organization_id(self) -> str:
        return self.clinic.organization_id

    def contact(self, contact_id: UUID) -> dict[str, Any]:
        return reading.contact(self.connection.connection.driver_connection, self.organization_id, contact_id)  # type: ignore[arg-type]

    def founding(self, contact_id: UUID) -> RecordKey:
        found = founding_record(self.connection, self.organization_id, contact_id)
        assert found is not None, "every contact has a founding record"
        return found

    def distinct(self, one: UUID, other: UUID) -> Made:
        contacts = self.contact(one), self.contact(other)
        if one == other:
            raise InvalidDecision("nobody is distinct from themselves: name two contacts")
        if contacts[0]["id"] == contacts[1]["id"]:
            own = records_of(self.connection, self.organization_id, contacts[0]["id"])
            raise DecisionConflict(f"they are one contact now; split it{self._or_undo(own)}")
        keys = {self.founding(contact["id"]) for contact in contacts}
        known = [entry for entry in self.about(keys) if entry["kind"] == "distinct" and both(entry, keys)]
        if known:
            return Made((known[0]["decision_id"],), False, contacts)
        made = self._append("distinct", *(self.founding(contact["id"]) for contact in reversed(contacts)))
        self._settle()
        return Made((made,), True, (self.contact(one), self.contact(other)))

    def split(self, contact_id: UUID, records: Collection[RecordKey]) -> Made:
        contact, moved = self.contact(contact_id), set(records)
        own = records_of(self.connection, self.organization_id, contact["id"])
        if not moved:
            raise InvalidDecision("name the records to split off")
        if not moved <= own:
            return self._split_before(contact, own, moved)
        if moved == own:
            raise InvalidDecision("a split must leave a record with the contact")
        founding = self.founding(contact["id"])
        kept = sorted(own - moved, key=lambda key: (key != founding, key[0] != "cliniko", key))
        made = self._append("split", min(moved), kept[0], moved=moved, kept=kept)
        self._settle()
        if self._contacts_of(moved) & self._contacts_of(kept):
            raise DecisionConflict(f"another decision holds them together; {self._to_undo(own, ('merge', 'link'))}")
        return Made((made,), True, self._parts(kept, moved))

    def _split_before(self, contact: dict[str, Any], own: set[RecordKey], moved: set[RecordKey]) -> Made:
        splits = [one for one in self.about(moved) if one["kind"] == "split"]
        sides = split_sides(self.connection, self.organization_id, [one["decision_id"] for one in splits])
        for decision_id, side in sides.items():
            if set(side["moved"]) == moved and set(side["kept"]) & own and not moved & own:
                return Made((decision_id,), False, (contact, *self._parts([], moved)))
        raise InvalidDecision("the contact has no such record; `contacts show` and GET .../decisions list them")

    def undo(self, decision_id: UUID) -> Made:
        known = {one["decision_id"]: one for one in listed(self.connection, self.organization_id)}
        if decision_id not in known:
            raise UnknownDecision(f"{self.organization_id} has no such decision")
        decision = known[decision_id]
        if decision["kind"] == "undo":
            raise InvalidDecision("an undo is not undone; decide again instead")
        sides = split_sides(self.connection, self.organization_id, [decision_id]).get(decision_id, {})
        keys = [_target(decision), _record(decision), *sides.get("kept", ()), *sides.get("moved", ())]
        made = decision["undone_by"]
        if made is None:
            made = self._append("undo", _record(decision), _target(decision), undoes=decision_id)
            self._settle(keys)
        return Made((made,), decision["undone_by"] is None, self._parts(keys[:1], keys[1:]))

    def about(self, keys: Collection[RecordKey]) -> list[dict[str, Any]]:
        """Decisions about records that hold: neither undone nor an undo; the latest first."""
        entries = listed(self.connection, self.organization_id, keys)
        return [entry for entry in entries if holds(entry)]

    def _append(
        self,
        kind: str,
        record: RecordKey,
        target: RecordKey,
        *,
        undoes: UUID | None = None,
        **sides: Iterable[RecordKey],
    ) -> UUID:
        number = take_numbers(self.connection, self.organization_id, 1)
        row = decision_row(number, kind, record, target, self.author, undoes=undoes)
        append(self.connection, self.organization_id, [row])
        append_sides(self.connection, self.organization_id, {row["decision_id"]: sides})
        self.touched.update((record, target), *sides.values())
        return UUID(str(row["decision_id"]))

    def _settle(self, more: Iterable[RecordKey] = ()) -> None:
        touched = self.touched | set(more)
        if touched:
            settle_decided(self.connection, self.clinic, touched)

    def _records(self, contact_ids: Iterable[UUID]) -> set[RecordKey]:
        current = {self.contact(one)["id"] for one in contact_ids}
        return set().union(*(records_of(self.connection, self.organization_id, one) for one in current))

    def _contacts_of(self, keys: Iterable[RecordKey]) -> set[UUID]:
        return set(contacts_of(self.connection, self.organization_id, keys).values())

    def _parts(self, kept: Iterable[RecordKey], moved: Iterable[RecordKey]) -> tuple[dict[str, Any], ...]:
        """The contacts of records, each once; a record that nobody has used has none."""
        ordered = [*kept, *sorted(moved)]
        found = contacts_of(self.connection, self.organization_id, ordered)
        return tuple(self.contact(one) for one in dict.fromkeys(found[key] for key in ordered if key in found))

    def _to_undo(self, keys: Collection[RecordKey], kinds: Collection[str]) -> str:
        return to_undo([one for one in self.about(keys) if one["kind"] in kinds], keys)

    def _or_undo(self, keys: Collection[RecordKey]) -> str:
        merges = [str(one["decision_id"]) for one in self.about(keys) if one["kind"] in ("merge", "link")]
        return f", or undo {' or '.join(merges)} first" if merges else " first"


def decision_row(
    number: int, kind: str, record: RecordKey, target: RecordKey, author: Author, *, undoes: UUID | None = None
) -> dict[str, Any]:
    """A new decision, by the columns of ``identity_decisions``."""
    return {
        "decision_id": uuid4(),
        "number": number,
        "kind": kind,
        "source": record[0],
        "source_id": record[1],
        "target_source": target[0],
        "target_source_id": target[1],
        "authority": author.authority,
        "decided_by": author.name,
        "reason": author.reason,
        "confidence": author.confidence,
        "model_version": author.model_version,
        "undoes": undoes,
        "decided_at": datetime.now(UTC),
    }


def holds(entry: Mapping[str, Any]) -> bool:
    """Whether a listed decision says something, and was not undone."""
    return entry["kind"] != "undo" and entry["undone_by"] is None


def to_undo(entries: Iterable[Mapping[str, Any]], keys: Collection[RecordKey]) -> str:
    """Which of the decisions between these records to undo, in words."""
    blocking = [str(one["decision_id"]) for one in entries if both(one, keys)]
    return f"undo {' or '.join(blocking)} first" if blocking else "see `contacts decisions`"


def _record(entry: Mapping[str, Any]) -> RecordKey:
    return entry["source"], entry["source_id"]


def _target(entry: Mapping[str, Any]) -> RecordKey:
    return entry["target_source"], entry["target_source_id"]


def both(entry: Mapping[str, Any], keys: Collection[RecordKey]) -> bool:
    return _record(entry) in keys and _target(entry) in keys
