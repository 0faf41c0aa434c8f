"""`contact-hub doctor` as an operator runs it: what it says of a fault, and of the same set-up without it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_webserver.app import create_app_from_workspace_process_context

from contact_hub.gateway import create_app
from contact_hub.sandbox import ChatwootServer
from contact_hub.store.connections import ChannelConnection, connect, disconnect
from contact_hub.store.database import Database
from contact_hub_tests.checks.test_recency import execute
from contact_hub_tests.cli.support import Done, Terminal
from contact_hub_tests.doctor.support import SECRET, TOKEN
from contact_hub_tests.gateway.server import GatewayServer

LINE = re.compile(r"(OK|WARN|FAIL) +(.*?): (.*)")


class Examination:
    """What one run of the command said."""

    def __init__(self, done: Done) -> None:
        self.code = done.code
        self._lines = [match.groups() for line in done.out.splitlines() if (match := LINE.fullmatch(line))]

    def level(self, subject: str) -> str | None:
        """The level of the one finding about ``subject``; None where nothing is said of it."""
        levels = [level for level, about, _ in self._lines if about == subject]
        assert len(levels) <= 1, f"{subject} is said twice"
        return levels[0] if levels else None

    def remedy(self, subject: str) -> str:
        (message,) = [message for _, about, message in self._lines if about == subject]
        return message.partition(" -> ")[2]


def examined(terminal: Terminal, *arguments: str | int) -> Examination:
    return Examination(terminal.run("doctor", *arguments))


@contextmanager
def served_ui(instance: DagsterInstance) -> Iterator[int]:
    """Dagster's own web server, with no code to show."""
    with WorkspaceProcessContext(instance, None) as workspace:
        app = create_app_from_workspace_process_context(workspace)
        with GatewayServer(app) as server:  # type: ignore[arg-type]
            yield server.port


def test_an_unknown_time_zone_of_an_organization(database: Database, terminal: Terminal, org: str) -> None:
    subject = f"{org}, time zone"
    execute(database, "UPDATE organizations SET time_zone = 'Mars/Olympus' WHERE organization_id = :org", org=org)
    found = examined(terminal, org, "--offline")
    assert (found.code, found.level(subject)) == (1, "FAIL")
    assert "--time-zone" in found.remedy(subject)
    execute(database, "UPDATE organizations SET time_zone = 'Australia/Perth' WHERE organization_id = :org", org=org)
    assert examined(terminal, org, "--offline").level(subject) == "OK"


def test_a_late_reconciliation(database: Database, terminal: Terminal, org: str) -> None:
    subject = f"{org}, reconciliation"
    settings = {"url": "https://chat.example.com", "account_id": "7", "api_token_env": SECRET}
    with database.transaction() as connection:
        connect(connection, ChannelConnection(org, "chatwoot", SECRET, settings=settings))
    assert examined(terminal, org, "--offline").level(subject) == "OK"
    execute(
        database,
        """INSERT INTO reconciliations
           VALUES (:org, 'chatwoot', 'https://chat.example.com/api/v1/accounts/7', now(), now() - INTERVAL '3 hours')""",
        org=org,
    )
    found = examined(terminal, org, "--offline")
    assert (found.code, found.level(subject)) == (1, "FAIL")
    assert "chatwoot" in found.remedy(subject)
    execute(database, "UPDATE reconciliations SET reconciled_through = now() WHERE organization_id = :org", org=org)
    assert examined(terminal, org, "--offline").level(subject) == "OK"


def test_connections_to_two_chatwoots(
    database: Database, terminal: Terminal, org: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = f"{org}, Chatwoot"
    with ChatwootServer() as chatwoot:
        monkeypatch.setenv(TOKEN, chatwoot.token)
        for name, url in (("main", chatwoot.url), ("old", "https://chat.example.com")):
            settings = {"url": url, "account_id": str(chatwoot.account_id), "api_token_env": TOKEN}
            with database.transaction() as connection:
                connect(connection, ChannelConnection(org, "chatwoot", SECRET, name=name, settings=settings))
        found = examined(terminal, org)
        assert (found.code, found.level(subject), found.level(f"{subject} main")) == (1, "FAIL", None)
        assert "disconnect" in found.remedy(subject)
        with database.transaction() as connection:
            disconnect(connection, org, "chatwoot", "old")
        found = examined(terminal, org)
        assert (found.level(subject), found.level(f"{subject} main")) == (None, "OK")


def test_a_storage_of_dagster_that_cannot_be_used(
    terminal: Terminal, org: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert examined(terminal, org, "--offline").level("Dagster") is None
    unusable = "storage:\n  postgres:\n    postgres_url: postgresql//nobody:a-password@127.0.0.1/none\n"
    (tmp_path / "dagster.yaml").write_text(unusable)
    with monkeypatch.context() as faulty:
        faulty.setenv("DAGSTER_HOME", str(tmp_path))
        done = terminal.run("doctor", org, "--offline")
    found = Examination(done)
    assert (found.code, found.level("Dagster")) == (1, "FAIL")
    assert "DAGSTER_HOME" in found.remedy("Dagster")
    assert "a-password" not in done.out + done.err
    assert found.level(f"{org}, import") == "OK", "the rest is looked at all the same"
    assert examined(terminal, org, "--offline").level("Dagster") is None


def test_ports_that_are_ours_already(
    database: Database, instance: DagsterInstance, terminal: Terminal, org: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GatewayServer(create_app(database, sends_replies=False)) as gateway, served_ui(instance) as ui:
        monkeypatch.setenv("CONTACT_HUB_GATEWAY_PORT", str(gateway.port))
        ours = examined(terminal, org, "--offline", "--port", ui)
        assert ours.level(f"port {ui} (Dagster UI)") == "OK"
        assert ours.level(f"port {gateway.port} (gateway)") == "OK"
        monkeypatch.setenv("CONTACT_HUB_GATEWAY_PORT", str(ui))
        swapped = examined(terminal, org, "--offline", "--port", gateway.port)
        assert swapped.level(f"port {gateway.port} (Dagster UI)") == "WARN", "the gateway is not the UI"
        assert swapped.level(f"port {ui} (gateway)") == "WARN"
