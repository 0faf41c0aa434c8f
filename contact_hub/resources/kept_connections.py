"""Dagster's connections to its storage, kept. Left to itself it makes one for every statement: 500 in a run of one day, which
take longer than the run's own work."""

import select
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from dagster import DagsterInstance
from psycopg2 import Error as Psycopg2Error
from psycopg2.extensions import connection as Psycopg2Connection
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import Pool

_keeping: WeakSet[DagsterInstance] = WeakSet()


def keep_connections(instance: DagsterInstance) -> DagsterInstance:
    """The instance, which from now on pools its connections, by the call that Dagster's webserver uses. Again: no change."""
    if instance not in _keeping:
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=3600, max_overflow=20)
        _remember_what_is_there(instance)
        _keeping.add(instance)
    return instance


def _remember_what_is_there(instance: DagsterInstance) -> None:
    """Have the event log ask its database once whether it has a table or a column: it does so with every event, some 230
    times in a run of one day. What is not there is asked for again, as a migration may bring it."""
    storage: Any = instance.event_log_storage
    for name in ("has_table", "has_asset_key_col", "_has_asset_key_col_on_connection"):
        if hasattr(storage, name):
            setattr(storage, name, _remembering(getattr(storage, name)))


def _remembering(look: Callable[..., bool]) -> Callable[..., bool]:
    there = set[str]()

    def has(*arguments: Any) -> bool:
        name = arguments[-1]
        if name not in there and look(*arguments):
            there.add(name)
        return name in there

    return has


@event.listens_for(Pool, "checkout")
def _replace_if_cut(connection: object, record: object, proxy: object) -> None:
    """Have the pool connect anew if a kept connection of Dagster's was cut; psycopg 2 is used by Dagster alone."""
    if isinstance(connection, Psycopg2Connection) and not _is_whole(connection):
        raise DisconnectionError


def _is_whole(connection: Psycopg2Connection) -> bool:
    """Whether the server is there. Asking it before each of Dagster's statements would double them: while its end is quiet
    nothing was cut, for an idle connection has something to read only when the server has said goodbye, or hung up."""
    try:
        if connection.closed:
            return False
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        if not poll.poll(0):
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Psycopg2Error:
        return False
    return True
