"""An organization with nothing to mend, and a terminal to examine it from."""

from collections.abc import Iterator

import pytest

from contact_hub.automation.partitions import today
from contact_hub.sandbox import DEFAULT_KEY, SandboxServer, generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub_tests.checks.test_recency import execute
from contact_hub_tests.cli.support import Terminal
from contact_hub_tests.doctor.support import A_SECRET, KEY, SECRET


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(monkeypatch, capfd)


@pytest.fixture(scope="module")
def cliniko() -> Iterator[SandboxServer]:
    with SandboxServer(generate_clinic(patients=5, today=today())) as server:
        yield server


@pytest.fixture
def org(database: Database, organization_id: str, cliniko: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(KEY, DEFAULT_KEY)
    monkeypatch.setenv(SECRET, A_SECRET)
    clinic = Organization(organization_id, "A clinic", "Australia/Sydney", "AU", KEY, cliniko.url)
    with database.transaction() as connection:
        register(connection, clinic)
    yield organization_id
    execute(database, "UPDATE organizations SET status = 'disabled' WHERE organization_id = :org", org=organization_id)
