"""Worlds of records and decisions, and what a resolution makes of one, by the keys of records."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from contact_hub.identity.contact_ids import contact_id_namer
from contact_hub.identity.golden_records import CONTACT_COLUMNS, SURVIVING_FIELDS, HeldIdentifiers, golden_records
from contact_hub.identity.linking import link_rows, record_link_rows, review_rows
from contact_hub.identity.resolve import founders_of, resolve
from contact_hub.identity.source_records import Decision, SourceRecords, StatedIdentifiers

AS_OF = date(2026, 11, 23)
Key = tuple[str, str]
Identifier = tuple[str, str]
name_contact = lru_cache(maxsize=1 << 12)(contact_id_namer(b"secret", "org"))


@dataclass(frozen=True)
class Record:
    """A source record; ``states`` are (kind, value, whether it is vouched for)."""

    key: Key
    name: tuple[str | None, str | None, str | None] = (None, None, None)
    states: tuple[tuple[str, str, bool], ...] = ()
    created: str | None = "2020-01-01"
    changed: str = "2026-06-01"
    born: str | None = None
    in_use: bool = True
    founds: bool = True

    @property
    def patient(self) -> bool:
        return self.key[0] == "cliniko"

    @property
    def identifiers(self) -> set[Identifier]:
        return {(kind, value) for kind, value, _ in self.states}


@dataclass(frozen=True)
class World:
    """All that resolution sees."""

    records: tuple[Record, ...]
    decisions: tuple[Decision, ...] = ()
    max_holders: int = 10


class Belonging(NamedTuple):
    """Where a record belongs, by the keys of founding records."""

    founder: Key | None
    method: str
    candidates: tuple[Key, ...]
    confidence: float


@dataclass(frozen=True)
class Outcome:
    """The rows that a resolution gives."""

    belongs: Mapping[Key, Belonging]
    links: frozenset[tuple[Any, ...]]
    reviews: frozenset[tuple[Any, ...]]
    keys: Mapping[UUID, Key] = field(compare=False)

    def holders(self, channels: Iterable[str]) -> dict[Identifier, list[Key]]:
        """Who holds each identifier of these channels: the owner, then the others by key."""
        held: dict[Identifier, list[tuple[bool, Key]]] = {}
        for channel, identifier, contact_id, role, *_ in self.links:
            if channel in channels:
                held.setdefault((channel, identifier), []).append((role != "owner", self.keys[contact_id]))
        assert all([role for role, _ in sorted(each)].count(False) == 1 for each in held.values())
        return {identifier: [key for _, key in sorted(each)] for identifier, each in held.items()}


def outcome(world: World) -> Outcome:
    records, identifiers = columns(world.records)
    resolution = resolve(records, identifiers, world.decisions, as_of=AS_OF, max_holders=world.max_holders)
    ids = founders_of(records, name_contact)
    keys = {contact_id: record.key for contact_id, record in zip(ids, world.records, strict=True)}
    belongs = {}
    for source, source_id, contact_id, founds, method, confidence, candidates in record_link_rows(records, resolution, ids):
        assert founds == name_contact(source, source_id)
        founder = None if contact_id is None else keys[contact_id]
        belongs[source, source_id] = Belonging(founder, method, tuple(keys[one] for one in candidates), confidence)
    links, reviews = list(link_rows(records, resolution, ids)), list(review_rows(records, resolution, ids))
    assert len({row[:3] for row in links}) == len(links), "a contact holds an identifier once"
    assert len({row[:3] for row in reviews}) == len(reviews), "a review is one row a record and contact"
    return Outcome(belongs, frozenset(links), frozenset(reviews), keys)


def columns(people: Sequence[Record]) -> tuple[SourceRecords, StatedIdentifiers]:
    records = SourceRecords(
        source=column([record.key[0] for record in people]),
        source_id=column([record.key[1] for record in people]),
        created_at=np.array([record.created or "NaT" for record in people], "datetime64[us]"),
        updated_at=np.array([record.changed for record in people], "datetime64[us]"),
        birth_date=np.array([record.born or "NaT" for record in people], "datetime64[D]"),
        in_use=np.array([record.in_use for record in people], np.bool_),
        names=column([record.name for record in people]),
        founds=np.array([record.founds for record in people], np.bool_),
    )
    stated = [(position, *statement) for position, record in enumerate(people) for statement in record.states]
    identifiers = StatedIdentifiers(
        record=np.array([position for position, *_ in stated], np.intp),
        kind=column([kind for _, kind, _, _ in stated]),
        value=column([value for _, _, value, _ in stated]),
        vouched=np.array([vouched for *_, vouched in stated], np.bool_),
    )
    return records, identifiers


def column(values: Sequence[Any]) -> np.ndarray:
    filled = np.empty(len(values), object)
    for position, value in enumerate(values):
        filled[position] = value
    return filled


def golden_rows(world: World) -> dict[UUID, str]:
    """The golden records of a world as text, by id; in one of them everything counts, the order of keys aside."""
    result = outcome(world)
    people = [record for record in world.records if result.belongs[record.key].founder is not None]
    records, _ = columns(people)
    fields = {name: column([None] * len(people)) for name in SURVIVING_FIELDS}
    fields["name"] = column([" ".join(filter(None, record.name)) or None for record in people])
    for kind in ("phone", "email"):
        values = [min((value for named, value, _ in record.states if named == kind), default=None) for record in people]
        fields[kind] = column(values)
    fields["status"] = column(["active" if record.in_use else "archived" for record in people])
    fields["original"] = column([{"id": record.key[1]} for record in people])
    contact_of = column([name_contact(*result.belongs[record.key].founder) for record in people])  # type: ignore[misc]
    households = {
        name_contact(*key): [name_contact(*one) for one in where.candidates]
        for key, where in result.belongs.items()
        if where.method == "household"
    }
    rows = list(golden_records(records, fields, contact_of, founders_of(records, name_contact), held(result), households))
    named = [dict(zip(CONTACT_COLUMNS, row, strict=True)) for row in rows]
    assert len({row["id"] for row in named}) == len(named)
    return {row["id"]: json.dumps(row, sort_keys=True, default=str) for row in named}


def held(result: Outcome) -> dict[UUID, HeldIdentifiers]:
    channels: dict[UUID, dict[str, list[str]]] = {}
    owned: dict[UUID, list[str]] = {}
    for channel, identifier, contact_id, role, *_ in sorted(result.links, key=lambda row: row[:2]):
        channels.setdefault(contact_id, {}).setdefault(channel, []).append(identifier)
        if channel == "phone" and role == "owner":
            owned.setdefault(contact_id, []).append(identifier)
    return {contact_id: HeldIdentifiers(each, tuple(owned.get(contact_id, ()))) for contact_id, each in channels.items()}
