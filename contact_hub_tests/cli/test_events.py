"""`contact-hub events`."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contact_hub.channels import PARSERS
from contact_hub.gateway import deliveries
from contact_hub.gateway.deliveries import Delivery, receive
from contact_hub.store.database import Database
from contact_hub_tests.channels.test_generic import EVENT
from contact_hub_tests.cli.support import Terminal


def put_aside(database: Database, org: str, number: int) -> None:
    body = json.dumps([{**EVENT, "external_id": f"e-{number}"}, {**EVENT, "channel": "pigeon"}]).encode()
    receive(database, Delivery(org, "AU", "generic", datetime.now(UTC), "application/json", body))


def test_quarantine_and_replay(terminal: Terminal, database: Database, org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal.good("events", "quarantine", org).out == f"{org}: the quarantine is empty\n"
    for number in range(3):
        put_aside(database, org, number)
    listed = terminal.good("events", "quarantine", org)
    assert listed.out.count("unknown_channel") == 3
    assert "Hello" not in listed.out
    assert "pigeon" not in listed.out
    done = terminal.good("events", "replay", org)
    assert done.out == f"{org}: 3 replayed, 0 resolved, 3 still in quarantine, 0 events accepted\n"

    def better(payload, **options):  # type: ignore[no-untyped-def]
        return PARSERS["generic"]([{**item, "channel": "whatsapp", "external_id": str(uuid4())} for item in payload], **options)

    monkeypatch.setattr(deliveries, "PARSERS", {**PARSERS, "generic": better})
    from contact_hub.store.quarantine import quarantined

    with database.reading() as connection:
        first = quarantined(connection, org)[0].delivery_id
    done = terminal.good("events", "replay", org, first)
    assert done.out == f"{org}: 1 replayed, 1 resolved, 0 still in quarantine, 2 events accepted\n"
    done = terminal.good("events", "replay", org)
    assert done.out == f"{org}: 2 replayed, 2 resolved, 0 still in quarantine, 4 events accepted\n"
    assert "quarantine is empty" in terminal.good("events", "quarantine", org).out
    with database.reading() as connection:
        contacts = connection.exec_driver_sql("SELECT count(*) FROM contacts WHERE organization_id = %s", (org,))
        assert contacts.scalar_one() == 1


def test_mistakes(terminal: Terminal, org: str) -> None:
    assert "there is no organization 'org_nobody'" in terminal.bad("events", "quarantine", "org_nobody")
    assert "there is no organization 'org_nobody'" in terminal.bad("events", "replay", "org_nobody")
    assert "in quarantine" in terminal.bad("events", "replay", org, uuid4())
    assert terminal.run("events", "replay", org, "no-id").code == 2
