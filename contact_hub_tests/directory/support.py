"""A clinic in the store without a Cliniko: patients land as payloads, events as parsers give them, assets derive in process."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import dagster as dg
from sqlalchemy import text

from contact_hub.assets.identity import channel_identity_links, contacts, normalized_contacts
from contact_hub.automation.partitions import partition_key, today
from contact_hub.channels.event import ChannelEvent, StatedIdentifier
from contact_hub.channels.identifiers import whatsapp_person
from contact_hub.directory import ContactDirectory
from contact_hub.directory.clinic import Clinic, clinic_of
from contact_hub.directory.settlement import settle_since
from contact_hub.resources.run_tags import ORGANIZATION
from contact_hub.store.database import Database
from contact_hub.store.events import LandedEvents, land_events
from contact_hub.store.landing import land
from contact_hub.store.organizations import Organization, register

START = datetime(2026, 3, 1, tzinfo=UTC)
IDENTITY = (normalized_contacts, channel_identity_links, contacts)
DERIVED = ("normalized_contacts", "source_record_links", "channel_identity_links", "identity_reviews", "contacts")
LANDED = ("channel_events", "channel_records", "identifier_statements", "number_changes")
TIMES = {"first_seen_at", "last_seen_at", "created_at", "updated_at"}
Rows = dict[str, list[dict[str, Any]]]
Patient = dict[str, Any]


def at(minute: float) -> datetime:
    """So many minutes into the story."""
    return START + timedelta(minutes=minute)


def patient(
    patient_id: str, first_name: str | None = None, last_name: str | None = None, *phones: str, changed: float = 0, **more: Any
) -> Patient:
    """A patient as Cliniko sends it, an adult unless ``date_of_birth`` is given."""
    survivor = more.pop("merged_into", None)
    merged = {
        "merged_with_patient": {"links": {"self": f"https://api/v1/patients/{survivor}"}},
        "merged_at": "2026-02-01T00:00:00Z",
    }
    return {
        "id": patient_id,
        "first_name": first_name,
        "last_name": last_name,
        "date_of_birth": "1980-05-06",
        "patient_phone_numbers": [{"number": phone, "phone_type": "Mobile"} for phone in phones],
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": at(changed).isoformat(),
        **(merged if survivor else {}),
        **more,
    }


def whatsapp(event: str, number: str | None, minute: float, name: str | None = None, **more: Any) -> ChannelEvent:
    """A message; ``user_id`` is WhatsApp's business-scoped one, ``stated`` what a contact card holds."""
    stated = tuple(StatedIdentifier(one[0], one[1], "stated") for one in more.pop("stated", ()))
    who = whatsapp_person(number and number.removeprefix("+"), more.pop("user_id", None))
    more = {"kind": "message", "direction": "in", "text": event, "profile_name": name} | more
    return ChannelEvent("whatsapp", "whatsapp", external_id=event, occurred_at=at(minute), identifiers=who + stated, **more)


def moved(event: str, old: str, new: str, minute: float) -> ChannelEvent:
    """WhatsApp's user_changed_number, as its parser gives it."""
    former = whatsapp_person(old.removeprefix("+"), claim="former")
    who = whatsapp_person(new.removeprefix("+")) + former
    return ChannelEvent(
        "whatsapp", "whatsapp", "identity_change", "in", external_id=event, occurred_at=at(minute), identifiers=who
    )


def status(event: str, number: str, minute: float) -> ChannelEvent:
    """Of a message that the clinic sent."""
    who = whatsapp_person(number.removeprefix("+"))
    return ChannelEvent("whatsapp", "whatsapp", "status", "out", external_id=event, occurred_at=at(minute), identifiers=who)


def sms(event: str, number: str, minute: float, **more: Any) -> ChannelEvent:
    more = {"kind": "message", "direction": "in", "text": event} | more
    who = (StatedIdentifier("phone", number),)
    return ChannelEvent("twilio", "sms", external_id=event, occurred_at=at(minute), identifiers=who, **more)


def mail(event: str, address: str, minute: float, name: str | None = None, **more: Any) -> ChannelEvent:
    stated = tuple(StatedIdentifier(one[0], one[1], "stated") for one in more.pop("stated", ()))
    more = {"kind": "message", "direction": "in", "text": event, "profile_name": name} | more
    who = (StatedIdentifier("email", address), *stated)
    return ChannelEvent("email", "email", external_id=event, occurred_at=at(minute), identifiers=who, **more)


def instagram(event: str, scoped_id: str, minute: float, name: str | None = None, *stated: tuple[str, str]) -> ChannelEvent:
    who = (StatedIdentifier("instagram", scoped_id), *(StatedIdentifier(*one, "stated") for one in stated))  # type: ignore[arg-type]
    return ChannelEvent(
        "instagram", "instagram", "message", "in", event, at(minute), who, profile_name=name, username="jo", text=event
    )


def form(
    event: str, minute: float, name: str | None = None, phone: str | None = None, email: str | None = None
) -> ChannelEvent:
    """A submission: what is typed proves nothing."""
    stated = [StatedIdentifier("phone", phone, "stated")] if phone else []
    stated += [StatedIdentifier("email", email, "stated")] if email else []
    return ChannelEvent(
        "web_form", "web", "form", "in", event, at(minute), tuple(stated), name=name, phone=phone, email=email, text=event
    )


@dataclass
class ClinicOfTests:
    """One organization."""

    database: Database
    directory: ContactDirectory
    organization_id: str
    landings: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        with self.database.transaction() as connection:
            register(connection, Organization(self.organization_id, "A clinic", "Australia/Sydney", "AU", None))

    def land(self, *events: ChannelEvent, received: float = 100_000) -> LandedEvents:
        return land_events(self.database, self.organization_id, events, received_at=at(received))

    def patients(self, *payloads: Patient) -> None:
        """What a pull of changed patients brings."""
        self.resource("patients", *payloads)

    def resource(self, name: str, *payloads: dict[str, Any]) -> None:
        self.landings += 1
        through = at(self.landings)
        land(self.database, self.organization_id, name, [list(payloads)], changed_through=through, sweep=False)

    def derive(self, *assets: dg.AssetsDefinition) -> dict[str, tuple[int, int, int]]:
        """Materialize assets (those of identity), by direct invocation; rows that each has inserted, updated and deleted."""
        return derive(self.database, self.organization_id, *assets)

    def settle(self) -> int:
        return self.directory.settle(self.organization_id)

    def settle_everything(self) -> None:
        """All channel records anew, with or without news."""
        clinic = clinic_of(self.database, self.organization_id)
        with self.database.writing(self.organization_id) as connection:
            settle_since(connection, clinic, 0)

    def forget_derived(self) -> None:
        with self.database.transaction() as connection:
            for table in DERIVED:
                statement = f"DELETE FROM {table} WHERE organization_id = :organization_id"
                connection.execute(text(statement), {"organization_id": self.organization_id})

    def query(self, statement: str, **parameters: Any) -> list[Any]:
        """Rows of a SELECT; ``:organization_id`` is given."""
        with self.database.reading() as connection:
            return list(connection.execute(text(statement), {"organization_id": self.organization_id, **parameters}))

    def count(self, table: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {table} WHERE organization_id = :organization_id")[0][0])

    def rows(self, *tables: str) -> Rows:
        """All rows, ordered; without the place in the order of arrival."""
        return {
            table: [
                row[0]
                for row in self.query(
                    f"SELECT to_jsonb(t) - 'number' - 'landed_at' - 'organization_id' AS row FROM {table} AS t "
                    "WHERE organization_id = :organization_id ORDER BY (to_jsonb(t) - 'number')::text"
                )
            ]
            for table in tables or DERIVED
        }

    def contact_of(self, event: str) -> UUID | None:
        """The contact to whose history an event belongs."""
        rows = self.query(
            """SELECT record.contact_id FROM channel_events AS event
               LEFT JOIN source_record_links AS record USING (organization_id, source, source_id)
               WHERE event.organization_id = :organization_id AND event.external_id = :event""",
            event=event,
        )
        found: UUID | None = rows[0][0]
        return found

    def contact_of_patient(self, patient_id: str) -> UUID:
        rows = self.query(
            """SELECT contact_id FROM source_record_links
               WHERE organization_id = :organization_id AND source = 'cliniko' AND source_id = :patient_id""",
            patient_id=patient_id,
        )
        found: UUID = rows[0][0]
        return found

    def said(self, contact_id: UUID) -> list[str]:
        """What the contact's timeline holds, the earliest first."""
        return [event["text"] for event in reversed(self.directory.timeline(self.organization_id, contact_id).events)]


class _Store:
    """The resource ``store``, on a database that is open already."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def clinic(self, organization_id: str) -> Clinic:
        return clinic_of(self.database, organization_id)


def derive(database: Database, organization_id: str, *assets: dg.AssetsDefinition) -> dict[str, tuple[int, int, int]]:
    """Materialize assets of one organization for today; rows that each has inserted, updated and deleted."""
    written = {}
    instance = _instance()
    instance.add_dynamic_partitions(ORGANIZATION, [organization_id])
    for asset in assets or IDENTITY:
        key = partition_key(organization_id, today())
        with dg.build_asset_context(partition_key=key, instance=instance) as context:
            result: Any = asset(context, store=_Store(database))
        inserted, updated, deleted = (result.metadata[f"rows_{what}"] for what in ("inserted", "updated", "deleted"))
        written[asset.key.to_user_string()] = (inserted, updated, deleted)
    return written


@cache
def _instance() -> dg.DagsterInstance:
    """One a process: making one takes longer than the assets."""
    return dg.DagsterInstance.ephemeral()


def timeless(rows: Rows) -> Rows:
    """Who is who, whatever the times: what must be right without waiting for an asset.

    Who owns a shared identifier and whose spelling of a field wins follows from who was seen last, so that is left out, too.
    """
    kept = {
        "normalized_contacts": ("source", "source_id", "contact_type", "name", "original"),
        "source_record_links": ("source", "source_id", "contact_id", "founds", "method", "confidence", "candidates"),
        "channel_identity_links": ("channel", "identifier", "contact_id", "method", "confidence"),
        "identity_reviews": ("source", "source_id", "contact_id", "kind"),
        "contacts": ("id", "status", "contact_type", "source", "source_systems", "cliniko_patient_id", "external_ids"),
    }
    return {table: _ordered({name: row[name] for name in kept[table]} for row in rows[table]) for table in rows}


def _ordered(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=str)


def introduction(
    event: str, channel: str, value: str, minute: float, name: str | None = None, email: str | None = None
) -> ChannelEvent:
    """What find-or-create lands, with an id and a time that a test can repeat."""
    stated = (StatedIdentifier("email", email, "stated"),) if email and channel != "email" else ()
    who = (StatedIdentifier(channel, value), *stated)  # type: ignore[arg-type]
    return ChannelEvent("contact_hub", channel, "introduction", "in", event, at(minute), who, name=name, email=email)  # type: ignore[arg-type]
