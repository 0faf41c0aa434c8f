"""Alembic's entry point: migrates over the connection that :mod:`contact_hub.store.migrate` hands in."""

from alembic import context
from sqlalchemy import text

from contact_hub.store import (
    alert_tables,
    channel_tables,
    duplicate_tables,
    gateway_tables,
    raw_tables,
    reply_tables,
    reporting_tables,
)
from contact_hub.store.tables import metadata

# Importing them adds their tables to the metadata.
TABLES = (raw_tables, channel_tables, gateway_tables, alert_tables, reply_tables, duplicate_tables, reporting_tables)

connection = context.config.attributes["connection"]
connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {raw_tables.SCHEMA}"))
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_schemas=True,
    include_name=lambda name, kind, _: kind != "schema" or name in (None, raw_tables.SCHEMA),
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
