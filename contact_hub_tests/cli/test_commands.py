"""All commands are there and explain themselves."""

import subprocess
import sys

import pytest

from contact_hub_tests.cli.support import Terminal

COMMANDS = (
    "demo", "up", "sync", "gateway", "sandbox", "org add", "org list", "org disable", "channel connect", "channel list",
    "channel disconnect", "token create", "token list", "token revoke", "events quarantine", "events replay", "replies mode",
    "replies list", "db upgrade",
    "db url",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(terminal: Terminal, command: str) -> None:
    assert "Usage:" in terminal.good(*command.split(), "--help").out


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "contact_hub.cli", "--help"], capture_output=True, text=True, check=True)
    for group in ("channel", "events", "gateway", "org", "token", "up"):
        assert f" {group} " in done.stdout
