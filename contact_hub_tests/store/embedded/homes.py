"""Homes of embedded servers, the processes in them and what they answer."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from contact_hub.store.embedded import server
from contact_hub.store.embedded.server_files import ServerFiles

REPOSITORY = Path(__file__).parents[3]
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
