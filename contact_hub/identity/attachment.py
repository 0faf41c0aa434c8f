"""Attachment: which person a channel record belongs to.

The rules, in the order in which they count (DESIGN §7):

1. Channel records that share an identifier for which their channels vouch (a number, an address, an account's id) are one
   *account*; phone and WhatsApp are one identity.
2. An account belongs to the patient that a decision names; else to the one who holds its phone, else its email, else a
   phone and at last an email that was merely stated. The first of these that anybody holds decides; what a later one says
   otherwise is a disagreement, for a person to look at. Where a decision gives an account to another one's person, the phone
   and email of that one come first.
3. Where several patients hold it (a family), a name that fits exactly one of them chooses. Otherwise the account is a
   household contact of its own, with the candidates named.
4. An account without a patient that states another account's phone or email belongs with that account. It follows one such
   statement at most, so no third record ever joins two people.
5. An account that no customer has used makes no contact.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contact_hub.identity.decisions import Decided
from contact_hub.identity.name_fit import name_fits
from contact_hub.identity.source_records import (
    Flags,
    Objects,
    Positions,
    SourceRecords,
    StatedIdentifiers,
    components,
    constant,
    run_starts,
)

NOBODY = -1
DECIDED = 0
EVIDENCE = ("decision", "phone", "email", "phone", "email", "phone_stated", "email_stated")
"""What an attachment to a patient can rest on, strongest first; the position is its rank.

The second phone and email are those of an account that a decision gave to another one's person.
"""
_PHONE, _EMAIL = 1, 2
_YIELDING, _STATED = 2, 4
"""How much weaker these are than a phone or email that is vouched for."""
_UNRANKED = len(EVIDENCE)


@dataclass(frozen=True)
class Attachment:
    """Where every record belongs.

    Attributes:
        founder: position of the founding record of each record's contact; :data:`NOBODY` for a record without one.
        method: why: ``source_record`` (it founds its contact), ``cliniko_merge``, one of :data:`EVIDENCE`, ``name``,
            ``same_account``, ``household`` (it founds a contact of a family's shared identifier), ``unreached``.
        candidates: for records of an identifier that several patients hold, the founding records of these.
        disagreements: (record, kind of identifier, founding record of the patient that it points at), where a stronger
            identifier points at someone else.
    """

    founder: Positions
    method: Objects
    candidates: Mapping[int, tuple[int, ...]]
    disagreements: Sequence[tuple[int, str, int]]


@dataclass(frozen=True)
class _Evidence:
    """What points from an account to a patient, one entry a statement and patient."""

    account: Positions
    record: Positions
    rank: Positions
    patient: Positions
    code: Positions

    def where(self, kept: Flags) -> "_Evidence":
        return _Evidence(*(getattr(self, name)[kept] for name in ("account", "record", "rank", "patient", "code")))

    @property
    def strongest(self) -> Flags:
        """The entries of each account's strongest rank."""
        best = np.full(self.account.max(initial=-1) + 1, _UNRANKED, np.intp)
        np.minimum.at(best, self.account, self.rank)
        return self.rank == best[self.account]


def attach(
    records: SourceRecords,
    identifiers: StatedIdentifiers,
    codes: Positions,
    decided: Decided,
) -> Attachment:
    """Give every channel record its contact.

    Args:
        codes: one integer an identifier, for each statement.
    """
    patients, links = decided.patients, decided.links
    founder, method = patients.copy(), _methods_of_patients(records, decided)
    if records.patient.all():
        return Attachment(founder, method, {}, [])
    given = {record: target for record, target in links.items() if not records.patient[target]}
    alone = _accounts(records, identifiers, codes, {})
    accounts = _accounts(records, identifiers, codes, given) if given else alone
    telling = ~_moot(records, identifiers, accounts)
    identifiers, codes = identifiers.where(telling), codes[telling]
    evidence = _evidence(records, identifiers, codes, patients, accounts, links, _yielding(alone, given))
    placed = _Placed(records, accounts, founder, method)
    strongest = evidence.where(evidence.strongest)
    placed.by_single_patient(strongest)
    placed.by_own_patient(evidence)
    disagreements = list(_disagreements(identifiers, evidence, placed.target))
    placed.by_name_or_household(strongest)
    placed.with_other_accounts(identifiers, codes)
    placed.found_contacts()
    placed.by_given(given, alone)
    return Attachment(founder, method, placed.candidates, disagreements)


def _methods_of_patients(records: SourceRecords, decided: Decided) -> Objects:
    method = constant("unreached", len(records))
    method[records.patient] = EVIDENCE[DECIDED]
    method[decided.merged_away] = "cliniko_merge"
    method[records.patient & (decided.patients == np.arange(len(records)))] = "source_record"
    return method


def _accounts(records: SourceRecords, identifiers: StatedIdentifiers, codes: Positions, given: Mapping[int, int]) -> Positions:
    """A label for each record: equal for channel records of one account; patients are by themselves.

    Args:
        given: channel records that decisions gave to the person of another channel record.
    """
    size = len(records) + int(codes.max(initial=-1)) + 1
    own = ~records.patient[identifiers.record] & identifiers.vouched
    left = np.concatenate((identifiers.record[own], list(given))).astype(np.intp)
    right = np.concatenate((codes[own] + len(records), list(given.values()))).astype(np.intp)
    return components(left, right, size)[: len(records)]


def _yielding(alone: Positions, given: Mapping[int, int]) -> Flags:
    """Records of accounts (by identifiers ``alone``) that a decision gave to the person of another account."""
    return np.isin(alone, [alone[record] for record, target in given.items() if alone[record] != alone[target]])


def _moot(records: SourceRecords, identifiers: StatedIdentifiers, accounts: Positions) -> Flags:
    """Typed phones of accounts that have a phone of their own, and emails likewise: those are likelier someone else's."""
    of_channel = ~records.patient[identifiers.record]
    kinds: dict[str, int] = {}
    kind = np.fromiter((kinds.setdefault(one, len(kinds)) for one in identifiers.kind), np.intp, len(identifiers))
    said = accounts[identifiers.record] * (len(kinds) + 1) + kind
    return of_channel & ~identifiers.vouched & np.isin(said, said[of_channel & identifiers.vouched])


def _evidence(
    records: SourceRecords,
    identifiers: StatedIdentifiers,
    codes: Positions,
    patients: Positions,
    accounts: Positions,
    links: Mapping[int, int],
    yielding: Flags,
) -> _Evidence:
    of_patient = records.patient[identifiers.record]
    holding = of_patient & ~_archived_beside_others(records, identifiers, codes, patients)
    held_code, holder = _holders(codes[holding], patients[identifiers.record[holding]], len(records))
    statement = np.flatnonzero(~of_patient)
    start = np.searchsorted(held_code, codes[statement], "left")
    count = np.searchsorted(held_code, codes[statement], "right") - start
    statement, at = np.repeat(statement, count), _ranges(start, count)
    weakness = np.where(identifiers.vouched[statement], _YIELDING * yielding[identifiers.record[statement]], _STATED)
    rank = np.where(identifiers.kind[statement] == "phone", 1, 2) + weakness
    decided = [(record, patients[target]) for record, target in links.items() if records.patient[target]]
    decided_record = np.array([record for record, _ in decided], np.intp)
    record = np.concatenate((decided_record, identifiers.record[statement]))
    return _Evidence(
        account=accounts[record],
        record=record,
        rank=np.concatenate((np.full(len(decided), DECIDED), rank)).astype(np.intp),
        patient=np.concatenate((np.array([target for _, target in decided], np.intp), holder[at])),
        code=np.concatenate((np.full(len(decided), NOBODY), codes[statement])).astype(np.intp),
    )


def _archived_beside_others(
    records: SourceRecords, identifiers: StatedIdentifiers, codes: Positions, patients: Positions
) -> Flags:
    """Statements of patients no longer in use about identifiers that others in use hold: an old file is no family member."""
    in_use = records.patient[identifiers.record] & records.in_use[patients[identifiers.record]]
    held = np.zeros(int(codes.max(initial=-1)) + 1, np.bool_)
    held[codes[in_use]] = True
    return ~in_use & held[codes]


def _holders(codes: Positions, patients: Positions, size: int) -> tuple[Positions, Positions]:
    """(identifier, patient) of every patient that holds an identifier, each pair once, ordered."""
    pairs = np.unique(codes.astype(np.int64) * max(size, 1) + patients)
    return (pairs // max(size, 1)).astype(np.intp), (pairs % max(size, 1)).astype(np.intp)


def _ranges(start: Positions, count: Positions) -> Positions:
    """The positions start[i], start[i] + 1, ... (count[i] of them), one after another."""
    before = np.cumsum(count) - count
    return np.repeat(start - before, count) + np.arange(int(count.sum()))


def _disagreements(identifiers: StatedIdentifiers, evidence: _Evidence, target: Positions) -> Iterator[tuple[int, str, int]]:
    """Weaker identifiers of attached accounts that the account's patient does not hold, but another does."""
    decided = evidence.account[evidence.rank == DECIDED]
    attached = evidence.where((target[evidence.account] != NOBODY) & ~np.isin(evidence.account, decided))
    said = attached.account * (attached.code.max(initial=0) + 2) + attached.code
    agreeing = said[attached.patient == target[attached.account]]
    weaker = attached.where(~attached.strongest & ~np.isin(said, agreeing))
    found = zip(weaker.record.tolist(), weaker.rank.tolist(), weaker.patient.tolist(), strict=True)
    yield from dict.fromkeys((record, EVIDENCE[rank].removesuffix("_stated"), patient) for record, rank, patient in found)


class _Placed:
    """The placing of accounts under way: ``founder`` and ``method`` of their records are filled in."""

    def __init__(self, records: SourceRecords, accounts: Positions, founder: Positions, method: Objects) -> None:
        self.records, self.accounts, self.founder, self.method = records, accounts, founder, method
        self.target = np.full(int(accounts.max(initial=-1)) + 1, NOBODY, np.intp)
        self.household = np.zeros(len(self.target), np.bool_)
        self.candidates: dict[int, tuple[int, ...]] = {}
        self._group = np.arange(len(self.target), dtype=np.intp)
        self._channel = np.flatnonzero(~records.patient)
        self._order = self._channel[np.argsort(accounts[self._channel], kind="stable")]
        self._labels = accounts[self._order]
        founder[self._channel] = NOBODY

    def _members(self, account: int) -> Positions:
        return self._order[slice(*np.searchsorted(self._labels, (account, account + 1)))]

    def by_single_patient(self, strongest: _Evidence) -> None:
        """Accounts whose strongest evidence points at one patient."""
        pairs = np.unique(np.stack((strongest.account, strongest.patient, strongest.rank), axis=1), axis=0)
        starts = run_starts(pairs[:, 0])
        single = np.diff(np.append(starts, len(pairs))) == 1
        account, patient, rank = pairs[starts[single]].T
        self.target[account] = patient
        ranks = np.zeros_like(self.target)
        ranks[account] = rank
        attached = self._channel[self.target[self.accounts[self._channel]] != NOBODY]
        self.founder[attached] = self.target[self.accounts[attached]]
        self.method[attached] = np.array(EVIDENCE, object)[ranks[self.accounts[attached]]]

    def by_own_patient(self, evidence: _Evidence) -> None:
        """Records whose own email is another patient's than their account's phone: a channel that takes two patients for one
        (Chatwoot after a merge) does not join them. The strongest evidence of the account stays for its other records."""
        best = np.full(len(self.records), _UNRANKED, np.intp)
        np.minimum.at(best, evidence.record, evidence.rank)
        by_phone = np.zeros(len(self.target), np.bool_)
        by_phone[self.accounts[self.method == EVIDENCE[_PHONE]]] = True
        own = evidence.where((evidence.rank == _EMAIL) & (best[evidence.record] == _EMAIL) & by_phone[evidence.account])
        pairs = np.unique(np.stack((own.record, own.patient), axis=1), axis=0)
        starts = run_starts(pairs[:, 0])
        single = pairs[starts[np.diff(np.append(starts, len(pairs))) == 1]]
        for record, patient in single[single[:, 1] != self.founder[single[:, 0]]].tolist():
            self._attach(np.array([record]), patient, EVIDENCE[_EMAIL])

    def by_name_or_household(self, strongest: _Evidence) -> None:
        """Accounts whose strongest evidence points at several: each record by its own identifier, then by its name."""
        several = strongest.where(self.target[strongest.account] == NOBODY)
        direct: dict[tuple[int, int], dict[int, set[int]]] = {}
        columns = (several.account, several.rank, several.record, several.patient)
        for account, rank, record, patient in zip(*(column.tolist() for column in columns), strict=True):
            direct.setdefault((account, rank), {}).setdefault(record, set()).add(patient)
        for (account, rank), by_record in direct.items():
            everybody = set().union(*by_record.values())
            self.household[account] = True
            for record in self._members(account).tolist():
                held_by = by_record.get(record, everybody)
                fitting = held_by if len(held_by) == 1 else self._fitting(record, held_by)
                if len(held_by) > 1:
                    self.candidates[record] = tuple(sorted(held_by, key=lambda one: self.records.rank[one]))
                if len(fitting) == 1:
                    self._attach(np.array([record]), next(iter(fitting)), EVIDENCE[rank] if len(held_by) == 1 else "name")

    def _fitting(self, record: int, patients: set[int]) -> set[int]:
        called = self.records.names[record]
        return {patient for patient in patients if name_fits(called, self.records.names[patient])}

    def _attach(self, members: Positions, patient: int, method: str) -> None:
        self.founder[members] = patient
        self.method[members] = method

    def with_other_accounts(self, identifiers: StatedIdentifiers, codes: Positions) -> None:
        """Accounts without a patient that state the phone or email of another account go where that one belongs."""
        stated = np.flatnonzero(~self.records.patient[identifiers.record] & ~identifiers.vouched)
        if not len(stated):
            return
        homes = self._homes(identifiers, codes)
        account = self.accounts[identifiers.record[stated]]
        home = homes[codes[stated]]
        free = (self.target[account] == NOBODY) & ~self.household[account] & (home != NOBODY) & (home != account)
        rank = np.where(identifiers.kind[stated] == "phone", 1, 2) + _STATED
        pointing = _Evidence(account, identifiers.record[stated], rank, home, codes[stated]).where(free)
        pointing = pointing.where(pointing.strongest)
        pairs = np.unique(np.stack((pointing.account, pointing.patient, pointing.rank), axis=1), axis=0)
        starts = run_starts(pairs[:, 0])
        single = pairs[starts[np.diff(np.append(starts, len(pairs))) == 1]]
        self._follow(single[:, 0], single[:, 1], single[:, 2])

    def _homes(self, identifiers: StatedIdentifiers, codes: Positions) -> Positions:
        """The account that each identifier is the home of: the one that vouches for it, else the first to state it.

        An identifier that a patient holds has none: it is evidence already.
        """
        records = self.records
        homes = np.full(int(codes.max(initial=-1)) + 1, NOBODY, np.intp)
        stating = np.flatnonzero(~records.patient[identifiers.record])
        record = identifiers.record[stating]
        order = np.lexsort((records.rank[record], records.created_at[record], ~identifiers.vouched[stating], codes[stating]))
        first = stating[order[run_starts(codes[stating][order])]]
        homes[codes[first]] = self.accounts[identifiers.record[first]]
        homes[codes[records.patient[identifiers.record]]] = NOBODY
        return homes

    def _follow(self, account: Positions, home: Positions, rank: Positions) -> None:
        group = components(account, home, len(self.target))
        end = dict.fromkeys(group[account].tolist(), NOBODY)
        for label, target in zip(group[home].tolist(), home.tolist(), strict=True):
            if self.target[target] != NOBODY or self.household[target]:
                end[label] = target
        for one, label, evidence in zip(account.tolist(), group[account].tolist(), rank.tolist(), strict=True):
            self._merge_accounts(one, label, end[label], EVIDENCE[evidence])
        self._group = group

    def _merge_accounts(self, account: int, label: int, end: int, method: str) -> None:
        if end != NOBODY and self.target[end] != NOBODY:
            self._attach(self._members(account), int(self.target[end]), method)
        else:
            self.method[self._members(account)] = method

    def found_contacts(self) -> None:
        """What has no patient founds a contact by its first record, if a customer has used any of its records."""
        records = self.records
        open_ = self._channel[self.founder[self._channel] == NOBODY]
        label = self._group[self.accounts[open_]]
        order = open_[np.lexsort((records.rank[open_], records.created_at[open_], ~records.founds[open_], label))]
        starts = run_starts(self._group[self.accounts[order]])
        first = order[starts]
        counts = np.diff(np.append(starts, len(order)))
        founding = np.where(records.founds[first], first, NOBODY)
        self.founder[order] = np.repeat(founding, counts)
        unexplained = order[(self.method[order] == "unreached") & (self.founder[order] != NOBODY)]
        self.method[unexplained] = "same_account"
        self.method[first[records.founds[first]]] = "source_record"
        self.method[order[self.founder[order] == NOBODY]] = "unreached"
        self._name_households(order)

    def _name_households(self, open_: Positions) -> None:
        """A contact with a record that several patients may have written is a household, with all of these named."""
        shared: dict[int, set[int]] = {}
        for record in open_.tolist():
            if record in self.candidates and self.founder[record] != NOBODY:
                shared.setdefault(int(self.founder[record]), set()).update(self.candidates[record])
        for founder, patients in shared.items():
            self.method[founder] = "household"
            self.candidates[founder] = tuple(sorted(patients, key=lambda one: int(self.records.rank[one])))

    def by_given(self, given: Mapping[int, int], alone: Positions) -> None:
        """Accounts that came where they are because a decision gave them to another account's person."""
        for record, target in given.items():
            home = self.founder[target]
            if home != NOBODY and alone[record] != alone[target]:
                members = self._members(int(self.accounts[record]))
                members = members[(alone[members] == alone[record]) & (members != home)]
                self.method[members[self.founder[members] == home]] = "decision"
