"""People write while a run is between two of its assets: links are written, contacts are folded a moment later."""

import pytest

from contact_hub.assets.identity import channel_identity_links, normalized_contacts
from contact_hub.channels.event import ChannelEvent
from contact_hub.directory import ContactDirectory
from contact_hub.store.database import Database
from contact_hub_tests.directory.support import ClinicOfTests, Patient, form, mail, patient, sms, timeless, whatsapp

PHONE, OTHER = "+61412345671", "+61412345672"
HELD = (PHONE, "owner", "phone")
ARCHIVED = {"archived_at": "2026-02-01T00:00:00Z"}


def anna(changed: float = 0, **more: str) -> Patient:
    return patient("1", "Anna", "Smith", PHONE, changed=changed, **more)


def ben(changed: float = 0, **more: str) -> Patient:
    return patient("2", "Ben", "Smith", PHONE, changed=changed, email="ben@example.com", **more)


@pytest.fixture
def family(database: Database, directory: ContactDirectory, organization_id: str) -> ClinicOfTests:
    """Two who share a number, which is Anna's; somebody else, and a stranger."""
    clinic = ClinicOfTests(database, directory, organization_id)
    clinic.patients(anna(), ben(), patient("3", "Clara", "Jones", OTHER))
    clinic.derive()
    assert whose(clinic, PHONE) == "1"
    return clinic


def whose(clinic: ClinicOfTests, phone: str) -> str | None:
    """The patient whose contact has a phone."""
    (row,) = (row for row in clinic.rows("contacts")["contacts"] if row["phone"] == phone)
    patient_id: str | None = row["cliniko_patient_id"]
    return patient_id


def links_are_written(clinic: ClinicOfTests) -> None:
    """A run has come so far; the number is Ben's by its links, and still Anna's among the contacts."""
    clinic.derive(normalized_contacts, channel_identity_links)
    links = clinic.rows("channel_identity_links")["channel_identity_links"]
    (owner,) = (link["contact_id"] for link in links if (link["identifier"], link["role"], link["channel"]) == HELD)
    assert owner == str(clinic.contact_of_patient("2"))
    assert whose(clinic, PHONE) == "1"


def assert_the_run_ends_the_same(clinic: ClinicOfTests) -> None:
    assert whose(clinic, PHONE) == "2"
    settled = clinic.rows()
    clinic.derive()
    assert timeless(clinic.rows()) == timeless(settled)


@pytest.mark.parametrize(
    "event",
    [
        mail("one", "ben@example.com", 10, "Ben"),
        sms("one", PHONE, 10),
        whatsapp("one", PHONE, 10, "Ben"),
        form("one", 10, "Ben Smith", PHONE, "ben@example.com"),
    ],
    ids=lambda event: event.channel,
)
def test_whoever_writes_does_so_to_contacts_that_know_of_the_links(family: ClinicOfTests, event: ChannelEvent) -> None:
    family.patients(anna(changed=5, **ARCHIVED))
    links_are_written(family)
    family.land(event)
    family.settle()
    assert_the_run_ends_the_same(family)


def test_who_lost_the_number_was_merged_into_somebody_else(family: ClinicOfTests) -> None:
    family.patients(anna(changed=5, merged_into="3"), patient("3", "Clara", "Jones", OTHER, changed=5, **ARCHIVED))
    links_are_written(family)
    family.land(mail("one", "ben@example.com", 10, "Ben"))
    family.settle()
    assert_the_run_ends_the_same(family)
    assert whose(family, OTHER) == "3"
