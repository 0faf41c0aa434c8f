"""One organization a class: registered, or imported, too."""

from collections.abc import Iterator

import pytest
from dagster import DagsterInstance

from contact_hub.store.database import Database
from contact_hub_tests.reliability.clinics import clinic_of
from contact_hub_tests.support import SandboxOrganization


@pytest.fixture(scope="class")
def organization(
    database: Database, instance: DagsterInstance, request: pytest.FixtureRequest
) -> Iterator[SandboxOrganization]:
    """One organization for the tests of a class; two pages of patients and of appointments."""
    name = f"org_{request.cls.__name__.lower()}"
    with clinic_of(database, instance, name, patients=125) as organization:
        assert len(organization.clinic.tables.patients) > 100
        assert len(organization.clinic.tables.individual_appointments) > 100
        yield organization


@pytest.fixture(scope="class")
def imported(organization: SandboxOrganization) -> SandboxOrganization:
    """The organization after an undisturbed full import."""
    organization.sync(full=True)
    return organization
