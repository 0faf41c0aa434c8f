"""The functions that users know by name."""

import os
import subprocess
import sys

import pytest

import contact_hub
from contact_hub.directory import InvalidIdentifier
from contact_hub.errors import ConfigurationError
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register


@pytest.fixture
def organization(database: Database, organization_id: str) -> str:
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))
    return organization_id


def test_find_or_create_contact(organization: str) -> None:
    made = contact_hub.find_or_create_contact("whatsapp", "0412 345 678", name="Anna Smith", org_id=organization)
    again = contact_hub.find_or_create_contact("phone", "+61 412 345 678", org_id=organization)
    assert (made.created, made.match, made.contact["name"], made.contact["phone"]) == (
        True,
        "new",
        "Anna Smith",
        "+61412345678",
    )
    assert (again.created, again.match, again.contact_id) == (False, "owner", made.contact_id)


def test_bad_questions_are_said_to_be_bad(organization: str) -> None:
    with pytest.raises(InvalidIdentifier):
        contact_hub.find_or_create_contact("phone", "undefined", org_id=organization)
    with pytest.raises(ConfigurationError):
        contact_hub.find_or_create_contact("phone", "0412 345 678", org_id="org_that_is_not")


def test_importing_the_package_loads_no_database() -> None:
    code = "import sys, contact_hub; assert 'sqlalchemy' not in sys.modules; print(contact_hub.normalize_phone('0412345678'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "+61412345678"


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        contact_hub.merge_everybody  # noqa: B018


def test_the_gateway_and_what_prepares_an_installation_start_without_dagster() -> None:
    """It takes most of a second to import, and every command, and every restart of the gateway, would wait for it."""
    code = "import sys, contact_hub.gateway, contact_hub.installation; assert 'dagster' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
