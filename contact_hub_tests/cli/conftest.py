"""A terminal, and an organization to type commands about."""

import pytest

from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub_tests.cli.support import Terminal


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(monkeypatch, capfd)


@pytest.fixture
def org(database: Database, organization_id: str) -> str:
    """The id of a registered organization."""
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))
    return organization_id
