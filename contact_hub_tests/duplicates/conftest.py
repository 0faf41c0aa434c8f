"""One directory a process, and a clinic for each test."""

from collections.abc import Iterator

import pytest

from contact_hub.directory import ContactDirectory
from contact_hub.store.database import Database
from contact_hub_tests.directory.support import ClinicOfTests


@pytest.fixture(scope="session")
def directory(database: Database) -> Iterator[ContactDirectory]:
    directory = ContactDirectory(database)
    yield directory
    directory.close()


@pytest.fixture
def clinic(database: Database, directory: ContactDirectory, organization_id: str) -> ClinicOfTests:
    return ClinicOfTests(database, directory, organization_id)
