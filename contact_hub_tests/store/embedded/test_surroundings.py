"""Ports, files and folders that are not as the server left them, and disks that take no more."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from contact_hub.errors import StoreError
from contact_hub.store.embedded import os_user, server
from contact_hub.store.embedded.server_files import ServerFiles
from contact_hub_tests.store.embedded.homes import as_root, ask, eventually, forget, has_ended, permissions_above, state_of

pytestmark = pytest.mark.long

LONG = ["a folder with spaces", 'o\'hara "quoted" $HOME', "ünïcödé-治疗", *["x" * 60] * 4]


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
