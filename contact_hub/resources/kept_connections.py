"""Dagster's connections to its storage, kept. Left to itself it makes one for every statement: 500 in a run of one day, which
take longer than the run's own work."""

import select
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
        _keeping.add(instance)
    return instance


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
