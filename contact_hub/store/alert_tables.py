"""Who is told of failures, and what is still to be told them. No secret, no address, no personal data."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from contact_hub.store.tables import MOMENT, metadata, one_of, written_at

SCOPE = "The organization whose failures are told; * for all, and those of no organization"

alert_targets = Table(
    "alert_targets",
    metadata,
    Column("scope", Text, primary_key=True, comment=SCOPE),
    Column("name", Text, primary_key=True, comment="Tells several of one scope apart (default: main)"),
    Column("kind", Text, nullable=False, comment="webhook: JSON is posted; email: a letter is sent"),
    Column("address_env", Text, nullable=False, comment="Environment variable that holds the URL or addresses; never these"),
    Column("warnings", Boolean, nullable=False, server_default=text("false"), comment="Checks that only warn are told too"),
    *written_at(),
    one_of("kind", "webhook", "email"),
    comment="Who is told when a run or a check fails; none by default",
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("scope", Text, primary_key=True, comment=SCOPE),
    Column("name", Text, primary_key=True, comment="The target"),
    Column("failure_id", Text, primary_key=True, comment="The failure; told once a target, however often it is noticed"),
    Column("body", JSONB, nullable=False, comment="What is told: ids, names of assets and checks, counts"),
    Column("noticed_at", MOMENT, nullable=False, server_default=text("now()"), comment="When it was noticed"),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="How often it was tried to tell it"),
    Column("next_attempt_at", MOMENT, server_default=text("now()"), comment="When to try (again); empty: told, or given up"),
    Column("delivered_at", MOMENT, comment="When it was told; empty: not yet, or given up"),
    ForeignKeyConstraint(["scope", "name"], ["alert_targets.scope", "alert_targets.name"], ondelete="CASCADE"),
    Index(None, "next_attempt_at", postgresql_where=text("next_attempt_at IS NOT NULL")),
    comment="The outbox of alerts: written when a failure is noticed, emptied by a sensor of its own",
)
