"""``contact-hub sync`` in processes that may be killed, and what the database shows of them."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from contact_hub.store.database import lock_space
from contact_hub_tests.support import SandboxOrganization

PROCESSES = multiprocessing.get_context("forkserver")  # children begin with the program loaded, so that kills hit its work
PROCESSES.set_forkserver_preload(["contact_hub.cli", "contact_hub.definitions", "contact_hub.sync", __name__])


def command(arguments: list[str], output: str) -> None:
    """``contact-hub`` with ``arguments``, in a process of its own."""
    from contact_hub.cli import main

    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["contact-hub", *arguments]
    main()


class Sync:
    """``contact-hub sync`` as a process."""

    def __init__(self, folder: Path, organization_id: str, *options: str) -> None:
        self._output = folder / f"{organization_id}_{time.monotonic_ns()}"
        self._process = PROCESSES.Process(target=command, args=(["sync", organization_id, *options], str(self._output)))
        self._process.start()

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> bool:
        """``kill -9``; whether it was still at work."""
        assert self._process.pid is not None
        was_running = self.is_running
        if was_running:
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.join(30)
        return was_running and self._process.exitcode == -signal.SIGKILL

    def end(self) -> tuple[int | None, str]:
        """Wait for it: its exit code and what it printed."""
        self._process.join(60)
        return self._process.exitcode, self._output.read_text()


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def run_lock_of(organization: SandboxOrganization, *, granted: bool) -> int:
    """How many processes hold the organization's run lock, or wait for it."""
    statement = """
        SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted = :granted
        AND classid::bigint = :space AND objid::bigint = hashtext(:organization_id)::bigint & 4294967295
    """
    return organization.query(statement, granted=granted, space=lock_space("run") % 2**32)[0][0]
