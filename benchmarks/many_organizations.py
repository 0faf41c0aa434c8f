"""What Dagster takes to show and to schedule many organizations over many days.

python -m benchmarks.many_organizations [--organizations 100] [--days 400] [--json FILE]

Every cell of every asset, and of one check, is materialized: rows in Dagster's storage, copied from one that Dagster wrote.
Then the UI's own webserver is asked what its pages ask (GraphQL), and the daily schedule is evaluated.
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import requests
from sqlalchemy import text

from benchmarks.report import Line, Report, at_most, medians, seconds, take_turns
from benchmarks.workplace import temporary_installation
from contact_hub import settings
from contact_hub.automation.partitions import partition_key, today
from contact_hub.definitions import ASSETS, build_definitions
from contact_hub.installation import dagster_instance, prepare, project_file
from contact_hub.processes import PYTHON, Processes, free_port, start_code_server
from contact_hub.resources.run_tags import ORGANIZATION
from contact_hub.resources.store import StoreResource
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register

ASSET, CHECK = "contacts", "coverage"
TEMPLATE = "org_0000"

GRAPH = """{ assetNodes { id groupName isPartitioned isMaterializable description kinds jobNames hasAssetChecks
             assetKey { path } dependencyKeys { path } dependedByKeys { path } owners { ... on TeamAssetOwner { team } }
             tags { key value } partitionStats { numMaterialized numPartitions numMaterializing numFailed } } }"""
PARTITIONS = """query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode { id
    partitionKeysByDimension { name type partitionKeys }
    assetPartitionStatuses { ... on MultiPartitionStatuses { primaryDimensionName ranges { primaryDimStartKey primaryDimEndKey
        primaryDimStartTime primaryDimEndTime secondaryDim {
            ... on TimePartitionStatuses { ranges { status startTime endTime startKey endKey } }
            ... on DefaultPartitionStatuses { materializedPartitions failedPartitions materializingPartitions } } } } } } } }"""
OVERVIEW = """query ($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset { id
    assetMaterializations(limit: 100) { runId timestamp partition metadataEntries { label } }
    definition { id description partitionStats { numMaterialized numPartitions }
                 metadataEntries { label } jobs { id name } freshnessStatusInfo { freshnessStatus } } } } }"""
CHECKS = """query ($key: AssetKeyInput!, $check: String!) {
    assetCheckExecutions(assetKey: $key, checkName: $check, limit: 25) { id runId status timestamp
        evaluation { success severity partition metadataEntries { label } } }
    assetNodeOrError(assetKey: $key) { ... on AssetNode { assetChecksOrError { ... on AssetChecks { checks { name
        executionForLatestMaterialization { id status } } } } } } }"""
PAGES: Mapping[str, str] = {"lineage": GRAPH, "overview": OVERVIEW, "partitions": PARTITIONS, "checks": CHECKS}

# The template's cell gives way to each other cell; day and organization are in the event's text, too.
_EVENTS = """
    INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, asset_key, partition)
    SELECT run_id, replace(event, :template, cell.key), dagster_event_type, timestamp, asset_key, cell.key
    FROM event_logs CROSS JOIN cells AS cell WHERE partition = :template AND cell.key <> :template
"""
_EXECUTIONS = """
    INSERT INTO asset_check_executions (asset_key, check_name, partition, run_id, execution_status, evaluation_event,
                                        evaluation_event_timestamp, evaluation_event_storage_id)
    SELECT asset_key, check_name, cell.key, run_id, execution_status, replace(evaluation_event, :template, cell.key),
           evaluation_event_timestamp, evaluation_event_storage_id
    FROM asset_check_executions CROSS JOIN cells AS cell WHERE partition = :template AND cell.key <> :template
"""


def seed(database: Database, instance: dg.DagsterInstance, organizations: int, days: int) -> None:
    """Register the organizations and materialize all cells."""
    names = [f"org_{number:04}" for number in range(organizations)]
    with database.transaction() as connection:
        for name in names:
            register(connection, Organization(name, name, settings.time_zone(), "AU", "KEY"))
    instance.add_dynamic_partitions(ORGANIZATION, names)
    template = partition_key(TEMPLATE, today())
    materialize(instance, template)
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(dg.AssetKey(ASSET), CHECK, True, {"share": 1.0}, partition=template)
    )
    listed = [today() - timedelta(days=back) for back in range(days)]
    keys = [{"key": str(partition_key(name, day))} for name in names for day in listed]
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        connection.execute(text("CREATE TEMPORARY TABLE cells (key text)"))
        connection.execute(
            text("INSERT INTO cells SELECT jsonb_array_elements_text(CAST(:keys AS jsonb))"), {"keys": _json(keys)}
        )
        for statement in (_EVENTS, _EXECUTIONS):
            connection.execute(text(statement), {"template": str(template)})
        connection.execute(text("ANALYZE"))


def _json(keys: list[dict[str, str]]) -> str:
    return "[" + ",".join(f'"{one["key"]}"' for one in keys) + "]"


def materialize(instance: dg.DagsterInstance, key: str) -> None:
    """Every asset's materialization of one cell, as a run reports it."""
    for asset in ASSETS:
        event = dg.AssetMaterialization(asset.key, partition=key, metadata={"dagster/partition_row_count": 632})
        instance.report_runless_asset_event(event)


@contextmanager
def webserver() -> Iterator[str]:
    """The UI's server beside a code server; the URL of its GraphQL."""
    port = free_port()
    with Processes() as processes:
        start_code_server(processes)
        processes.wait_until(lambda: os.path.exists(os.environ["CONTACT_HUB_CODE_SERVER_SOCKET"]))
        workspace = ["-w", str(project_file("workspace.yaml")), "-h", "127.0.0.1", "-p", str(port), "--log-level", "warning"]
        processes.start("Dagster UI", [*PYTHON, "dagster_webserver", *workspace])
        url = f"http://127.0.0.1:{port}"
        processes.wait_until(lambda: _is_up(url))
        yield f"{url}/graphql"


def _is_up(url: str) -> bool:
    try:
        return requests.get(f"{url}/server_info", timeout=5).ok
    except requests.ConnectionError:
        return False


def ask(url: str, query: str) -> dict[str, Any]:
    """One page's question about one asset."""
    variables = {"key": {"path": [ASSET]}, "check": CHECK}
    answer = requests.post(url, json={"query": query, "variables": variables}, timeout=600).json()
    if "errors" in answer:
        raise RuntimeError(answer["errors"][0]["message"])
    return answer["data"]


def tick(instance: dg.DagsterInstance) -> int:
    """Evaluate the daily schedule, as its tick at 01:15 does; how many runs it asks for."""
    at = datetime.now(ZoneInfo(settings.time_zone()))
    resources = {"store": StoreResource()}
    with dg.build_schedule_context(instance, resources=resources, scheduled_execution_time=at) as context:
        return len(build_definitions().resolve_schedule_def("daily").evaluate_tick(context).run_requests or [])


def measure(organizations: int, days: int) -> Report:
    os.environ[settings.HORIZON_DAYS] = str(days)
    title = f"{organizations} organizations x {days} days = {organizations * days:,} partitions an asset, all materialized"
    report = Report(f"{title} (medians of three)")
    with temporary_installation(), closing(prepare()) as database, dagster_instance() as instance:
        seeded_s = seconds(lambda: seed(database, instance, organizations, days))
        report.lines.append(Line("seed_s", "writing all cells by SQL", seeded_s, "s"))
        with webserver() as url:
            first = {name: seconds(lambda page=page: ask(url, page)) for name, page in PAGES.items()}

            def after_a_run(page: str) -> float:
                materialize(instance, partition_key(TEMPLATE, today()))
                return seconds(lambda: ask(url, page))

            def asked_for() -> float:
                return seconds(lambda: _expect(tick(instance), organizations))

            ways = {f"{name}_s": (lambda page=page: after_a_run(page)) for name, page in PAGES.items()}
            report.rounds = take_turns({**ways, "daily_tick_s": asked_for})
    took = medians(report.rounds)
    for name in PAGES:
        report.lines.append(Line(f"{name}_first_s", f"{name}: first time, no status cache", first[name], "s"))
        report.lines.append(Line(f"{name}_s", f"{name}: after each run", took[f"{name}_s"], "s", target=at_most(5)))
    report.lines.append(Line("daily_tick_s", "daily schedule tick", took["daily_tick_s"], "s", target=at_most(5)))
    return report


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise RuntimeError(f"{found} runs were asked for, not {wanted}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_organizations", description=__doc__)
    parser.add_argument("--organizations", type=int, default=100, help="organizations")
    parser.add_argument("--days", type=int, default=400, help="days, today the last")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    report = measure(options.organizations, options.days)
    report.print()
    if options.json is not None:
        report.write(options.json)


if __name__ == "__main__":
    main()
