"""`contact-hub doctor`: each finding is made, and only where its fault is planted."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import dagster as dg
import pytest
from dagster import DagsterInstance
from dagster._daemon.types import DaemonHeartbeat
from sqlalchemy import text

from contact_hub.automation.partitions import partition_tags, today
from contact_hub.doctor import examine
from contact_hub.sandbox import DEFAULT_KEY, ChatwootServer, SandboxServer
from contact_hub.store.alerts import AlertTarget, set_target
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database
from contact_hub_tests.checks.test_recency import execute, land
from contact_hub_tests.cli.support import Terminal
from contact_hub_tests.doctor.support import A_SECRET, KEY, SECRET, TOKEN

pytestmark = pytest.mark.long


def found(org: str | None, subject: str, *, online: bool = False, **options: Any) -> set[str]:
    """The levels of the findings whose subject ends so; of the organization itself unless ``org`` is None."""
    wanted = subject if org is None or not subject.startswith(",") else f"{org}{subject}"
    made = list(examine(org, online=online, **options))
    assert A_SECRET not in str(made)
    assert DEFAULT_KEY not in str(made)
    for one in made:
        assert bool(one.remedy) == (one.level != "OK"), one
    return {one.level for one in made if one.subject == wanted}


@contextmanager
def serving(status: int, *, date: datetime | None = None) -> Iterator[str]:
    """A server that answers all requests alike, by its own clock."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        do_HEAD = do_GET

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(date or datetime.now(UTC), usegmt=True)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.usefixtures("instance")
def test_a_healthy_set_up_has_nothing_to_mend(org: str) -> None:
    assert {one.level for one in examine(org) if one.subject.startswith(org)} == {"OK"}


@pytest.mark.parametrize(
    ("variable", "value", "subject"),
    [
        ("CONTACT_HUB_TIME_ZONE", "Mars/Olympus", "time zone"),
        ("CONTACT_HUB_HORIZON_DAYS", "many", "horizon"),
        ("CONTACT_HUB_GATEWAY_PORT", "0", "gateway port"),
        ("CONTACT_HUB_GATEWAY_RATE", "-1", "gateway rate"),
        ("CONTACT_HUB_SECRET", "another secret than that of the tests", "secret"),
    ],
)
def test_settings(org: str, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, subject: str) -> None:
    assert found(org, subject) == {"OK"}
    monkeypatch.setenv(variable, value)
    assert found(org, subject) == {"FAIL"}


def test_a_database_that_cannot_be_reached_ends_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_HUB_DATABASE_URL", "postgresql://x:y@127.0.0.1:1/nothing")
    assert found(None, "database") == {"FAIL"}
    assert found(None, "migrations") == set()


def test_missing_migrations(database: Database, org: str) -> None:
    (revision,) = execute_one(database, "SELECT version_num FROM alembic_version")
    execute(database, "UPDATE alembic_version SET version_num = '0001'")
    try:
        assert found(org, "migrations") == {"FAIL"}
    finally:
        execute(database, "UPDATE alembic_version SET version_num = :revision", revision=revision)
    assert found(org, "migrations") == {"OK"}


def execute_one(database: Database, statement: str) -> Any:
    with database.reading() as connection:
        return connection.execute(text(statement)).one()


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("free", "level"), [(50e9, "OK"), (3e9, "WARN"), (0.2e9, "FAIL")])
def test_disk(org: str, monkeypatch: pytest.MonkeyPatch, free: float, level: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(int(1e12), 0, int(free)))
    assert found(org, "disk") == {level}


def test_ports(org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(200) as url:
        number = int(url.rpartition(":")[2])
        assert found(org, f"port {number} (Dagster UI)", ui_port=number) == {"WARN"}
        monkeypatch.setenv("CONTACT_HUB_GATEWAY_PORT", str(number))
        assert found(org, f"port {number} (gateway)") == {"WARN"}
    assert found(org, f"port {number} (gateway)") == {"OK"}


def test_variables_of_the_key_and_of_connections(database: Database, org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.transaction() as connection:
        connect(connection, ChannelConnection(org, "whatsapp", SECRET, settings={"verify_token_env": TOKEN}))
    assert found(org, ", Cliniko key") == {"OK"}
    assert found(org, ", whatsapp main") == {"OK", "FAIL"}  # the secret is set, the token is not
    monkeypatch.setenv(TOKEN, A_SECRET)
    assert found(org, ", whatsapp main") == {"OK"}
    monkeypatch.delenv(KEY)
    assert found(org, ", Cliniko key") == {"FAIL"}


def test_variables_of_alerts(database: Database, org: str) -> None:
    for name, variable in (("set", SECRET), ("unset", TOKEN)):
        with database.transaction() as connection:
            set_target(connection, AlertTarget(org, name, "webhook", variable))
    assert found(org, f"alerts of {org} to set") == {"OK"}
    assert found(org, f"alerts of {org} to unset") == {"FAIL"}
    execute(database, "DELETE FROM alert_targets")


def test_cliniko_is_asked_once_and_its_refusal_told(
    database: Database, org: str, cliniko: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(cliniko.requests)
    assert found(org, ", Cliniko", online=True) == {"OK"}
    assert len(cliniko.requests) - before <= 2  # the second, without a key, for the clock
    assert found(org, ", Cliniko") == set()  # offline
    monkeypatch.setenv(KEY, "a-wrong-key-au1")
    assert found(org, ", Cliniko", online=True) == {"FAIL"}
    monkeypatch.setenv(KEY, "no key at all")
    assert found(org, ", Cliniko", online=True) == {"FAIL"}


@pytest.mark.parametrize(("minutes", "level"), [(0, "OK"), (2, "WARN"), (-10, "FAIL")])
def test_the_clock(minutes: int, level: str) -> None:
    from contact_hub.doctor.organizations import _clock

    with serving(401, date=datetime.now(UTC) + timedelta(minutes=minutes)) as url:
        (finding,) = _clock("here", url)
    assert finding.level == level


def test_chatwoot(database: Database, org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatwootServer() as chatwoot:
        settings = {"url": chatwoot.url, "account_id": str(chatwoot.account_id), "api_token_env": TOKEN}
        with database.transaction() as connection:
            connect(connection, ChannelConnection(org, "chatwoot", SECRET, settings=settings))
        monkeypatch.setenv(TOKEN, chatwoot.token)
        assert found(org, ", Chatwoot main", online=True) == {"OK"}
        monkeypatch.setenv(TOKEN, "a-wrong-token")
        assert found(org, ", Chatwoot main", online=True) == {"FAIL"}
    monkeypatch.setenv(TOKEN, chatwoot.token)
    assert found(org, ", Chatwoot main", online=True) == {"FAIL"}  # nobody answers


def test_what_is_late_and_what_lies_undone(database: Database, org: str) -> None:
    subjects = (", import", ", derivation", ", quarantine", ", unsettled")
    assert [found(org, subject) for subject in subjects] == [{"OK"}] * 4
    execute(database, "UPDATE organizations SET created_at = now() - INTERVAL '9 days' WHERE organization_id = :org", org=org)
    land(database, org, 2.0)
    execute(
        database,
        "INSERT INTO unsettled_records SELECT :org, 'whatsapp', '+61400000000', '+61400000000', 1",
        org=org,
    )
    execute(
        database,
        """INSERT INTO quarantined_deliveries
               (organization_id, delivery_id, provider, received_at, content_type, body, problems)
           VALUES (:org, gen_random_uuid(), 'whatsapp', now(), 'application/json', '', '[]')""",
        org=org,
    )
    assert [found(org, subject) for subject in subjects] == [{"FAIL"}, {"FAIL"}, {"WARN"}, {"WARN"}]
    for table in ("quarantined_deliveries", "unsettled_records", "channel_events"):
        execute(database, f"DELETE FROM {table} WHERE organization_id = :org", org=org)


def test_the_horizon_is_judged_by_the_organizations_there_are(org: str, database: Database) -> None:
    from contact_hub.doctor.history import _horizon

    for organizations, level in ((10, "OK"), (100, "WARN"), (1000, "FAIL")):
        assert [one.level for one in _horizon(organizations)] == [level]
    with database.reading() as connection:
        present = connection.scalar(text("SELECT count(*) FROM organizations"))
    assert found(org, "partitions") == {one.level for one in _horizon(present)}


def test_the_daemon(instance: DagsterInstance, org: str) -> None:
    assert found(org, "Dagster daemon") == {"WARN"}
    for age, level in ((0.0, "OK"), (900.0, "WARN")):
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - age, "SENSOR", None, None))
        assert found(org, "Dagster daemon") == {level}


def test_stuck_runs(instance: DagsterInstance, org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = dg.DagsterRun(job_name="daily", tags=partition_tags(org, today()), status=dg.DagsterRunStatus.STARTED)
    instance.add_run(run)
    assert found(org, "runs") == {"OK"}
    monkeypatch.setattr("contact_hub.doctor.history.STUCK_S", {dg.DagsterRunStatus.STARTED: -1.0})
    assert found(org, "runs") == {"FAIL"}
    instance.delete_run(run.run_id)
    assert found(org, "runs") == {"OK"}


def test_failed_checks(instance: DagsterInstance, org: str) -> None:
    def evaluate(name: str, passed: bool, severity: dg.AssetCheckSeverity, days_ago: int = 1) -> None:
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey("contacts"),
                check_name=name,
                passed=passed,
                metadata={},
                severity=severity,
                partition=partition_tags(org, today() - timedelta(days=days_ago))["dagster/partition"],
            )
        )

    evaluate("coverage", False, dg.AssetCheckSeverity.ERROR)
    evaluate("completeness", False, dg.AssetCheckSeverity.WARN)
    assert found(org, ", check contacts.coverage") == {"FAIL"}
    assert found(org, ", check contacts.completeness") == {"WARN"}
    evaluate("coverage", True, dg.AssetCheckSeverity.ERROR, days_ago=0)
    assert found(org, ", check contacts.coverage") == set()


def test_the_command_prints_a_line_a_finding_and_fails(
    terminal: Terminal,
    org: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(KEY)
    done = terminal.run("doctor", org, "--offline", "--problems")
    assert done.code == 1
    (line,) = [line for line in done.out.splitlines() if KEY in line]
    assert line == f"FAIL {org}, Cliniko key: {KEY} is not set here -> export {KEY} where contact_hub runs"
    assert "to mend" in done.last_line
    assert not [line for line in done.out.splitlines() if line.startswith("OK ")]
    assert "there is no organization 'nobody'" in terminal.run("doctor", "nobody", "--offline").err
