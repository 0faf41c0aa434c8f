"""The graph as the data team sees it: complete, documented, and of one shape with the database."""

import subprocess
import sys

import dagster as dg
import pytest
from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql

from contact_hub.automation.partitions import ORGANIZATION_DAYS
from contact_hub.definitions import build_definitions
from contact_hub.store.database import Database

LINEAGE = {
    "raw_cliniko_patients": set(),
    "raw_cliniko_appointments": set(),
    "raw_cliniko_practice": set(),
    "chatwoot_reconciliation": set(),
    "channel_events": {"chatwoot_reconciliation"},
    "identity_decisions": set(),
    "normalized_contacts": {"raw_cliniko_patients", "channel_events"},
    "channel_identity_links": {"normalized_contacts", "raw_cliniko_practice", "identity_decisions"},
    "contacts": {"normalized_contacts", "channel_identity_links"},
    "active_patients": {"contacts", "channel_identity_links", "raw_cliniko_appointments", "raw_cliniko_practice"},
    "conversations": {"contacts", "channel_identity_links", "channel_events"},
    "replies": {"channel_events", "channel_identity_links"},
    "contact_metrics": {"contacts", "channel_identity_links", "active_patients", "conversations", "replies"},
    "clinic_report": {"contact_metrics"},
}
EXTERNAL = {"channel_events", "identity_decisions"}
GROUPS = {
    "cliniko": {"raw_cliniko_patients", "raw_cliniko_appointments", "raw_cliniko_practice"},
    "channels": {"chatwoot_reconciliation", "channel_events"},
    "identity": {"identity_decisions", "normalized_contacts", "channel_identity_links", "contacts"},
    "activity": {"active_patients", "conversations", "replies"},
    "reporting": {"contact_metrics", "clinic_report"},
}

DEFINITIONS = build_definitions()
SPECS = {spec.key.to_user_string(): spec for spec in DEFINITIONS.resolve_all_asset_specs()}


def test_the_definitions_load_in_a_fresh_interpreter() -> None:
    code = "from contact_hub.definitions import definitions; definitions().resolve_asset_graph()"
    result = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:contact_hub", "-c", code], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr


def test_the_lineage_is_that_of_the_design() -> None:
    assert {key: {dep.asset_key.to_user_string() for dep in spec.deps} for key, spec in SPECS.items()} == LINEAGE


def test_the_groups_are_those_of_the_design() -> None:
    groups: dict[str | None, set[str]] = {}
    for key, spec in SPECS.items():
        groups.setdefault(spec.group_name, set()).add(key)
    assert groups == GROUPS


@pytest.mark.parametrize("key", sorted(SPECS))
def test_every_asset_is_documented_owned_partitioned_and_checked(key: str) -> None:
    spec = SPECS[key]
    assert spec.description
    assert len(spec.description) > 80
    assert spec.owners
    assert spec.kinds
    assert spec.tags
    assert spec.partitions_def == ORGANIZATION_DAYS
    graph = DEFINITIONS.resolve_asset_graph()
    assert graph.get(spec.key).is_external == (key in EXTERNAL)
    if key not in EXTERNAL:
        assert spec.code_version
        assert graph.get_check_keys_for_assets({spec.key})


@pytest.mark.parametrize("key", sorted(SPECS))
def test_every_asset_tells_the_columns_of_its_table(key: str, database: Database) -> None:
    metadata = SPECS[key].metadata
    schema: dg.TableSchema = metadata["dagster/column_schema"]
    first_table = metadata["dagster/table_name"].split(", ")[0]
    schema_name, _, table = first_table.rpartition(".")
    columns = inspect(database.engine).get_columns(table, schema=schema_name or None)
    assert [(column.name, column.description) for column in schema.columns] == [
        (column["name"], column["comment"]) for column in columns
    ]
    assert [column.type for column in schema.columns] == [
        column["type"].compile(postgresql.dialect()).lower() for column in columns
    ]
    assert [column.constraints.nullable for column in schema.columns] == [column["nullable"] for column in columns]


def test_every_job_schedule_and_sensor_says_what_it_is_for() -> None:
    jobs = [
        DEFINITIONS.resolve_job_def(name)
        for name in ("daily", "hourly", "full_import", "channels", "chatwoot", "chatwoot_full", "report")
    ]
    timed = ("daily", "hourly", "reports", "weekly_sweep", "chatwoot", "chatwoot_sweep")
    schedules = [DEFINITIONS.resolve_schedule_def(name) for name in timed]
    sensors = [DEFINITIONS.resolve_sensor_def(name) for name in ("new_organizations", "channel_events", "killed_syncs")]
    for definition in (*jobs, *schedules, *sensors):
        assert definition.description
    assert all(schedule.default_status == dg.DefaultScheduleStatus.RUNNING for schedule in schedules)


def test_every_check_states_its_formula_and_its_limit() -> None:
    graph = DEFINITIONS.resolve_asset_graph()
    checks = [graph.get_check_spec(key) for key in graph.asset_check_keys]
    assert len(checks) >= 24
    for check in checks:
        assert " / " in (check.description or ""), check.name
        assert "At least" in (check.description or ""), check.name


def test_resources_can_be_replaced() -> None:
    replacement = dg.ResourceDefinition.hardcoded_resource("another")
    assert build_definitions({"cliniko": replacement}).resources["cliniko"] is replacement  # type: ignore[index]
