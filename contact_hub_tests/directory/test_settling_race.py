"""Landing waits for nobody: what lands while something is settled is settled next."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from contact_hub.channels.event import ChannelEvent, StatedIdentifier
from contact_hub.directory import ContactDirectory
from contact_hub.store.database import Database
from contact_hub.store.events import land_events
from contact_hub.store.organizations import Organization, register

PEOPLE = 40


@pytest.fixture
def organization(database: Database, organization_id: str) -> str:
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))
    return organization_id


def test_news_that_lands_while_its_record_is_settled_is_not_forgotten(database: Database, organization: str) -> None:
    """A status makes no contact, a message from the same number a moment later does."""
    now = datetime.now(UTC)
    done = threading.Event()

    def land() -> None:
        for number in range(PEOPLE):
            who = (StatedIdentifier("whatsapp", f"+614123456{number:02}"),)
            for kind in ("status", "message"):
                event = ChannelEvent("generic", "whatsapp", kind, "in", f"{kind}-{number}", now, who)  # type: ignore[arg-type]
                land_events(database, organization, [event], received_at=now)
        done.set()

    directory = ContactDirectory(database)
    writer = threading.Thread(target=land)
    writer.start()
    while not done.is_set():
        directory.settle(organization)
    writer.join()
    directory.settle(organization)
    directory.close()
    with database.reading() as connection:
        statement = text("SELECT count(*) FROM contacts WHERE organization_id = :organization_id")
        assert connection.execute(statement, {"organization_id": organization}).scalar_one() == PEOPLE
