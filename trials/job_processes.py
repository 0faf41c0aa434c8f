"""A job of one organization in a process that may be killed, at a moment of a step's work or anywhere in the run."""

import os
import random
import signal
import time
from dataclasses import dataclass
from datetime import date
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from typing import Any

import psycopg

from contact_hub import settings
from contact_hub_tests.reliability.sync_process import PROCESSES
from trials.stores import ORGANIZATION_ID, Store

PROCESSES.set_forkserver_preload(["contact_hub.definitions", "contact_hub.sync", "trials.kills"])
MOST_SECONDS = 120


def _run(url: str, job: str, day: date, config: dict[str, Any]) -> None:
    from contact_hub.installation import dagster_instance, write_dagster_home
    from contact_hub.store.database import open_database
    from contact_hub.sync import run_job

    os.environ[settings.DATABASE_URL] = url
    database = open_database()
    write_dagster_home(database)
    database.close()
    with dagster_instance() as instance:
        run_job(instance, ORGANIZATION_ID, day, job, config=config)


@dataclass(frozen=True)
class Job:
    """A job by its name."""

    name: str
    day: date
    config: dict[str, Any]

    def start(self, store: Store) -> BaseProcess:
        store.forget_requests()
        process = PROCESSES.Process(target=_run, args=(store.url, self.name, self.day, self.config))
        process.start()
        return process

    def complete(self, store: Store) -> str:
        """Run it to its end; what went wrong, or nothing."""
        process = self.start(store)
        process.join(MOST_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            return f"{self.name} did not end in {MOST_SECONDS} s"
        return "" if process.exitcode == 0 else f"{self.name} failed with exit code {process.exitcode}"


class Steps:
    """The steps of a store's runs as they begin and end, out of Dagster's event log."""

    def __init__(self, store: Store) -> None:
        self._connection = psycopg.connect(store.dagster_url, autocommit=True)
        self._seen = self._last()

    def _last(self) -> int:
        return int(self._connection.execute("SELECT coalesce(max(id), 0) FROM event_logs").fetchone()[0])  # type: ignore[index]

    def forget(self) -> None:
        """Only what comes from now on counts."""
        self._seen = self._last()

    def begun(self) -> list[str]:
        """Steps that have begun, in order."""
        rows = self._connection.execute(_STEPS, (self._seen, ["STEP_START"])).fetchall()
        return [row[0] for row in rows]

    def going(self) -> str:
        """The step at work now, or where between steps."""
        rows = self._connection.execute(_STEPS, (self._seen, ["STEP_START", "STEP_SUCCESS"])).fetchall()
        if not rows:
            return "before the first step"
        return str(rows[-1][0]) if rows[-1][1] == "STEP_START" else "between steps"

    def seconds(self) -> dict[str, float]:
        """How long each step took that has ended."""
        rows = self._connection.execute(_STEPS, (self._seen, ["STEP_START", "STEP_SUCCESS"])).fetchall()
        began = {step: at for step, kind, at in rows if kind == "STEP_START"}
        return {step: (at - began[step]).total_seconds() for step, kind, at in rows if kind == "STEP_SUCCESS"}

    def close(self) -> None:
        self._connection.close()


_STEPS = """
    SELECT step_key, dagster_event_type, timestamp FROM event_logs
    WHERE id > %s AND dagster_event_type = ANY(%s) ORDER BY id
"""


def end_processes() -> None:
    """End the process that the others are forked from: it has opened the server's files, and whoever waits for the server's end
    would wait for it."""
    forkserver._forkserver._stop()  # type: ignore[attr-defined]


def kill_in_step(process: BaseProcess, steps: Steps, step: str, chance: random.Random, seconds: float) -> bool:
    """``kill -9`` at some moment of a step's work; whether the process was still at work."""
    deadline = time.monotonic() + MOST_SECONDS
    while step not in steps.begun() and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.004)
    time.sleep(chance.random() * seconds)
    return kill(process)


def kill(process: BaseProcess) -> bool:
    was_alive = process.is_alive()
    if was_alive:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    return was_alive and process.exitcode == -signal.SIGKILL
