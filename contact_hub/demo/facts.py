"""What the store says about the morning: who wrote, and who that turned out to be."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from contact_hub.demo.clinic import ORGANIZATION_ID
from contact_hub.store.database import Database

Became = Literal["patient", "household", "contact", "nobody"]


@dataclass(frozen=True)
class Writer:
    """One account, number or address from which somebody wrote, called or filled in a form.

    Attributes:
        channel: where.
        kind: of what they sent first: message, call, form, auto_reply, bounce.
        called: what they call themselves there.
        became: whom the contact is: a patient, a family's phone, somebody new; or nobody was to be recognised.
        contact: the contact's name.
        method: why they are that contact.
        candidates: names of the people whom they may be.
        event_ids: of what they sent.
    """

    channel: str
    kind: str
    source_id: str | None
    called: str | None
    became: Became
    contact_id: UUID | None
    contact: str | None
    method: str | None
    candidates: tuple[str, ...]
    event_ids: frozenset[str]


_WRITERS = text("""
    SELECT (array_agg(event.channel ORDER BY event.number))[1] AS channel,
           (array_agg(event.kind ORDER BY event.number))[1] AS kind, event.source_id,
           (array_agg(coalesce(event.name, event.profile_name) ORDER BY event.occurred_at DESC)
            FILTER (WHERE coalesce(event.name, event.profile_name) IS NOT NULL))[1] AS called,
           contact.id AS contact_id, contact.name AS contact, contact.contact_type, link.method,
           ARRAY(SELECT candidate.name FROM contacts AS candidate
                 WHERE candidate.organization_id = :organization_id AND candidate.id = ANY(link.candidates)
                 ORDER BY candidate.name) AS candidates,
           array_agg(CAST(event.event_id AS text)) AS event_ids, min(event.number) AS first_number
    FROM channel_events AS event
    LEFT JOIN source_record_links AS link USING (organization_id, source, source_id)
    LEFT JOIN contacts AS contact ON contact.organization_id = :organization_id AND contact.id = link.contact_id
    WHERE event.organization_id = :organization_id AND event.event_id = ANY(CAST(:event_ids AS uuid[]))
      AND event.direction = 'in' AND event.kind IN ('message', 'call', 'form', 'auto_reply', 'bounce')
    GROUP BY event.source, event.source_id, contact.id, contact.name, contact.contact_type, link.method, link.candidates,
             CASE WHEN event.source_id IS NULL THEN event.event_id END
    ORDER BY first_number
""")
_BECAME: dict[str | None, Became] = {"cliniko_patient": "patient", "household": "household", "contact": "contact"}


def writers(database: Database, event_ids: Iterable[str]) -> list[Writer]:
    """Everybody who sent one of these events, in the order in which they first did."""
    parameters = {"organization_id": ORGANIZATION_ID, "event_ids": sorted(set(event_ids))}
    with database.reading() as connection:
        return [
            Writer(
                row.channel,
                row.kind,
                row.source_id,
                row.called,
                _BECAME.get(row.contact_type, "nobody"),
                row.contact_id,
                row.contact,
                row.method,
                tuple(row.candidates),
                frozenset(row.event_ids),
            )
            for row in connection.execute(_WRITERS, parameters)
        ]


def contacts_by_status(database: Database) -> dict[tuple[str, str], int]:
    """How many contacts there are of each type and status."""
    statement = text("""
        SELECT contact_type, status, count(*) FROM contacts WHERE organization_id = :organization_id GROUP BY 1, 2
    """)
    with database.reading() as connection:
        rows = connection.execute(statement, {"organization_id": ORGANIZATION_ID})
        return {(contact_type, status): count for contact_type, status, count in rows}


def records_of(database: Database, contact_id: UUID | str) -> list[Any]:
    """(source, source_id, method) of every source record of a contact, the first one first."""
    statement = text("""
        SELECT link.source, link.source_id, link.method
        FROM source_record_links AS link JOIN normalized_contacts AS record USING (organization_id, source, source_id)
        WHERE link.organization_id = :organization_id AND link.contact_id = :contact_id
        ORDER BY record.created_at, link.source
    """)
    with database.reading() as connection:
        return list(connection.execute(statement, {"organization_id": ORGANIZATION_ID, "contact_id": str(contact_id)}))
