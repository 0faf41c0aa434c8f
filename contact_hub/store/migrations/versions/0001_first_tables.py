"""Organizations, raw Cliniko payloads, contacts and active patients"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column(
            "secret_check",
            sa.Text(),
            nullable=False,
            comment="Tells the installation's secret from another; not the secret",
        ),
        sa.PrimaryKeyConstraint("secret_check", name=op.f("installation_pkey")),
        comment="One row: contact ids are derived under one secret, and a process with another must not write",
    )
    op.create_table(
        "organizations",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("name", sa.Text(), nullable=False, comment="The clinic's name as people know it"),
        sa.Column("time_zone", sa.Text(), nullable=False, comment="IANA zone of businesses that name none of their own"),
        sa.Column(
            "region",
            sa.Text(),
            nullable=False,
            comment="ISO 3166 country of phone numbers written without a country code",
        ),
        sa.Column(
            "cliniko_key_env",
            sa.Text(),
            nullable=True,
            comment="Environment variable that holds the Cliniko key; never the key",
        ),
        sa.Column("cliniko_url", sa.Text(), nullable=True, comment="Cliniko base URL in place of the key's shard (a sandbox)"),
        sa.Column(
            "past_days",
            sa.SmallInteger(),
            server_default=sa.text("45"),
            nullable=False,
            comment="Days of the active window before the day",
        ),
        sa.Column(
            "future_days",
            sa.SmallInteger(),
            server_default=sa.text("45"),
            nullable=False,
            comment="Days of the active window from the day on",
        ),
        sa.Column(
            "status",
            sa.Text(),
            server_default=sa.text("'active'"),
            nullable=False,
            comment="active, or disabled: kept, but not synced",
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
        sa.CheckConstraint("organization_id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name=op.f("organizations_organization_id_check")),
        sa.CheckConstraint("region ~ '^[A-Z]{2}$'", name=op.f("organizations_region_check")),
        sa.CheckConstraint("status IN ('active', 'disabled')", name=op.f("organizations_status_check")),
        sa.CheckConstraint(
            "past_days BETWEEN 1 AND 366 AND future_days BETWEEN 1 AND 366", name=op.f("organizations_window_check")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("organizations_pkey")),
        comment="The clinics that this installation serves",
    )
    op.create_table(
        "active_patient_days",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The day"),
        sa.Column("contact_id", sa.UUID(), nullable=False, comment="The active contact"),
        sa.Column(
            "recent_appointment_count",
            sa.Integer(),
            nullable=False,
            comment="Appointments attended in the days before as_of",
        ),
        sa.Column("upcoming_appointment_count", sa.Integer(), nullable=False, comment="Appointments booked from as_of on"),
        sa.Column(
            "no_show_count",
            sa.Integer(),
            nullable=False,
            comment="Appointments in the days before as_of that the person missed",
        ),
        sa.Column(
            "last_appointment_date",
            sa.Date(),
            nullable=True,
            comment="Business's local date of the last attended appointment in the window",
        ),
        sa.Column(
            "recent_appointments",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Attended and missed appointments, earliest first",
        ),
        sa.Column(
            "upcoming_appointments",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Booked appointments, earliest first",
        ),
        sa.Column("search_date_from", sa.Date(), nullable=False, comment="First day of the window"),
        sa.Column("search_date_to", sa.Date(), nullable=False, comment="Last day of the window"),
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
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("active_patient_days_organization_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "as_of", "contact_id", name=op.f("active_patient_days_pkey")),
        comment="Contacts with an appointment in the window around a day, one row a contact and day",
    )
    op.create_table(
        "activity_days",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("as_of", sa.Date(), nullable=False, comment="The day"),
        sa.Column("search_date_from", sa.Date(), nullable=False, comment="First day of the window"),
        sa.Column("search_date_to", sa.Date(), nullable=False, comment="Last day of the window"),
        sa.Column("active_patients", sa.Integer(), nullable=False, comment="Active patients on that day"),
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
            ["organization_id"], ["organizations.organization_id"], name=op.f("activity_days_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "as_of", name=op.f("activity_days_pkey")),
        comment="The days for which active patients were derived; a day with nobody active is still a day",
    )
    op.create_table(
        "channel_identity_links",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("channel", sa.Text(), nullable=False, comment="cliniko, phone, whatsapp, email"),
        sa.Column("identifier", sa.Text(), nullable=False, comment="Patient id, E.164 number, email address"),
        sa.Column("contact_id", sa.UUID(), nullable=False, comment="The contact that it belongs to"),
        sa.Column("role", sa.Text(), nullable=False, comment="owner; or shared: another contact owns this identifier"),
        sa.Column(
            "method",
            sa.Text(),
            nullable=False,
            comment="source_record, cliniko_merge, or stated by a record of the contact",
        ),
        sa.Column(
            "confidence",
            sa.Double(),
            nullable=False,
            comment="Chance that this contact is meant: 1 / contacts that hold it",
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="System of the record that states it"),
        sa.Column("source_id", sa.Text(), nullable=False, comment="The record that states it"),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Creation of the earliest record of the contact that states it",
        ),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Last change of a record of the contact that states it",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("organization_id"), "="),
            (sa.column("channel"), "="),
            (sa.column("identifier"), "="),
            where=sa.text("role = 'owner'"),
            deferrable=True,
            initially="DEFERRED",
            using="btree",
            name="channel_identity_links_one_owner",
        ),
        sa.CheckConstraint(
            "method IN ('source_record', 'cliniko_merge', 'stated')", name=op.f("channel_identity_links_method_check")
        ),
        sa.CheckConstraint("role IN ('owner', 'shared')", name=op.f("channel_identity_links_role_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("channel_identity_links_organization_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "channel", "identifier", "contact_id", name=op.f("channel_identity_links_pkey")
        ),
        comment="Which contact each source record and identifier belongs to, by which method, how surely and since when",
    )
    op.create_index(
        op.f("channel_identity_links_organization_id_contact_id_idx"),
        "channel_identity_links",
        ["organization_id", "contact_id"],
        unique=False,
    )
    op.create_table(
        "cliniko_request_slots",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column(
            "slot",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="One of the requests that a minute allows",
        ),
        sa.Column(
            "sent_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When the request that took this slot last was or will be sent",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("cliniko_request_slots_organization_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "slot", name=op.f("cliniko_request_slots_pkey")),
        comment="The requests of the last minute, shared by all processes, so that none sends what Cliniko would refuse",
    )
    op.create_table(
        "contacts",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("id", sa.UUID(), nullable=False, comment="Function of the founding source record; never changes"),
        sa.Column("name", sa.Text(), nullable=True, comment="Full name"),
        sa.Column("email", sa.Text(), nullable=True, comment="First usable email of the winning record; families may share it"),
        sa.Column(
            "phone",
            sa.Text(),
            nullable=True,
            comment="E.164 phone that this contact owns; empty where another member of the family does",
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="Source of the founding record"),
        sa.Column("first_contact_source", sa.Text(), nullable=False, comment="Source of the earliest record"),
        sa.Column("primary_source", sa.Text(), nullable=False, comment="Source with the highest authority"),
        sa.Column("source_systems", postgresql.ARRAY(sa.Text()), nullable=False, comment="All sources, sorted"),
        sa.Column("cliniko_patient_id", sa.Text(), nullable=True, comment="The Cliniko patient that this contact is"),
        sa.Column("status", sa.Text(), nullable=False, comment="active, archived, merged (metadata.merged_into), erased"),
        sa.Column("contact_type", sa.Text(), nullable=False, comment="cliniko_patient, contact, household"),
        sa.Column(
            "metadata",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Normalized fields, the source that won each, merge pointer",
        ),
        sa.Column(
            "external_ids",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="channels (identifiers by channel), original_cliniko_data",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True, comment="Creation of the earliest source record"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True, comment="Last change of any of its source records"),
        sa.CheckConstraint(
            "contact_type IN ('contact', 'cliniko_patient', 'household')", name=op.f("contacts_contact_type_check")
        ),
        sa.CheckConstraint("status IN ('active', 'archived', 'merged', 'erased')", name=op.f("contacts_status_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("contacts_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("contacts_pkey")),
        sa.UniqueConstraint(
            "organization_id",
            "cliniko_patient_id",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("contacts_organization_id_cliniko_patient_id_key"),
        ),
        sa.UniqueConstraint(
            "organization_id",
            "phone",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("contacts_organization_id_phone_key"),
        ),
        comment="One row a person: the golden record over their source records",
    )
    op.create_index(
        "contacts_channels_idx",
        "contacts",
        [sa.literal_column("(external_ids -> 'channels')")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(op.f("contacts_organization_id_email_idx"), "contacts", ["organization_id", "email"], unique=False)
    op.create_table(
        "normalized_contacts",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("source", sa.Text(), nullable=False, comment="The system that states this record (cliniko)"),
        sa.Column("source_id", sa.Text(), nullable=False, comment="The record's id in that system"),
        sa.Column("name", sa.Text(), nullable=True, comment="Full name, cleaned"),
        sa.Column("title", sa.Text(), nullable=True, comment="Form of address: Mr, Dr"),
        sa.Column("given_name", sa.Text(), nullable=True, comment="First name, cleaned"),
        sa.Column("family_name", sa.Text(), nullable=True, comment="Surname, cleaned"),
        sa.Column("preferred_name", sa.Text(), nullable=True, comment="The name the person goes by, where it differs"),
        sa.Column("date_of_birth", sa.Date(), nullable=True, comment="Birth date, if possible and no placeholder"),
        sa.Column("phone", sa.Text(), nullable=True, comment="First usable phone, E.164, mobiles first"),
        sa.Column("email", sa.Text(), nullable=True, comment="First usable email, lower case"),
        sa.Column(
            "phones",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="All phones: number (E.164), type, mobile, placeholder; fax left out",
        ),
        sa.Column(
            "emails",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="All emails: address, placeholder",
        ),
        sa.Column("address_street", sa.Text(), nullable=True, comment="Street line, street types spelled alike"),
        sa.Column("address_suburb", sa.Text(), nullable=True, comment="Suburb or town"),
        sa.Column("address_state", sa.Text(), nullable=True, comment="State, abbreviated in Australia"),
        sa.Column("address_postcode", sa.Text(), nullable=True, comment="Postcode"),
        sa.Column("address_country", sa.Text(), nullable=True, comment="ISO 3166 country"),
        sa.Column("contact_type", sa.Text(), nullable=False, comment="What kind of record it is (cliniko_patient)"),
        sa.Column("cliniko_patient_id", sa.Text(), nullable=True, comment="The Cliniko patient, where the record is one"),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="active, archived, or merged (into another record of its source)",
        ),
        sa.Column("merged_into_source_id", sa.Text(), nullable=True, comment="The record that the source merged this one into"),
        sa.Column(
            "reminder_preference",
            sa.Text(),
            nullable=True,
            comment="How the source says that reminders go: none, sms, email, sms_and_email",
        ),
        sa.Column("accepted_privacy_policy", sa.Boolean(), nullable=True, comment="Empty: never asked"),
        sa.Column("accepted_email_marketing", sa.Boolean(), nullable=True, comment="Consent to marketing by email"),
        sa.Column("accepted_sms_marketing", sa.Boolean(), nullable=True, comment="Consent to marketing by SMS"),
        sa.Column("time_zone", sa.Text(), nullable=True, comment="The person's own zone, where the source knows it"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True, comment="When the source made the record"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True, comment="When the source last changed the record"),
        sa.Column(
            "issues",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Codes of what could not be used (phone_invalid, ...)",
        ),
        sa.Column(
            "original",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Identity fields as the source typed them",
        ),
        sa.CheckConstraint("status IN ('active', 'archived', 'merged')", name=op.f("normalized_contacts_status_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("normalized_contacts_organization_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "source", "source_id", name=op.f("normalized_contacts_pkey")),
        comment="One row a source record: names, phones, emails, dates and addresses normalized; nothing merged",
    )
    op.create_table(
        "cliniko_appointment_types",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("cliniko_id", sa.Text(), nullable=False, comment="The record's id in Cliniko"),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The record as Cliniko sent it"),
        sa.Column(
            "archived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was archived in Cliniko; empty: it is not",
        ),
        sa.Column(
            "vanished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a sweep no longer found it in Cliniko; empty: it is there",
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this payload was first seen here",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("cliniko_appointment_types_organization_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "cliniko_id", name=op.f("cliniko_appointment_types_pkey")),
        schema="raw",
        comment="Cliniko's appointment types, as its API sent them last",
    )
    op.create_table(
        "cliniko_attendees",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("cliniko_id", sa.Text(), nullable=False, comment="The record's id in Cliniko"),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The record as Cliniko sent it"),
        sa.Column("patient_id", sa.Text(), nullable=True, comment="Who comes"),
        sa.Column("booking_id", sa.Text(), nullable=True, comment="The appointment, individual or group"),
        sa.Column("arrived", sa.Boolean(), nullable=True, comment="False: the patient did not come"),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True, comment="When it was cancelled; empty: it is not"),
        sa.Column(
            "archived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was archived in Cliniko; empty: it is not",
        ),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was deleted in Cliniko; empty: it is not",
        ),
        sa.Column(
            "vanished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a sweep no longer found it in Cliniko; empty: it is there",
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this payload was first seen here",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("cliniko_attendees_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "cliniko_id", name=op.f("cliniko_attendees_pkey")),
        schema="raw",
        comment="Cliniko's attendees, as its API sent them last",
    )
    op.create_index(
        op.f("cliniko_attendees_organization_id_booking_id_idx"),
        "cliniko_attendees",
        ["organization_id", "booking_id"],
        unique=False,
        schema="raw",
    )
    op.create_table(
        "cliniko_businesses",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("cliniko_id", sa.Text(), nullable=False, comment="The record's id in Cliniko"),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The record as Cliniko sent it"),
        sa.Column("time_zone", sa.Text(), nullable=True, comment="IANA zone, from the identifier or the label"),
        sa.Column(
            "archived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was archived in Cliniko; empty: it is not",
        ),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was deleted in Cliniko; empty: it is not",
        ),
        sa.Column(
            "vanished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a sweep no longer found it in Cliniko; empty: it is there",
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this payload was first seen here",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("cliniko_businesses_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "cliniko_id", name=op.f("cliniko_businesses_pkey")),
        schema="raw",
        comment="Cliniko's businesses, as its API sent them last",
    )
    op.create_table(
        "cliniko_group_appointments",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("cliniko_id", sa.Text(), nullable=False, comment="The record's id in Cliniko"),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The record as Cliniko sent it"),
        sa.Column("business_id", sa.Text(), nullable=True, comment="Where"),
        sa.Column("practitioner_id", sa.Text(), nullable=True, comment="With whom"),
        sa.Column("appointment_type_id", sa.Text(), nullable=True, comment="What for"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True, comment="When it starts"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True, comment="When it ends"),
        sa.Column(
            "archived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was archived in Cliniko; empty: it is not",
        ),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was deleted in Cliniko; empty: it is not",
        ),
        sa.Column(
            "vanished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a sweep no longer found it in Cliniko; empty: it is there",
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this payload was first seen here",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("cliniko_group_appointments_organization_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "cliniko_id", name=op.f("cliniko_group_appointments_pkey")),
        schema="raw",
        comment="Cliniko's group appointments, as its API sent them last",
    )
    op.create_index(
        op.f("cliniko_group_appointments_organization_id_starts_at_idx"),
        "cliniko_group_appointments",
        ["organization_id", "starts_at"],
        unique=False,
        schema="raw",
    )
    op.create_table(
        "cliniko_individual_appointments",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("cliniko_id", sa.Text(), nullable=False, comment="The record's id in Cliniko"),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The record as Cliniko sent it"),
        sa.Column("patient_id", sa.Text(), nullable=True, comment="Who comes"),
        sa.Column("business_id", sa.Text(), nullable=True, comment="Where"),
        sa.Column("practitioner_id", sa.Text(), nullable=True, comment="With whom"),
        sa.Column("appointment_type_id", sa.Text(), nullable=True, comment="What for"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True, comment="When it starts"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True, comment="When it ends"),
        sa.Column("did_not_arrive", sa.Boolean(), nullable=True, comment="True: the patient did not come"),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True, comment="When it was cancelled; empty: it is not"),
        sa.Column(
            "archived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was archived in Cliniko; empty: it is not",
        ),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was deleted in Cliniko; empty: it is not",
        ),
        sa.Column(
            "vanished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a sweep no longer found it in Cliniko; empty: it is there",
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this payload was first seen here",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("cliniko_individual_appointments_organization_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "cliniko_id", name=op.f("cliniko_individual_appointments_pkey")),
        schema="raw",
        comment="Cliniko's individual appointments, as its API sent them last",
    )
    op.create_index(
        op.f("cliniko_individual_appointments_organization_id_starts_at_idx"),
        "cliniko_individual_appointments",
        ["organization_id", "starts_at"],
        unique=False,
        schema="raw",
    )
    op.create_table(
        "cliniko_patients",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("cliniko_id", sa.Text(), nullable=False, comment="The record's id in Cliniko"),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The record as Cliniko sent it"),
        sa.Column(
            "archived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was archived in Cliniko; empty: it is not",
        ),
        sa.Column(
            "merged_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When Cliniko merged it into another patient; empty: it did not",
        ),
        sa.Column(
            "vanished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a sweep no longer found it in Cliniko; empty: it is there",
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this payload was first seen here",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("cliniko_patients_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "cliniko_id", name=op.f("cliniko_patients_pkey")),
        schema="raw",
        comment="Cliniko's patients, as its API sent them last",
    )
    op.create_table(
        "cliniko_practitioners",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("cliniko_id", sa.Text(), nullable=False, comment="The record's id in Cliniko"),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The record as Cliniko sent it"),
        sa.Column("active", sa.Boolean(), nullable=True, comment="False: the practitioner no longer works here"),
        sa.Column(
            "vanished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a sweep no longer found it in Cliniko; empty: it is there",
        ),
        sa.Column(
            "landed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this payload was first seen here",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("cliniko_practitioners_organization_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "cliniko_id", name=op.f("cliniko_practitioners_pkey")),
        schema="raw",
        comment="Cliniko's practitioners, as its API sent them last",
    )
    op.create_table(
        "sync_states",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("resource", sa.Text(), nullable=False, comment="The Cliniko resource, as its API calls it"),
        sa.Column(
            "changed_through",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Every change up to this moment has landed: the watermark",
        ),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False, comment="When the first complete import ended"),
        sa.Column(
            "swept_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When every record's existence was last compared with Cliniko",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("sync_states_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "resource", name=op.f("sync_states_pkey")),
        comment="How far each Cliniko resource of each clinic has been read; moves in the transaction of the rows it speaks of",
    )
    op.execute("""
        CREATE VIEW active_patients AS
        SELECT active.organization_id, active.contact_id, active.recent_appointment_count, active.upcoming_appointment_count,
               active.no_show_count, active.last_appointment_date, active.recent_appointments, active.upcoming_appointments,
               active.search_date_from, active.search_date_to, active.as_of, active.created_at, active.updated_at
        FROM active_patient_days AS active
        JOIN (SELECT organization_id, max(as_of) AS as_of FROM activity_days GROUP BY organization_id) AS latest
             USING (organization_id, as_of)
    """)


def downgrade() -> None:
    op.execute("DROP VIEW active_patients")
    op.drop_table("sync_states")
    op.drop_table("cliniko_practitioners", schema="raw")
    op.drop_table("cliniko_patients", schema="raw")
    op.drop_index(
        op.f("cliniko_individual_appointments_organization_id_starts_at_idx"),
        table_name="cliniko_individual_appointments",
        schema="raw",
    )
    op.drop_table("cliniko_individual_appointments", schema="raw")
    op.drop_index(
        op.f("cliniko_group_appointments_organization_id_starts_at_idx"),
        table_name="cliniko_group_appointments",
        schema="raw",
    )
    op.drop_table("cliniko_group_appointments", schema="raw")
    op.drop_table("cliniko_businesses", schema="raw")
    op.drop_index(op.f("cliniko_attendees_organization_id_booking_id_idx"), table_name="cliniko_attendees", schema="raw")
    op.drop_table("cliniko_attendees", schema="raw")
    op.drop_table("cliniko_appointment_types", schema="raw")
    op.drop_table("normalized_contacts")
    op.drop_index(op.f("contacts_organization_id_email_idx"), table_name="contacts")
    op.drop_index("contacts_channels_idx", table_name="contacts", postgresql_using="gin")
    op.drop_table("contacts")
    op.drop_table("cliniko_request_slots")
    op.drop_index(op.f("channel_identity_links_organization_id_contact_id_idx"), table_name="channel_identity_links")
    op.drop_table("channel_identity_links")
    op.drop_table("activity_days")
    op.drop_table("active_patient_days")
    op.drop_table("organizations")
    op.drop_table("installation")
