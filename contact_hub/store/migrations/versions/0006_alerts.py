"""Alerts; Cliniko's request limit by account"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCOPE = "The organization whose failures are told; * for all, and those of no organization"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alert_targets",
        sa.Column("scope", sa.Text(), nullable=False, comment=SCOPE),
        sa.Column("name", sa.Text(), nullable=False, comment="Tells several of one scope apart (default: main)"),
        sa.Column("kind", sa.Text(), nullable=False, comment="webhook: JSON is posted; email: a letter is sent"),
        sa.Column(
            "address_env",
            sa.Text(),
            nullable=False,
            comment="Environment variable that holds the URL or addresses; never these",
        ),
        sa.Column(
            "warnings",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Checks that only warn are told too",
        ),
        sa.Column(
            "created_at", MOMENT, server_default=sa.text("now()"), nullable=False, comment="When the row was first written"
        ),
        sa.Column("updated_at", MOMENT, server_default=sa.text("now()"), nullable=False, comment="When the row last changed"),
        sa.CheckConstraint("kind IN ('webhook', 'email')", name=op.f("alert_targets_kind_check")),
        sa.PrimaryKeyConstraint("scope", "name", name=op.f("alert_targets_pkey")),
        comment="Who is told when a run or a check fails; none by default",
    )
    op.create_table(
        "alert_deliveries",
        sa.Column("scope", sa.Text(), nullable=False, comment=SCOPE),
        sa.Column("name", sa.Text(), nullable=False, comment="The target"),
        sa.Column(
            "failure_id", sa.Text(), nullable=False, comment="The failure; told once a target, however often it is noticed"
        ),
        sa.Column(
            "body",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What is told: ids, names of assets and checks, counts",
        ),
        sa.Column("noticed_at", MOMENT, server_default=sa.text("now()"), nullable=False, comment="When it was noticed"),
        sa.Column(
            "attempts", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="How often it was tried to tell it"
        ),
        sa.Column(
            "next_attempt_at",
            MOMENT,
            server_default=sa.text("now()"),
            nullable=True,
            comment="When to try (again); empty: told, or given up",
        ),
        sa.Column("delivered_at", MOMENT, nullable=True, comment="When it was told; empty: not yet, or given up"),
        sa.ForeignKeyConstraint(
            ["scope", "name"],
            ["alert_targets.scope", "alert_targets.name"],
            name=op.f("alert_deliveries_scope_name_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scope", "name", "failure_id", name=op.f("alert_deliveries_pkey")),
        comment="The outbox of alerts: written when a failure is noticed, emptied by a sensor of its own",
    )
    op.create_index(
        op.f("alert_deliveries_next_attempt_at_idx"),
        "alert_deliveries",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    # Slots say what was sent in the last minute; nothing in them is worth carrying over.
    op.drop_table("cliniko_request_slots")
    op.create_table(
        "cliniko_request_slots",
        sa.Column("account", sa.Text(), nullable=False, comment="Whose limit it is: a hash of the Cliniko key and address"),
        sa.Column(
            "slot", sa.SmallInteger(), autoincrement=False, nullable=False, comment="One of the requests that a minute allows"
        ),
        sa.Column("sent_at", MOMENT, nullable=False, comment="When the request that took this slot last was or will be sent"),
        sa.PrimaryKeyConstraint("account", "slot", name=op.f("cliniko_request_slots_pkey")),
        comment="The requests of the last minute, shared by all processes, so that none sends what Cliniko would refuse",
    )


def downgrade() -> None:
    op.drop_table("cliniko_request_slots")
    op.create_table(
        "cliniko_request_slots",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column(
            "slot", sa.SmallInteger(), autoincrement=False, nullable=False, comment="One of the requests that a minute allows"
        ),
        sa.Column("sent_at", MOMENT, nullable=False, comment="When the request that took this slot last was or will be sent"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("cliniko_request_slots_organization_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "slot", name=op.f("cliniko_request_slots_pkey")),
        comment="The requests of the last minute, shared by all processes, so that none sends what Cliniko would refuse",
    )
    op.drop_table("alert_deliveries")
    op.drop_table("alert_targets")
