"""The long-lived processes of one installation, in one foreground tree: none outlives the command that started them."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from contact_hub.errors import ContactHubError
from contact_hub.installation import project_file

STOP_SECONDS = 40
"""How long the daemon may take to wind up; it waits up to 30 s for runs that it started."""
_SET_PARENT_DEATH_SIGNAL = 1


class ProcessEnded(ContactHubError):
    """A process that should go on has ended."""


def dagster_commands(port: int) -> dict[str, list[str]]:
    """The UI and the daemon, as commands."""
    workspace = ["-w", str(project_file("workspace.yaml"))]
    return {
        "dagster-webserver": [
            sys.executable,
            "-m",
            "dagster_webserver",
            *workspace,
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
        ],
        "dagster-daemon": [sys.executable, "-m", "dagster._daemon", "run", *workspace],
    }


def run_until_interrupted(commands: dict[str, list[str]]) -> None:
    """Run all commands; ctrl-C or SIGTERM ends them all.

    Raises:
        ProcessEnded: one of them ended by itself; the others were stopped.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    children = {name: subprocess.Popen(command, preexec_fn=_end_with_parent) for name, command in commands.items()}
    try:
        while True:
            for name, child in children.items():
                if child.poll() is not None:
                    raise ProcessEnded(f"{name} ended with exit code {child.returncode}; its last lines are above")
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    finally:
        _stop(list(children.values()))


def _end_with_parent() -> None:
    """On Linux: get SIGTERM when the parent dies, even of SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
