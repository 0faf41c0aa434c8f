"""Clinics to be read under faults."""

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterInstance
from sqlalchemy import text

from contact_hub.automation.partitions import today
from contact_hub.sandbox import generate_clinic
from contact_hub.store.database import Database
from contact_hub_tests.support import SandboxOrganization, sandbox_organization


@contextmanager
def clinic_of(
    database: Database, instance: DagsterInstance, organization_id: str, patients: int
) -> Iterator[SandboxOrganization]:
    clinic = generate_clinic(patients=patients, today=today())
    with sandbox_organization(database, instance, organization_id, clinic=clinic) as organization:
        yield organization


def free_request_slots(organization: SandboxOrganization) -> None:
    """Forget what was sent in the last minute; these tests send more than a minute allows."""
    with organization.database.transaction() as connection:
        connection.execute(text("DELETE FROM cliniko_request_slots"))
