"""Keeps the embedded server up for programs that are not ours: psql and BI tools that got a URL from ``contact-hub db url``.

A small process that counts as a user of the server until nobody but it has been connected for two minutes.
"""

import subprocess
import sys
import time
from pathlib import Path

import psycopg

from contact_hub.store.embedded.server import ensure_server

IDLE_SECONDS = 120
POLL_SECONDS = 5

_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


def keep_server_for_others(home: Path) -> None:
    """Start such a process, detached; it outlives this one."""
    subprocess.Popen(
        [sys.executable, "-m", __name__, str(home)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def hold_while_used(home: Path, *, idle_seconds: float = IDLE_SECONDS, poll_seconds: float = POLL_SECONDS) -> None:
    """Be a user of the server until no other client has been connected for ``idle_seconds``."""
    last_used = time.monotonic()
    while time.monotonic() - last_used < idle_seconds:
        with psycopg.connect(ensure_server(home).url()) as connection:
            (others,) = connection.execute(_OTHERS).fetchone() or (0,)
        if others:
            last_used = time.monotonic()
        time.sleep(poll_seconds)


if __name__ == "__main__":
    hold_while_used(Path(sys.argv[1]))
