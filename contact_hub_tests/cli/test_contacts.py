"""`contact-hub contacts`: a person at the terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contact_hub.channels.parsers import PARSERS
from contact_hub.directory import ContactDirectory
from contact_hub.store.database import Database
from contact_hub.store.events import land_events
from contact_hub_tests.cli.support import Terminal

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def directory(database: Database) -> Iterator[ContactDirectory]:
    directory = ContactDirectory(database)
    yield directory
    directory.close()


def say(database: Database, organization_id: str, identifier: str, text: str, *, channel: str = "whatsapp") -> None:
    event = {
        "channel": channel,
        "identifier": identifier,
        "external_id": text,
        "occurred_at": NOW.isoformat(),
        "direction": "in",
        "text": text,
    }
    land_events(database, organization_id, PARSERS["generic"](event, received_at=NOW).events, received_at=NOW)


def test_find_and_show(terminal: Terminal, database: Database, directory: ContactDirectory, org: str) -> None:
    made = directory.find_or_create(org, "whatsapp", "0412 345 678", name="Anna [bold] Smith")
    say(database, org, "0412 345 678", "is [red]Tuesday[/red] free?")
    found = terminal.good("contacts", "find", org, "--channel", "sms", "--identifier", "0412345678")
    assert str(made.contact_id) in found.out
    assert "match: owner" in found.out
    shown = terminal.good("contacts", "show", org, made.contact_id)
    assert "is [red]Tuesday[/red] free?" in shown.out
    assert "2026-11-23 12:00" in shown.out  # in the clinic's time zone
    assert "+61412345678" in shown.out


def test_a_released_number_is_somebody_elses_next(
    terminal: Terminal, database: Database, directory: ContactDirectory, org: str
) -> None:
    before = directory.find_or_create(org, "whatsapp", "0412 345 678", name="Anna Smith")
    terminal.good("contacts", "release", org, "--channel", "whatsapp", "--identifier", "0412 345 678")
    after = directory.find_or_create(org, "whatsapp", "0412 345 678", name="Ben Jones")
    assert after.created
    assert after.contact_id != before.contact_id
    assert directory.contact(org, before.contact_id)["name"] == "Anna Smith"


def test_mistakes(terminal: Terminal, org: str) -> None:
    assert "nobody" in terminal.bad("contacts", "find", org, "--channel", "phone", "--identifier", "0412 345 678")
    assert "unknown channel" in terminal.bad("contacts", "find", org, "--channel", "pigeon", "--identifier", "1")
    assert "no such contact" in terminal.bad("contacts", "show", org, uuid4())
    assert "no such contact" in terminal.bad("contacts", "link", org, uuid4(), "--patient", "1")


def test_a_merge_is_shown_and_undone(terminal: Terminal, directory: ContactDirectory, org: str) -> None:
    one, other = (directory.find_or_create(org, "email", f"{name}@example.com").contact_id for name in ("anna", "ben"))
    merged = terminal.good("contacts", "merge", org, one, other, "--by", "Kim", "--reason", "same person").out
    decision_id = merged.split("decision ")[1].split()[0]
    assert "decided already" in terminal.good("contacts", "merge", org, one, other).out
    shown = terminal.good("contacts", "show", org, one).out
    assert "Kim" in shown
    assert "merge" in terminal.good("contacts", "decisions", org).out
    assert decision_id in terminal.bad("contacts", "distinct", org, one, other)
    terminal.good("contacts", "undo", org, decision_id)
    assert directory.contact(org, one)["id"] != directory.contact(org, other)["id"]
    terminal.good("contacts", "distinct", org, one, other)
    assert "SOURCE:ID" in terminal.bad("contacts", "split", org, one, "--record", "nonsense")


def test_a_split_names_a_record_as_it_is_shown(terminal: Terminal, directory: ContactDirectory, org: str) -> None:
    one, other = (directory.find_or_create(org, "email", f"{name}@example.com").contact_id for name in ("anna", "ben"))
    terminal.good("contacts", "merge", org, one, other)
    shown = terminal.good("contacts", "show", org, other).out
    assert "email:anna@example.com" in shown
    terminal.good("contacts", "split", org, one, "--record", "email:ben@example.com")
    assert directory.contact(org, one)["id"] != directory.contact(org, other)["id"]
    unknown = uuid4()
    assert str(unknown) in terminal.bad("contacts", "merge", org, one, unknown)


def test_how_somebody_wants_reminders(terminal: Terminal, directory: ContactDirectory, org: str) -> None:
    made = directory.find_or_create(org, "whatsapp", "0412 345 678", name="Anna Smith")
    assert terminal.good("contacts", "prefer", org, made.contact_id, "email").out == "reminders: email\n"
    assert "email (command line," in terminal.good("contacts", "show", org, made.contact_id).out
    terminal.good("contacts", "prefer", org, made.contact_id, "stop")
    assert "whatsapp, email, sms" in terminal.bad("contacts", "prefer", org, made.contact_id, "pigeon")
    terminal.bad("contacts", "prefer", org, uuid4(), "email")
    assert "stop (command line," in terminal.good("contacts", "show", org, made.contact_id).out
