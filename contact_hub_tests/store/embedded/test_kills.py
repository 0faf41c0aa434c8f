"""What may be killed, and what is left then: nothing but the data."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from contact_hub.store.embedded import server
from contact_hub.store.embedded.server_files import ServerFiles
from contact_hub_tests.store.embedded.homes import User, ask, eventually, has_ended, identity, processes_in, state_of

pytestmark = pytest.mark.long


def test_stops_when_its_last_user_is_killed(home: Path, start_user: Callable[..., User]) -> None:
    user = start_user(home, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 1 AS one")
    assert user.said()["answer"] is None
    user.kill()
    assert server.wait_until_stopped(home, seconds=30)
    assert ask(server.ensure_server(home).url(), "SELECT one FROM kept") == (1,)


def test_a_killed_supervisor_is_replaced(home: Path, start_user: Callable[..., User]) -> None:
    user = start_user(home, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 1 AS one")
    url = user.said()["url"]
    for how in (signal.SIGKILL, signal.SIGTERM):
        before = state_of(home)
        os.kill(before["supervisor"], how)
        assert eventually(lambda before=before: state_of(home)["supervisor"] != before["supervisor"])  # type: ignore[misc]
        assert ask(url, "SELECT one FROM kept") == (1,)
        assert has_ended(before["postmaster"])
    user.end()
    assert server.wait_until_stopped(home, seconds=30)


def test_nothing_is_left_when_supervisor_and_last_user_are_killed(home: Path, start_user: Callable[..., User]) -> None:
    user = start_user(home)
    user.said()
    data = identity(ServerFiles.of(home).data)
    assert data is not None
    assert processes_in(data)
    os.kill(state_of(home)["supervisor"], signal.SIGKILL)
    user.kill()
    assert server.wait_until_stopped(home, seconds=30)
    assert processes_in(data) == []


def test_a_killed_postmaster_is_replaced(home: Path) -> None:
    address = server.ensure_server(home)
    ask(address.url(), "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT n FROM generate_series(1, 10000) n")
    with contextlib.closing(psycopg.connect(address.url(), autocommit=True)) as busy:
        # A session that computes does not notice that its postmaster is gone, and must not hold up the next one.
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1e12) n")
        os.kill(state_of(home)["postmaster"], signal.SIGKILL)
        assert eventually(lambda: ask(address.url(), "SELECT count(*) FROM kept") == (10000,))
    assert server.ensure_server(home) == address


def test_everything_killed_at_once_leaves_the_data(home: Path, start_user: Callable[..., User]) -> None:
    user = start_user(home, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 1 AS one")
    user.said()
    data = identity(ServerFiles.of(home).data)
    assert data is not None
    pids = [state_of(home)["supervisor"], *processes_in(data)]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    user.kill()
    assert eventually(lambda: all(has_ended(pid) for pid in pids))
    assert ask(server.ensure_server(home).url(), "SELECT one FROM kept") == (1,)


def test_a_server_that_keeps_dying_is_given_up(home: Path) -> None:
    server.ensure_server(home)

    def kill_until_given_up() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                os.kill(state_of(home)["postmaster"], signal.SIGKILL)
            if ServerFiles.of(home).failure.exists():
                return
            time.sleep(0.01)

    kill_until_given_up()
    assert "ended 5 times" in ServerFiles.of(home).failure.read_text()
    # Whoever asks again gets a new attempt.
    assert ask(server.ensure_server(home).url(), "SELECT 1") == (1,)


def test_a_first_start_that_was_killed_midway_is_done_again(new_home: Path, start_user: Callable[..., User]) -> None:
    user = start_user(new_home)
    files = ServerFiles.of(new_home)
    assert eventually(lambda: list(files.folder.glob(".data-*/base")))
    supervisors = [p for p in psutil.process_iter(["cmdline"]) if str(files.folder) in (p.info["cmdline"] or [])]
    user.kill()
    for supervisor in supervisors:
        supervisor.kill()
    assert not files.data.exists()
    assert ask(server.ensure_server(new_home).url(), "SELECT 1") == (1,)
    assert not list(files.folder.glob(".data-*"))
