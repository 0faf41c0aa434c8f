"""`contact-hub up` as a user runs it: the sensor imports a new clinic, GraphQL backfills it, a killed daemon
loses nothing, ctrl-C ends everything."""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from sqlalchemy import create_engine

from contact_hub.automation.partitions import today
from contact_hub.sandbox import DEFAULT_KEY, SandboxServer, generate_clinic
from contact_hub.store.tokens import create_token
from contact_hub_tests.processes import CONTACT_HUB, Installation, Writers, free_port, landed, wait_until

pytestmark = pytest.mark.long(minutes=2)
ORGANIZATION_ID = "org_served"

GRAPH = """{ assetNodes { assetKey { path } isMaterializable groupName
             description kinds owners { ... on TeamAssetOwner { team } }
             metadataEntries { label ... on TableSchemaMetadataEntry { schema { columns { name } } } } } }"""
LAUNCH = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
            __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
BACKFILL = """query ($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""
LAUNCH_JOB = """mutation ($job: String!, $config: RunConfigData) { launchRun(executionParams: {
                mode: "default", runConfigData: $config, selector: { jobName: $job,
                    repositoryName: "__repository__", repositoryLocationName: "contact_hub" } }) {
                __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
                ... on RunConfigValidationInvalid { errors { message } } } }"""
RUN = """query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"""
CHANNEL_RUNS = """query ($statuses: [RunStatus!]) { runsOrError(filter: { pipelineName: "channels", statuses: $statuses }) {
                  ... on Runs { count } } }"""
ROW_COUNT = """{ assetNodes { assetKey { path } isMaterializable assetMaterializations(limit: 1) { partition
                metadataEntries { label ... on IntMetadataEntry { intValue } } } } }"""


class Served(Installation):
    """A running installation: its UI's GraphQL, its gateway and its database."""

    def __init__(self, home: Path, **environment: str) -> None:
        ports = free_port(), free_port()
        super().__init__(home, CONTACT_HUB_GATEWAY_PORT=str(ports[1]), **environment)
        self.ui, self.gateway = (f"http://127.0.0.1:{port}" for port in ports)
        self._up = ("up", "--port", str(ports[0]))
        self.process: subprocess.Popen[bytes]

    def up(self) -> None:
        self.process = self.start(*self._up)
        wait_until(lambda: requests.get(f"{self.ui}/server_info", timeout=5).ok, "the UI")

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.ui}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def token(self) -> str:
        """A new token for the organization's gateway."""
        engine = create_engine(self.run(*CONTACT_HUB, "db", "url").strip().replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            token = create_token(connection, ORGANIZATION_ID, "")
        engine.dispose()
        return token

    def daemon(self) -> psutil.Process | None:
        children = psutil.Process(self.process.pid).children()
        return next((child for child in children if "dagster._daemon" in child.cmdline()), None)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("served"), CLINIKO_KEY_SERVED=DEFAULT_KEY)
    with SandboxServer(generate_clinic(patients=60, today=today())) as sandbox:
        key = ("--cliniko-key-env", "CLINIKO_KEY_SERVED", "--cliniko-url", sandbox.url)
        served.run(*CONTACT_HUB, "org", "add", ORGANIZATION_ID, *key)
        try:
            served.up()
            yield served
        finally:
            served.end()


@dataclass(frozen=True)
class Backfill:
    """
    Attributes:
        imported: the days that were there before.
    """

    id: str
    days: list[date]
    imported: set[date]


@pytest.fixture(scope="module")
def backfill(served: Served) -> Backfill:
    """A backfill over two days, launched after the first import; the daemon looks after it every half a minute."""
    imported = {day for (day,) in served.rows("SELECT as_of FROM activity_days")}
    days = [today() - timedelta(days=offset) for offset in (1, 2)]
    params = {
        "assetSelection": [
            {"path": node["assetKey"]["path"]} for node in served.graphql(GRAPH)["assetNodes"] if node["isMaterializable"]
        ],
        "partitionNames": [f"{day}|{ORGANIZATION_ID}" for day in days],
        "title": "two days",
    }
    launched = served.graphql(LAUNCH, params=params)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    return Backfill(launched["backfillId"], days, imported)


def test_the_sensor_imports_a_new_organization(served: Served) -> None:
    wait_until(lambda: served.rows("SELECT count(*) FROM activity_days") == [(1,)], "the first import")
    assert served.rows("SELECT count(*) FROM contacts WHERE status = 'active'") == [(60,)]


def test_the_ui_shows_groups_kinds_owners_descriptions_and_columns(served: Served) -> None:
    nodes = {node["assetKey"]["path"][-1]: node for node in served.graphql(GRAPH)["assetNodes"]}
    groups = {"sources", "cliniko", "channels", "identity", "activity", "duplicates", "reporting"}
    assert {node["groupName"] for node in nodes.values()} == groups
    for node in nodes.values():
        assert node["description"]
        assert node["kinds"]
        assert node["owners"] == [{"team": "data"}]
        has_columns = any(entry.get("schema", {}).get("columns") for entry in node["metadataEntries"])
        assert has_columns == (node["groupName"] != "sources")


def test_limits_are_changed_from_the_ui_beside_a_backfill(served: Served, backfill: Backfill) -> None:
    def launch(**config: Any) -> dict[str, Any]:
        return served.graphql(LAUNCH_JOB, job="set_limits", config={"ops": {"limits": {"config": config}}})["launchRun"]

    refused = launch(limits={"contacts.completeness": 0.5})
    assert refused["__typename"] == "RunConfigValidationInvalid"
    assert any("organization_id" in error["message"] for error in refused["errors"])
    launched = launch(organization_id=ORGANIZATION_ID, limits={"contacts.completeness": 0.5})
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = launched["run"]["runId"]
    wait_until(lambda: served.graphql(RUN, id=run)["runOrError"]["status"] in ("SUCCESS", "FAILURE"), "the run")
    assert served.rows("SELECT asset, measure, at_least FROM measure_limits") == [("contacts", "completeness", 0.5)]


def test_a_backfill_over_days_works_from_graphql(served: Served, backfill: Backfill) -> None:
    def status() -> str:
        return served.graphql(BACKFILL, id=backfill.id)["partitionBackfillOrError"]["status"]

    wait_until(lambda: status().startswith(("COMPLETED", "FAILED")), "the backfill")
    assert status() == "COMPLETED_SUCCESS"
    assert {day for (day,) in served.rows("SELECT as_of FROM activity_days")} == {*backfill.imported, *backfill.days}


def test_materializations_count_their_rows(served: Served) -> None:
    for node in served.graphql(ROW_COUNT)["assetNodes"]:
        if not node["isMaterializable"]:
            continue
        (latest,) = node["assetMaterializations"]
        counts = {entry["label"]: entry.get("intValue") for entry in latest["metadataEntries"]}
        assert latest["partition"].endswith(ORGANIZATION_ID)
        assert counts["dagster/partition_row_count"] is not None
        # No class on the day, no Chatwoot, nobody wrote, nobody is there twice, merges are not turned on.
        empty = ("raw_", "chatwoot_", "conversations", "replies", "duplicate_clusters", "contact_merges")
        assert counts["dagster/partition_row_count"] > 0 or node["assetKey"]["path"][-1].startswith(empty)


def test_killing_the_daemon_while_events_land_loses_none(served: Served) -> None:
    writers = Writers(served.gateway, ORGANIZATION_ID, served.token(), a_second=20)  # the daemon's moments are seconds

    def is_run(*statuses: str) -> bool:
        return served.graphql(CHANNEL_RUNS, statuses=statuses)["runsOrError"]["count"] > 0

    try:
        wait_until(lambda: len(writers.accepted) > 20, "events")
        with writers.resting():  # a run is asked for when a burst is over
            wait_until(lambda: is_run("NOT_STARTED", "QUEUED", "STARTING", "STARTED"), "a run")
        wait_until(lambda: is_run("STARTED"), "a run that takes events in, while others land")
        daemon = served.daemon()
        assert daemon is not None
        daemon.kill()
        served.process.wait(60)  # the others end with it
        served.up()
        before = len(writers.accepted)
        wait_until(lambda: len(writers.accepted) > before + 10, "events after the restart")
    finally:
        writers.stop()
    behind = f"""
        SELECT last_number - coalesce(through_number, 0) FROM organization_changes
        LEFT JOIN derivations USING (organization_id)
        WHERE organization_id = '{ORGANIZATION_ID}' AND asset = 'conversations'
    """
    wait_until(lambda: served.rows(behind) == [(0,)], "a run that takes everything in")
    events = landed(served, ORGANIZATION_ID)
    assert writers.accepted <= set(events)
    told = f"SELECT sum(events_in) FROM conversations WHERE organization_id = '{ORGANIZATION_ID}'"
    assert served.rows(told) == [(len(events),)]


def test_ctrl_c_ends_everything(served: Served) -> None:
    children = psutil.Process(served.process.pid).children(recursive=True)
    assert len(children) >= 3
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
