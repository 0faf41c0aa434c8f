"""Landing channel events: durable, each once, with the summaries that identity reads, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import Connection

from contact_hub.channels.event import ChannelEvent
from contact_hub.channels.records import Sighting, kind_of, moves_of, sighting_of
from contact_hub.store.changes import take_numbers
from contact_hub.store.channel_tables import channel_events
from contact_hub.store.database import Database
from contact_hub.store.number_changes import changes_of, record_changes
from contact_hub.store.rows import insert_new
from contact_hub.store.summaries import mark_unsettled, read_summary, write_summary


@dataclass(frozen=True)
class LandedEvents:
    """What a landing did.

    Attributes:
        event_ids: of all events given, in their order.
        accepted: how many were new; the others had landed before.
    """

    event_ids: tuple[UUID, ...]
    accepted: int


def land_events(
    database: Database, organization_id: str, events: Sequence[ChannelEvent], *, received_at: datetime
) -> LandedEvents:
    """Make events durable; those that have landed before change nothing.

    Args:
        received_at: stands for the time of events whose provider states none.

    Raises:
        ConfigurationError: there is no such organization.
    """
    if not events:
        return LandedEvents((), 0)
    with database.transaction() as connection:
        return land(connection, organization_id, events, received_at=received_at)


def land(
    connection: Connection, organization_id: str, events: Sequence[ChannelEvent], *, received_at: datetime
) -> LandedEvents:
    """:func:`land_events` in the caller's transaction; other landings of the organization wait for its end."""
    event_ids = tuple(event_id(organization_id, event.provider, event.external_id) for event in events)
    number = take_numbers(connection, organization_id, len(events))
    sightings = [sighting_of(event, event.occurred_at or received_at) for event in events]
    changes = changes_of(connection, organization_id, _identifiers(sightings))
    rows = [
        event_row(event, one, _record_key(sighting, changes) if sighting else None, received_at, number + place)
        for place, (event, one, sighting) in enumerate(zip(events, event_ids, sightings, strict=True))
    ]
    inserted = {row.event_id for row in insert_new(connection, channel_events, organization_id, rows)}
    first = dict(zip(reversed(event_ids), reversed(sightings), strict=True))
    new = [sighting for one, sighting in first.items() if one in inserted and sighting is not None]
    _take_in(connection, organization_id, new, changes, number + len(events) - 1)
    return LandedEvents(event_ids, len(inserted))


def event_id(organization_id: str, provider: str, external_id: str) -> UUID:
    """The id of an event: the same for every delivery of it."""
    name = f"contact_hub.event\0{organization_id}\0{provider}\0{external_id}"
    return uuid5(NAMESPACE_OID, name.encode("utf-8", "replace").decode())


Changes = Mapping[tuple[str, str], Sequence[datetime]]


def _identifiers(sightings: Iterable[Sighting | None]) -> set[tuple[str, str]]:
    return {(kind_of(one.source, one.identifier), one.identifier) for one in sightings if one is not None}


def event_row(
    event: ChannelEvent, one: UUID, key: tuple[str, str] | None, received_at: datetime, number: int | None = None
) -> dict[str, Any]:
    """An event as a row of ``channel_events``; ``key`` is the channel record of its person."""
    return {
        **event.as_row(),
        "event_id": one,
        "number": number,
        "occurred_at": event.occurred_at or received_at,
        "landed_at": received_at,
        "from_customer": event.is_from_customer,
        "source": key[0] if key else None,
        "source_id": key[1] if key else None,
    }


def _record_key(sighting: Sighting, changes: Changes) -> tuple[str, str]:
    return sighting.key(changes.get((kind_of(sighting.source, sighting.identifier), sighting.identifier), ()))


def _take_in(
    connection: Connection, organization_id: str, sightings: Sequence[Sighting], changes: Changes, number: int
) -> None:
    """Fold new sightings into the summaries, and mark the records with news about identity."""
    if not sightings:
        return
    keys = {_record_key(sighting, changes) for sighting in sightings}
    summary = read_summary(connection, organization_id, keys)
    for sighting in sightings:
        summary.add(sighting, changes.get((kind_of(sighting.source, sighting.identifier), sighting.identifier), ()))
    write_summary(connection, organization_id, summary, number)
    mark_unsettled(connection, organization_id, summary.news, number)
    moves = [move for sighting in sightings for move in moves_of(sighting, _record_key(sighting, changes))]
    if moves:
        record_changes(connection, organization_id, moves, number)
