"""An installation of its own, in processes that may be killed; clients that post events until each is accepted."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import requests

CONTACT_HUB = [sys.executable, "-c", "from contact_hub.cli import main; main()"]
SENDERS = 40


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Installation:
    """An installation of its own, and the processes that were started in it."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.environment = {**os.environ, "CONTACT_HUB_HOME": str(home), **environment}
        # The tests' own installation must not shine through.
        for variable in ("DAGSTER_HOME", "CONTACT_HUB_DAGSTER_URL"):
            self.environment.pop(variable, None)
        self._url = ""
        self._started: list[subprocess.Popen[bytes]] = []

    def run(self, *command: str) -> str:
        """What a command prints."""
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
            with psycopg.connect(self._url or self.run(*CONTACT_HUB, "db", "url").strip()) as connection:
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
    """Clients that post events, each until it is accepted; what was accepted is remembered.

    A hundred events a second are enough to hit any moment of what takes milliseconds; more would only heat the machine.
    """

    def __init__(self, url: str, organization_id: str, token: str, *, a_second: float = 100) -> None:
        self._url, self._headers = f"{url}/v1/{organization_id}/events", {"Authorization": f"Bearer {token}"}
        self._numbers = itertools.count()
        self._going = True
        self._awake = threading.Event()
        self._awake.set()
        self.accepted: set[str] = set()
        self._threads = [threading.Thread(target=self._write) for _ in range(4)]
        self._pause_s = len(self._threads) / a_second
        for thread in self._threads:
            thread.start()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Nobody posts within this block."""
        self._awake.clear()
        yield
        self._awake.set()

    def stop(self) -> None:
        self._going = False
        self._awake.set()
        for thread in self._threads:
            thread.join(30)

    def _write(self) -> None:
        while self._awake.wait() and self._going:
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
            time.sleep(self._pause_s)

    def _is_accepted(self, event: dict[str, str]) -> bool:
        try:
            answer = requests.post(self._url, json=event, headers=self._headers, timeout=20)
        except requests.RequestException:
            return False
        if answer.status_code == 202:
            self.accepted.add(event["external_id"])
        return answer.status_code == 202


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(requests.RequestException, psycopg.Error):
            if condition():
                return
        time.sleep(0.2)
    pytest.fail(f"after {seconds} s still waiting for {what}")


def is_ready(url: str) -> bool:
    return requests.get(f"{url}/readyz", timeout=5).status_code == 200


def landed(installation: Installation, organization_id: str) -> dict[str, int]:
    """How often each event is in the store, by its external id."""
    statement = f"SELECT external_id, count(*) FROM channel_events WHERE organization_id = '{organization_id}' GROUP BY 1"
    return dict(installation.rows(statement))
