"""The connection to PostgreSQL: the embedded server, or the one that CONTACT_HUB_DATABASE_URL names."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from contact_hub import settings
from contact_hub.errors import ConfigurationError, StoreError
from contact_hub.store.embedded.server import ensure_server

DAGSTER_SUFFIX = "_dagster"


@dataclass(frozen=True)
class Database:
    """One PostgreSQL database and the engine that talks to it."""

    url: URL
    engine: Engine = field(repr=False)

    @property
    def dagster_url(self) -> URL:
        """Dagster's own database on the same server. Psycopg 2, because Dagster's storage binds parameters its way."""
        return self.url.set(drivername="postgresql+psycopg2", database=f"{self.url.database}{DAGSTER_SUFFIX}")

    @property
    def libpq_url(self) -> str:
        """The URL for psql and BI tools, password included."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent snapshot, read only."""
        with self.engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
            yield connection

    @contextmanager
    def writing(self, organization_id: str) -> Iterator[Connection]:
        """One transaction that writes rows of one organization; such transactions take turns."""
        with self.engine.begin() as connection:
            lock_organization(connection, organization_id)
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction without a turn to wait for."""
        with self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def lock_organization(connection: Connection, organization_id: str, purpose: str = "write") -> None:
    """Wait for the turn to write one organization's rows; it lasts to the end of the transaction.

    Args:
        purpose: ``write`` is what everybody takes who writes. Who compares all rows of a table that nobody else writes takes
            a turn of another purpose before, so that they stay as they were compared and callers need not wait for it.
    """
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:space, hashtext(:organization_id))"),
        {"space": lock_space(purpose), "organization_id": organization_id},
    )


def lock_space(purpose: str) -> int:
    """The first half of an advisory lock's key: one 32-bit number a purpose."""
    return int.from_bytes(hashlib.sha256(f"contact_hub:{purpose}".encode()).digest()[:4], "big", signed=True)


def open_database() -> Database:
    """The database of this installation; starts the embedded server if it is the one to use.

    Raises:
        ConfigurationError: CONTACT_HUB_DATABASE_URL is not a PostgreSQL URL.
        StoreError: the server cannot be started or reached, or is older than PostgreSQL 15.
    """
    url = _configured_url()
    engine = create_engine(
        url,
        pool_size=2,
        max_overflow=8,
        pool_pre_ping=True,
        connect_args={"application_name": "contact_hub"},
        hide_parameters=True,
    )
    try:
        with engine.connect() as connection:
            version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    except OperationalError:
        raise StoreError(
            f"cannot connect to PostgreSQL at {url.host}:{url.port or 5432}/{url.database}; "
            f"check {settings.DATABASE_URL} and that the server runs"
        ) from None
    if version < 150000:
        raise StoreError(f"PostgreSQL {version // 10000} is too old: version 15 or newer is needed")
    return Database(url, engine)


def _configured_url() -> URL:
    configured = settings.database_url()
    if configured is None:
        return make_url(ensure_server(settings.home()).url()).set(drivername="postgresql+psycopg")
    try:
        url = make_url(configured)
    except ArgumentError:
        raise ConfigurationError(f"{settings.DATABASE_URL} is not a URL (postgresql://user:password@host/database)") from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise ConfigurationError(f"{settings.DATABASE_URL} must be a postgresql:// URL that names a database")
    return url.set(drivername="postgresql+psycopg")
