"""The demo's clinic: generated anew at each start, and the same again, with what had been booked at an earlier one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import text

from contact_hub.automation.partitions import today
from contact_hub.demo.visits import Visits, booked_visits
from contact_hub.processes import is_free
from contact_hub.sandbox import DEFAULT_KEY, Clinic, SandboxServer, generate_clinic
from contact_hub.sandbox.morning import FIRST_MESSAGE, OVER_AT, Morning, book, morning_of
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, organizations, register

ORGANIZATION_ID = "org_surf_rehab"
NAME = "Surf Rehab"
ZONE = ZoneInfo("Australia/Sydney")
KEY_VARIABLE = "CLINIKO_KEY_SURF_REHAB"


@dataclass(frozen=True)
class DemoClinic:
    """The clinic, served as Cliniko would, and its morning.

    Attributes:
        was_played: whether the morning had been played before this start.
        booked_at: when the stranger became a patient, if she has.
        visits: of those who ask when they are booked.
    """

    clinic: Clinic
    morning: Morning
    was_played: bool
    booked_at: datetime | None
    visits: Visits


@contextmanager
def served_clinic(database: Database, patients: int) -> Iterator[DemoClinic]:
    """Generate the clinic, serve it, register it as an organization.

    A morning that was played stays the one of its day, and whoever it made a patient is in the books from the beginning:
    the second start finds everything as the first one left it.
    """
    clinic = generate_clinic(patients=patients, today=today())
    played_on = _played_on(database)
    morning = morning_of(clinic, played_on or _last_morning(datetime.now(ZONE)))
    visits = booked_visits(database, ORGANIZATION_ID, clinic, morning)
    booked_at = _booked_at(database, morning.cast.stranger.email)
    if booked_at is not None:
        book(clinic, morning.cast.stranger, booked_at)
    with _server(database, clinic) as server:
        os.environ[KEY_VARIABLE] = DEFAULT_KEY
        with database.transaction() as connection:
            register(connection, Organization(ORGANIZATION_ID, NAME, ZONE.key, "AU", KEY_VARIABLE, server.url))
        yield DemoClinic(clinic, morning, played_on is not None, booked_at, visits)


def _server(database: Database, clinic: Clinic) -> SandboxServer:
    """On the port of the last start if that is free: Cliniko's records hold links, which are the same then."""
    with database.reading() as connection:
        registered = [one.cliniko_url for one in organizations(connection) if one.organization_id == ORGANIZATION_ID]
    port = urlsplit(registered[0]).port if registered and registered[0] else None
    if port is not None and is_free(port):
        return SandboxServer(clinic, port=port)
    return SandboxServer(clinic)


def _last_morning(now: datetime) -> date:
    """The latest morning that is over: nothing of it lies in the future."""
    return now.date() if now.time() >= OVER_AT else now.date() - timedelta(days=1)


def _played_on(database: Database) -> date | None:
    statement = text("""
        SELECT occurred_at FROM channel_events
        WHERE organization_id = :organization_id AND provider = 'whatsapp' AND external_id = :external_id
    """)
    with database.reading() as connection:
        found = connection.execute(statement, {"organization_id": ORGANIZATION_ID, "external_id": FIRST_MESSAGE}).scalar()
    return None if found is None else found.astimezone(ZONE).date()


def _booked_at(database: Database, email: str) -> datetime | None:
    statement = text("""
        SELECT CAST(payload ->> 'created_at' AS timestamptz) FROM raw.cliniko_patients
        WHERE organization_id = :organization_id AND payload ->> 'email' = :email
    """)
    with database.reading() as connection:
        return connection.execute(statement, {"organization_id": ORGANIZATION_ID, "email": email}).scalar()
