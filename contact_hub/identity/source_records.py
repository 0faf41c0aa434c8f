"""What resolution takes: source records, the identifiers that they state, and decisions, all as columns.

Columns are numpy arrays of equal length; a record is named by its position.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Positions = npt.NDArray[np.intp]
Objects = npt.NDArray[np.object_]
Moments = npt.NDArray[np.datetime64]
Flags = npt.NDArray[np.bool_]

PATIENT_SOURCES = frozenset(("cliniko",))
"""Sources whose records are people as the practice registered them; two of these are never joined by identifiers."""


@dataclass(frozen=True)
class SourceRecords:
    """What sources say, one entry a record.

    Attributes:
        source, source_id: the record's key (text).
        created_at, updated_at: ``datetime64[us]`` in UTC, NaT where unknown.
        birth_date: ``datetime64[D]``, NaT where unknown.
        in_use: False for archived and merged-away records.
        names: (given, family, preferred) as text or None; left out: no record has a name.
        founds: False for a channel record that no customer has used: it makes no contact. Left out: all do.
        patient: whether the record is a patient's, by its source.
        rank: position of each record in the order of their keys; what settles a tie, whatever the order of the input.
    """

    source: Objects
    source_id: Objects
    created_at: Moments
    updated_at: Moments
    birth_date: Moments
    in_use: Flags
    names: Objects = field(default_factory=lambda: np.empty(0, object))
    founds: Flags = field(default_factory=lambda: np.empty(0, np.bool_))
    patient: Flags = field(init=False)
    rank: Positions = field(init=False)

    def __post_init__(self) -> None:
        order = sorted(range(len(self)), key=lambda position: (self.source[position], self.source_id[position]))
        rank = np.empty(len(self), np.intp)
        rank[order] = np.arange(len(self))
        object.__setattr__(self, "rank", rank)
        patient = np.fromiter((source in PATIENT_SOURCES for source in self.source), np.bool_, len(self))
        object.__setattr__(self, "patient", patient)
        if len(self.names) != len(self):
            object.__setattr__(self, "names", constant((None, None, None), len(self)))
        if len(self.founds) != len(self):
            object.__setattr__(self, "founds", np.ones(len(self), np.bool_))

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True)
class StatedIdentifiers:
    """Which record states which identifier now, one entry a statement; placeholders are left out by the caller.

    Attributes:
        record: position of the record.
        kind: ``phone`` (phone and WhatsApp are one identity), ``email``, or a channel with ids of its own.
        value: E.164 number, lower-case address, or id.
        vouched: True in a patient's own record and where a channel vouches that it is the account's own; False where
            someone typed it into a form or a message. Left out: all are.
        former: True where the statement is about a time before the identifier changed hands: it says whose records those
            of that time are, and makes no holder now. Left out: none are.
    """

    record: Positions
    kind: Objects
    value: Objects
    vouched: Flags = field(default_factory=lambda: np.empty(0, np.bool_))
    former: Flags = field(default_factory=lambda: np.empty(0, np.bool_))

    def __post_init__(self) -> None:
        if len(self.vouched) != len(self.record):
            object.__setattr__(self, "vouched", np.ones(len(self.record), np.bool_))
        if len(self.former) != len(self.record):
            object.__setattr__(self, "former", np.zeros(len(self.record), np.bool_))

    def __len__(self) -> int:
        return len(self.record)

    def where(self, kept: Flags) -> "StatedIdentifiers":
        """Only the statements that ``kept`` marks."""
        return StatedIdentifiers(self.record[kept], self.kind[kept], self.value[kept], self.vouched[kept], self.former[kept])


Key = tuple[str, str]
"""Source and id of a source record."""
AUTHORITIES = ("person", "source", "model", "rule")
"""Who decides, the strongest first; ``source`` stands for merges that the source itself took (Cliniko's)."""


@dataclass(frozen=True)
class Decision:
    """A statement about source records; :mod:`contact_hub.identity.decisions` says what several of them mean together.

    Attributes:
        kind: ``merge``: the two are one person. ``distinct``: they are two. ``link``: the channel record ``absorbed`` belongs
            to the person of ``survivor``; of several the last counts. ``split``: the ``moved`` records are apart from the
            ``kept`` ones, which stay together. ``undo``: the decision ``undoes`` is taken away.
        survivor, absorbed: the records; in a merge that a source took, ``absorbed`` lives on in ``survivor``.
        number: place in the order in which they were made; 0 for those that were not made here.
        moved, kept: of a split; the first of ``kept`` is as whom the contact was known. ``moved`` of a merge: records of the
            two contacts that would not have followed (a split held them apart), and are the same person, too.
    """

    kind: Literal["merge", "link", "split", "distinct", "undo"]
    survivor: Key
    absorbed: Key
    decided_by: str
    authority: Literal["person", "source", "model", "rule"] = "person"
    number: int = 0
    decision_id: str = ""
    undoes: str = ""
    moved: tuple[Key, ...] = ()
    kept: tuple[Key, ...] = ()


def constant(value: object, length: int) -> Objects:
    """A column that says the same everywhere."""
    column = np.empty(length, object)
    for position in range(length):
        column[position] = value
    return column


def latest_first(moments: Moments) -> npt.NDArray[np.int64]:
    """A sort key: the latest moment first, unknown ones last."""
    micros = moments.astype("datetime64[us]").astype(np.int64)
    return np.where(np.isnat(moments), np.iinfo(np.int64).max, -np.maximum(micros, -np.iinfo(np.int64).max))


def identifier_codes(kind: Objects, value: Objects) -> Positions:
    """One integer an identifier, equal for equal (kind, value)."""
    codes: dict[tuple[str, str], int] = {}
    return np.fromiter((codes.setdefault(key, len(codes)) for key in zip(kind, value, strict=True)), np.intp, len(kind))


def components(left: Positions, right: Positions, size: int) -> Positions:
    """A label for each of ``size`` nodes, equal for those that edges (left[i], right[i]) connect."""
    edges = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(size, size))
    return connected_components(edges, directed=False)[1].astype(np.intp)


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
