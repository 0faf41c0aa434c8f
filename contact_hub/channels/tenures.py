"""Tenures: who an identifier belonged to while it has changed hands.

A change divides an identifier's time. What was stated before it speaks of the former tenure, and is evidence about nobody
who comes later; whoever the change names as the former holder keeps the records of that tenure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contact_hub.channels.records import RecordKey, identifier_in, kind_of, sources_of
from contact_hub.identity.source_records import Decision, Flags, Moments, Objects, Positions, SourceRecords, StatedIdentifiers


@dataclass(frozen=True)
class Statements:
    """Identifier statements as they are stored, one entry a statement that has not ended.

    Attributes:
        record, kind, value, vouched: as :class:`~contact_hub.identity.source_records.StatedIdentifiers`.
        since: from when the record states it; ``datetime64[us]`` in UTC, NaT: always.
        last_at: when it last did; NaT in patients' records.
    """

    record: Positions
    kind: Objects
    value: Objects
    vouched: Flags
    since: Moments
    last_at: Moments


@dataclass(frozen=True)
class IdentifierChange:
    """That an identifier changed hands.

    Attributes:
        at: ``datetime64[us]`` in UTC.
        by_clinic: the clinic's own records show it; so what they still say counts afterwards too.
        former: the record of whoever had it until then, if known.
    """

    kind: str
    value: str
    at: np.datetime64
    by_clinic: bool
    former: RecordKey | None


def current_statements(
    records: SourceRecords, statements: Statements, changes: Sequence[IdentifierChange]
) -> StatedIdentifiers:
    """The statements as resolution takes them: those about a former tenure are marked, and under a value of their own."""
    plain = StatedIdentifiers(statements.record, statements.kind, statements.value, statements.vouched)
    if not changes:
        return plain
    by_identifier = _by_identifier(changes)
    ended = _ended_records(records, by_identifier)
    kept = np.ones(len(plain), np.bool_)
    former = np.zeros(len(plain), np.bool_)
    value = statements.value.copy()
    for place, (record, kind, stated) in enumerate(zip(plain.record.tolist(), plain.kind, plain.value, strict=True)):
        own = by_identifier.get((kind, stated))
        if own is not None:
            tenure = _tenure(own, records.patient[record], statements.since[place], statements.last_at[place])
            former[place] = tenure < len(own)
            value[place] = f"{stated}~{tenure}" if former[place] else stated
        elif record in ended:
            kept[place] = False  # An alias goes with its number: whoever has the number now has it too.
    return StatedIdentifiers(plain.record, plain.kind, value, plain.vouched, former).where(kept)


def former_holders(records: SourceRecords, stated: StatedIdentifiers, changes: Sequence[IdentifierChange]) -> list[Decision]:
    """The records of each ended tenure belong to whom the change names.

    But where an account moves onto a number that other patients' records state, what was said before the move stays with
    the patients who had the old number: nobody's history comes to somebody else's file by WhatsApp's word.

    Args:
        stated: as :func:`current_statements` gives them.
    """
    decisions = []
    by_identifier = _by_identifier(changes)
    patients = _patients_stating(records, stated) if changes else {}
    for (kind, value), own in by_identifier.items():
        for tenure, change in enumerate(own):
            if change.former is None:
                continue
            before, after = patients.get((kind, f"{value}~{tenure}")), patients.get(_held_by(change.former, by_identifier))
            if before and after and not before & after:
                continue
            ended = value if tenure == 0 else f"{value}~{_iso(own[tenure - 1].at)}"
            decisions += [
                Decision("link", survivor=change.former, absorbed=(source, ended), decided_by="number_change", authority="rule")
                for source in sources_of(kind)
                if change.former != (source, ended)
            ]
    return decisions


Changes = Mapping[tuple[str, str], Sequence[IdentifierChange]]


def _patients_stating(records: SourceRecords, stated: StatedIdentifiers) -> dict[tuple[str, str], set[int]]:
    found: dict[tuple[str, str], set[int]] = {}
    for place in np.flatnonzero(records.patient[stated.record]).tolist():
        found.setdefault((stated.kind[place], stated.value[place]), set()).add(int(stated.record[place]))
    return found


def _held_by(former: RecordKey, changes: Changes) -> tuple[str, str]:
    """(kind, value) of a channel record's own identifier, as statements of its tenure give it."""
    source, source_id = former
    value = identifier_in(source, source_id)
    kind = kind_of(source, value)
    own = changes.get((kind, value), ())
    since = source_id.removeprefix(value).removeprefix("~")
    tenure = sum(_iso(change.at) <= since for change in own)
    return (kind, value if tenure == len(own) else f"{value}~{tenure}")


def _by_identifier(changes: Sequence[IdentifierChange]) -> Changes:
    by_identifier: dict[tuple[str, str], list[IdentifierChange]] = {}
    for change in sorted(changes, key=lambda one: one.at):
        by_identifier.setdefault((change.kind, change.value), []).append(change)
    return by_identifier


def _ended_records(records: SourceRecords, changes: Changes) -> set[int]:
    """Channel records of tenures that are over."""
    ended = set()
    for record in np.flatnonzero(~records.patient).tolist():
        identifier = identifier_in(records.source[record], records.source_id[record])
        own = changes.get((kind_of(records.source[record], identifier), identifier))
        if own is not None and records.updated_at[record] <= own[-1].at:
            ended.add(record)
    return ended


def _tenure(own: Sequence[IdentifierChange], is_patient: bool, since: np.datetime64, last_at: np.datetime64) -> int:
    """Which tenure a statement speaks of: the number of changes before it.

    A patient's record speaks of the present, unless the account itself has left the number since.
    """
    if is_patient:
        later = [place for place, change in enumerate(own) if not change.by_clinic and not since > change.at]
        return later[0] if later else len(own)
    return sum(bool(change.at < last_at) for change in own)


def _iso(at: np.datetime64) -> str:
    return f"{at.astype('datetime64[us]').item().isoformat()}+00:00"
