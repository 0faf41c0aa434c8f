"""Merging: deciding that contacts are one person; one such merge, or many in one transaction that are settled together.

A merge of n contacts is n - 1 decisions, each about the survivor of the one before. Merges that may touch each other (a
family with one phone) take turns; all others take their steps side by side, and each step of all of them is settled at once.
So many merges leave the rows that they would leave one after another.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, TypeVar
from uuid import UUID

from psycopg import Connection as Psycopg
from sqlalchemy import Connection

from contact_hub.channels.records import RecordKey
from contact_hub.directory import reading
from contact_hub.directory.clinic import Clinic
from contact_hub.directory.deciding import Author, Made, both, decision_row, holds, to_undo
from contact_hub.directory.errors import DecisionConflict, InvalidDecision
from contact_hub.directory.linked_records import founding_records, records_by_contact
from contact_hub.directory.settlement import lines, settle_decided
from contact_hub.store.changes import take_numbers
from contact_hub.store.decisions import append, append_sides, listed

T = TypeVar("T")

MOST_STEPS = 8
"""Steps one after another in one transaction; a merge that would have to wait longer is left to the next one."""


@dataclass(frozen=True)
class Merge:
    """Contacts that are one person, and who says so."""

    contact_ids: Sequence[UUID]
    author: Author


@dataclass
class _UnderWay:
    """A merge under way.

    Attributes:
        place: how many steps the merges before it have.
        step: how many it has taken.
        records: all that its contacts had before.
        made, touched: its decisions so far, and the records that they name.
    """

    merge: Merge
    asked: list[UUID]
    place: int
    step: int = 0
    records: set[RecordKey] = field(default_factory=set)
    made: list[UUID] = field(default_factory=list)
    touched: set[RecordKey] = field(default_factory=set)

    @property
    def steps(self) -> int:
        return len(self.asked) - 1

    @property
    def pair(self) -> tuple[UUID, UUID]:
        """The contacts of the step to take."""
        return self.asked[0], self.asked[1 + self.step]


def merge_contacts(connection: Connection, clinic: Clinic, merges: Sequence[Merge]) -> list[Made]:
    """Make merges; the answers to the first of them, to as many as one transaction should hold, but to one at least.

    The caller holds the organization's write lock. An error concerns one of the merges; nothing may be kept of any then.

    Raises:
        UnknownContact, InvalidDecision: there is none, or only one.
        DecisionConflict: a decision keeps them apart.
    """
    return _Merging(connection, clinic).merge(merges)


class _Merging:
    """Merges of one transaction."""

    def __init__(self, connection: Connection, clinic: Clinic) -> None:
        self.connection, self.clinic, self.organization_id = connection, clinic, clinic.organization_id
        self._first_number: int | None = None
        self._all_steps = 0

    def merge(self, merges: Sequence[Merge]) -> list[Made]:
        queues = self._queues(_under_way(merges))
        self._all_steps = sum(one.steps for queue in queues for one in queue)
        answers: dict[int, Made] = {}
        while queues:
            going = [queue[0] for queue in queues]
            self._begin([one for one in going if one.step == 0])
            self._step(going)
            answers |= self._end([one for one in going if one.step == one.steps])
            queues = [queue for queue in (queue[queue[0].step == queue[0].steps :] for queue in queues) if queue]
        return [answers[place] for place in sorted(answers)]

    def _queues(self, under_way: Sequence[_UnderWay]) -> list[list[_UnderWay]]:
        """The first of the merges, in queues: each waits for those that it may touch."""
        if len(under_way) == 1:
            return [list(under_way)]
        now = self._contacts(contact for one in under_way for contact in one.asked)
        records = self._records(now.values())
        labels = lines(self.connection, self.clinic, [_records_of(one.asked, now, records) for one in under_way])
        queues: dict[int, list[_UnderWay]] = {}
        waiting = Counter[int]()
        for one, label in zip(under_way, labels, strict=True):
            waiting[label] += one.steps
            if waiting[label] > MOST_STEPS and queues:
                break
            queues.setdefault(label, []).append(one)
        return list(queues.values())

    def _begin(self, starting: Sequence[_UnderWay]) -> None:
        now = self._contacts(contact for one in starting for contact in one.asked)
        records = self._records(now.values())
        for one in starting:
            one.records = _records_of(one.asked, now, records)
        distinct = [entry for entry in self._about(_all(one.records for one in starting)) if entry["kind"] == "distinct"]
        for one in starting:
            if any(both(entry, one.records) for entry in distinct):
                raise DecisionConflict(f"they were said to be distinct; {to_undo(distinct, one.records)}")

    def _step(self, going: Sequence[_UnderWay]) -> None:
        """Merge one contact into another, with all records of both: also those that would not follow it."""
        now = self._contacts(contact for one in going for contact in one.pair)
        pairs = {one.place: (now[one.pair[0]], now[one.pair[1]]) for one in going}
        apart = [one for one in going if len(set(pairs[one.place])) == 2]
        if apart:
            before = self._records(contact for one in apart for contact in pairs[one.place])
            self._append(apart, pairs)
            self._settle(apart)
            self._take_along({one.place: before[pairs[one.place][0]] | before[pairs[one.place][1]] for one in apart}, apart)
        for one in going:
            one.step += 1

    def _append(self, merges: Sequence[_UnderWay], pairs: Mapping[int, tuple[UUID, UUID]]) -> None:
        founding = founding_records(self.connection, self.organization_id, _all(pairs.values()))
        if self._first_number is None:
            self._first_number = take_numbers(self.connection, self.organization_id, self._all_steps)
        rows = []
        for one in merges:
            survivor, absorbed = (founding[contact] for contact in pairs[one.place])
            number = self._first_number + one.place + one.step
            rows.append(decision_row(number, "merge", absorbed, survivor, one.merge.author))
            one.made.append(rows[-1]["decision_id"])
            one.touched |= {absorbed, survivor}
        append(self.connection, self.organization_id, rows)

    def _take_along(self, before: Mapping[int, set[RecordKey]], merges: Sequence[_UnderWay]) -> None:
        """Records that their contact's merge has not brought along come with it, if no decision holds them apart."""
        now = self._contacts(one.asked[0] for one in merges)
        records = self._records(now.values())
        left = {one.place: before[one.place] - records[now[one.asked[0]]] for one in merges}
        behind = [one for one in merges if left[one.place]]
        if behind:
            append_sides(self.connection, self.organization_id, {one.made[-1]: {"moved": left[one.place]} for one in behind})
            self._settle(behind, _all(left.values()))

    def _end(self, over: Sequence[_UnderWay]) -> dict[int, Made]:
        found = reading.contacts(self._driver, self.organization_id, {contact for one in over for contact in one.asked})
        now = {asked: contact["id"] for asked, contact in found.items()}
        records = self._records(now.values())
        for one in over:
            if len({now[contact] for contact in one.asked}) > 1 or one.records - records[now[one.asked[0]]]:
                against = [entry for entry in self._about(one.records) if entry["kind"] in ("distinct", "split")]
                raise DecisionConflict(f"another decision keeps them apart; {to_undo(against, one.records)}")
        known = self._known([one for one in over if not one.made])
        return {one.place: Made(tuple(one.made or known[one.place]), bool(one.made), (found[one.asked[0]],)) for one in over}

    def _known(self, merged: Sequence[_UnderWay]) -> dict[int, list[UUID]]:
        """The decisions by which contacts were one before, the earliest first."""
        founding = founding_records(self.connection, self.organization_id, _all(one.asked for one in merged))
        keys = {one.place: {founding[contact] for contact in one.asked} for one in merged}
        entries = [entry for entry in reversed(self._about(_all(keys.values()))) if entry["kind"] == "merge"]
        return {place: [entry["decision_id"] for entry in entries if both(entry, own)] for place, own in keys.items()}

    def _settle(self, merges: Sequence[_UnderWay], more: Iterable[RecordKey] = ()) -> None:
        settle_decided(self.connection, self.clinic, _all(one.touched for one in merges).union(more))

    def _about(self, keys: Collection[RecordKey]) -> list[dict[str, Any]]:
        return [entry for entry in listed(self.connection, self.organization_id, keys) if holds(entry)] if keys else []

    def _contacts(self, contact_ids: Iterable[UUID]) -> dict[UUID, UUID]:
        """Who each of these is now."""
        found = reading.contacts(self._driver, self.organization_id, set(contact_ids))
        return {asked: contact["id"] for asked, contact in found.items()}

    def _records(self, contact_ids: Iterable[UUID]) -> dict[UUID, set[RecordKey]]:
        return records_by_contact(self.connection, self.organization_id, set(contact_ids))

    @property
    def _driver(self) -> Psycopg[Any]:
        return self.connection.connection.driver_connection  # type: ignore[return-value]


def _under_way(merges: Sequence[Merge]) -> list[_UnderWay]:
    asked = [list(dict.fromkeys(merge.contact_ids)) for merge in merges]
    if any(len(contacts) < 2 for contacts in asked):
        raise InvalidDecision("a merge needs two different contacts")
    places = accumulate((len(contacts) - 1 for contacts in asked), initial=0)
    return [_UnderWay(*one) for one in zip(merges, asked, places, strict=False)]


def _records_of(asked: Iterable[UUID], now: Mapping[UUID, UUID], records: Mapping[UUID, set[RecordKey]]) -> set[RecordKey]:
    return _all(records[now[contact]] for contact in asked)


def _all(sets: Iterable[Iterable[T]]) -> set[T]:
    return set[T]().union(*sets)
