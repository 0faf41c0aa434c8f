"""The run lock: one run at a time an organization, freed however the run ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from contact_hub.store.database import Database, lock_space
from contact_hub.store.locks import run_lock

HOLDER = """
import sys, time
from sqlalchemy import create_engine, make_url
from contact_hub.store.database import Database
from contact_hub.store.locks import run_lock

url = make_url(sys.argv[1])
with run_lock(Database(url, create_engine(url)), sys.argv[2:]):
    print("held", flush=True)
    time.sleep(600)
"""


def waits_for_lock(database: Database, organization_id: str, *, granted: bool = False) -> bool:
    """Whether anybody waits for (or holds) the organization's run lock."""
    statement = text("""
        SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted = :granted
            AND classid::bigint = :space AND objid::bigint = hashtext(:organization_id)::bigint & 4294967295)
    """)
    space = lock_space("run") % 2**32
    with database.reading() as connection:
        found = connection.execute(statement, {"granted": granted, "space": space, "organization_id": organization_id})
        return bool(found.scalar_one())


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class Run(threading.Thread):
    """A run that holds its locks until it is told to end."""

    def __init__(self, database: Database, *organization_ids: str) -> None:
        super().__init__(daemon=True)
        self.held, self.end = threading.Event(), threading.Event()
        self._database, self._organization_ids = database, organization_ids
        self.start()

    def run(self) -> None:
        with run_lock(self._database, self._organization_ids):
            self.held.set()
            self.end.wait(60)


def test_the_second_run_of_an_organization_waits_for_the_first(database: Database, organization_id: str) -> None:
    first = Run(database, organization_id)
    assert first.held.wait(10)
    second = Run(database, organization_id)
    wait_until(lambda: waits_for_lock(database, organization_id))
    assert not second.held.is_set()
    first.end.set()
    assert second.held.wait(10)
    second.end.set()
    second.join(10)
    assert not waits_for_lock(database, organization_id, granted=True)


def test_runs_of_different_organizations_go_on_side_by_side(database: Database, organization_id: str) -> None:
    runs = [Run(database, f"{organization_id}_{number}") for number in range(3)]
    assert all(run.held.wait(10) for run in runs)
    for run in runs:
        run.end.set()
        run.join(10)


def test_runs_over_the_same_organizations_cannot_wait_for_each_other(database: Database, organization_id: str) -> None:
    names = [f"{organization_id}_{letter}" for letter in "abcd"]

    def run(number: int) -> None:
        with run_lock(database, names[number % 4 :] + names[: number % 4]):
            pass

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(run, range(40), timeout=60))) == 40


def test_a_range_run_may_name_an_organization_twice(database: Database, organization_id: str) -> None:
    with run_lock(database, [organization_id, organization_id]):
        pass
    assert not waits_for_lock(database, organization_id, granted=True)


def test_a_run_that_fails_frees_its_lock(database: Database, organization_id: str) -> None:
    with pytest.raises(ZeroDivisionError), run_lock(database, [organization_id]):
        _ = 1 / 0
    assert not waits_for_lock(database, organization_id, granted=True)


def test_a_killed_process_frees_its_lock(database: Database, organization_id: str) -> None:
    command = [sys.executable, "-c", HOLDER, database.url.render_as_string(hide_password=False), organization_id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        waiting = Run(database, organization_id)
        wait_until(lambda: waits_for_lock(database, organization_id))
        assert not waiting.held.is_set()
        os.kill(process.pid, signal.SIGKILL)
        assert waiting.held.wait(10)
    waiting.end.set()
    waiting.join(10)


def test_a_run_whose_connection_was_cut_ends_with_its_own_error(database: Database, organization_id: str) -> None:
    """The server has freed the lock by itself; that must not hide what the run has to say."""

    def run_that_is_cut_off() -> None:
        with run_lock(database, [organization_id]):
            cut_connections_that_lock(database, organization_id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_that_is_cut_off()


def cut_connections_that_lock(database: Database, organization_id: str) -> None:
    statement = text("""
        SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
        AND objid::bigint = hashtext(:organization_id)::bigint & 4294967295
    """)
    with database.transaction() as connection:
        connection.execute(statement, {"organization_id": organization_id})
    wait_until(lambda: not waits_for_lock(database, organization_id, granted=True))
