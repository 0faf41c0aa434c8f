"""One run at a time an organization: a lock that a run holds from its first step to its last."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from contact_hub.store.database import Database, lock_space

logger = logging.getLogger(__name__)


@contextmanager
def run_lock(database: Database, organization_ids: Iterable[str]) -> Iterator[None]:
    """Hold the run lock of each organization; waits for runs that hold it. Freed by PostgreSQL if this process dies.

    Taken in one order by everybody, so that two runs over the same organizations cannot wait for each other.
    """
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # A run may outlive any sensible idle time-out that a server's administrator has set.
        connection.execute(text("SET idle_session_timeout = 0"))
        for organization_id in sorted(set(organization_ids)):
            _acquire(connection, organization_id)
        try:
            yield
        finally:
            _release(connection)


def _release(connection: Connection) -> None:
    try:
        if not connection.closed and not connection.invalidated:
            connection.execute(text("SELECT pg_advisory_unlock_all()"))
    except OperationalError:
        # Not raised: it would take the place of the error with which the run ends.
        logger.warning("the connection that held the run lock was lost; PostgreSQL has freed the lock")


def _acquire(connection: Connection, organization_id: str) -> None:
    key = {"space": lock_space("run"), "organization_id": organization_id}
    if not connection.execute(text("SELECT pg_try_advisory_lock(:space, hashtext(:organization_id))"), key).scalar_one():
        logger.info("%s: waiting for another run of this organization", organization_id)
        connection.execute(text("SELECT pg_advisory_lock(:space, hashtext(:organization_id))"), key)
