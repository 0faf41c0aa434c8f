"""Connections of the driver, for statements that are worth its being asked directly."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from psycopg import Connection as Psycopg
from psycopg import OperationalError
from psycopg_pool import ConnectionPool

from contact_hub.store.database import Database

POOL_SIZE = 10
T = TypeVar("T")


class Pool:
    """Connections, made when the first is needed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool: ConnectionPool[Psycopg[Any]] | None = None
        self._lock = threading.Lock()

    def use(self, ask: Callable[[Psycopg[Any]], T]) -> T:
        """Ask on a connection; once more if that turns out to be one of a server that has been restarted."""
        if self._pool is None:
            with self._lock:
                self._pool = self._pool or self._open()
        try:
            with self._pool.connection() as connection:
                return ask(connection)
        except OperationalError:
            self._pool.check()  # drops every connection that is dead, not only this one
            with self._pool.connection() as connection:
                return ask(connection)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def _open(self) -> ConnectionPool[Psycopg[Any]]:
        return ConnectionPool(
            self._database.libpq_url,
            min_size=1,
            max_size=POOL_SIZE,
            kwargs={"autocommit": True, "application_name": "contact_hub"},
            name="directory",
            open=True,
            timeout=10,
        )
