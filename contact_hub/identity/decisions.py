"""What people, sources, the model and rules decided, brought to one consistent statement about records.

Decisions may contradict each other. The stronger one holds: a person's before a source's (Cliniko's own merges), before
the model's, before a rule's; of equal ones the later. They are taken strongest first, and one that contradicts what has
been taken is left aside: a merge that would put together what is apart, a separation of what is together. So every set of
decisions has exactly one outcome, in whatever order they are read (agglomeration under constraints; must-link and
cannot-link as in Wagstaff et al., "Constrained K-means clustering with background knowledge", ICML 2001).

* *merge* puts two records together, and with them those that it took along (``moved``); *link* a channel record with its
  target; only the strongest link of a record counts.
* *distinct* keeps two records apart, and with them all that is joined to either.
* *split* keeps the moved records apart from the kept ones, and the kept ones together. A moved record that a stronger
  decision puts together with the first kept one (as whom the contact was known) is not split any more.
* *undo* takes another decision away, as if it had never been made. It cannot be undone itself.
* Two patients come together by a merge that names both (or that a split keeps), never through a third record.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contact_hub.identity.source_records import AUTHORITIES, Decision, Flags, Key, Positions, SourceRecords

Pair = tuple[int, int]


class Groups:
    """Records put together and kept apart, by position. What is refused changes nothing."""

    def __init__(self, patient: Flags) -> None:
        self._patient = patient
        self._parent: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._apart: dict[int, set[int]] = {}

    def of(self, record: int) -> int:
        """The record that stands for the group."""
        while (parent := self._parent.get(record, record)) != record:
            self._parent[record] = record = self._parent.get(parent, parent)
        return record

    def members(self, record: int) -> list[int]:
        root = self.of(record)
        return self._members.get(root, [root])

    def join(self, one: int, other: int) -> bool:
        """Put two groups together; False if they are apart, or would bring two patients together that are not both named."""
        left, right = self.of(one), self.of(other)
        if left == right:
            return True
        named = self._patient[one] and self._patient[other]
        if not named and self._has_patient(left) and self._has_patient(right):
            return False
        if self.are_apart(left, right):
            return False
        large, small = sorted((left, right), key=lambda root: (-len(self.members(root)), root))
        self._members[large] = self.members(large) + self.members(small)
        self._members.pop(small, None)
        self._parent[small] = large
        return True

    def separate(self, one: int, other: int) -> bool:
        """Keep two groups apart; False if they are one."""
        if self.of(one) == self.of(other):
            return False
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)
        return True

    def are_apart(self, one: int, other: int) -> bool:
        small, large = sorted((self.members(one), self.members(other)), key=len)
        root = self.of(large[0])
        return any(self.of(enemy) == root for member in small for enemy in self._apart.get(member, ()))

    def _has_patient(self, root: int) -> bool:
        return any(self._patient[member] for member in self.members(root))


@dataclass(frozen=True)
class Decided:
    """What holds, by positions of records.

    Attributes:
        patients: the founding record of each patient's group; a channel record stands for itself.
        merged_away: patients that their source has merged into another.
        joined: records that are one person, strongest first; patients only with patients that they are named with.
        apart: records that are two people.
        links: channel record -> the record whose person it is: links, and merges with a patient.
    """

    patients: Positions
    merged_away: Flags
    joined: Sequence[Pair]
    apart: Sequence[Pair]
    links: Mapping[int, int]


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions that were not undone, strongest first; of links, the strongest about each record."""
    decisions = list(decisions)
    undone = {decision.undoes for decision in decisions if decision.kind == "undo"}
    kept = [one for one in decisions if one.kind != "undo" and not (one.decision_id and one.decision_id in undone)]
    linked: set[Key] = set()
    found = []
    for decision in sorted(kept, key=strength):
        if decision.kind == "link":
            if decision.absorbed in linked:
                continue
            linked.add(decision.absorbed)
        found.append(decision)
    return found


def strength(decision: Decision) -> tuple[object, ...]:
    """A sort key: the strongest first. Total for decisions that differ in anything that they say."""
    said = (decision.kind, decision.survivor, decision.absorbed, decision.moved, decision.kept, decision.decision_id)
    return (AUTHORITIES.index(decision.authority), -decision.number, *said)


def decide(records: SourceRecords, decisions: Sequence[Decision]) -> Decided:
    """What the decisions say together about these records; see the module for the rules."""
    taken = _Taken(records, standing(decisions)) if decisions else None
    if taken is None:
        return Decided(np.arange(len(records), dtype=np.intp), np.zeros(len(records), np.bool_), (), (), {})
    return Decided(taken.patients(), taken.merged_away, taken.joined, taken.apart, taken.links)


class _Taken:
    """Decisions as they are taken, one after another."""

    def __init__(self, records: SourceRecords, decisions: Sequence[Decision]) -> None:
        self.records = records
        self.groups = Groups(records.patient)
        self.merged_away = np.zeros(len(records), np.bool_)
        self.joined: list[Pair] = []
        self.apart: list[Pair] = []
        self.links: dict[int, int] = {}
        self.positions = positions = _positions(records, decisions)
        for decision in decisions:
            if decision.kind == "split":
                self._split(*(_known(positions, keys) for keys in (decision.moved, decision.kept)))
            elif decision.absorbed in positions and decision.survivor in positions:
                self._take(decision, positions[decision.absorbed], positions[decision.survivor])

    def _take(self, decision: Decision, absorbed: int, survivor: int) -> None:
        if decision.kind == "distinct":
            self._separate(absorbed, survivor)
        elif decision.kind == "link":
            if not self.records.patient[absorbed] and self._join(absorbed, survivor):
                self.links.setdefault(absorbed, survivor)
        elif self._is_merge(decision, absorbed, survivor) and self._join(absorbed, survivor):
            self._merged(decision, absorbed, survivor)
            for record in _known(self.positions, decision.moved):
                if self._join(record, survivor):
                    self._merged(decision, record, survivor)

    def _is_merge(self, decision: Decision, absorbed: int, survivor: int) -> bool:
        """A source merges its own people only."""
        return decision.authority != "source" or bool(self.records.patient[absorbed] and self.records.patient[survivor])

    def _merged(self, decision: Decision, absorbed: int, survivor: int) -> None:
        patient = self.records.patient
        if patient[absorbed] and patient[survivor]:
            self.merged_away[absorbed] |= decision.authority == "source"
        elif patient[survivor]:
            self.links.setdefault(absorbed, survivor)
        elif patient[absorbed]:
            self.links.setdefault(survivor, absorbed)

    def _split(self, moved: Sequence[int], kept: Sequence[int]) -> None:
        if not kept:
            return
        for record in moved:
            if self.groups.of(record) != self.groups.of(kept[0]):
                for other in kept:
                    self._separate(record, other)
        # A patient first: two of them come together only where both are named.
        anchor = next((record for record in kept if self.records.patient[record]), kept[0])
        for record in kept:
            self._join(record, anchor)

    def _join(self, one: int, other: int) -> bool:
        if one == other or not self.groups.join(one, other):
            return False
        self.joined.append((one, other))
        return True

    def _separate(self, one: int, other: int) -> None:
        if self.groups.separate(one, other):
            self.apart.append((one, other))

    def patients(self) -> Positions:
        """A person's group of patients is founded by one that was not merged away, in use, made first."""
        records = self.records
        founder = np.arange(len(records), dtype=np.intp)
        for root in {self.groups.of(one) for pair in self.joined for one in pair}:
            group = np.array([one for one in self.groups.members(root) if records.patient[one]], np.intp)
            if len(group) > 1:
                merged_away, in_use = self.merged_away[group], records.in_use[group]
                order = np.lexsort((records.rank[group], records.created_at[group], ~in_use, merged_away))
                founder[group] = group[order[0]]
        return founder


def _positions(records: SourceRecords, decisions: Sequence[Decision]) -> dict[Key, int]:
    """The positions of the records that decisions name."""
    named = {key for one in decisions for key in (one.survivor, one.absorbed, *one.moved, *one.kept)}
    keys = zip(records.source, records.source_id, strict=True)
    return {key: position for position, key in enumerate(keys) if key in named}


def _known(positions: Mapping[Key, int], keys: Sequence[Key]) -> list[int]:
    return [positions[key] for key in keys if key in positions]
