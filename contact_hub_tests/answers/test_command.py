"""`contact-hub contacts context`: what the gateway says, at the terminal."""

from collections.abc import Iterator

import pytest

from contact_hub.store.database import Database
from contact_hub_tests.answers.support import LiveClinic, days_ahead, live_clinic
from contact_hub_tests.cli.support import Terminal


@pytest.fixture
def clinic(database: Database, organization_id: str) -> Iterator[LiveClinic]:
    with live_clinic(database, organization_id) as clinic:
        patient = clinic.patient("Anna", "[bold] Smith", "0412 345 601")
        clinic.cliniko.add_appointment(patient, days_ahead(1))
        clinic.sync()
        yield clinic


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(monkeypatch, capfd)


def test_what_may_be_said(clinic: LiveClinic, terminal: Terminal) -> None:
    asked = ("contacts", "context", clinic.organization_id, "--channel", "sms", "--identifier")
    said = terminal.good(*asked, "0412 345 601").words
    assert "Hi Anna! I see you have an appointment tomorrow at 2 pm with Anna Lindqvist." in said
    assert "live" in said
    stranger = terminal.good(*asked, "0412 345 608").words
    assert "No patient of the clinic has this identifier." in stranger
    assert "Anna" not in stranger
    assert "names nobody" in terminal.bad(*asked, "anonymous")
    assert "no organization" in terminal.bad("contacts", "context", "nowhere", "--channel", "sms", "--identifier", "0412345601")


def test_while_cliniko_is_down(clinic: LiveClinic, terminal: Terminal) -> None:
    clinic.server.stop()
    asked = ("contacts", "context", clinic.organization_id, "--channel", "whatsapp", "--identifier", "0412 345 601")
    said = terminal.good(*asked).words
    assert "unconfirmed" in said
    assert "2 pm" not in said
