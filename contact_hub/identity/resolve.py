"""Resolution: source records and decisions -> which contact each record and each identifier belongs to.

The one implementation of identity. The batch calls it with a whole organization, a real-time caller with one record and
all that it can reach; both get the same answer, because a group depends only on records that are joined to it by
decisions or by an identifier.

Records come as columns (numpy arrays of equal length); contacts are named by the position of their founding record. The
rules are those of DESIGN §7:

* Decisions join records; nothing else joins two patients. A merge that a source took (Cliniko's ``merged_with_patient``)
  is a decision, chains included. A record that was merged away never founds a contact while another of its group can.
* A phone or email that several contacts state is shared. It has one owner: a contact in use before an archived one, an
  adult before a person of unknown age before a minor, then whoever's record was changed last.
* An identifier on more than ``max_holders`` contacts links nobody: it is a switchboard or a placeholder.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Positions = npt.NDArray[np.intp]
Objects = npt.NDArray[np.object_]
Moments = npt.NDArray[np.datetime64]
ADULT_AGE = 18
MAX_HOLDERS = 10


@dataclass(frozen=True)
class SourceRecords:
    """What sources say, one entry a record.

    Attributes:
        source, source_id: the record's key (text).
        created_at, updated_at: ``datetime64[us]`` in UTC, NaT where unknown.
        birth_date: ``datetime64[D]``, NaT where unknown.
        in_use: False for archived and merged-away records.
        rank: position of each record in the order of their keys; what settles a tie, whatever the order of the input.
    """

    source: Objects
    source_id: Objects
    created_at: Moments
    updated_at: Moments
    birth_date: Moments
    in_use: npt.NDArray[np.bool_]
    rank: Positions = field(init=False)

    def __post_init__(self) -> None:
        order = sorted(range(len(self)), key=lambda position: (self.source[position], self.source_id[position]))
        rank = np.empty(len(self), np.intp)
        rank[order] = np.arange(len(self))
        object.__setattr__(self, "rank", rank)

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True)
class StatedIdentifiers:
    """Which record states which identifier, one entry a statement; placeholders are left out by the caller.

    Attributes:
        record: position of the record.
        kind: ``phone`` (phone and WhatsApp are one identity) or ``email``.
        value: E.164 number, or lower-case address.
    """

    record: Positions
    kind: Objects
    value: Objects


@dataclass(frozen=True)
class Decision:
    """A statement that two source records are one person: ``absorbed`` lives on in ``survivor``."""

    kind: Literal["merge"]
    survivor: tuple[str, str]
    absorbed: tuple[str, str]
    decided_by: str


@dataclass(frozen=True)
class IdentifierLinks:
    """Which contact holds which identifier, one entry an identifier and contact.

    Attributes:
        contact: position of the contact's founding record.
        kind, value: the identifier.
        record: position of the record that states it (the last changed one of the contact).
        owner: True for the one contact that owns the identifier.
        holders: contacts that hold the identifier.
        first_seen, last_seen: earliest creation and last change among the contact's records that state it.
    """

    contact: Positions
    kind: Objects
    value: Objects
    record: Positions
    owner: npt.NDArray[np.bool_]
    holders: Positions
    first_seen: Moments
    last_seen: Moments


@dataclass(frozen=True)
class Resolution:
    """The assignment: ``founder[i]`` is the position of the record that founded record i's contact."""

    founder: Positions
    links: IdentifierLinks


def resolve(
    records: SourceRecords,
    identifiers: StatedIdentifiers,
    decisions: Sequence[Decision],
    *,
    as_of: date,
    max_holders: int = MAX_HOLDERS,
) -> Resolution:
    """Assign every record to a contact and every identifier to its holders; see the module for the rules.

    The order of the input never matters. ``as_of`` says on which day a person's age is taken.
    """
    founder = _founders(records, decisions)
    return Resolution(founder, _links(records, identifiers, founder, as_of, max_holders))


def founders_of(records: SourceRecords, name: Callable[[str, str], UUID]) -> Objects:
    """The contact id that each record founds, or would found."""
    ids = np.empty(len(records), object)
    ids[:] = [name(source, source_id) for source, source_id in zip(records.source, records.source_id, strict=True)]
    return ids


def _founders(records: SourceRecords, decisions: Sequence[Decision]) -> Positions:
    positions = {key: position for position, key in enumerate(zip(records.source, records.source_id, strict=True))}
    pairs = [
        (positions[decision.absorbed], positions[decision.survivor])
        for decision in decisions
        if decision.absorbed in positions and decision.survivor in positions
    ]
    everyone = np.arange(len(records), dtype=np.intp)
    if not pairs:
        return everyone
    absorbed, survivor = np.array(pairs, dtype=np.intp).T
    edges = coo_array((np.ones(len(pairs), np.bool_), (absorbed, survivor)), shape=(len(records), len(records)))
    group = connected_components(edges, directed=False)[1].astype(np.intp)
    merged_away = np.zeros(len(records), np.bool_)
    merged_away[absorbed] = True
    order = np.lexsort((records.rank, records.created_at, ~records.in_use, merged_away, group))
    first = order[run_starts(group[order])]
    return first[group]


def _links(
    records: SourceRecords, identifiers: StatedIdentifiers, founder: Positions, as_of: date, max_holders: int
) -> IdentifierLinks:
    contact = founder[identifiers.record]
    identifier = _codes(identifiers.kind, identifiers.value)
    stated_at = records.updated_at[identifiers.record]
    order = np.lexsort((records.rank[identifiers.record], latest_first(stated_at), contact, identifier))
    starts = run_starts(identifier[order], contact[order])
    one = order[starts]
    if len(one) == 0:
        none = np.empty(0, "datetime64[us]")
        return IdentifierLinks(one, identifiers.kind[one], identifiers.value[one], one, one == 1, one, none, none)
    first_seen = np.fmin.reduceat(records.created_at[identifiers.record][order], starts)
    last_seen = np.fmax.reduceat(stated_at[order], starts)
    holders = np.bincount(identifier[one])[identifier[one]]
    owner = _owners(records, identifier[one], contact[one], last_seen, as_of)
    kept = holders <= max_holders
    return IdentifierLinks(
        contact=contact[one][kept],
        kind=identifiers.kind[one][kept],
        value=identifiers.value[one][kept],
        record=identifiers.record[one][kept],
        owner=owner[kept],
        holders=holders[kept],
        first_seen=first_seen[kept],
        last_seen=last_seen[kept],
    )


def _owners(
    records: SourceRecords, identifier: Positions, contact: Positions, last_seen: Moments, as_of: date
) -> npt.NDArray[np.bool_]:
    order = np.lexsort(
        (
            records.rank[contact],
            latest_first(last_seen),
            _age_rank(records.birth_date[contact], as_of),
            ~records.in_use[contact],
            identifier,
        )
    )
    owner = np.zeros(len(identifier), np.bool_)
    owner[order[run_starts(identifier[order])]] = True
    return owner


def _age_rank(birth_date: Moments, as_of: date) -> Positions:
    """0 for adults, 1 for people of unknown age, 2 for minors."""
    adult_since = np.datetime64(f"{as_of.year - ADULT_AGE:04}-{as_of.month:02}-01") + np.timedelta64(as_of.day - 1, "D")
    return np.where(np.isnat(birth_date), 1, np.where(birth_date <= adult_since, 0, 2)).astype(np.intp)


def latest_first(moments: Moments) -> npt.NDArray[np.int64]:
    """A sort key: the latest moment first, unknown ones last."""
    micros = moments.astype("datetime64[us]").astype(np.int64)
    return np.where(np.isnat(moments), np.iinfo(np.int64).max, -np.maximum(micros, -np.iinfo(np.int64).max))


def _codes(kind: Objects, value: Objects) -> Positions:
    """One integer an identifier, equal for equal (kind, value)."""
    codes: dict[tuple[str, str], int] = {}
    return np.fromiter((codes.setdefault(key, len(codes)) for key in zip(kind, value, strict=True)), np.intp, len(kind))


def run_starts(*sorted_columns: Positions) -> Positions:
    """Where a run of equal values begins in columns that are sorted together."""
    if len(sorted_columns[0]) == 0:
        return np.empty(0, np.intp)
    changes = np.zeros(len(sorted_columns[0]), np.bool_)
    changes[0] = True
    for column in sorted_columns:
        changes[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changes)


def utc_texts(moments: Moments) -> list[str | None]:
    """ISO 8601 in UTC, as PostgreSQL reads it; None where unknown."""
    return [None if moment == "NaT" else f"{moment}Z" for moment in np.datetime_as_string(moments, unit="us").tolist()]
