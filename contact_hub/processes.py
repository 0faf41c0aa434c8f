"""The long-lived processes of one installation, in one foreground tree: none outlives the command that started them."""

import contextlib
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
PYTHON = [sys.executable, "-W", "ignore::UserWarning", "-m"]
_QUIET = ["--log-level", "warning"]
_SET_PARENT_DEATH_SIGNAL = 1


class ProcessEnded(ContactHubError):
    """A process that should go on has ended."""


def serve_installation(port: int, gateway_port: int, on_ready: Callable[[], None]) -> None:
    """The gateway, the code server, the Dagster UI and the daemon, until ctrl-C or SIGTERM ends them all.

    Args:
        port: of the Dagster UI.
        on_ready: called once UI and gateway answer.

    Raises:
        ProcessEnded: one of them ended by itself; the others were stopped.
    """
    with contextlib.suppress(KeyboardInterrupt), Processes() as processes:
        start_gateway(processes, gateway_port)
        start_code_server(processes)
        serve_dagster(processes, port, gateway_port, on_ready)


def start_gateway(processes: "Processes", port: int) -> None:
    """Start the gateway; :func:`wait_for_gateway` returns when it answers."""
    processes.start("gateway", [*PYTHON, "contact_hub.cli", "gateway", "--quiet", "--port", str(port)])


def wait_for_gateway(processes: "Processes", port: int) -> None:
    """
    Raises:
        ProcessEnded: it did not come up.
    """
    processes.wait_until(lambda: _answers(port))


def start_code_server(processes: "Processes") -> None:
    """Start Dagster's code server: one for UI and daemon, instead of one each.

    Its socket lies in a folder of this user's alone: whoever reaches it may launch runs.
    """
    address = os.environ[SOCKET_VARIABLE] = os.path.join(processes.folder, "code_server")
    command = [*PYTHON, "dagster", "code-server", "start", "-m", "contact_hub.definitions", "-s", address]
    processes.start("code server", [*command, "--location-name", "contact_hub", *_QUIET])


def serve_dagster(processes: "Processes", port: int, gateway_port: int, on_ready: Callable[[], None]) -> None:
    """The Dagster UI and the daemon beside a gateway and a code server that were started, until KeyboardInterrupt.

    Raises:
        ProcessEnded: one of the processes ended by itself.
    """
    workspace = ["-w", str(project_file("workspace.yaml"))]
    processes.wait_until(lambda: os.path.exists(os.environ[SOCKET_VARIABLE]))
    processes.start("Dagster UI", [*PYTHON, "dagster_webserver", *workspace, "-h", "127.0.0.1", "-p", str(port), *_QUIET])
    processes.start("Dagster daemon", [*PYTHON, "dagster._daemon", "run", *workspace, *_QUIET])
    processes.wait_until(lambda: _answers(port) and _answers(gateway_port))
    on_ready()
    processes.wait_until(lambda: False)


def require_free(port: int, option: str = "--port") -> None:
    """
    Args:
        option: the command line's option that chooses another port.

    Raises:
        ConfigurationError: something answers on the port already.
    """
    if not is_free(port):
        raise ConfigurationError(f"port {port} is taken by another program; choose one with {option}")


def is_free(port: int) -> bool:
    """Whether nothing answers on the port."""
    return not _answers(port)


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Processes:
    """Child processes that end with this block, and with this process; ctrl-C or SIGTERM ends the block.

    Attributes:
        folder: of this user's alone, for as long as the processes run.
    """

    folder: str

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._temporary = tempfile.TemporaryDirectory(prefix="contact_hub_")

    def __enter__(self) -> "Processes":
        self.folder = self._temporary.name
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        self._temporary.cleanup()

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
