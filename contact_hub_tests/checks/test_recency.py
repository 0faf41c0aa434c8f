"""Each active organization is recent, or the check counts and names it: planted one by one."""

from datetime import timedelta

import dagster as dg
import pytest
from dagster import DagsterInstance
from sqlalchemy import Connection, text

from contact_hub.cliniko.fields import LANDED_FIELDS
from contact_hub.definitions import build_definitions
from contact_hub.store import recency
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, disable, register


@pytest.fixture
def org(database: Database, organization_id: str) -> str:
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", "KEY"))
    return organization_id


def execute(database: Database, statement: str, **parameters: object) -> None:
    with database.transaction() as connection:
        connection.execute(text(statement), parameters)


def read_cliniko(connection: Connection, org: str, hours_ago: float, resources: tuple[str, ...] = tuple(LANDED_FIELDS)) -> None:
    for resource in resources:
        connection.execute(
            text("""
                INSERT INTO sync_states (organization_id, resource, changed_through, imported_at)
                VALUES (:org, :resource, now() - CAST(:ago AS interval), now())
                ON CONFLICT (organization_id, resource) DO UPDATE SET changed_through = excluded.changed_through
            """),
            {"org": org, "resource": resource, "ago": timedelta(hours=hours_ago)},
        )


def land(database: Database, org: str, hours_ago: float) -> None:
    execute(
        database,
        """
        WITH counted AS (
            INSERT INTO organization_changes AS counter VALUES (:org, 1)
            ON CONFLICT (organization_id) DO UPDATE SET last_number = counter.last_number + 1 RETURNING last_number
        )
        INSERT INTO channel_events (organization_id, event_id, number, provider, external_id, channel, kind, direction,
                                    occurred_at, landed_at, from_customer, attachments, human_assigned, identifiers, hints)
        SELECT :org, gen_random_uuid(), last_number, 'whatsapp', 'message:' || last_number, 'whatsapp', 'message', 'in', now(),
               now() - CAST(:ago AS interval), true, '{}', false, '[]', '{}' FROM counted
        """,
        org=org,
        ago=timedelta(hours=hours_ago),
    )


def test_imports(database: Database, org: str) -> None:
    def late() -> list[str]:
        with database.reading() as connection:
            return [one.organization_id for one in recency.late_imports(connection, org)]

    assert late() == []  # it was only just added
    execute(database, "UPDATE organizations SET created_at = now() - INTERVAL '2 days' WHERE organization_id = :org", org=org)
    assert late() == [org]
    for hours, resources, expected in (
        (1.0, tuple(LANDED_FIELDS), []),
        (27.0, ("attendees",), [org]),
        (25.0, ("attendees",), []),
    ):
        with database.transaction() as connection:
            read_cliniko(connection, org, hours, resources)
        assert late() == expected
    execute(database, "DELETE FROM sync_states WHERE organization_id = :org AND resource = 'businesses'", org=org)
    assert late() == [org]
    with database.transaction() as connection:
        disable(connection, org)
    assert late() == []


def test_derivations(database: Database, org: str) -> None:
    def late() -> list[str]:
        with database.reading() as connection:
            return [one.organization_id for one in recency.late_derivations(connection, org)]

    assert late() == []
    land(database, org, 0.1)
    assert late() == []
    land(database, org, 1.5)
    assert late() == [org]
    execute(database, "INSERT INTO derivations VALUES (:org, 'conversations', 2)", org=org)
    assert late() == []
    execute(database, "DELETE FROM channel_events WHERE organization_id = :org", org=org)


def test_reconciliations(database: Database, org: str) -> None:
    def late() -> list[str]:
        with database.reading() as connection:
            return [one.organization_id for one in recency.late_reconciliations(connection, org)]

    settings = {"url": "https://chat.example.com/", "account_id": "7", "api_token_env": "TOKEN"}
    with database.transaction() as connection:
        connect(connection, ChannelConnection(org, "chatwoot", "SECRET", settings=settings))
    assert late() == []
    execute(
        database, "UPDATE channel_connections SET created_at = now() - INTERVAL '1 day' WHERE organization_id = :org", org=org
    )
    assert late() == [org]
    execute(
        database,
        """INSERT INTO reconciliations
           VALUES (:org, 'chatwoot', 'https://chat.example.com/api/v1/accounts/7', now(), now() - INTERVAL '20 minutes')""",
        org=org,
    )
    assert late() == []
    execute(
        database,
        "UPDATE reconciliations SET reconciled_through = now() - INTERVAL '3 hours' WHERE organization_id = :org",
        org=org,
    )
    assert late() == [org]
    execute(database, "DELETE FROM channel_connections WHERE organization_id = :org", org=org)
    assert late() == []


def test_the_job_counts_and_names_them(database: Database, instance: DagsterInstance, org: str) -> None:
    def result() -> dg.AssetCheckEvaluation:
        run = build_definitions().resolve_job_def("recency").execute_in_process(instance=instance)
        (one,) = [one for one in run.get_asset_check_evaluations() if one.check_name == "every_organization_imported"]
        return one

    execute(database, "UPDATE organizations SET created_at = now() - INTERVAL '300 days' WHERE organization_id = :org", org=org)
    found = result()
    behind = found.metadata["organizations_behind"].value
    assert not found.passed
    assert org in str(found.metadata["worst_organizations"].value)
    with database.transaction() as connection:
        read_cliniko(connection, org, 1)
    found = result()
    assert found.metadata["organizations_behind"].value == behind - 1  # type: ignore[operator]
    assert org not in str(found.metadata["worst_organizations"].value)
