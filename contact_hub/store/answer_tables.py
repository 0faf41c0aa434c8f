"""What clinics say in their own words, and what people have said about how they want to be reached."""

from sqlalchemy import Column, Index, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from contact_hub.context.cases import CASES
from contact_hub.store.tables import MOMENT, belongs_to_organization, metadata, one_of, organization_column, written_at

REMINDERS = ("whatsapp", "email", "sms", "both", "sms_and_email", "none", "stop")
"""How reminders go. ``both``: WhatsApp and email; ``none``: no reminders; ``stop``: no messages of any kind."""

reply_templates = Table(
    "reply_templates",
    metadata,
    organization_column(),
    Column("template", Text, primary_key=True, comment="The case that it is for: appointment, moved, stranger, ..."),
    Column("language", Text, primary_key=True, comment="Language tag: en, en-GB, de"),
    Column("text", Text, nullable=False, comment="The clinic's own words, checked before they were saved"),
    *written_at(),
    belongs_to_organization(),
    one_of("template", *CASES),
    comment="The clinics' own reply templates; where there is none, the one that contact_hub brings along is used",
)

reminder_statements = Table(
    "reminder_statements",
    metadata,
    organization_column(),
    Column("source", Text, primary_key=True, comment="The record that it is said of: its source"),
    Column("source_id", Text, primary_key=True, comment="The record that it is said of: its id"),
    Column("said_at", MOMENT, primary_key=True, comment="When it was said"),
    Column("reminders", Text, nullable=False, comment="whatsapp, email, sms, both, none; stop: no messages of any kind"),
    Column("said_by", Text, nullable=False, comment="message: by the person; else the token or command of who noted it"),
    Column("event_id", UUID(as_uuid=True), comment="The message in which it was said"),
    Column("recorded_at", MOMENT, nullable=False, comment="When it was written down"),
    belongs_to_organization(),
    one_of("reminders", *REMINDERS),
    Index(None, "organization_id", "event_id"),
    comment="What people said about their reminders; append-only. Whose preference it is follows from whose record it is",
)

CONTACT_PREFERENCES_VIEW = """
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
"""How each contact wants reminders: the person's own word before the patient file's (DESIGN §7), of equals the latest."""
