"""The tables of schema ``public``: what contact_hub derives, and what operators register.

Every column says in its comment what it holds. The comments reach the database (BI tools show them) and the Dagster UI
(column schemas are made from these tables), so they are written once, here. ``organization_id`` leads every key.
Payloads as Cliniko sent them are in :mod:`contact_hub.store.raw_tables`.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID, ExcludeConstraint

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    }
)

MOMENT = DateTime(timezone=True)


def organization_column(**kwargs: Any) -> Column[str]:
    return Column("organization_id", Text, primary_key=True, comment="The clinic: tenant of the row", **kwargs)


def one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def written_at() -> tuple[Column[Any], Column[Any]]:
    """When a row was first and last written here; for rows whose source has no such times of its own."""
    return (
        Column("created_at", MOMENT, nullable=False, server_default=func.now(), comment="When the row was first written"),
        Column("updated_at", MOMENT, nullable=False, server_default=func.now(), comment="When the row last changed"),
    )


def belongs_to_organization() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organization_id"], ["organizations.organization_id"])


organizations = Table(
    "organizations",
    metadata,
    organization_column(),
    Column("name", Text, nullable=False, comment="The clinic's name as people know it"),
    Column("time_zone", Text, nullable=False, comment="IANA zone of businesses that name none of their own"),
    Column("region", Text, nullable=False, comment="ISO 3166 country of phone numbers written without a country code"),
    Column("language", Text, comment="Language of replies, as a tag; empty: that of the region"),
    Column("cliniko_key_env", Text, comment="Environment variable that holds the Cliniko key; never the key"),
    Column("cliniko_url", Text, comment="Cliniko base URL in place of the key's shard (a sandbox)"),
    Column(
        "past_days",
        SmallInteger,
        nullable=False,
        server_default=text("45"),
        comment="Days of the active window before the day",
    ),
    Column(
        "future_days",
        SmallInteger,
        nullable=False,
        server_default=text("45"),
        comment="Days of the active window from the day on",
    ),
    Column(
        "status",
        Text,
        nullable=False,
        server_default=text("'active'"),
        comment="active, or disabled: kept, but not synced",
    ),
    *written_at(),
    CheckConstraint("organization_id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'", name="organization_id"),
    CheckConstraint("region ~ '^[A-Z]{2}$'", name="region"),
    CheckConstraint("past_days BETWEEN 1 AND 366 AND future_days BETWEEN 1 AND 366", name="window"),
    one_of("status", "active", "disabled"),
    comment="The clinics that this installation serves",
)

installation = Table(
    "installation",
    metadata,
    Column("secret_check", Text, primary_key=True, comment="Tells the installation's secret from another; not the secret"),
    comment="One row: contact ids are derived under one secret, and a process with another must not write",
)

sync_states = Table(
    "sync_states",
    metadata,
    organization_column(),
    Column("resource", Text, primary_key=True, comment="The Cliniko resource, as its API calls it"),
    Column("changed_through", MOMENT, nullable=False, comment="Every change up to this moment has landed: the watermark"),
    Column("imported_at", MOMENT, nullable=False, comment="When the first complete import ended"),
    Column("swept_at", MOMENT, comment="When every record's existence was last compared with Cliniko"),
    belongs_to_organization(),
    comment="How far each Cliniko resource of each clinic has been read; moves in the transaction of the rows it speaks of",
)

cliniko_request_slots = Table(
    "cliniko_request_slots",
    metadata,
    # Of no organization: two that use one key share its limit.
    Column("account", Text, primary_key=True, comment="Whose limit it is: a hash of the Cliniko key and address"),
    Column("slot", SmallInteger, primary_key=True, autoincrement=False, comment="One of the requests that a minute allows"),
    Column("sent_at", MOMENT, nullable=False, comment="When the request that took this slot last was or will be sent"),
    comment="The requests of the last minute, shared by all processes, so that none sends what Cliniko would refuse",
)

normalized_contacts = Table(
    "normalized_contacts",
    metadata,
    organization_column(),
    Column("source", Text, primary_key=True, comment="The system that states this record: cliniko, a channel, or web_form"),
    Column("source_id", Text, primary_key=True, comment="The record's id in that system"),
    Column("name", Text, comment="Full name, cleaned"),
    Column("title", Text, comment="Form of address: Mr, Dr"),
    Column("given_name", Text, comment="First name, cleaned"),
    Column("family_name", Text, comment="Surname, cleaned"),
    Column("preferred_name", Text, comment="The name the person goes by, where it differs"),
    Column("date_of_birth", Date, comment="Birth date, if possible and no placeholder"),
    Column("phone", Text, comment="First usable phone, E.164, mobiles first"),
    Column("email", Text, comment="First usable email, lower case"),
    Column("phones", JSONB, nullable=False, comment="All phones: number (E.164), type, mobile, placeholder; fax left out"),
    Column("emails", JSONB, nullable=False, comment="All emails: address, placeholder"),
    Column("address_street", Text, comment="Street line, street types spelled alike"),
    Column("address_suburb", Text, comment="Suburb or town"),
    Column("address_state", Text, comment="State, abbreviated in Australia"),
    Column("address_postcode", Text, comment="Postcode"),
    Column("address_country", Text, comment="ISO 3166 country"),
    Column("contact_type", Text, nullable=False, comment="What kind of record it is: cliniko_patient, or contact"),
    Column("cliniko_patient_id", Text, comment="The Cliniko patient, where the record is one"),
    Column("status", Text, nullable=False, comment="active, archived, or merged (into another record of its source)"),
    Column("merged_into_source_id", Text, comment="The record that the source merged this one into"),
    Column("reminder_preference", Text, comment="How the source says that reminders go: none, sms, email, sms_and_email"),
    Column("accepted_privacy_policy", Boolean, comment="Empty: never asked"),
    Column("accepted_email_marketing", Boolean, comment="Consent to marketing by email"),
    Column("accepted_sms_marketing", Boolean, comment="Consent to marketing by SMS"),
    Column("time_zone", Text, comment="The person's own zone, where the source knows it"),
    Column("created_at", MOMENT, comment="When the source made the record"),
    Column("updated_at", MOMENT, comment="When the source last changed the record"),
    Column("issues", JSONB, nullable=False, comment="Codes of what could not be used (phone_invalid, ...)"),
    Column("original", JSONB, nullable=False, comment="Identity fields as the source typed them"),
    belongs_to_organization(),
    one_of("status", "active", "archived", "merged"),
    Index(
        None, "organization_id", "source", "merged_into_source_id", postgresql_where=text("merged_into_source_id IS NOT NULL")
    ),
    comment="One row a source record: names, phones, emails, dates and addresses normalized; nothing merged",
)

channel_identity_links = Table(
    "channel_identity_links",
    metadata,
    organization_column(),
    Column("channel", Text, primary_key=True, comment="cliniko, phone, whatsapp, email, instagram, messenger, chatwoot, ..."),
    Column("identifier", Text, primary_key=True, comment="Patient id, E.164 number, email address, the channel's id"),
    Column("contact_id", UUID(as_uuid=True), primary_key=True, comment="The contact that it belongs to"),
    Column("role", Text, nullable=False, comment="owner; or shared: another contact owns this identifier"),
    Column(
        "method",
        Text,
        nullable=False,
        comment="source_record, cliniko_merge, stated by the patient's record, account (a channel vouches), claimed",
    ),
    Column("confidence", Double, nullable=False, comment="Chance that this contact is meant: 1 / contacts that hold it"),
    Column("source", Text, nullable=False, comment="System of the record that states it"),
    Column("source_id", Text, nullable=False, comment="The record that states it"),
    Column("first_seen_at", MOMENT, comment="Creation of the earliest record of the contact that states it"),
    Column("last_seen_at", MOMENT, comment="Last change of a record of the contact that states it"),
    belongs_to_organization(),
    one_of("role", "owner", "shared"),
    one_of("method", "source_record", "cliniko_merge", "stated", "account", "claimed", "decision"),
    Index(None, "organization_id", "contact_id"),
    # An exclusion, because a unique index cannot wait for the end of the transaction and ownership may move within one.
    ExcludeConstraint(
        ("organization_id", "="),
        ("channel", "="),
        ("identifier", "="),
        using="btree",
        where=text("role = 'owner'"),
        deferrable=True,
        initially="DEFERRED",
        name="channel_identity_links_one_owner",
    ),
    comment="Which contact each source record and identifier belongs to, by which method, how surely and since when",
)

contacts = Table(
    "contacts",
    metadata,
    organization_column(),
    Column("id", UUID(as_uuid=True), primary_key=True, comment="Function of the founding source record; never changes"),
    Column("name", Text, comment="Full name"),
    Column("email", Text, comment="First usable email of the winning record; families may share it"),
    Column("phone", Text, comment="E.164 phone that this contact owns; empty where another member of the family does"),
    Column("source", Text, nullable=False, comment="Source of the founding record"),
    Column("first_contact_source", Text, nullable=False, comment="Source of the earliest record"),
    Column("primary_source", Text, nullable=False, comment="Source with the highest authority"),
    Column("source_systems", ARRAY(Text), nullable=False, comment="All sources, sorted"),
    Column("cliniko_patient_id", Text, comment="The Cliniko patient that this contact is"),
    Column("status", Text, nullable=False, comment="active, archived, merged (metadata.merged_into), erased"),
    Column("contact_type", Text, nullable=False, comment="cliniko_patient, contact, household"),
    Column("metadata", JSONB, nullable=False, comment="Normalized fields, the source that won each, merge pointer"),
    Column("external_ids", JSONB, nullable=False, comment="channels (identifiers by channel), original_cliniko_data"),
    Column("created_at", MOMENT, comment="Creation of the earliest source record"),
    Column("updated_at", MOMENT, comment="Last change of any of its source records"),
    belongs_to_organization(),
    # Deferred: one statement may hand a number from one member of a family to another.
    UniqueConstraint("organization_id", "phone", deferrable=True, initially="DEFERRED"),
    UniqueConstraint("organization_id", "cliniko_patient_id", deferrable=True, initially="DEFERRED"),
    one_of("status", "active", "archived", "merged", "erased"),
    one_of("contact_type", "contact", "cliniko_patient", "household"),
    Index("contacts_channels_idx", text("(external_ids -> 'channels')"), postgresql_using="gin"),
    Index(None, "organization_id", "email"),
    comment="One row a person: the golden record over their source records",
)

activity_days = Table(
    "activity_days",
    metadata,
    organization_column(),
    Column("as_of", Date, primary_key=True, comment="The day"),
    Column("search_date_from", Date, nullable=False, comment="First day of the window"),
    Column("search_date_to", Date, nullable=False, comment="Last day of the window"),
    Column("active_patients", Integer, nullable=False, comment="Active patients on that day"),
    *written_at(),
    belongs_to_organization(),
    comment="The days for which active patients were derived; a day with nobody active is still a day",
)

active_patient_days = Table(
    "active_patient_days",
    metadata,
    organization_column(),
    Column("as_of", Date, primary_key=True, comment="The day"),
    Column("contact_id", UUID(as_uuid=True), primary_key=True, comment="The active contact"),
    Column("recent_appointment_count", Integer, nullable=False, comment="Appointments attended in the days before as_of"),
    Column("upcoming_appointment_count", Integer, nullable=False, comment="Appointments booked from as_of on"),
    Column("no_show_count", Integer, nullable=False, comment="Appointments in the days before as_of that the person missed"),
    Column("last_appointment_date", Date, comment="Business's local date of the last attended appointment in the window"),
    Column("recent_appointments", JSONB, nullable=False, comment="Attended and missed appointments, earliest first"),
    Column("upcoming_appointments", JSONB, nullable=False, comment="Booked appointments, earliest first"),
    Column("search_date_from", Date, nullable=False, comment="First day of the window"),
    Column("search_date_to", Date, nullable=False, comment="Last day of the window"),
    *written_at(),
    belongs_to_organization(),
    comment="Contacts with an appointment in the window around a day, one row a contact and day",
)

ACTIVE_PATIENTS_VIEW = """
CREATE VIEW active_patients AS
SELECT active.organization_id, active.contact_id, active.recent_appointment_count, active.upcoming_appointment_count,
       active.no_show_count, active.last_appointment_date, active.recent_appointments, active.upcoming_appointments,
       active.search_date_from, active.search_date_to, active.as_of, active.created_at, active.updated_at
FROM active_patient_days AS active
JOIN (SELECT organization_id, max(as_of) AS as_of FROM activity_days GROUP BY organization_id) AS latest
     USING (organization_id, as_of)
"""
