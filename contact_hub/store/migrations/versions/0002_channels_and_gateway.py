"""Channels and gateway"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_connections",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("provider", sa.Text(), nullable=False, comment="chatwoot, whatsapp, instagram, messenger, twilio"),
        sa.Column("name", sa.Text(), nullable=False, comment="Tells several of one provider apart (default: main)"),
        sa.Column(
            "secret_env",
            sa.Text(),
            nullable=False,
            comment="Environment variable that holds the signing secret; never the secret",
        ),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Other settings by name; secrets again as names of variables",
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
            ["organization_id"], ["organizations.organization_id"], name=op.f("channel_connections_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "provider", "name", name=op.f("channel_connections_pkey")),
        comment="How each provider's deliveries are verified, and its API reached",
    )
    op.create_table(
        "channel_events",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("event_id", sa.UUID(), nullable=False, comment="Function of provider and external id"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="Place in the order of the organization's changes"),
        sa.Column(
            "provider", sa.Text(), nullable=False, comment="Who delivered it: chatwoot, whatsapp, instagram, twilio, ..."
        ),
        sa.Column("external_id", sa.Text(), nullable=False, comment="The provider's own id of the event"),
        sa.Column(
            "channel", sa.Text(), nullable=False, comment="Where the conversation takes place: whatsapp, phone, email, ..."
        ),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="message, call, form; or status, echo, private_note, ...: no customer's"
        ),
        sa.Column("direction", sa.Text(), nullable=False, comment="in: from the person; out: from the clinic"),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When it happened; when it landed where the provider does not say",
        ),
        sa.Column("landed_at", sa.DateTime(timezone=True), nullable=False, comment="When it landed here"),
        sa.Column(
            "from_customer", sa.Boolean(), nullable=False, comment="Someone outside the clinic did this: it may make a contact"
        ),
        sa.Column(
            "source", sa.Text(), nullable=True, comment="The channel record of the person: its source (whatsapp, email, ...)"
        ),
        sa.Column("source_id", sa.Text(), nullable=True, comment="The channel record of the person: its id"),
        sa.Column("account", sa.Text(), nullable=True, comment="Which of the clinic's numbers, inboxes, pages or mailboxes"),
        sa.Column(
            "conversation_id", sa.Text(), nullable=True, comment="The provider's conversation, unique together with the account"
        ),
        sa.Column("in_reply_to", sa.Text(), nullable=True, comment="External id of the message that this one answers"),
        sa.Column(
            "about", sa.Text(), nullable=True, comment="External id of the message that a status, reaction or edit concerns"
        ),
        sa.Column("profile_name", sa.Text(), nullable=True, comment="What the person calls themselves on the channel"),
        sa.Column("username", sa.Text(), nullable=True, comment="A label that can change hands; never an identifier"),
        sa.Column("name", sa.Text(), nullable=True, comment="Name as stated in a form or by a workflow"),
        sa.Column("email", sa.Text(), nullable=True, comment="Email as stated, normalized"),
        sa.Column("phone", sa.Text(), nullable=True, comment="Phone as stated, E.164"),
        sa.Column("text", sa.Text(), nullable=True, comment="What was written; never logged"),
        sa.Column("attachments", postgresql.ARRAY(sa.Text()), nullable=False, comment="Kinds of what was attached"),
        sa.Column("human_assigned", sa.Boolean(), nullable=False, comment="A member of the clinic's team has the conversation"),
        sa.Column("content_type", sa.Text(), nullable=True, comment="What kind of message, in the provider's words"),
        sa.Column(
            "identifiers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The person's identifiers: channel, value, claim",
        ),
        sa.Column(
            "hints", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="What else the provider said, by name"
        ),
        sa.CheckConstraint(
            "channel IN ('chatwoot', 'email', 'instagram', 'line', 'messenger', 'phone', 'sms', 'telegram', 'tiktok', 'web', 'whatsapp')",
            name=op.f("channel_events_channel_check"),
        ),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("channel_events_direction_check")),
        sa.CheckConstraint(
            "kind IN ('auto_reply', 'bot', 'bounce', 'call', 'comment', 'echo', 'form', 'identity_change', 'introduction', 'message', 'private_note', 'profile', 'reaction', 'status', 'system', 'typing')",
            name=op.f("channel_events_kind_check"),
        ),
        sa.CheckConstraint(
            "provider IN ('chatwoot', 'contact_hub', 'email', 'generic', 'instagram', 'messenger', 'twilio', 'web_form', 'whatsapp')",
            name=op.f("channel_events_provider_check"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("channel_events_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "event_id", name=op.f("channel_events_pkey")),
        comment="What arrived or left on a channel, as its provider said it; landed once, never changed",
    )
    op.create_index(
        op.f("channel_events_organization_id_account_conversation_id_idx"),
        "channel_events",
        ["organization_id", "account", "conversation_id"],
        unique=False,
    )
    op.create_index(
        op.f("channel_events_organization_id_number_idx"), "channel_events", ["organization_id", "number"], unique=False
    )
    op.create_index(
        op.f("channel_events_organization_id_source_source_id_occurred_at_idx"),
        "channel_events",
        ["organization_id", "source", "source_id", "occurred_at"],
        unique=False,
    )
    op.create_table(
        "channel_records",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("source", sa.Text(), nullable=False, comment="The channel (whatsapp, phone, email, ...), or web_form"),
        sa.Column(
            "source_id",
            sa.Text(),
            nullable=False,
            comment="The identifier there; after a number changed hands, followed by ~ and the moment; a form's submission id",
        ),
        sa.Column("identifier", sa.Text(), nullable=False, comment="The identifier itself"),
        sa.Column("name", sa.Text(), nullable=True, comment="The latest name that came with it"),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=True, comment="When that name came"),
        sa.Column("username", sa.Text(), nullable=True, comment="The latest username: a label"),
        sa.Column("username_at", sa.DateTime(timezone=True), nullable=True, comment="When that username came"),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False, comment="Its earliest event"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, comment="Its latest event"),
        sa.Column("from_customer", sa.Boolean(), nullable=False, comment="A person has used it: it may found a contact"),
        sa.Column(
            "number",
            sa.BigInteger(),
            nullable=False,
            comment="Place in the order of the organization's changes: the last that touched it",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("channel_records_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "source", "source_id", name=op.f("channel_records_pkey")),
        comment="One row an account, number, address or form by which a person has shown up: a summary of its events",
    )
    op.create_index(
        op.f("channel_records_organization_id_number_idx"), "channel_records", ["organization_id", "number"], unique=False
    )
    op.create_table(
        "conversations",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("contact_id", sa.UUID(), nullable=False, comment="The contact"),
        sa.Column(
            "channels", postgresql.ARRAY(sa.Text()), nullable=False, comment="Channels on which they were in touch, sorted"
        ),
        sa.Column("events_in", sa.Integer(), nullable=False, comment="Messages, calls and forms from the person"),
        sa.Column("events_out", sa.Integer(), nullable=False, comment="Messages and calls from the clinic"),
        sa.Column(
            "by_channel", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="Events in and out by channel"
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="The first event"),
        sa.Column("last_in_at", sa.DateTime(timezone=True), nullable=True, comment="The person's last"),
        sa.Column("last_out_at", sa.DateTime(timezone=True), nullable=True, comment="The clinic's last"),
        sa.Column("last_channel", sa.Text(), nullable=False, comment="Channel of the last event"),
        sa.Column(
            "waiting_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="The person's first event that the clinic has not answered",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("conversations_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "contact_id", name=op.f("conversations_pkey")),
        comment="One history a contact over all channels; its events are in channel_events",
    )
    op.create_table(
        "derivations",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("asset", sa.Text(), nullable=False, comment="The asset"),
        sa.Column(
            "through_number", sa.BigInteger(), nullable=False, comment="The latest change that its rows take in: the watermark"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("derivations_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "asset", name=op.f("derivations_pkey")),
        comment="How far each asset has taken in the changes; moves in the transaction of its rows",
    )
    op.create_table(
        "gateway_tokens",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("token_id", sa.Text(), nullable=False, comment="The token's public part: what lists and revokes it"),
        sa.Column("name", sa.Text(), nullable=False, comment="What it is for"),
        sa.Column("token_hash", sa.Text(), nullable=False, comment="SHA-256 of the token; never the token"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was made",
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True, comment="When it was revoked; empty: it is valid"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("gateway_tokens_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "token_id", name=op.f("gateway_tokens_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("gateway_tokens_token_hash_key")),
        comment="Bearer tokens of the gateway, by organization",
    )
    op.create_table(
        "identifier_statements",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column(
            "source", sa.Text(), nullable=False, comment="The record that states it: its source (cliniko, whatsapp, ...)"
        ),
        sa.Column("source_id", sa.Text(), nullable=False, comment="The record that states it: its id"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="phone (with WhatsApp one identity), email, or a channel with ids of its own",
        ),
        sa.Column("value", sa.Text(), nullable=False, comment="E.164, address, or id"),
        sa.Column(
            "claim",
            sa.Text(),
            nullable=False,
            comment="record: a patient's own record; account: the provider vouches; stated: typed",
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True, comment="From when the record states it"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True, comment="When it last did"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True, comment="When it stopped; empty: it still does"),
        sa.CheckConstraint("claim IN ('record', 'account', 'stated')", name=op.f("identifier_statements_claim_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("identifier_statements_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "source", "source_id", "kind", "value", name=op.f("identifier_statements_pkey")
        ),
        comment="Which record states which identifier, from when to when: the index of identity, and its memory",
    )
    op.create_index(
        op.f("identifier_statements_organization_id_kind_value_idx"),
        "identifier_statements",
        ["organization_id", "kind", "value"],
        unique=False,
    )
    op.create_table(
        "identity_decisions",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("decision_id", sa.UUID(), nullable=False, comment="Id of the decision"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="Place in the order of the organization's changes"),
        sa.Column("kind", sa.Text(), nullable=False, comment="link: the record belongs to the target's person"),
        sa.Column("source", sa.Text(), nullable=False, comment="The record decided on: its source"),
        sa.Column("source_id", sa.Text(), nullable=False, comment="The record decided on: its id"),
        sa.Column("target_source", sa.Text(), nullable=False, comment="The record whose person it is: its source"),
        sa.Column("target_source_id", sa.Text(), nullable=False, comment="The record whose person it is: its id"),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="A rule, or the name of a token or command"),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why, in the words of whoever decided"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, comment="When"),
        sa.CheckConstraint("kind IN ('link')", name=op.f("identity_decisions_kind_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("identity_decisions_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "decision_id", name=op.f("identity_decisions_pkey")),
        comment="Append-only statements about who is who, by people and rules",
    )
    op.create_index(
        op.f("identity_decisions_organization_id_number_idx"), "identity_decisions", ["organization_id", "number"], unique=False
    )
    op.create_index(
        op.f("identity_decisions_organization_id_source_source_id_idx"),
        "identity_decisions",
        ["organization_id", "source", "source_id"],
        unique=False,
    )
    op.create_index(
        op.f("identity_decisions_organization_id_target_source_target_source_id_idx"),
        "identity_decisions",
        ["organization_id", "target_source", "target_source_id"],
        unique=False,
    )
    op.create_table(
        "identity_reviews",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("source", sa.Text(), nullable=False, comment="The source record: its source"),
        sa.Column("source_id", sa.Text(), nullable=False, comment="The source record: its id"),
        sa.Column("contact_id", sa.UUID(), nullable=False, comment="The contact that its weaker identifier points at"),
        sa.Column("kind", sa.Text(), nullable=False, comment="The weaker identifier: phone or email"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("identity_reviews_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "source", "source_id", "contact_id", name=op.f("identity_reviews_pkey")),
        comment="Records whose identifiers point at different people: for a person to look at, never merged by itself",
    )
    op.create_table(
        "number_changes",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("kind", sa.Text(), nullable=False, comment="phone, or a channel with ids of its own"),
        sa.Column("value", sa.Text(), nullable=False, comment="The identifier that changed hands"),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="What comes after this moment is from someone else",
        ),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="dropped by the clinic's records, moved by its account, released by a person",
        ),
        sa.Column("former_source", sa.Text(), nullable=True, comment="Who had it until then: the source of a record"),
        sa.Column("former_source_id", sa.Text(), nullable=True, comment="Who had it until then: the id of that record"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="Place in the order of the organization's changes"),
        sa.CheckConstraint("reason IN ('dropped', 'moved', 'released')", name=op.f("number_changes_reason_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("number_changes_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "kind", "value", "changed_at", name=op.f("number_changes_pkey")),
        comment="Identifiers that left one person: history before the moment stays with whom it belonged to",
    )
    op.create_index(
        op.f("number_changes_organization_id_former_source_former_source_id_idx"),
        "number_changes",
        ["organization_id", "former_source", "former_source_id"],
        unique=False,
    )
    op.create_table(
        "organization_changes",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("last_number", sa.BigInteger(), nullable=False, comment="The latest change that has landed"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("organization_changes_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("organization_changes_pkey")),
        comment="The counter of each organization's changes: events, decisions, numbers that changed hands",
    )
    op.create_table(
        "quarantined_deliveries",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column(
            "delivery_id",
            sa.UUID(),
            nullable=False,
            comment="Function of provider and body: the same delivery again is no new row",
        ),
        sa.Column("provider", sa.Text(), nullable=False, comment="The route that took it"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="When it was first received"),
        sa.Column("content_type", sa.Text(), nullable=False, comment="How the body is to be read"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="The delivery as it came; never logged"),
        sa.Column(
            "problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="What could not be read: code and path"
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="How often it was replayed"),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True, comment="When a replay could read all of it"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("quarantined_deliveries_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "delivery_id", name=op.f("quarantined_deliveries_pkey")),
        comment="Authentic deliveries of which something could not be read, until they are replayed",
    )
    op.create_index(
        op.f("quarantined_deliveries_organization_id_received_at_idx"),
        "quarantined_deliveries",
        ["organization_id", "received_at"],
        unique=False,
    )
    op.create_table(
        "reconciliations",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("provider", sa.Text(), nullable=False, comment="Whose API was walked: chatwoot"),
        sa.Column("account", sa.Text(), nullable=False, comment="Which account of which installation: the address of its API"),
        sa.Column(
            "first_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When the first walk began that came to its end",
        ),
        sa.Column(
            "reconciled_through",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="All that happened before has landed: the watermark",
        ),
        sa.CheckConstraint("provider IN ('chatwoot')", name=op.f("reconciliations_provider_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("reconciliations_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "provider", "account", name=op.f("reconciliations_pkey")),
        comment="How far each account was compared with what its webhooks brought; moves in the transaction of the last events",
    )
    op.create_table(
        "source_record_links",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("source", sa.Text(), nullable=False, comment="The source record: its source"),
        sa.Column("source_id", sa.Text(), nullable=False, comment="The source record: its id"),
        sa.Column("contact_id", sa.UUID(), nullable=True, comment="The contact that it belongs to; empty: of no customer yet"),
        sa.Column("founds", sa.UUID(), nullable=False, comment="The contact id that it founds, or would; keeps resolving"),
        sa.Column("method", sa.Text(), nullable=False, comment="Why it belongs there"),
        sa.Column("confidence", sa.Double(), nullable=False, comment="1 / the people it may be"),
        sa.Column(
            "candidates",
            postgresql.ARRAY(sa.UUID()),
            nullable=False,
            comment="The people it may be, where several hold its identifier",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("source_record_links_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "source", "source_id", name=op.f("source_record_links_pkey")),
        comment="Which contact each source record belongs to, and by what",
    )
    op.create_index(
        op.f("source_record_links_organization_id_contact_id_idx"),
        "source_record_links",
        ["organization_id", "contact_id"],
        unique=False,
    )
    op.create_index(
        op.f("source_record_links_organization_id_founds_idx"),
        "source_record_links",
        ["organization_id", "founds"],
        unique=True,
    )
    op.create_table(
        "unsettled_records",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("source", sa.Text(), nullable=False, comment="A channel record that has news: its source"),
        sa.Column("source_id", sa.Text(), nullable=False, comment="A channel record that has news: its id"),
        sa.Column("identifier", sa.Text(), nullable=False, comment="The identifier of the record"),
        sa.Column(
            "number",
            sa.BigInteger(),
            nullable=False,
            comment="Place in the order of the organization's changes: the latest news",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("unsettled_records_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "source", "source_id", name=op.f("unsettled_records_pkey")),
        comment="Records with news about identity that no contact has taken in yet",
    )
    op.create_index(
        op.f("unsettled_records_organization_id_identifier_idx"), "unsettled_records", ["organization_id", "identifier"]
    )
    op.create_index(
        op.f("channel_records_organization_id_identifier_idx"), "channel_records", ["organization_id", "identifier"]
    )
    op.alter_column(
        "channel_identity_links",
        "channel",
        existing_type=sa.TEXT(),
        comment="cliniko, phone, whatsapp, email, instagram, messenger, chatwoot, ...",
        existing_comment="cliniko, phone, whatsapp, email",
        existing_nullable=False,
    )
    op.alter_column(
        "channel_identity_links",
        "identifier",
        existing_type=sa.TEXT(),
        comment="Patient id, E.164 number, email address, the channel's id",
        existing_comment="Patient id, E.164 number, email address",
        existing_nullable=False,
    )
    op.alter_column(
        "channel_identity_links",
        "method",
        existing_type=sa.TEXT(),
        comment="source_record, cliniko_merge, stated by the patient's record, account (a channel vouches), claimed",
        existing_comment="source_record, cliniko_merge, or stated by a record of the contact",
        existing_nullable=False,
    )
    op.alter_column(
        "normalized_contacts",
        "source",
        existing_type=sa.TEXT(),
        comment="The system that states this record: cliniko, a channel, or web_form",
        existing_comment="The system that states this record (cliniko)",
        existing_nullable=False,
    )
    op.alter_column(
        "normalized_contacts",
        "contact_type",
        existing_type=sa.TEXT(),
        comment="What kind of record it is: cliniko_patient, or contact",
        existing_comment="What kind of record it is (cliniko_patient)",
        existing_nullable=False,
    )
    op.create_index(
        op.f("normalized_contacts_organization_id_source_merged_into_source_id_idx"),
        "normalized_contacts",
        ["organization_id", "source", "merged_into_source_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_source_id IS NOT NULL"),
    )
    # What the derived tables know already, so that real-time calls see patients before the next run.
    op.execute("""
        INSERT INTO source_record_links (organization_id, source, source_id, contact_id, founds, method, confidence, candidates)
        SELECT contact.organization_id, 'cliniko', contact.cliniko_patient_id, link.contact_id, contact.id, link.method, 1, '{}'
        FROM contacts AS contact
        JOIN channel_identity_links AS link ON link.organization_id = contact.organization_id
             AND link.channel = 'cliniko' AND link.identifier = contact.cliniko_patient_id
        WHERE contact.cliniko_patient_id IS NOT NULL
    """)
    op.execute("""
        INSERT INTO identifier_statements (organization_id, source, source_id, kind, value, claim, since)
        SELECT DISTINCT organization_id, source, source_id, 'phone', entry ->> 'number', 'record', created_at
        FROM normalized_contacts, jsonb_array_elements(phones) AS entry WHERE NOT (entry ->> 'placeholder')::boolean
        UNION
        SELECT DISTINCT organization_id, source, source_id, 'email', entry ->> 'address', 'record', created_at
        FROM normalized_contacts, jsonb_array_elements(emails) AS entry WHERE NOT (entry ->> 'placeholder')::boolean
    """)
    op.drop_constraint(op.f("channel_identity_links_method_check"), "channel_identity_links")
    op.create_check_constraint(
        op.f("channel_identity_links_method_check"),
        "channel_identity_links",
        "method IN ('source_record', 'cliniko_merge', 'stated', 'account', 'claimed')",
    )


def downgrade() -> None:
    op.execute("DELETE FROM channel_identity_links WHERE method IN ('account', 'claimed')")
    op.drop_constraint(op.f("channel_identity_links_method_check"), "channel_identity_links")
    op.create_check_constraint(
        op.f("channel_identity_links_method_check"),
        "channel_identity_links",
        "method IN ('source_record', 'cliniko_merge', 'stated')",
    )
    op.drop_index(
        op.f("normalized_contacts_organization_id_source_merged_into_source_id_idx"),
        table_name="normalized_contacts",
        postgresql_where=sa.text("merged_into_source_id IS NOT NULL"),
    )
    op.alter_column(
        "normalized_contacts",
        "contact_type",
        existing_type=sa.TEXT(),
        comment="What kind of record it is (cliniko_patient)",
        existing_comment="What kind of record it is: cliniko_patient, or contact",
        existing_nullable=False,
    )
    op.alter_column(
        "normalized_contacts",
        "source",
        existing_type=sa.TEXT(),
        comment="The system that states this record (cliniko)",
        existing_comment="The system that states this record: cliniko, a channel, or web_form",
        existing_nullable=False,
    )
    op.alter_column(
        "channel_identity_links",
        "method",
        existing_type=sa.TEXT(),
        comment="source_record, cliniko_merge, or stated by a record of the contact",
        existing_comment="source_record, cliniko_merge, stated by the patient's record, account (a channel vouches), claimed",
        existing_nullable=False,
    )
    op.alter_column(
        "channel_identity_links",
        "identifier",
        existing_type=sa.TEXT(),
        comment="Patient id, E.164 number, email address",
        existing_comment="Patient id, E.164 number, email address, the channel's id",
        existing_nullable=False,
    )
    op.alter_column(
        "channel_identity_links",
        "channel",
        existing_type=sa.TEXT(),
        comment="cliniko, phone, whatsapp, email",
        existing_comment="cliniko, phone, whatsapp, email, instagram, messenger, chatwoot, ...",
        existing_nullable=False,
    )
    op.drop_index(op.f("unsettled_records_organization_id_identifier_idx"), table_name="unsettled_records")
    op.drop_table("unsettled_records")
    op.drop_index(op.f("source_record_links_organization_id_founds_idx"), table_name="source_record_links")
    op.drop_index(op.f("source_record_links_organization_id_contact_id_idx"), table_name="source_record_links")
    op.drop_table("source_record_links")
    op.drop_table("reconciliations")
    op.drop_index(op.f("quarantined_deliveries_organization_id_received_at_idx"), table_name="quarantined_deliveries")
    op.drop_table("quarantined_deliveries")
    op.drop_table("organization_changes")
    op.drop_index(op.f("number_changes_organization_id_former_source_former_source_id_idx"), table_name="number_changes")
    op.drop_table("number_changes")
    op.drop_table("identity_reviews")
    op.drop_index(
        op.f("identity_decisions_organization_id_target_source_target_source_id_idx"), table_name="identity_decisions"
    )
    op.drop_index(op.f("identity_decisions_organization_id_source_source_id_idx"), table_name="identity_decisions")
    op.drop_index(op.f("identity_decisions_organization_id_number_idx"), table_name="identity_decisions")
    op.drop_table("identity_decisions")
    op.drop_index(op.f("identifier_statements_organization_id_kind_value_idx"), table_name="identifier_statements")
    op.drop_table("identifier_statements")
    op.drop_table("gateway_tokens")
    op.drop_table("derivations")
    op.drop_table("conversations")
    op.drop_index(op.f("channel_records_organization_id_number_idx"), table_name="channel_records")
    op.drop_table("channel_records")
    op.drop_index(op.f("channel_events_organization_id_source_source_id_occurred_at_idx"), table_name="channel_events")
    op.drop_index(op.f("channel_events_organization_id_number_idx"), table_name="channel_events")
    op.drop_index(op.f("channel_events_organization_id_account_conversation_id_idx"), table_name="channel_events")
    op.drop_table("channel_events")
    op.drop_table("channel_connections")
