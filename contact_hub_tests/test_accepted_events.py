"""No accepted event is lost, whichever process is killed and when: gateway, database, daemon."""

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import requests

from contact_hub_tests.test_served import CONTACT_HUB, free_port

pytestmark = pytest.mark.long
ORGANIZATION_ID = "org_accepted"
SENDERS = 40
PAUSE_S = 0.04
REGISTER = f"""
from contact_hub.installation import prepare
from contact_hub.store.organizations import Organization, register
from contact_hub.store.tokens import create_token
database = prepare()
with database.transaction() as connection:
    register(connection, Organization("{ORGANIZATION_ID}", "Accepted", "Australia/Sydney", "AU", None))
    print(create_token(connection, "{ORGANIZATION_ID}", ""))
"""


class Installation:
    """An installation of its own: its home, a registered organization, a token."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {**os.environ, "CONTACT_HUB_HOME": str(home)}
        for variable in ("DAGSTER_HOME", "CONTACT_HUB_DAGSTER_URL"):
            self.environment.pop(variable, None)
        self._url = ""
        self._started: list[subprocess.Popen[bytes]] = []
        self.token = self._said([sys.executable, "-c", REGISTER]).splitlines()[-1]

    def _said(self, command: list[str]) -> str:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([*CONTACT_HUB, *arguments], env=self.environment, stderr=subprocess.DEVNULL)
        self._started.append(process)
        return process

    def end(self) -> None:
        """End what a test has left running, also one that failed."""
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(60)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a SELECT. A server that was killed comes back on another port."""
        try:
            with psycopg.connect(self._url or self._said([*CONTACT_HUB, "db", "url"]).strip()) as connection:
                self._url = connection.info.dsn + f" password={connection.info.password}"
                return connection.execute(statement).fetchall()
        except psycopg.OperationalError:
            self._url = ""
            raise

    def kill_database(self) -> None:
        """``kill -9`` of the server and all that belongs to it, as a machine that runs out of memory would."""
        for process in psutil.process_iter(["name", "cwd", "cmdline"]):
            with suppress(psutil.Error):
                if process.name() == "postgres" and str(self.home) in (process.info["cwd"] or ""):
                    process.kill()


class Writers:
    """Clients that post events, each until it is accepted; what was accepted is remembered."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._headers = f"{url}/v1/{ORGANIZATION_ID}/events", {"Authorization": f"Bearer {token}"}
        self._numbers = itertools.count()
        self._going = True
        self.accepted: set[str] = set()
        self._threads = [threading.Thread(target=self._write) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._going = False
        for thread in self._threads:
            thread.join(30)

    def _write(self) -> None:
        while self._going:
            number = next(self._numbers)
            event = {
                "channel": "whatsapp",
                "identifier": f"+6141234{number % SENDERS:04}",
                "external_id": f"event-{number}",
                "occurred_at": datetime.now(UTC).isoformat(),
                "direction": "in",
                "text": "hello",
            }
            while self._going and not self._is_accepted(event):
                time.sleep(0.05)
            time.sleep(PAUSE_S)  # a hundred events a second are enough to hit any moment; more would only heat the machine

    def _is_accepted(self, event: dict[str, str]) -> bool:
        try:
            answer = requests.post(self._url, json=event, headers=self._headers, timeout=20)
        except requests.RequestException:
            return False
        if answer.status_code == 202:
            self.accepted.add(event["external_id"])
        return answer.status_code == 202


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(requests.RequestException, psycopg.Error):
            if condition():
                return
        time.sleep(0.2)
    pytest.fail(f"after {seconds} s still waiting for {what}")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("accepted"))


@pytest.fixture(autouse=True)
def nothing_goes_on(installation: Installation) -> Iterator[None]:
    yield
    installation.end()


def daemons_of(tree: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return [child for child in psutil.Process(tree.pid).children() if "dagster._daemon" in child.cmdline()]


def is_ready(url: str) -> bool:
    return requests.get(f"{url}/readyz", timeout=5).status_code == 200


def landed(installation: Installation) -> dict[str, int]:
    statement = f"SELECT external_id, count(*) FROM channel_events WHERE organization_id = '{ORGANIZATION_ID}' GROUP BY 1"
    return dict(installation.rows(statement))


def test_killing_gateway_and_database_loses_no_accepted_event(installation: Installation) -> None:
    chance = random.Random(7)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ("gateway", "--port", str(port), "--quiet")
    gateway = installation.start(*arguments)
    wait_until(lambda: is_ready(url), "the gateway")
    writers = Writers(url, installation.token)
    try:
        for kind in ("gateway", "database", "gateway", "gateway", "database", "gateway"):
            time.sleep(chance.uniform(0.2, 1.5))
            before = len(writers.accepted)
            if kind == "gateway":
                gateway.kill()
                gateway.wait()
                gateway = installation.start(*arguments)
            else:
                installation.kill_database()
            wait_until(lambda before=before: len(writers.accepted) > before + 10, f"events after the {kind} was killed")
    finally:
        writers.stop()
    unsettled = f"SELECT count(*) FROM unsettled_records WHERE organization_id = '{ORGANIZATION_ID}'"
    wait_until(lambda: installation.rows(unsettled) == [(0,)], "contacts of everything that landed")
    events = landed(installation)
    assert writers.accepted <= set(events)
    assert set(events.values()) == {1}
    contacts = f"SELECT count(*), count(DISTINCT phone) FROM contacts WHERE organization_id = '{ORGANIZATION_ID}'"
    assert installation.rows(contacts) == [(SENDERS, SENDERS)]


def test_killing_the_daemon_while_events_land_loses_none(installation: Installation) -> None:
    port, gateway_port = free_port(), free_port()
    url = f"http://127.0.0.1:{gateway_port}"
    arguments = ("up", "--port", str(port), "--gateway-port", str(gateway_port))
    tree = installation.start(*arguments)
    wait_until(lambda: is_ready(url), "the gateway of the installation")
    writers = Writers(url, installation.token)
    try:
        wait_until(lambda: len(writers.accepted) > 20 and bool(daemons_of(tree)), "events and a daemon")
        time.sleep(8)  # a tick, and maybe a run under way
        daemons_of(tree)[0].kill()
        tree.wait(60)  # the others end with it
        tree = installation.start(*arguments)
        before = len(writers.accepted)
        wait_until(lambda: len(writers.accepted) > before + 10, "events after the restart")
    finally:
        writers.stop()
    behind = f"""
        SELECT last_number - coalesce(through_number, 0) FROM organization_changes
        LEFT JOIN derivations USING (organization_id)
        WHERE organization_id = '{ORGANIZATION_ID}' AND asset = 'conversations'
    """
    wait_until(lambda: installation.rows(behind) == [(0,)], "a run that takes everything in")
    events = landed(installation)
    assert writers.accepted <= set(events)
    told = f"SELECT sum(events_in) FROM conversations WHERE organization_id = '{ORGANIZATION_ID}'"
    assert installation.rows(told) == [(len(events),)]
