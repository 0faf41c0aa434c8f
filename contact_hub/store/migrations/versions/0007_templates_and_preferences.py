"""Templates and preferences"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CONTACT_PREFERENCES = """
CREATE VIEW contact_preferences AS
SELECT DISTINCT ON (organization_id, contact_id)
       organization_id, contact_id, reminders, source, source_id, said_by, said_at
FROM (
    SELECT organization_id, link.contact_id, said.reminders, said.source, said.source_id, said.said_by, said.said_at,
           1 AS authority
    FROM reminder_statements AS said
    JOIN source_record_links AS link USING (organization_id, source, source_id)
    UNION ALL
    SELECT organization_id, link.contact_id, record.reminder_preference, record.source, record.source_id, record.source,
           record.updated_at, 2
    FROM normalized_contacts AS record
    JOIN source_record_links AS link USING (organization_id, source, source_id)
    WHERE record.reminder_preference IS NOT NULL AND record.status <> 'merged'
) AS said
WHERE contact_id IS NOT NULL
ORDER BY organization_id, contact_id, authority, said_at DESC NULLS LAST, source, source_id
"""


def upgrade() -> None:
    op.create_table(
        "reminder_statements",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("source", sa.Text(), nullable=False, comment="The record that it is said of: its source"),
        sa.Column("source_id", sa.Text(), nullable=False, comment="The record that it is said of: its id"),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False, comment="When it was said"),
        sa.Column(
            "reminders", sa.Text(), nullable=False, comment="whatsapp, email, sms, both, none; stop: no messages of any kind"
        ),
        sa.Column(
            "said_by", sa.Text(), nullable=False, comment="message: by the person; else the token or command of who noted it"
        ),
        sa.Column("event_id", sa.UUID(), nullable=True, comment="The message in which it was said"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="When it was written down"),
        sa.CheckConstraint(
            "reminders IN ('whatsapp', 'email', 'sms', 'both', 'sms_and_email', 'none', 'stop')",
            name=op.f("reminder_statements_reminders_check"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("reminder_statements_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "source", "source_id", "said_at", name=op.f("reminder_statements_pkey")),
        comment="What people said about their reminders; append-only. Whose preference it is follows from whose record it is",
    )
    op.create_index(
        op.f("reminder_statements_organization_id_event_id_idx"),
        "reminder_statements",
        ["organization_id", "event_id"],
        unique=False,
    )
    op.create_table(
        "reply_templates",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("template", sa.Text(), nullable=False, comment="The case that it is for: appointment, moved, stranger, ..."),
        sa.Column("language", sa.Text(), nullable=False, comment="Language tag: en, en-GB, de"),
        sa.Column("text", sa.Text(), nullable=False, comment="The clinic's own words, checked before they were saved"),
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
        sa.CheckConstraint(
            "template IN ('appointment', 'moved', 'cancelled', 'no_appointment', 'unconfirmed', 'neutral', 'stranger', 'preference_question', 'preference_confirmed', 'reminders_off')",
            name=op.f("reply_templates_template_check"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("reply_templates_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "template", "language", name=op.f("reply_templates_pkey")),
        comment="The clinics' own reply templates; where there is none, the one that contact_hub brings along is used",
    )
    op.add_column(
        "organizations",
        sa.Column("language", sa.Text(), nullable=True, comment="Language of replies, as a tag; empty: that of the region"),
    )
    op.add_column(
        "replies",
        sa.Column(
            "asks_reminders",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="It asks how reminders should come",
        ),
    )
    op.add_column(
        "reply_settings",
        sa.Column(
            "asks_reminders",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Patients are asked how they want reminders",
        ),
    )
    op.execute(_CONTACT_PREFERENCES)


def downgrade() -> None:
    op.execute("DROP VIEW contact_preferences")
    op.drop_column("reply_settings", "asks_reminders")
    op.drop_column("replies", "asks_reminders")
    op.drop_column("organizations", "language")
    op.drop_table("reply_templates")
    op.drop_index(op.f("reminder_statements_organization_id_event_id_idx"), table_name="reminder_statements")
    op.drop_table("reminder_statements")
