"""Replies"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replies",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("event_id", sa.UUID(), nullable=False, comment="The message that it answers, in channel_events"),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, sending, sent; skipped, expired, failed: never sent"),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why it was not sent, as a code"),
        sa.Column(
            "mode", sa.Text(), nullable=False, comment="private_note or reply: as it was sent, before that as it is meant"
        ),
        sa.Column("channel", sa.Text(), nullable=False, comment="Where the conversation takes place"),
        sa.Column("account", sa.Text(), nullable=True, comment="Chatwoot's inbox"),
        sa.Column("conversation_id", sa.Text(), nullable=True, comment="Chatwoot's conversation"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="When the message was written"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="When it is too late for an answer"),
        sa.Column(
            "burst_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When the first message of the burst that it ends was taken in",
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="How often it was taken up"),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it is taken up next; while sending: when it is given up for lost",
        ),
        sa.Column(
            "tried_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When Chatwoot was last asked to create it; empty: never, or it is known to have not",
        ),
        sa.Column("text_hash", sa.Text(), nullable=True, comment="SHA-256 of the text last tried, by which it is found again"),
        sa.Column("template", sa.Text(), nullable=True, comment="The case whose template it is in"),
        sa.Column("language", sa.Text(), nullable=True, comment="The language it is in"),
        sa.Column(
            "disclosure",
            sa.Text(),
            nullable=True,
            comment="full: names the patient's appointment; none: says nothing of the kind",
        ),
        sa.Column("disclosure_reasons", postgresql.ARRAY(sa.Text()), nullable=True, comment="What spoke against telling more"),
        sa.Column(
            "freshness", sa.Text(), nullable=True, comment="live: Cliniko was asked right before; unconfirmed: it could not be"
        ),
        sa.Column(
            "told_appointment_id", sa.Text(), nullable=True, comment="Cliniko's id of the appointment whose time it names"
        ),
        sa.Column("told_starts_at", sa.DateTime(timezone=True), nullable=True, comment="The time that it names"),
        sa.Column("message_id", sa.Text(), nullable=True, comment="Chatwoot's id of the message that it became"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True, comment="When it was sent"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first written",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed",
        ),
        sa.CheckConstraint("mode IN ('private_note', 'reply')", name=op.f("replies_mode_check")),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'skipped', 'expired', 'failed')", name=op.f("replies_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("replies_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "event_id", name=op.f("replies_pkey")),
        comment="The outbox: one row a customer's message, whether it was answered, and why not",
    )
    op.create_index(
        op.f("replies_next_attempt_at_idx"),
        "replies",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'sending')"),
    )
    op.create_index(
        op.f("replies_organization_id_account_conversation_id_received_at_idx"),
        "replies",
        ["organization_id", "account", "conversation_id", "received_at"],
        unique=False,
    )
    op.create_index(
        op.f("replies_organization_id_received_at_idx"), "replies", ["organization_id", "received_at"], unique=False
    )
    op.create_table(
        "reply_settings",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column(
            "mode", sa.Text(), nullable=False, comment="off; private_note: a note for the clinic's team; reply: to the customer"
        ),
        sa.Column(
            "expires_after_s", sa.Double(), nullable=False, comment="Seconds after which a message is no longer answered"
        ),
        sa.Column(
            "cool_down_s", sa.Double(), nullable=False, comment="Seconds after a reply in which its conversation gets no other"
        ),
        sa.Column(
            "quiet_s", sa.Double(), nullable=False, comment="Seconds without another message before the last one is answered"
        ),
        sa.Column("through_number", sa.BigInteger(), nullable=False, comment="The outbox takes in every change up to this one"),
        sa.Column(
            "paused_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Nothing is sent before: Chatwoot refused or did not answer",
        ),
        sa.Column("pause_reason", sa.Text(), nullable=True, comment="Why it is paused"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first written",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed",
        ),
        sa.CheckConstraint("mode IN ('off', 'private_note', 'reply')", name=op.f("reply_settings_mode_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("reply_settings_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("reply_settings_pkey")),
        comment="Whether and how each organization answers by itself; none: off",
    )
    op.add_column(
        "contact_metrics",
        sa.Column(
            "conversations_answered",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Conversations of the week to the day that were answered by themselves",
        ),
    )
    op.add_column(
        "contact_metrics",
        sa.Column(
            "conversations_with_context",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Those whose appointment could be named: response context",
        ),
    )
    for column in ("conversations_answered", "conversations_with_context"):
        op.alter_column("contact_metrics", column, server_default=None)  # only days that are there already had none


def downgrade() -> None:
    op.drop_column("contact_metrics", "conversations_with_context")
    op.drop_column("contact_metrics", "conversations_answered")
    op.drop_table("reply_settings")
    op.drop_index(op.f("replies_organization_id_received_at_idx"), table_name="replies")
    op.drop_index(op.f("replies_organization_id_account_conversation_id_received_at_idx"), table_name="replies")
    op.drop_index(
        op.f("replies_next_attempt_at_idx"), table_name="replies", postgresql_where=sa.text("state IN ('pending', 'sending')")
    )
    op.drop_table("replies")
