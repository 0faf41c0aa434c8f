"""Contacts brought into line with decisions: what automatic rules put together otherwise than was decided.

:mod:`contact_hub.identity.attachment` places records by identifiers and names. Where that contradicts a decision (two
records that are apart came into one contact, two that are one person into two), the contacts concerned are put together
anew: first what was decided, then accounts by identifiers of their own, then each record with whom it was placed, the
strongest evidence first, as far as nothing is brought together that is apart. All other contacts stay as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from contact_hub.identity.attachment import EVIDENCE, NOBODY, Attachment
from contact_hub.identity.decisions import Decided, Groups
from contact_hub.identity.source_records import Objects, Positions, SourceRecords, StatedIdentifiers


def regroup(records: SourceRecords, identifiers: StatedIdentifiers, attachment: Attachment, decided: Decided) -> Attachment:
    """The attachment with every decision kept."""
    if not decided.joined and not decided.apart:
        return attachment
    homes = np.where(attachment.founder == NOBODY, np.arange(len(records)) + len(records), attachment.founder)
    affected = _affected(homes, decided)
    if affected:
        members = np.flatnonzero(np.isin(homes, list(affected)))
        groups = _groups(records, identifiers, attachment, decided, homes, members)
        attachment = _Regrouped.of(records, attachment, decided, members, groups).attachment
    return replace(attachment, disagreements=_open_questions(attachment, decided))


def _affected(homes: Positions, decided: Decided) -> set[int]:
    """Contacts that contradict a decision, and those that decisions join to them."""
    neighbours: dict[int, set[int]] = {}
    for one, other in decided.joined:
        if homes[one] != homes[other]:
            neighbours.setdefault(int(homes[one]), set()).add(int(homes[other]))
            neighbours.setdefault(int(homes[other]), set()).add(int(homes[one]))
    ahead = set(neighbours) | {int(homes[one]) for one, other in decided.apart if homes[one] == homes[other]}
    affected: set[int] = set()
    while ahead:
        affected |= ahead
        ahead = set().union(*(neighbours.get(home, ()) for home in ahead)) - affected
    return affected


def _groups(
    records: SourceRecords,
    identifiers: StatedIdentifiers,
    attachment: Attachment,
    decided: Decided,
    homes: Positions,
    members: Positions,
) -> Groups:
    groups = Groups(records.patient)
    for one, other in decided.joined:
        groups.join(one, other)
    for one, other in decided.apart:
        groups.separate(one, other)
    for sharing in _accounts(records, identifiers, homes, members):
        for place, record in enumerate(sharing):
            any(groups.join(record, earlier) for earlier in sharing[:place])
    for record in sorted(members.tolist(), key=lambda one: (_weakness(str(attachment.method[one])), records.rank[one])):
        if attachment.founder[record] != NOBODY:
            groups.join(record, int(attachment.founder[record]))
    return groups


def _accounts(
    records: SourceRecords, identifiers: StatedIdentifiers, homes: Positions, members: Positions
) -> Iterable[Sequence[int]]:
    """Channel records of one contact that have an identifier of their own in common, each by the order of its keys."""
    own = np.isin(identifiers.record, members) & identifiers.vouched & ~records.patient[identifiers.record]
    sharing: dict[tuple[str, str, int], set[int]] = {}
    stated = zip(identifiers.kind[own], identifiers.value[own], identifiers.record[own].tolist(), strict=True)
    for kind, value, record in stated:
        sharing.setdefault((kind, value, int(records.rank[homes[record] % len(records)])), set()).add(record)
    for _, holders in sorted(sharing.items(), key=lambda one: one[0]):
        yield sorted(holders, key=lambda record: int(records.rank[record]))


def _weakness(method: str) -> int:
    return EVIDENCE.index(method) if method in EVIDENCE else len(EVIDENCE)


@dataclass
class _Regrouped:
    """An attachment under way: the records of the affected contacts get their new one."""

    records: SourceRecords
    old: Attachment
    founder: Positions
    method: Objects
    candidates: dict[int, tuple[int, ...]]

    @classmethod
    def of(cls, records: SourceRecords, old: Attachment, decided: Decided, members: Positions, groups: Groups) -> "_Regrouped":
        made = cls(records, old, old.founder.copy(), old.method.copy(), dict(old.candidates))
        by_group: dict[int, list[int]] = {}
        for record in members.tolist():
            by_group.setdefault(groups.of(record), []).append(record)
        for group in by_group.values():
            made.place(np.array(group, np.intp), decided.patients)
        return made

    @property
    def attachment(self) -> Attachment:
        return replace(self.old, founder=self.founder, method=self.method, candidates=self.candidates)

    def place(self, group: Positions, patients: Positions) -> None:
        """One contact of these records."""
        founder = self._founder(group, patients)
        candidates = self._candidates(group, founder)
        for record in group.tolist():
            self.method[record] = self._method(record, founder, bool(candidates))
            self.founder[record] = founder
            if founder != NOBODY and self.records.patient[founder] and self.method[record] != "name":
                self.candidates.pop(record, None)
        if candidates:
            self.candidates[founder] = candidates

    def _founder(self, group: Positions, patients: Positions) -> int:
        """The patient; else the first that a customer has used."""
        records = self.records
        of_patients = group[records.patient[group]]
        if len(of_patients):
            return int(patients[of_patients[0]])
        order = np.lexsort((records.rank[group], records.created_at[group], ~records.founds[group]))
        first = int(group[order[0]])
        return first if records.founds[first] else NOBODY

    def _candidates(self, group: Positions, founder: int) -> tuple[int, ...]:
        """Of a contact without a patient, the people who it may be."""
        if founder == NOBODY or self.records.patient[founder]:
            return ()
        named = {one for record in group.tolist() for one in self.candidates.get(record, ())}
        return tuple(sorted(named, key=lambda one: int(self.records.rank[one])))

    def _method(self, record: int, founder: int, is_household: bool) -> str:
        if founder == NOBODY:
            return "unreached"
        if record == founder:
            return "household" if is_household else "source_record"
        if self.old.founder[record] == founder:
            return str(self.old.method[record])
        parted_together = self.old.founder[record] == self.old.founder[founder] != NOBODY
        return "same_account" if parted_together and not self.records.patient[founder] else "decision"


def _open_questions(attachment: Attachment, decided: Decided) -> list[tuple[int, str, int]]:
    """Disagreements that decisions have not settled."""
    founder = attachment.founder
    answered = {(int(founder[a]), int(founder[b])) for one, other in decided.apart for a, b in ((one, other), (other, one))}
    return [
        (record, kind, patient)
        for record, kind, patient in attachment.disagreements
        if founder[record] != founder[patient] and (int(founder[record]), int(founder[patient])) not in answered
    ]
