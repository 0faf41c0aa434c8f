"""Reporting"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clinic_reports",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The day"),
        sa.Column("html", sa.Text(), nullable=False, comment="The page, complete in itself; counts only"),
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
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("clinic_reports_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "as_of", name=op.f("clinic_reports_pkey")),
        comment="The report of each clinic and day, as it can be sent to it",
    )
    op.create_table(
        "contact_metrics",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The day"),
        sa.Column("patients", sa.Integer(), nullable=False, comment="Cliniko patients in use"),
        sa.Column("patients_covered", sa.Integer(), nullable=False, comment="Those that are one contact in use: coverage"),
        sa.Column(
            "patient_records",
            sa.Integer(),
            nullable=False,
            comment="Accounts, numbers, addresses and forms that belong to a patient",
        ),
        sa.Column(
            "patient_records_agreeing",
            sa.Integer(),
            nullable=False,
            comment="Those whose identifier and name are that patient's own: accuracy",
        ),
        sa.Column("patient_contacts", sa.Integer(), nullable=False, comment="Contacts in use that are a patient"),
        sa.Column(
            "patient_contacts_complete",
            sa.Integer(),
            nullable=False,
            comment="Those that a phone and an email reach: completeness",
        ),
        sa.Column(
            "days_due", sa.Integer(), nullable=False, comment="Of the 30 days up to this one, those since the first import"
        ),
        sa.Column("days_synced", sa.Integer(), nullable=False, comment="Those that a run has brought to its end: sync success"),
        sa.Column("contacts_in_use", sa.Integer(), nullable=False, comment="Contacts in use"),
        sa.Column(
            "active_patients", sa.Integer(), nullable=False, comment="Contacts with an appointment in the window around the day"
        ),
        sa.Column("appointments", sa.Integer(), nullable=False, comment="Appointments in that window"),
        sa.Column(
            "appointments_matched", sa.Integer(), nullable=False, comment="Those whose patient is a contact: matching rate"
        ),
        sa.Column(
            "customer_records", sa.Integer(), nullable=False, comment="Accounts, numbers, addresses and forms of customers"
        ),
        sa.Column(
            "customer_records_linked", sa.Integer(), nullable=False, comment="Those that belong to a patient: link success"
        ),
        sa.Column("conversations", sa.Integer(), nullable=False, comment="Contacts with a history"),
        sa.Column(
            "conversations_unified",
            sa.Integer(),
            nullable=False,
            comment="Those over more than one channel: unified experience",
        ),
        sa.Column(
            "contacts_by_source",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Contacts in use by the source they were first known from",
        ),
        sa.Column(
            "events_by_channel",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What was said on the day: customers' and the clinic's, by channel",
        ),
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
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("contact_metrics_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "as_of", name=op.f("contact_metrics_pkey")),
        comment="The numbers of the measures, one row a clinic and day",
    )
    op.create_table(
        "measure_limits",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("asset", sa.Text(), nullable=False, comment="The asset that the measure is of"),
        sa.Column("measure", sa.Text(), nullable=False, comment="The measure"),
        sa.Column("at_least", sa.Double(), nullable=False, comment="The smallest share that passes, in place of the default"),
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
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("measure_limits_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "asset", "measure", name=op.f("measure_limits_pkey")),
        comment="Limits of measures that a clinic holds itself to, where they are not the defaults",
    )


def downgrade() -> None:
    op.drop_table("measure_limits")
    op.drop_table("contact_metrics")
    op.drop_table("clinic_reports")
