"""Automation: which cells ticks ask for, and that Dagster takes them."""

import os
import socket
import subprocess
import sys
from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster import DagsterInstance

from contact_hub.automation.partitions import OrganizationDays, organization_days_of, partition_key, partition_tags, today
from contact_hub.automation.schedules import run_requests
from contact_hub.automation.sensors import first_imports
from contact_hub.definitions import build_definitions
from contact_hub.resources.run_tags import (
    DAY_TAG,
    ORGANIZATION,
    ORGANIZATION_TAG,
    ORGANIZATIONS_TAG,
    PROCESS_TAG,
    RANGE_TAG,
    TRIGGER_TAG,
    missing_tags,
    organizations_of_run,
)
from contact_hub.resources.store import StoreResource
from contact_hub.sandbox import generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, disable, register
from contact_hub_tests.support import sandbox_organization

pytestmark = pytest.mark.long

DEFINITIONS = build_definitions()
RESOURCES = {"store": StoreResource()}
NINE = datetime(2026, 11, 23, 9, 5, tzinfo=ZoneInfo("Australia/Sydney"))


def clinic(organization_id: str, status: str = "active") -> Organization:
    return Organization(organization_id, "A clinic", "Australia/Sydney", "AU", "KEY", "http://127.0.0.1:1/v1", status=status)


def sensor_context(instance: DagsterInstance) -> dg.SensorEvaluationContext:
    return dg.build_sensor_context(
        instance=instance, instance_ref=instance.get_ref(), definitions=DEFINITIONS, resources=RESOURCES
    )


def test_a_tick_asks_for_one_run_an_active_organization() -> None:
    requests = list(
        run_requests([clinic("a"), clinic("b", "disabled"), clinic("c")], date(2026, 11, 22), trigger="daily", tick="t")
    )
    assert [(one.tags[ORGANIZATION_TAG], one.tags[DAY_TAG], one.tags[TRIGGER_TAG]) for one in requests] == [
        ("a", "2026-11-22", "daily"),
        ("c", "2026-11-22", "daily"),
    ]


@pytest.mark.parametrize(("name", "day"), [("daily", "2026-11-22"), ("hourly", "2026-11-23"), ("weekly_sweep", "2026-11-23")])
def test_daily_closes_yesterday_the_others_take_today(
    name: str, day: str, database: Database, instance: DagsterInstance, organization_id: str
) -> None:
    with database.transaction() as connection:
        register(connection, clinic(organization_id))
    with dg.build_schedule_context(instance, resources=RESOURCES, scheduled_execution_time=NINE) as context:
        tick = DEFINITIONS.resolve_schedule_def(name).evaluate_tick(context)
    asked = {request.tags[ORGANIZATION_TAG]: request.tags[DAY_TAG] for request in tick.run_requests or []}
    assert asked[organization_id] == day


def test_a_new_organization_gets_its_partition_and_one_first_import() -> None:
    missing, requests = first_imports(
        [clinic("new"), clinic("imported"), clinic("off", "disabled")],
        imported={"imported"},
        partitions=["imported"],
        day=date(2026, 11, 23),
    )
    assert missing == ["new"]
    assert [(one.run_key, one.tags[DAY_TAG]) for one in requests] == [("first_import:new", "2026-11-23")]


def test_the_sensor_notices_an_organization(database: Database, instance: DagsterInstance, organization_id: str) -> None:
    with database.transaction() as connection:
        register(connection, clinic(organization_id))
    sensor = DEFINITIONS.resolve_sensor_def("new_organizations")
    with sensor_context(instance) as context:
        tick = sensor.evaluate_tick(context)
    assert f"first_import:{organization_id}" in [request.run_key for request in tick.run_requests or []]
    assert organization_id in [key for added in tick.dynamic_partitions_requests or [] for key in added.partition_keys]
    with database.transaction() as connection:
        disable(connection, organization_id)
    with sensor_context(instance) as context:
        tick = sensor.evaluate_tick(context)
    assert f"first_import:{organization_id}" not in [request.run_key for request in tick.run_requests or []]


def test_the_sensor_fails_the_runs_of_killed_syncs_and_no_others(instance: DagsterInstance, organization_id: str) -> None:
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    here, started = socket.gethostname(), dg.DagsterRunStatus.STARTED
    processes = {"gone": f"{here}:{child.stdout.strip()}", "living": f"{here}:{os.getpid()}", "elsewhere": "another-host:1"}
    runs = {
        name: dg.DagsterRun(
            job_name="daily",
            status=started,
            tags={**partition_tags(organization_id, today()), TRIGGER_TAG: "sync", PROCESS_TAG: process},
        )
        for name, process in processes.items()
    }
    for run in runs.values():
        instance.add_run(run)
    with sensor_context(instance) as context:
        DEFINITIONS.resolve_sensor_def("killed_syncs").evaluate_tick(context)
    ended = {name for name, run in runs.items() if instance.get_run_by_id(run.run_id).status != started}  # type: ignore[union-attr]
    assert ended == {"gone"}
    for run in runs.values():
        instance.delete_run(run.run_id)


def test_partition_keys_group_into_organizations_and_days() -> None:
    keys = ["2026-11-23|b", "2026-11-22|a", "2026-11-21|a"]
    assert organization_days_of(keys) == [
        OrganizationDays("a", (date(2026, 11, 21), date(2026, 11, 22))),
        OrganizationDays("b", (date(2026, 11, 23),)),
    ]


def test_a_run_says_its_organizations_range_runs_too(instance: DagsterInstance) -> None:
    instance.add_dynamic_partitions(ORGANIZATION, ["range_a", "range_b", "range_c"])
    one_cell = dg.DagsterRun(job_name="daily", tags=partition_tags("range_b", today()))
    range_of_cells = dg.DagsterRun(
        job_name="daily",
        tags={
            "dagster/asset_partition_range_start": "2026-11-01|range_a",
            "dagster/asset_partition_range_end": "2026-11-03|range_b",
        },
    )
    assert organizations_of_run(one_cell, instance) == ["range_b"]
    assert organizations_of_run(range_of_cells, instance) == ["range_a", "range_b"]
    assert organizations_of_run(dg.DagsterRun(job_name="daily"), instance) == []
    assert organizations_of_run(None, None) == []


def test_runs_that_people_launch_get_the_tags_by_which_runs_are_filtered(instance: DagsterInstance) -> None:
    instance.add_dynamic_partitions(ORGANIZATION, ["tags_a", "tags_b"])
    corners = {f"{RANGE_TAG}_start": "2026-11-01|tags_a", f"{RANGE_TAG}_end": "2026-11-03|tags_b"}
    cell = partition_tags("tags_a", today())
    for tags, expected in (
        (cell, {TRIGGER_TAG: "manual"}),
        ({**cell, "dagster/backfill": "b"}, {TRIGGER_TAG: "backfill"}),
        ({**cell, TRIGGER_TAG: "daily"}, {}),
        (corners, {TRIGGER_TAG: "backfill", ORGANIZATIONS_TAG: "tags_a,tags_b"}),
    ):
        assert missing_tags(dg.DagsterRun(job_name="daily", tags=tags), instance) == expected
    assert missing_tags(None, None) == {}


def test_the_full_import_reads_everything_without_any_configuration(
    database: Database, instance: DagsterInstance, organization_id: str
) -> None:
    clinic = generate_clinic(patients=5, today=today())
    with sandbox_organization(database, instance, organization_id, clinic=clinic) as organization:
        organization.sync()
        key = partition_key(organization_id, today())
        run = DEFINITIONS.resolve_job_def("full_import").execute_in_process(partition_key=key, instance=instance)
    (patients,) = run.asset_materializations_for_node("raw_cliniko_patients")
    assert patients.metadata["received_patients"].value >= 5  # type: ignore[operator]
