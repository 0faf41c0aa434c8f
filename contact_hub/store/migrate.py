"""Bringing the database up to the newest revision, whoever asks first."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from contact_hub.errors import StoreError
from contact_hub.store.database import Database, lock_space


def upgrade(database: Database) -> None:
    """Apply what migrations are missing, and make Dagster's database if it is not there. Safe to call from many processes.

    Raises:
        StoreError: the role may not create what is missing.
    """
    try:
        with database.engine.connect() as connection:
            if not is_migrated(connection):
                connection.rollback()
                _migrate(connection)
        _ensure_dagster_database(database)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) == "42501":
            raise StoreError(
                "the database role lacks a permission: it must own its database and may create databases "
                f"(or create {database.dagster_url.database!r} for it beforehand)"
            ) from None
        raise


def _migrate(connection: Connection) -> None:
    """One process after the other; who waited finds nothing left to do."""
    connection.execute(text("SELECT pg_advisory_lock(:space, 0)"), {"space": lock_space("migrate")})
    connection.commit()
    try:
        command.upgrade(alembic_config(connection), "head")
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:space, 0)"), {"space": lock_space("migrate")})
        connection.commit()


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for one connection; the package holds the scripts, so no alembic.ini is needed."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def is_migrated(connection: Connection) -> bool:
    """Whether the database has exactly the revisions of this code."""
    wanted = set(ScriptDirectory.from_config(alembic_config(connection)).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == wanted


def _ensure_dagster_database(database: Database) -> None:
    name = database.dagster_url.database
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        exists = text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)")
        if connection.execute(exists, {"name": name}).scalar_one():
            return
        try:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != "42P04":  # another process made it meanwhile
                raise
