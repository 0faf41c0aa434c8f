"""The files of an embedded server below ``home/postgres``: their names, private writes and the kernel locks on them.

Who is alive is told by kernel locks (``flock``): the kernel drops them however a process ends, so no pid has to be
trusted and nothing has to be polled or cleaned up after a ``kill -9``.
"""

import contextlib
import errno
import fcntl
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from contact_hub.errors import StoreError

HOST = "127.0.0.1"
USER = "contact_hub"
DATABASE = "contact_hub"

LOG_LIMIT_BYTES = 5_000_000


@dataclass(frozen=True)
class ServerFiles:
    """Where the parts of the embedded server of one home are."""

    folder: Path

    @classmethod
    def of(cls, home: Path) -> "ServerFiles":
        """The files of the server of ``home``."""
        return cls(home.absolute() / "postgres")

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "data"

    @property
    def users_lock(self) -> Path:
        """Held shared by every process that uses the server, exclusively by a supervisor that stops it."""
        return self.folder / "users.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held exclusively by the supervisor as long as it lives."""
        return self.folder / "supervisor.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the postmaster and all of its children: free exactly when no process uses the data directory."""
        return self.folder / "server.lock"

    @property
    def ready(self) -> Path:
        """Says on which port the server answers; it exists only while the server does."""
        return self.folder / "ready.json"

    @property
    def failure(self) -> Path:
        """Why the last supervisor gave up, for the processes that wait for it."""
        return self.folder / "failure"

    @property
    def port(self) -> Path:
        """The port chosen at the first start, kept so that saved connections of BI tools go on working."""
        return self.folder / "port"

    @property
    def password(self) -> Path:
        """The password of the server's only user."""
        return self.folder / "password"

    @property
    def log(self) -> Path:
        """What PostgreSQL and the supervisor had to say; never row data (see ``postgres.SETTINGS``)."""
        return self.folder / "server.log"


def create_folder(files: ServerFiles) -> None:
    """Make ``home/postgres``, closed to everyone else; parents that exist stay exactly as they are."""
    files.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.folder.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path, flags: int = os.O_RDWR) -> int:
    """A descriptor of ``path`` (made 0600 if missing), not inherited by other programs."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    _give_to_owner_of_folder(descriptor, path.parent)
    return descriptor


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text``, whole or not at all, readable by its owner only."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            _give_to_owner_of_folder(descriptor, path.parent)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def read_text(path: Path) -> str | None:
    """The text of ``path``, or None if there is no such file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def open_log(files: ServerFiles) -> int:
    """A descriptor that appends to the server's log; a log that has grown large is put aside first."""
    with contextlib.suppress(FileNotFoundError):
        if files.log.stat().st_size > LOG_LIMIT_BYTES:
            files.log.replace(files.log.with_suffix(".log.1"))
    return open_private(files.log, os.O_WRONLY | os.O_APPEND)


def try_lock(path: Path, *, shared: bool = False) -> int | None:
    """A descriptor that holds a lock on ``path`` until it and every inherited copy is closed; None if it is taken."""
    descriptor = open_private(path)
    if _flock_at_once(descriptor, shared=shared):
        return descriptor
    os.close(descriptor)
    return None


def wait_for_lock(path: Path, *, seconds: float, shared: bool = False) -> int | None:
    """Like :func:`try_lock`, trying for so many seconds."""
    descriptor = open_private(path)
    deadline = time.monotonic() + seconds
    # Not one blocking call: a wedged holder must end in an error that says so, and flock knows no timeout.
    while not _flock_at_once(descriptor, shared=shared):
        if time.monotonic() > deadline:
            os.close(descriptor)
            return None
        time.sleep(0.01)
    return descriptor


def block_until_locked(path: Path) -> int:
    """Like :func:`try_lock`, waiting in the kernel for as long as it takes."""
    descriptor = open_private(path)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def explain(error: OSError, files: ServerFiles) -> StoreError:
    """What an operator can do about ``error``, in one line."""
    where = error.filename if isinstance(error.filename, str) else str(files.folder)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"the disk that holds {files.folder} is full: free some space and start again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError(
            f"no permission for {where} ({os.strerror(error.errno)}): give this user the folder, choose another one in "
            "CONTACT_HUB_HOME, or set CONTACT_HUB_DATABASE_URL to a PostgreSQL of your own"
        )
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return StoreError(
        f"the embedded PostgreSQL cannot be used ({reason}: {where}): see {files.log}, or set CONTACT_HUB_DATABASE_URL"
    )


def _flock_at_once(descriptor: int, *, shared: bool) -> bool:
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _give_to_owner_of_folder(descriptor: int, folder: Path) -> None:
    """A root command in a home that belongs to somebody else must not leave files that this user cannot open."""
    if os.geteuid() != 0:
        return
    owner = folder.stat()
    if os.fstat(descriptor).st_uid != owner.st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
