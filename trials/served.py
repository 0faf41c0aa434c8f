"""A gateway in a process of its own, as ``contact-hub gateway`` serves it, on an installation that is thrown away."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.workplace import temporary_installation
from contact_hub.processes import free_port
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database, open_database
from contact_hub.store.organizations import Organization, register
from contact_hub.store.tokens import create_token
from trials.caller import Caller

START_SECONDS = 60
SETTLE_SECONDS = 300
_GATEWAY = [sys.executable, "-c", "from contact_hub.cli import main; main()", "gateway", "--quiet"]


@dataclass(frozen=True)
class Served:
    """A gateway that answers, and the store behind it.

    Attributes:
        log: where the process writes its log.
    """

    port: int
    database: Database
    log: Path

    def clinic(self, organization_id: str, secrets: Mapping[str, str] | None = None) -> str:
        """Register an organization; a token of it.

        Args:
            secrets: by provider, the environment variable (of the gateway's) that holds its signing secret.
        """
        with self.database.transaction() as connection:
            register(connection, Organization(organization_id, "Trials", "Australia/Sydney", "AU", None))
            for provider, variable in (secrets or {}).items():
                connect(connection, ChannelConnection(organization_id, provider, variable, "main", {}))
        return self.token(organization_id)

    def token(self, organization_id: str) -> str:
        """Another token of an organization."""
        with self.database.transaction() as connection:
            return create_token(connection, organization_id, "of the trials")

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(text(statement), parameters))

    def unsettled(self, organization_id: str) -> int:
        """An organization's records with news that are still unsettled after some minutes: a fault if there are any."""
        count = "SELECT count(*) FROM unsettled_records WHERE organization_id = :id"
        deadline = time.monotonic() + SETTLE_SECONDS
        while (left := int(self.rows(count, id=organization_id)[0][0])) and time.monotonic() < deadline:
            time.sleep(0.2)
        return left


@contextmanager
def served(**environment: str) -> Iterator[Served]:
    """A gateway with these variables in its environment; it and its store are gone afterwards."""
    with temporary_installation(), closing(open_database()) as database, tempfile.TemporaryDirectory() as kept:
        port, log = free_port(), Path(kept) / "gateway.log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                [*_GATEWAY, "--port", str(port)], env={**os.environ, **environment}, stdout=written, stderr=written
            )
        try:
            _wait_until_ready(port, process)
            yield Served(port, database, log)
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with Caller(port) as caller:
                if caller.send("GET", "/readyz").status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the gateway was not ready within {START_SECONDS} s (exit code {process.poll()})")
