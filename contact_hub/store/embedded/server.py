"""The embedded PostgreSQL server: one for all processes of a home, there as long as one of them lives.

Every process that uses the server holds a shared lock on ``home/postgres/users.lock``. A detached supervisor
(:mod:`contact_hub.store.embedded.supervisor`) runs PostgreSQL and waits for an exclusive lock on that file: the kernel
grants it when the last user is gone, however it went. A supervisor that dies is replaced by any process that still uses
the server.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import contact_hub
from contact_hub.errors import StoreError
from contact_hub.store.embedded import server_files
from contact_hub.store.embedded.server_files import DATABASE, HOST, USER, ServerFiles

# Recovery after a crash replays at most max_wal_size of log, and a stopping server may have as much to write first.
START_TIMEOUT_SECONDS = 300.0
STOP_TIMEOUT_SECONDS = 180.0

# What the supervisor may see of this process's environment: API keys and other secrets are none of its business.
_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TMPDIR", "TZ")


@dataclass(frozen=True)
class ServerAddress:
    """Where the embedded server answers."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def url(self, database: str = DATABASE) -> str:
        """The URL of ``database``, as psycopg, SQLAlchemy, psql and BI tools take it."""
        return f"postgresql://{self.user}:{quote(self.password, safe='')}@{self.host}:{self.port}/{quote(database)}"


@dataclass
class _Registration:
    """This process as a user of one home's server."""

    users_lock: int
    released: threading.Event = field(default_factory=threading.Event)


_registrations: dict[Path, _Registration] = {}
_registering = threading.RLock()


def _new_lock_after_fork() -> None:
    global _registering
    _registering = threading.RLock()


os.register_at_fork(after_in_child=_new_lock_after_fork)


def ensure_server(home: Path) -> ServerAddress:
    """The address of the running server of ``home``, which is started first if need be.

    This process counts as a user of the server until it ends or calls :func:`release`. Calling again costs less than a
    millisecond, and gives the address of the moment: a server that had to be restarted may have another port.

    Raises:
        StoreError: the server cannot be started here; the message says what to do.
    """
    files = ServerFiles.of(home)
    with _registering:
        registration = None
        try:
            registration = _register(files)
            address = _wait_until_ready(files)
        except BaseException as error:
            if registration is not None:
                release(home)
            if isinstance(error, OSError):
                raise server_files.explain(error, files) from error
            raise
        if registration is not None:
            _watch_in_thread(files, registration)
        return address


def release(home: Path) -> None:
    """Stop counting this process as a user of the server of ``home``; the last one to go stops it."""
    with _registering:
        registration = _registrations.pop(ServerFiles.of(home).folder, None)
        if registration is not None:
            registration.released.set()
            # Closing, never LOCK_UN: that would drop the lock of forked children, too.
            os.close(registration.users_lock)


@contextlib.contextmanager
def running_server(home: Path) -> Iterator[ServerAddress]:
    """The server of ``home`` for the length of a ``with`` block."""
    address = ensure_server(home)
    try:
        yield address
    finally:
        release(home)


def wait_until_stopped(home: Path, *, seconds: float = STOP_TIMEOUT_SECONDS) -> bool:
    """Whether every process of the server of ``home`` has ended, waiting for it so long."""
    files = ServerFiles.of(home)
    deadline = time.monotonic() + seconds
    if not files.folder.is_dir():
        return True
    for path in (files.supervisor_lock, files.server_lock):
        lock = server_files.wait_for_lock(path, seconds=deadline - time.monotonic())
        if lock is None:
            return False
        os.close(lock)
    return True


def _register(files: ServerFiles) -> _Registration | None:
    """Make this process a user; None if it is one already."""
    known = _registrations.get(files.folder)
    if known is not None:
        if _is_file(known.users_lock, files.users_lock):
            return None
        # The folder was deleted or replaced under this process: its lock says nothing about the new one.
        release(files.folder.parent)
    server_files.create_folder(files)
    lock = server_files.wait_for_lock(files.users_lock, seconds=STOP_TIMEOUT_SECONDS, shared=True)
    if lock is None:
        raise StoreError(f"the embedded PostgreSQL has been stopping for {STOP_TIMEOUT_SECONDS:.0f} s: see {files.log}")
    registration = _registrations[files.folder] = _Registration(lock)
    return registration


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _wait_until_ready(files: ServerFiles) -> ServerAddress:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    started = 0
    while time.monotonic() < deadline:
        lock = server_files.try_lock(files.supervisor_lock)
        if lock is not None:
            try:
                if started:
                    _give_up_if_hopeless(files, started)
                _start_supervisor(files, lock)
                started += 1
            finally:
                os.close(lock)
        elif (address := _read_address(files)) is not None:
            return address
        time.sleep(0.005)
    raise StoreError(f"the embedded PostgreSQL did not start within {START_TIMEOUT_SECONDS:.0f} s: see {files.log}")


def _give_up_if_hopeless(files: ServerFiles, started: int) -> None:
    reason = server_files.read_text(files.failure)
    # A supervisor that ended without a reason was killed from outside: worth another try, but not for ever.
    if reason is None and started >= 3:
        reason = f"the embedded PostgreSQL was ended {started} times while it started: see {files.log}"
    if reason is not None:
        raise StoreError(reason)


def _read_address(files: ServerFiles) -> ServerAddress | None:
    ready, password = server_files.read_text(files.ready), server_files.read_text(files.password)
    if ready is None or password is None:
        return None
    port = json.loads(ready)["port"]
    try:
        # A file that was left by a supervisor which was killed a moment ago promises what no longer is.
        socket.create_connection((HOST, port), timeout=5).close()
    except OSError:
        return None
    return ServerAddress(HOST, port, USER, password.strip())


def _start_supervisor(files: ServerFiles, lock: int) -> None:
    """Start a supervisor that inherits ``lock``, so that there is never a moment in which two could start."""
    files.ready.unlink(missing_ok=True)
    files.failure.unlink(missing_ok=True)
    source = str(Path(contact_hub.__file__).parent.parent)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [source, environment.get("PYTHONPATH")]))
    log = server_files.open_log(files)
    try:
        # -P and / : the supervisor must neither import from, nor keep busy, the folder this process happens to be in.
        subprocess.run(
            [sys.executable, "-P", "-m", "contact_hub.store.embedded.supervisor", os.fsencode(files.folder), str(lock)],
            pass_fds=[lock],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise StoreError(f"the supervisor of the embedded PostgreSQL does not start: see {files.log}") from error
    finally:
        os.close(log)


def _watch_in_thread(files: ServerFiles, registration: _Registration) -> None:
    threading.Thread(
        target=_replace_dead_supervisors, args=(files, registration), name="contact_hub-postgres", daemon=True
    ).start()


def _replace_dead_supervisors(files: ServerFiles, registration: _Registration) -> None:
    """Runs in every user: whoever is first to see the supervisor's lock free starts the next one."""
    # An OSError means that the folder is gone or this process is ending; a StoreError has reached the log.
    with contextlib.suppress(OSError, StoreError):
        while not registration.released.is_set():
            lock = server_files.block_until_locked(files.supervisor_lock)
            try:
                if registration.released.is_set() or not _is_file(registration.users_lock, files.users_lock):
                    return
                if files.failure.exists():
                    # It gave up for a reason: the next ensure_server tries again and tells that reason to its caller.
                    return
                _start_supervisor(files, lock)
            finally:
                os.close(lock)
