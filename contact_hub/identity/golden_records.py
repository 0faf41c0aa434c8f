"""Golden records: each contact folded from its source records, with the source that won every field."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np

from contact_hub.identity.source_records import Moments, Objects, Positions, SourceRecords, run_starts, utc_texts
from contact_hub.identity.survivorship import Survivors, survivors

CONTACT_COLUMNS = (
    "id",
    "name",
    "email",
    "phone",
    "source",
    "first_contact_source",
    "primary_source",
    "source_systems",
    "cliniko_patient_id",
    "status",
    "contact_type",
    "metadata",
    "external_ids",
    "created_at",
    "updated_at",
)

SURVIVING_FIELDS = (
    "name",
    "email",
    "phone",
    "title",
    "given_name",
    "family_name",
    "preferred_name",
    "date_of_birth",
    "address_street",
    "address_suburb",
    "address_state",
    "address_postcode",
    "address_country",
    "reminder_preference",
    "accepted_privacy_policy",
    "accepted_email_marketing",
    "accepted_sms_marketing",
    "time_zone",
)
"""Fields of a source record that a contact takes from its winning record."""

_NAME_PARTS = ("given_name", "family_name")
"""These come from the record that wins the name: parts of two names are nobody's."""

_OWN_COLUMNS = ("name", "email", "phone")


@dataclass(frozen=True)
class HeldIdentifiers:
    """What one contact's links say: its identifiers by channel, and the phones that it owns."""

    channels: Mapping[str, Sequence[str]]
    owned_phones: Sequence[str]


NOTHING_HELD = HeldIdentifiers({}, ())
NO_HOUSEHOLDS: Mapping[UUID, Sequence[UUID]] = {}


def golden_records(
    records: SourceRecords,
    fields: Mapping[str, Objects],
    contact_of: Objects,
    contact_ids: Objects,
    held: Mapping[UUID, HeldIdentifiers],
    households: Mapping[UUID, Sequence[UUID]] = NO_HOUSEHOLDS,
) -> Iterator[tuple[Any, ...]]:
    """Rows of ``contacts`` in the order of :data:`CONTACT_COLUMNS`.

    One row a contact, and one row with status ``merged`` for each record that was merged away, so that the id which it
    once founded still says where it went (``metadata.merged_into``).

    Args:
        fields: :data:`SURVIVING_FIELDS`, ``status`` and ``original`` of each record; the last may be JSON text, which takes
            a quarter of the memory.
        contact_of: the contact that each record belongs to; records that belong to none are left out by the caller.
        contact_ids: the contact that each record would found.
        held: the links of each contact.
        households: contacts of a shared identifier, with the contacts of the people who it may be.
    """
    founder = _positions_of(contact_of, contact_ids)
    ranked = survivors(records, founder)
    winners = {name: ranked.winners(fields[name]).tolist() for name in SURVIVING_FIELDS if name not in _NAME_PARTS}
    winners |= {part: _where_filled(fields[part], winners["name"]) for part in _NAME_PARTS}
    spans = _Spans.of(records, ranked)
    for index, position in enumerate(ranked.founder.tolist()):
        won = {name: winners[name][index] for name in SURVIVING_FIELDS if winners[name][index] >= 0}
        contact_id = contact_ids[position]
        row = _contact_row(records, fields, position, won, spans, index, contact_id, held.get(contact_id, NOTHING_HELD))
        yield _as_household(row, households[contact_id]) if contact_id in households else row
    for position in np.flatnonzero(founder != np.arange(len(records))).tolist():
        yield _merged_row(records, fields, position, contact_ids[position], contact_of[position])


def _where_filled(values: Objects, winners: list[int]) -> list[int]:
    return [winner if winner >= 0 and values[winner] is not None else -1 for winner in winners]


def _positions_of(contact_of: Objects, contact_ids: Objects) -> Positions:
    positions = {contact_id: position for position, contact_id in enumerate(contact_ids)}
    return np.fromiter((positions[contact_id] for contact_id in contact_of), np.intp, len(contact_of))


@dataclass(frozen=True)
class _Spans:
    """What holds over all records of a contact, one entry a contact."""

    strongest: list[str]
    earliest: list[str]
    sources: list[list[str]]
    created_at: list[str | None]
    updated_at: list[str | None]

    @classmethod
    def of(cls, records: SourceRecords, ranked: Survivors) -> "_Spans":
        starts = run_starts(ranked.contact)
        by_age = np.lexsort((records.rank[ranked.order], records.created_at[ranked.order], ranked.contact))
        sources = records.source[ranked.order]
        ends = np.append(starts, len(sources))[1:].tolist()
        return cls(
            strongest=sources[starts].tolist(),
            earliest=sources[by_age][starts].tolist(),
            sources=[sorted(set(sources[start:end])) for start, end in zip(starts.tolist(), ends, strict=True)],
            created_at=utc_texts(_reduce(np.fmin, records.created_at[ranked.order], starts)),
            updated_at=utc_texts(_reduce(np.fmax, records.updated_at[ranked.order], starts)),
        )


def _reduce(function: np.ufunc, values: Moments, starts: Positions) -> Moments:
    return function.reduceat(values, starts) if len(starts) else values[:0]


def _contact_row(
    records: SourceRecords,
    fields: Mapping[str, Objects],
    position: int,
    won: Mapping[str, int],
    spans: _Spans,
    index: int,
    contact_id: UUID,
    held: HeldIdentifiers,
) -> tuple[Any, ...]:
    values = {name: fields[name][winner] for name, winner in won.items()}
    phone = values.get("phone")
    if phone not in held.owned_phones:
        phone = min(held.owned_phones, default=None)
    sources = spans.sources[index]
    return (
        contact_id,
        values.get("name"),
        values.get("email"),
        phone,
        records.source[position],
        spans.earliest[index],
        spans.strongest[index],
        sources,
        records.source_id[position] if records.source[position] == "cliniko" else None,
        "active" if fields["status"][position] == "active" else "archived",
        "cliniko_patient" if "cliniko" in sources else "contact",
        _metadata(records, values, won),
        {"channels": held.channels, "original_cliniko_data": _original(records, fields, position)},
        spans.created_at[index],
        spans.updated_at[index],
    )


def _as_household(row: tuple[Any, ...], candidates: Sequence[UUID]) -> tuple[Any, ...]:
    changed = dict(zip(CONTACT_COLUMNS, row, strict=True))
    named = [str(candidate) for candidate in candidates]
    changed |= {"contact_type": "household", "metadata": {**changed["metadata"], "candidates": named}}
    return tuple(changed.values())


def _metadata(records: SourceRecords, values: Mapping[str, Any], won: Mapping[str, int]) -> dict[str, Any]:
    metadata = {name: _plain(value) for name, value in values.items() if name not in _OWN_COLUMNS}
    metadata["field_sources"] = {name: f"{records.source[winner]}:{records.source_id[winner]}" for name, winner in won.items()}
    return metadata


def _merged_row(
    records: SourceRecords, fields: Mapping[str, Objects], position: int, contact_id: UUID, survivor_id: UUID
) -> tuple[Any, ...]:
    source = records.source[position]
    return (
        contact_id,
        fields["name"][position],
        None,
        None,
        source,
        source,
        source,
        [source],
        records.source_id[position] if source == "cliniko" else None,
        "merged",
        "cliniko_patient" if source == "cliniko" else "contact",
        {"merged_into": str(survivor_id)},
        {"channels": {}, "original_cliniko_data": _original(records, fields, position)},
        *utc_texts(records.created_at[[position]]),
        *utc_texts(records.updated_at[[position]]),
    )


def _original(records: SourceRecords, fields: Mapping[str, Objects], position: int) -> Any:
    if records.source[position] != "cliniko":
        return None
    original = fields["original"][position]
    return json.loads(original) if isinstance(original, str) else original


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
