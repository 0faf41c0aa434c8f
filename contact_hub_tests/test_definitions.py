"""The graph as the data team sees it: complete, documented, and of one shape with the database."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql

from contact_hub.assets.column_lineage import COLUMN_LINEAGE
from contact_hub.assets.policy import FRESHNESS
from contact_hub.automation.partitions import ORGANIZATION_DAYS, partition_key, today
from contact_hub.definitions import build_definitions
from contact_hub.resources.run_tags import TRIGGER_TAG
from contact_hub.store.database import Database
from contact_hub_tests import definitions_snapshot

LINEAGE = {
    "cliniko_api": set(),
    "chatwoot_api": set(),
    "channel_webhooks": set(),
    "raw_cliniko_patients": {"cliniko_api"},
    "raw_cliniko_appointments": {"cliniko_api"},
    "raw_cliniko_practice": {"cliniko_api"},
    "chatwoot_reconciliation": {"chatwoot_api"},
    "channel_events": {"channel_webhooks", "chatwoot_reconciliation"},
    "identity_decisions": set(),
    "normalized_contacts": {"raw_cliniko_patients", "channel_events"},
    "channel_identity_links": {"normalized_contacts", "raw_cliniko_practice", "identity_decisions"},
    "contacts": {"normalized_contacts", "channel_identity_links"},
    "active_patients": {"contacts", "channel_identity_links", "raw_cliniko_appointments", "raw_cliniko_practice"},
    "conversations": {"contacts", "channel_identity_links", "channel_events"},
    "replies": {"channel_events", "channel_identity_links"},
    "duplicate_clusters": {"contacts", "identity_decisions"},
    "contact_merges": {"duplicate_clusters"},
    "contact_metrics": {"contacts", "channel_identity_links", "active_patients", "conversations", "replies"},
    "clinic_report": {"contact_metrics", "duplicate_clusters", "replies"},
}
SOURCES = {"cliniko_api", "chatwoot_api", "channel_webhooks"}
EXTERNAL = {*SOURCES, "channel_events", "identity_decisions"}
GROUPS = {
    "sources": SOURCES,
    "cliniko": {"raw_cliniko_patients", "raw_cliniko_appointments", "raw_cliniko_practice"},
    "channels": {"chatwoot_reconciliation", "channel_events"},
    "identity": {"identity_decisions", "normalized_contacts", "channel_identity_links", "contacts"},
    "activity": {"active_patients", "conversations", "replies"},
    "duplicates": {"duplicate_clusters", "contact_merges"},
    "reporting": {"contact_metrics", "clinic_report"},
}
NOT_DERIVED = {
    **dict.fromkeys(GROUPS["cliniko"], "as Cliniko sent it: a system outside has no columns"),
    "chatwoot_reconciliation": "says how far a system outside was read",
}
"""Assets whose columns are made of no other's, and why."""
NOT_KEPT_FRESH = {
    **dict.fromkeys(SOURCES, "outside; whether each organization is recent, the recency checks say"),
    "channel_events": "comes when somebody writes: a quiet day is nothing late",
    "identity_decisions": "comes when somebody decides",
    "chatwoot_reconciliation": "only where a clinic uses Chatwoot; check every_organization_reconciled looks after those",
}
"""Assets without a freshness policy, and why."""

DEFINITIONS = build_definitions()
SPECS = {spec.key.to_user_string(): spec for spec in DEFINITIONS.resolve_all_asset_specs()}


def test_the_definitions_load_in_a_fresh_interpreter_and_without_pandas() -> None:
    """A run of the channels, for which somebody waits, is a process that loads them and does without."""
    code = (
        "from contact_hub.definitions import definitions; definitions().resolve_asset_graph(); "
        "import sys; assert 'pandas' not in sys.modules"
    )
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
    assert spec.partitions_def == (None if key in SOURCES else ORGANIZATION_DAYS)
    graph = DEFINITIONS.resolve_asset_graph()
    assert graph.get(spec.key).is_external == (key in EXTERNAL)
    if key not in EXTERNAL:
        assert spec.code_version
        (reference,) = spec.metadata["dagster/code_references"].code_references
        body = Path(reference.file_path).read_text().splitlines()[reference.line_number - 1 :]
        assert key in next(line for line in body if line.startswith("def "))
        assert graph.get_check_keys_for_assets({spec.key})


@pytest.mark.parametrize("key", sorted(SPECS.keys() - SOURCES))
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


def test_every_column_of_the_lineage_is_one_of_its_asset() -> None:
    columns = {
        key: {column.name for column in spec.metadata["dagster/column_schema"].columns}
        for key, spec in SPECS.items()
        if key not in SOURCES
    }
    for key, made_of in COLUMN_LINEAGE.items():
        upstream = {dep.asset_key.to_user_string() for dep in SPECS[key].deps}
        for column, named in made_of.items():
            assert column in columns[key], f"{key}.{column}"
            for one in named:
                asset, other = one.split(".")
                assert asset in upstream, f"{key} is not made of {asset}"
                assert other in columns[asset], f"{key}.{column} <- {one}"
        shown = SPECS[key].metadata["dagster/column_lineage"].deps_by_column
        assert {column: len(deps) for column, deps in shown.items()} == {column: len(list(n)) for column, n in made_of.items()}


def test_every_derived_asset_says_what_its_columns_are_made_of() -> None:
    assert COLUMN_LINEAGE.keys() == SPECS.keys() - EXTERNAL - NOT_DERIVED.keys()


def test_what_automation_keeps_up_has_a_freshness_policy() -> None:
    assert FRESHNESS.keys() == SPECS.keys() - NOT_KEPT_FRESH.keys()
    for key, spec in SPECS.items():
        assert (spec.freshness_policy is not None) == (key in FRESHNESS)


def test_every_job_schedule_and_sensor_says_what_it_is_for() -> None:
    repository = DEFINITIONS.get_repository_def()
    jobs = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]
    for definition in (*jobs, *repository.schedule_defs, *repository.sensor_defs):
        assert len(definition.description or "") > 30, definition.name
    assert all(TRIGGER_TAG in job.tags for job in jobs)
    assert all(schedule.default_status == dg.DefaultScheduleStatus.RUNNING for schedule in repository.schedule_defs)
    assert all(sensor.default_status == dg.DefaultSensorStatus.RUNNING for sensor in repository.sensor_defs)


def config_fields(job: dg.JobDefinition) -> dict[str, dg.Field]:
    """What a person may fill in when launching a job, by ``op.field``."""
    schemas = {node.name: node.definition.config_schema for node in job.nodes if isinstance(node.definition, dg.OpDefinition)}
    return {
        f"{op}.{name}": field
        for op, schema in schemas.items()
        for name, field in getattr(schema and schema.config_type, "fields", {}).items()
    }


def test_what_jobs_can_be_told_is_described_and_has_a_default() -> None:
    needed = {"limits.organization_id"}  # nobody's limits are changed by default
    repository = DEFINITIONS.get_repository_def()
    found = {}
    for job in repository.get_all_jobs():
        found |= config_fields(job)
    assert found.keys() == {
        *(f"raw_cliniko_{name}.full" for name in ("patients", "appointments", "practice")),
        "chatwoot_reconciliation.full",
        *(f"limits.{name}" for name in ("organization_id", "limits", "reset")),
        "prune.older_than_days",
    }
    for name, field in found.items():
        assert len(field.description or "") > 30, name
        assert field.default_provided == (name not in needed), name


@pytest.mark.parametrize(("job", "assets"), [("full_import", 3), ("chatwoot_full", 1)])
def test_jobs_that_read_everything_are_told_so_in_a_config_that_people_see(job: str, assets: int) -> None:
    key = partition_key("org_any", today())
    config = DEFINITIONS.resolve_job_def(job).get_run_config_for_partition_key(key)
    assert [op["config"] for op in config["ops"].values()] == [{"full": True}] * assets


def test_the_definitions_are_those_of_the_snapshot() -> None:
    said = "they have changed; if that is meant: python -m contact_hub_tests.definitions_snapshot"
    assert definitions_snapshot.text() == definitions_snapshot.SNAPSHOT.read_text(), said


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
