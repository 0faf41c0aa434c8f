"""Planted people are found in the store, and nowhere in Dagster's database, logs or error messages."""

import psycopg
import pytest
from dagster import DagsterInstance
from sqlalchemy import text

from contact_hub.automation.partitions import today
from contact_hub.sandbox import generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.embedded.server_files import ServerFiles
from contact_hub.sync import SyncFailed
from contact_hub_tests.conftest import HOME
from contact_hub_tests.support import SandboxOrganization, sandbox_organization

CANARY = {
    "first_name": "Zephyrina",
    "last_name": "Quillfeather",
    "email": "zephyrina.quillfeather@mailbox.au",
    "date_of_birth": "1931-07-19",
    "patient_phone_numbers": [{"number": "0491 570 156", "normalized_number": "61491570156", "phone_type": "Mobile"}],
    "notes": "Quillfeather prefers the window",
}
TRACES = ("zephyrina", "quillfeather", "491570156", "491 570 156", "1931-07-19")


@pytest.fixture
def organization(database: Database, instance: DagsterInstance, organization_id: str):  # type: ignore[no-untyped-def]
    clinic = generate_clinic(patients=30, today=today())
    clinic.add_patient(**CANARY)
    with sandbox_organization(database, instance, organization_id, clinic=clinic) as organization:
        yield organization


def traces_in_dagster(database: Database) -> list[str]:
    """Tables of Dagster's database that mention the planted person."""
    url = database.dagster_url.set(drivername="postgresql").render_as_string(hide_password=False)
    found = []
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert len(tables) > 15
        for (table,) in tables:
            rows = connection.execute(f"SELECT lower(t::text) FROM {table} AS t")  # type: ignore[arg-type]
            found += [table for (row,) in rows if any(trace in row for trace in TRACES)]
    return found


def traces_in(said: str) -> list[str]:
    return [trace for trace in TRACES if trace in said.lower()]


def test_a_good_run_leaves_no_trace(
    organization: SandboxOrganization, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    organization.sync()
    (found,) = organization.query(
        "SELECT count(*) FROM contacts WHERE organization_id = :organization_id AND phone = '+61491570156'"
    )
    assert found[0] == 1
    assert traces_in_dagster(database) == []
    out, err = capfd.readouterr()
    assert traces_in(out + err) == []


def test_a_failing_write_leaves_no_trace(
    organization: SandboxOrganization,
    database: Database,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """PostgreSQL quotes the row that violates a constraint; so the planted person is made to violate one."""
    refuse = "ALTER TABLE contacts ADD CONSTRAINT planted CHECK (phone <> '+61491570156') NOT VALID"
    with database.transaction() as connection:
        connection.execute(text(refuse))
    try:
        with pytest.raises(SyncFailed) as failure:
            organization.sync()
    finally:
        with database.transaction() as connection:
            connection.execute(text("ALTER TABLE contacts DROP CONSTRAINT planted"))
    assert "contacts" in str(failure.value)
    assert traces_in(str(failure.value)) == []
    assert traces_in_dagster(database) == []
    out, err = capfd.readouterr()
    assert "CheckViolation" in caplog.text
    assert traces_in(out + err + caplog.text) == []
    assert traces_in(ServerFiles.of(HOME).log.read_text()) == []
