"""`contact-hub up` as a user runs it: the sensor imports a new clinic, GraphQL backfills it, ctrl-C ends everything."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import requests

from contact_hub.automation.partitions import today
from contact_hub.sandbox import DEFAULT_KEY, SandboxServer, generate_clinic

pytestmark = pytest.mark.long
ORGANIZATION_ID = "org_served"
CONTACT_HUB = [sys.executable, "-c", "from contact_hub.cli import main; main()"]
DEADLINE_SECONDS = 180

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
ROW_COUNT = """{ assetNodes { assetKey { path } isMaterializable assetMaterializations(limit: 1) { partition
                metadataEntries { label ... on IntMetadataEntry { intValue } } } } }"""


class Served:
    """A running installation: its UI's GraphQL and its database."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, environment: dict[str, str]) -> None:
        self.process = process
        self.environment = environment
        self._url = f"http://127.0.0.1:{port}/graphql"
        database_url = subprocess.run([*CONTACT_HUB, "db", "url"], env=environment, capture_output=True, text=True, check=True)
        self._database_url = database_url.stdout.strip()

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = requests.post(self._url, json={"query": query, "variables": variables}, timeout=60).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._database_url) as connection:
            return connection.execute(statement).fetchall()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.5)
    pytest.fail(f"after {DEADLINE_SECONDS} s still waiting for {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("served")
    environment = {**os.environ, "CONTACT_HUB_HOME": str(home), "CLINIKO_KEY_SERVED": DEFAULT_KEY}
    # The tests' own installation must not shine through.
    for variable in ("DAGSTER_HOME", "CONTACT_HUB_DAGSTER_URL"):
        environment.pop(variable, None)
    port = free_port()
    environment["CONTACT_HUB_GATEWAY_PORT"] = str(free_port())
    with SandboxServer(generate_clinic(patients=60, today=today())) as sandbox:
        add = [
            *CONTACT_HUB,
            "org",
            "add",
            ORGANIZATION_ID,
            "--cliniko-key-env",
            "CLINIKO_KEY_SERVED",
            "--cliniko-url",
            sandbox.url,
        ]
        subprocess.run(add, env=environment, check=True)
        process = subprocess.Popen([*CONTACT_HUB, "up", "--port", str(port)], env=environment)
        try:
            wait_for(lambda: requests.get(f"http://127.0.0.1:{port}/server_info", timeout=5).ok, "the UI")
            yield Served(process, port, environment)
        finally:
            process.terminate()
            process.wait(60)


def test_the_sensor_imports_a_new_organization(served: Served) -> None:
    wait_for(lambda: served.sql("SELECT count(*) FROM activity_days") == [(1,)], "the first import")
    assert served.sql("SELECT count(*) FROM contacts WHERE status = 'active'") == [(60,)]


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


def test_a_backfill_over_days_works_from_graphql(served: Served) -> None:
    imported = {day for (day,) in served.sql("SELECT as_of FROM activity_days")}
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

    def status() -> str:
        return served.graphql(BACKFILL, id=launched["backfillId"])["partitionBackfillOrError"]["status"]

    wait_for(lambda: status().startswith(("COMPLETED", "FAILED")), "the backfill")
    assert status() == "COMPLETED_SUCCESS"
    assert {day for (day,) in served.sql("SELECT as_of FROM activity_days")} == {*imported, *days}


def test_limits_are_changed_from_the_ui(served: Served) -> None:
    def launch(**config: Any) -> dict[str, Any]:
        return served.graphql(LAUNCH_JOB, job="set_limits", config={"ops": {"limits": {"config": config}}})["launchRun"]

    refused = launch(limits={"contacts.completeness": 0.5})
    assert refused["__typename"] == "RunConfigValidationInvalid"
    assert any("organization_id" in error["message"] for error in refused["errors"])
    launched = launch(organization_id=ORGANIZATION_ID, limits={"contacts.completeness": 0.5})
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = launched["run"]["runId"]
    wait_for(lambda: served.graphql(RUN, id=run)["runOrError"]["status"] in ("SUCCESS", "FAILURE"), "the run")
    assert served.sql("SELECT asset, measure, at_least FROM measure_limits") == [("contacts", "completeness", 0.5)]


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


def test_ctrl_c_ends_everything(served: Served) -> None:
    children = psutil.Process(served.process.pid).children(recursive=True)
    assert len(children) >= 3
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
