"""The long-lived processes of one installation, in one foreground tree: none outlives the command that started them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from types import TracebackType

from contact_hub.errors import ConfigurationError, ContactHubError
from contact_hub.installation import project_file

STOP_SECONDS = 40
"""How long the daemon may take to wind up; it waits up to 30 s for runs that it started."""
SOCKET_VARIABLE = "CONTACT_HUB_CODE_SERVER_SOCKET"
_SET_PARENT_DEATH_SIGNAL = 1


class ProcessEnded(ContactHubError):
    """A process that should go on has ended."""


def serve_dagster(port: int, on_ready: Callable[[], None]) -> None:
    """The code server, the Dagster UI and the daemon, until ctrl-C or SIGTERM ends them all.

    Args:
        on_ready: called once the UI answers.

    Raises:
        ProcessEnded: one of them ended by itself; the others were stopped.
    """
    # One code server for UI and daemon, instead of one each. Its socket lies in a folder of this user's alone: whoever
    # reaches it may launch runs.
    with tempfile.TemporaryDirectory(prefix="contact_hub_") as folder:
        address = os.path.join(folder, "code_server")
        os.environ[SOCKET_VARIABLE] = address
        python = [sys.executable, "-W", "ignore::UserWarning", "-m"]
        workspace = ["-w", str(project_file("workspace.yaml"))]
        code_server = ["dagster", "code-server", "start", "-m", "contact_hub.definitions", "-s", address]
        quiet = ["--log-level", "warning"]
        with _Children() as children:
            children.start("code server", [*python, *code_server, "--location-name", "contact_hub", *quiet])
            children.wait_until(lambda: os.path.exists(address))
            children.start("Dagster UI", [*python, "dagster_webserver", *workspace, "-h", "127.0.0.1", "-p", str(port), *quiet])
            children.start("Dagster daemon", [*python, "dagster._daemon", "run", *workspace, *quiet])
            children.wait_until(lambda: _answers(port))
            on_ready()
            children.wait_until(lambda: False)


def require_free(port: int) -> None:
    """
    Raises:
        ConfigurationError: something answers on the port already.
    """
    if _answers(port):
        raise ConfigurationError(f"port {port} is taken by another program; choose one with --port")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Children:
    """Child processes that end with this one; ctrl-C or SIGTERM ends the block."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "_Children":
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        return kind is KeyboardInterrupt

    def start(self, name: str, command: list[str]) -> None:
        self._processes[name] = subprocess.Popen(command, preexec_fn=_end_with_parent)

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait, as long as every process goes on."""
        while not ready():
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise ProcessEnded(f"the {name} ended with exit code {process.returncode}; its last lines are above")
            time.sleep(0.2)


def _end_with_parent() -> None:
    """On Linux: get SIGTERM when the parent dies, even of SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
