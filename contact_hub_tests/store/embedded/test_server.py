"""The embedded server, with real processes: who starts it, who shares it, and what stays closed."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from contact_hub.store.embedded import server
from contact_hub.store.embedded.server_files import ServerFiles
from contact_hub_tests.store.embedded.homes import REPOSITORY, User, ask, eventually, state_of

pytestmark = pytest.mark.long


def test_starts_for_its_first_user_and_stops_with_it(home: Path) -> None:
    address = server.ensure_server(home)
    ask(address.url(), "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer")
    assert address.password not in repr(address)
    started = time.monotonic()
    for _ in range(20):
        assert server.ensure_server(home) == address
    assert time.monotonic() - started < 0.2

    server.release(home)
    assert server.wait_until_stopped(home, seconds=30)
    with pytest.raises(psycopg.OperationalError):
        ask(address.url(), "SELECT 1")

    started = time.monotonic()
    again = server.ensure_server(home)
    assert time.monotonic() - started < 5
    assert again == address
    assert ask(again.url(), "SELECT answer FROM kept") == (42,)


def test_settings_that_data_depends_on(home: Path) -> None:
    url = server.ensure_server(home).url()
    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "password_encryption": "scram-sha-256",
        "unix_socket_directories": "",
        "listen_addresses": "127.0.0.1",
    }
    with psycopg.connect(url) as connection:
        found: dict[str, str] = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())
        provider = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
        assert connection.execute(provider.encode()).fetchone() == ("b", "C.UTF-8")
        # What is not on the command line is kept in files; re-reading them works from wherever the data is.
        assert connection.execute("SELECT pg_reload_conf()").fetchone() == (True,)
    assert {name: found[name] for name in expected} == expected
    files = ServerFiles.of(home)
    assert "parameter" not in files.log.read_text()
    assert ask(url, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'") == (0,)


def test_is_closed_to_everyone_without_the_password(home: Path) -> None:
    address = server.ensure_server(home)
    files = ServerFiles.of(home)
    for url in (
        f"postgresql://contact_hub@127.0.0.1:{address.port}/contact_hub",
        f"postgresql://contact_hub:wrong@127.0.0.1:{address.port}/postgres",
        f"postgresql://root@127.0.0.1:{address.port}/contact_hub",
    ):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=5)
    postmaster = psutil.Process(state_of(home)["postmaster"])
    kinds = {(c.family, c.laddr.ip) for c in postmaster.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert kinds == {(socket.AF_INET, "127.0.0.1")}
    assert postmaster.net_connections("unix") == []
    assert not [path for path in home.rglob("*") if path.is_socket()]
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    for path in files.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert address.password not in files.log.read_text()
    assert postmaster.uids().real != 0


def test_secrets_of_the_environment_stay_with_the_user(home: Path, start_user: Callable[..., User]) -> None:
    start_user(home, CANARY_API_KEY="canary-value").said()
    for name in ("postmaster", "supervisor"):
        assert b"canary" not in Path(f"/proc/{state_of(home)[name]}/environ").read_bytes()


def test_nothing_of_the_data_is_in_the_log(new_home: Path) -> None:
    url = server.ensure_server(new_home).url()
    ask(url, "CREATE TABLE t (id int PRIMARY KEY, phone text CHECK (phone <> 'x'))")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO t VALUES (1, %s)", ["canary-1"])
        for sql, values in (
            ("INSERT INTO t VALUES (1, %s)", ["canary-2"]),
            ("INSERT INTO t VALUES (%s::int, 'a')", ["canary-3"]),
            ("SELECT 'canary-4'::date", []),
            ("SELECT canary5 FROM canary6", []),
            ("DO $$ BEGIN RAISE WARNING 'canary-7'; END $$", []),
        ):
            with contextlib.suppress(psycopg.Error):
                connection.execute(sql.encode(), values)
    with contextlib.closing(psycopg.connect(url, autocommit=True)) as connection:
        # As if the kernel had run out of memory: PostgreSQL would log the statement that was running.
        connection.pgconn.send_query(b"SELECT 'canary-8', pg_sleep(60)")
        running = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query ~ 'canary-8'"
        assert eventually(lambda: ask(url, running) == (1,))
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        assert eventually(lambda: "terminated by signal 9" in ServerFiles.of(new_home).log.read_text())
    assert eventually(lambda: ask(url, "SELECT count(*) FROM t") == (1,))
    assert "canary" not in ServerFiles.of(new_home).log.read_text()


def test_is_shared_until_the_last_user_ends(home: Path, start_user: Callable[..., User]) -> None:
    first, second = start_user(home), start_user(home)
    address = server.ensure_server(home)
    assert first.said()["url"] == second.said()["url"] == address.url()
    state = state_of(home)
    first.end()
    server.release(home)
    assert not server.wait_until_stopped(home, seconds=0.5)
    assert state_of(home) == state
    second.end()
    assert server.wait_until_stopped(home, seconds=30)


def test_four_first_users_at_once_make_one_server(new_home: Path, start_user: Callable[..., User]) -> None:
    identifier = "SELECT system_identifier::text FROM pg_control_system()"
    users = [start_user(new_home, identifier) for _ in range(4)]
    said = [user.said() for user in users]
    assert len({json.dumps(one) for one in said}) == 1, said
    assert ServerFiles.of(new_home).log.read_text().count("The files belonging to this database system") == 1


def test_a_forked_child_is_a_user(home: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from contact_hub.store.embedded.server import ensure_server\n"
        "import psycopg; home = Path(sys.argv[1]); ensure_server(home)\n"
        "if os.fork(): os._exit(0)\n"
        "time.sleep(0.5); psycopg.connect(ensure_server(home).url()).close(); print('served')"
    )
    done = subprocess.run([sys.executable, "-c", code, home], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.stdout == "served\n", done.stderr
    assert server.wait_until_stopped(home, seconds=30)


def test_the_supervisor_is_light() -> None:
    code = "import sys, contact_hub.store.embedded.supervisor; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    heavy = {"sqlalchemy", "psycopg", "dagster", "pandas", "requests"}
    assert heavy.isdisjoint(done.stdout.split())
