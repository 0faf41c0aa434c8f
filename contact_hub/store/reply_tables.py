"""Replies: what each organization wants, and the outbox with one row a message that may be answered.

No row holds a text or an identifier: the message is the event of its id, and what was said comes back as an event as well.
"""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from contact_hub.store.tables import MOMENT, belongs_to_organization, metadata, one_of, organization_column, written_at

MODES = ("off", "private_note", "reply")
STATES = ("pending", "sending", "sent", "skipped", "expired", "failed")

reply_settings = Table(
    "reply_settings",
    metadata,
    organization_column(),
    Column("mode", Text, nullable=False, comment="off; private_note: a note for the clinic's team; reply: to the customer"),
    Column("expires_after_s", Double, nullable=False, comment="Seconds after which a message is no longer answered"),
    Column("cool_down_s", Double, nullable=False, comment="Seconds after a reply in which its conversation gets no other"),
    Column("quiet_s", Double, nullable=False, comment="Seconds without another message before the last one is answered"),
    Column(
        "asks_reminders",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="Patients are asked how they want reminders",
    ),
    Column("through_number", BigInteger, nullable=False, comment="The outbox takes in every change up to this one"),
    Column("paused_until", MOMENT, comment="Nothing is sent before: Chatwoot refused or did not answer"),
    Column("pause_reason", Text, comment="Why it is paused"),
    *written_at(),
    belongs_to_organization(),
    one_of("mode", *MODES),
    comment="Whether and how each organization answers by itself; none: off",
)

replies = Table(
    "replies",
    metadata,
    organization_column(),
    Column("event_id", UUID(as_uuid=True), primary_key=True, comment="The message that it answers, in channel_events"),
    Column("state", Text, nullable=False, comment="pending, sending, sent; skipped, expired, failed: never sent"),
    Column("reason", Text, comment="Why it was not sent, as a code"),
    Column("mode", Text, nullable=False, comment="private_note or reply: as it was sent, before that as it is meant"),
    Column("channel", Text, nullable=False, comment="Where the conversation takes place"),
    Column("account", Text, comment="Chatwoot's inbox"),
    Column("conversation_id", Text, comment="Chatwoot's conversation"),
    Column("received_at", MOMENT, nullable=False, comment="When the message was written"),
    Column("expires_at", MOMENT, nullable=False, comment="When it is too late for an answer"),
    Column("burst_at", MOMENT, nullable=False, comment="When the first message of the burst that it ends was taken in"),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="How often it was taken up"),
    Column("next_attempt_at", MOMENT, comment="When it is taken up next; while sending: when it is given up for lost"),
    Column("tried_at", MOMENT, comment="When Chatwoot was last asked to create it; empty: never, or it is known to have not"),
    Column("text_hash", Text, comment="SHA-256 of the text last tried, by which it is found again"),
    Column("template", Text, comment="The case whose template it is in"),
    Column("language", Text, comment="The language it is in"),
    Column("disclosure", Text, comment="full: names the patient's appointment; none: says nothing of the kind"),
    Column("disclosure_reasons", ARRAY(Text), comment="What spoke against telling more"),
    Column("freshness", Text, comment="live: Cliniko was asked right before; unconfirmed: it could not be"),
    Column("told_appointment_id", Text, comment="Cliniko's id of the appointment whose time it names"),
    Column("told_starts_at", MOMENT, comment="The time that it names"),
    Column("message_id", Text, comment="Chatwoot's id of the message that it became"),
    Column("sent_at", MOMENT, comment="When it was sent"),
    *written_at(),
    Column(
        "asks_reminders", Boolean, nullable=False, server_default=text("false"), comment="It asks how reminders should come"
    ),
    belongs_to_organization(),
    one_of("state", *STATES),
    one_of("mode", "private_note", "reply"),
    Index(None, "organization_id", "account", "conversation_id", "received_at"),
    Index(None, "organization_id", "received_at"),
    Index(None, "next_attempt_at", postgresql_where=text("state IN ('pending', 'sending')")),
    comment="The outbox: one row a customer's message, whether it was answered, and why not",
)
