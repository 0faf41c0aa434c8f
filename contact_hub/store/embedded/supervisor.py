"""The process that runs PostgreSQL as long as anybody uses it (see :mod:`contact_hub.store.embedded.server`).

It is started by the first user of a server and belongs to none: detached, with one thread that waits for the last user
to go and one that waits for PostgreSQL to end. It imports nothing but the standard library and its siblings, for it
must be there within a blink and stay small.
"""

import contextlib
import enum
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from contact_hub.errors import StoreError
from contact_hub.store.embedded import postgres, server_files
from contact_hub.store.embedded.server_files import ServerFiles

# So many starts within the period are a server that cannot live; one crash a day is not.
MOST_STARTS = 5
STARTS_PERIOD_SECONDS = 60.0


class Event(enum.Enum):
    """What the supervisor waits for."""

    NO_USERS = enum.auto()
    TERMINATED = enum.auto()
    POSTGRES_ENDED = enum.auto()


def main() -> None:
    """``python -m contact_hub.store.embedded.supervisor FOLDER LOCK``: LOCK is the inherited, locked descriptor."""
    files = ServerFiles(Path(sys.argv[1]))
    # Detached for good: nobody's child, so that killing a user's whole process tree leaves the others their server.
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    events: SimpleQueue[Event] = SimpleQueue()
    signal.signal(signal.SIGTERM, lambda *_: events.put(Event.TERMINATED))
    _in_thread(partial(_wait_for_last_user, files, events))
    try:
        supervise(files, events)
    except StoreError as error:
        _report(files, str(error))
    except OSError as error:
        _report(files, str(server_files.explain(error, files)))
    except BaseException:
        traceback.print_exc()
        _report(files, f"the supervisor of the embedded PostgreSQL failed: see {files.log}")
    # Not sys.exit: a thread that waits in the kernel must not delay it. The locks go with the process.
    sys.stdout.flush()
    os._exit(0)


def supervise(files: ServerFiles, events: "SimpleQueue[Event]") -> None:
    """Run PostgreSQL until its last user is gone; start it again when it dies before.

    Raises:
        StoreError: it cannot be started, or dies again and again.
    """
    starts: deque[float] = deque(maxlen=MOST_STARTS)
    while True:
        _pause_before_start(files, starts)
        server = postgres.start(files)
        try:
            _in_thread(partial(_wait_for_end, server, events))
            state = {"port": server.port, "postmaster": server.process.pid, "supervisor": os.getpid()}
            server_files.write_private(files.ready, json.dumps(state))
            event = events.get()
        finally:
            files.ready.unlink(missing_ok=True)
            server.stop()
        if event is not Event.POSTGRES_ENDED:
            return
        print(f"PostgreSQL ended ({server.process.returncode}) while it was in use", flush=True)


def _pause_before_start(files: ServerFiles, starts: "deque[float]") -> None:
    now = time.monotonic()
    while starts and now - starts[0] > STARTS_PERIOD_SECONDS:
        starts.popleft()
    if len(starts) == MOST_STARTS:
        raise StoreError(
            f"the embedded PostgreSQL ended {MOST_STARTS} times within {STARTS_PERIOD_SECONDS:.0f} s: see {files.log}"
        )
    if len(starts) > 1:
        time.sleep(0.1 * 2 ** len(starts))
    starts.append(now)


def _wait_for_last_user(files: ServerFiles, events: "SimpleQueue[Event]") -> None:
    # An OSError: the folder was deleted, and nobody can find this server any more.
    with contextlib.suppress(OSError):
        # Kept until this process has ended: a new user waits for that, and then gets a server of its own.
        server_files.block_until_locked(files.users_lock)
    events.put(Event.NO_USERS)


def _wait_for_end(server: postgres.Server, events: "SimpleQueue[Event]") -> None:
    server.process.wait()
    events.put(Event.POSTGRES_ENDED)


def _report(files: ServerFiles, reason: str) -> None:
    print(reason, flush=True)
    try:
        server_files.write_private(files.failure, reason)
    except OSError:
        # A full disk, most likely: those who wait say "see the log" after a few attempts.
        traceback.print_exc()


def _in_thread(run: Callable[[], None]) -> None:
    threading.Thread(target=run, daemon=True).start()


if __name__ == "__main__":
    main()
