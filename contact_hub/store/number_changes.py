"""Identifiers that change hands: the moments at which they do, and the records that these moments divide.

What comes after the moment is a record of its own; what came before stays with whom the identifier belonged to.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from contact_hub.channels.event import StatedIdentifier
from contact_hub.channels.records import NumberMoved, RecordKey, Sighting, Summary, moves_of, sources_of
from contact_hub.store.channel_tables import channel_events, number_changes
from contact_hub.store.difference import json_text
from contact_hub.store.rows import insert_new, recordset, upsert
from contact_hub.store.summaries import delete_summaries, mark_unsettled, write_summary

_CHANGES = text(f"""
    SELECT kind, value, changed_at
    FROM number_changes JOIN {recordset(number_changes, ("kind", "value"))} USING (kind, value)
    WHERE organization_id = :organization_id ORDER BY changed_at
""")


def changes_of(
    connection: Connection, organization_id: str, identifiers: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[datetime]]:
    """The moments at which identifiers (kind, value) changed hands, ascending; identifiers that never did are left out."""
    if not identifiers:
        return {}
    rows = [{"kind": kind, "value": value} for kind, value in sorted(identifiers)]
    found: dict[tuple[str, str], list[datetime]] = {}
    parameters = {"organization_id": organization_id, "rows": json_text(rows)}
    for row in connection.execute(_CHANGES, parameters):
        found.setdefault((row.kind, row.value), []).append(row.changed_at)
    return found


def record_changes(connection: Connection, organization_id: str, moves: Iterable[NumberMoved], number: int) -> None:
    """Note that accounts have left their numbers; what was seen of these is divided at that moment."""
    note_changes(connection, organization_id, [_change_row(move) for move in moves], number)


def _change_row(move: NumberMoved) -> dict[str, object]:
    return {
        "kind": move.kind,
        "value": move.value,
        "changed_at": move.at,
        "reason": "moved",
        "former_source": move.to[0],
        "former_source_id": move.to[1],
    }


def note_changes(connection: Connection, organization_id: str, rows: Sequence[dict[str, object]], number: int) -> int:
    """Insert rows of ``number_changes``, and divide the records of the identifiers that are new there; how many were new."""
    inserted = insert_new(connection, number_changes, organization_id, [{**row, "number": number} for row in rows])
    for kind, value in sorted({(row.kind, row.value) for row in inserted}):
        _divide(connection, organization_id, kind, value, number)
    return len(inserted)


_EVENTS = text("""
    SELECT event_id, source, source_id, occurred_at, direction, event.profile_name, event.name, event.username,
           event.from_customer, identifiers
    FROM channel_records AS record JOIN channel_events AS event USING (organization_id, source, source_id)
    WHERE organization_id = :organization_id AND source = ANY(:sources) AND record.identifier = :value
""")


def _divide(connection: Connection, organization_id: str, kind: str, value: str, number: int) -> None:
    """Make the records of an identifier again from its events, one a tenure."""
    parameters = {"sources": list(sources_of(kind)), "value": value}
    rows = list(connection.execute(_EVENTS, {"organization_id": organization_id, **parameters}))
    changes = changes_of(connection, organization_id, {(kind, value)})[kind, value]
    before: set[RecordKey] = {(row.source, row.source_id) for row in rows}
    summary = Summary()
    moved: list[dict[str, object]] = []
    moves: dict[tuple[str, str, datetime], dict[str, object]] = {}
    for row in rows:
        named = row.direction == "in"
        sighting = Sighting(
            source=row.source,
            identifier=value,
            at=row.occurred_at,
            identifiers=tuple(StatedIdentifier(**stated) for stated in row.identifiers),
            name=(row.name or row.profile_name) if named else None,
            username=row.username if named else None,
            from_customer=row.from_customer,
        )
        key = summary.add(sighting, changes)
        if key != (row.source, row.source_id):
            moved.append({"event_id": row.event_id, "source_id": key[1]})
            moves |= {
                (move.kind, move.value, move.at): {**_change_row(move), "number": number} for move in moves_of(sighting, key)
            }
    _rename(connection, organization_id, moved)
    upsert(connection, number_changes, organization_id, list(moves.values()))
    delete_summaries(connection, organization_id, before)
    write_summary(connection, organization_id, summary, number)
    mark_unsettled(connection, organization_id, before | summary.touched, number)


def _rename(connection: Connection, organization_id: str, moved: Sequence[dict[str, object]]) -> None:
    if moved:
        statement = text(f"""
            UPDATE channel_events AS event SET source_id = incoming.source_id
            FROM {recordset(channel_events, ("event_id", "source_id"))}
            WHERE event.organization_id = :organization_id AND event.event_id = incoming.event_id
        """)
        connection.execute(statement, {"organization_id": organization_id, "rows": json_text(moved)})
