"""What arrived on the channels, and what people and rules have decided about identity: the truth beside Cliniko's payloads.

``channel_events`` is append-only. ``channel_records`` and ``identifier_statements`` are running summaries of it, kept in
the transaction that lands an event and made so that the order of arrival never matters; they are what identity reads.

Every event, decision and change of a number takes its ``number`` from one counter an organization
(``organization_changes``), under that row's lock: who has seen number N has seen all before it.
"""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from contact_hub.channels.event import CHANNELS, DIRECTIONS, KINDS, PROVIDERS
from contact_hub.store.tables import MOMENT, belongs_to_organization, metadata, one_of, organization_column

CHANGE_NUMBER = "Place in the order of the organization's changes"

organization_changes = Table(
    "organization_changes",
    metadata,
    organization_column(),
    Column("last_number", BigInteger, nullable=False, comment="The latest change that has landed"),
    belongs_to_organization(),
    comment="The counter of each organization's changes: events, decisions, numbers that changed hands",
)

channel_events = Table(
    "channel_events",
    metadata,
    organization_column(),
    Column("event_id", UUID(as_uuid=True), primary_key=True, comment="Function of provider and external id"),
    Column("number", BigInteger, nullable=False, comment=CHANGE_NUMBER),
    Column("provider", Text, nullable=False, comment="Who delivered it: chatwoot, whatsapp, instagram, twilio, ..."),
    Column("external_id", Text, nullable=False, comment="The provider's own id of the event"),
    Column("channel", Text, nullable=False, comment="Where the conversation takes place: whatsapp, phone, email, ..."),
    Column("kind", Text, nullable=False, comment="message, call, form; or status, echo, private_note, ...: no customer's"),
    Column("direction", Text, nullable=False, comment="in: from the person; out: from the clinic"),
    Column("occurred_at", MOMENT, nullable=False, comment="When it happened; when it landed where the provider does not say"),
    Column("landed_at", MOMENT, nullable=False, comment="When it landed here"),
    Column("from_customer", Boolean, nullable=False, comment="Someone outside the clinic did this: it may make a contact"),
    Column("source", Text, comment="The channel record of the person: its source (whatsapp, email, ...)"),
    Column("source_id", Text, comment="The channel record of the person: its id"),
    Column("account", Text, comment="Which of the clinic's numbers, inboxes, pages or mailboxes"),
    Column("conversation_id", Text, comment="The provider's conversation, unique together with the account"),
    Column("in_reply_to", Text, comment="External id of the message that this one answers"),
    Column("about", Text, comment="External id of the message that a status, reaction or edit concerns"),
    Column("profile_name", Text, comment="What the person calls themselves on the channel"),
    Column("username", Text, comment="A label that can change hands; never an identifier"),
    Column("name", Text, comment="Name as stated in a form or by a workflow"),
    Column("email", Text, comment="Email as stated, normalized"),
    Column("phone", Text, comment="Phone as stated, E.164"),
    Column("text", Text, comment="What was written; never logged"),
    Column("attachments", ARRAY(Text), nullable=False, comment="Kinds of what was attached"),
    Column("human_assigned", Boolean, nullable=False, comment="A member of the clinic's team has the conversation"),
    Column("content_type", Text, comment="What kind of message, in the provider's words"),
    Column("identifiers", JSONB, nullable=False, comment="The person's identifiers: channel, value, claim"),
    Column("hints", JSONB, nullable=False, comment="What else the provider said, by name"),
    belongs_to_organization(),
    one_of("provider", *sorted(PROVIDERS)),
    one_of("channel", *sorted(CHANNELS)),
    one_of("kind", *sorted(KINDS)),
    one_of("direction", *sorted(DIRECTIONS)),
    Index(None, "organization_id", "number"),
    Index(None, "organization_id", "source", "source_id", "occurred_at"),
    Index(None, "organization_id", "account", "conversation_id"),
    comment="What arrived or left on a channel, as its provider said it; landed once, never changed",
)

channel_records = Table(
    "channel_records",
    metadata,
    organization_column(),
    Column("source", Text, primary_key=True, comment="The channel (whatsapp, phone, email, ...), or web_form"),
    Column(
        "source_id",
        Text,
        primary_key=True,
        comment="The identifier there; after a number changed hands, followed by ~ and the moment; a form's submission id",
    ),
    Column("identifier", Text, nullable=False, comment="The identifier itself"),
    Column("name", Text, comment="The latest name that came with it"),
    Column("named_at", MOMENT, comment="When that name came"),
    Column("username", Text, comment="The latest username: a label"),
    Column("username_at", MOMENT, comment="When that username came"),
    Column("first_at", MOMENT, nullable=False, comment="Its earliest event"),
    Column("last_at", MOMENT, nullable=False, comment="Its latest event"),
    Column("from_customer", Boolean, nullable=False, comment="A person has used it: it may found a contact"),
    Column("number", BigInteger, nullable=False, comment=f"{CHANGE_NUMBER}: the last that touched it"),
    belongs_to_organization(),
    Index(None, "organization_id", "number"),
    Index(None, "organization_id", "identifier"),
    comment="One row an account, number, address or form by which a person has shown up: a summary of its events",
)

identifier_statements = Table(
    "identifier_statements",
    metadata,
    organization_column(),
    Column("source", Text, primary_key=True, comment="The record that states it: its source (cliniko, whatsapp, ...)"),
    Column("source_id", Text, primary_key=True, comment="The record that states it: its id"),
    Column(
        "kind", Text, primary_key=True, comment="phone (with WhatsApp one identity), email, or a channel with ids of its own"
    ),
    Column("value", Text, primary_key=True, comment="E.164, address, or id"),
    Column(
        "claim", Text, nullable=False, comment="record: a patient's own record; account: the provider vouches; stated: typed"
    ),
    Column("since", MOMENT, comment="From when the record states it"),
    Column("last_at", MOMENT, comment="When it last did"),
    Column("until", MOMENT, comment="When it stopped; empty: it still does"),
    belongs_to_organization(),
    one_of("claim", "record", "account", "stated"),
    Index(None, "organization_id", "kind", "value"),
    comment="Which record states which identifier, from when to when: the index of identity, and its memory",
)

number_changes = Table(
    "number_changes",
    metadata,
    organization_column(),
    Column("kind", Text, primary_key=True, comment="phone, or a channel with ids of its own"),
    Column("value", Text, primary_key=True, comment="The identifier that changed hands"),
    Column("changed_at", MOMENT, primary_key=True, comment="What comes after this moment is from someone else"),
    Column(
        "reason", Text, nullable=False, comment="dropped by the clinic's records, moved by its account, released by a person"
    ),
    Column("former_source", Text, comment="Who had it until then: the source of a record"),
    Column("former_source_id", Text, comment="Who had it until then: the id of that record"),
    Column("number", BigInteger, nullable=False, comment=CHANGE_NUMBER),
    belongs_to_organization(),
    one_of("reason", "dropped", "moved", "released"),
    Index(None, "organization_id", "former_source", "former_source_id"),
    comment="Identifiers that left one person: history before the moment stays with whom it belonged to",
)

identity_decisions = Table(
    "identity_decisions",
    metadata,
    organization_column(),
    Column("decision_id", UUID(as_uuid=True), primary_key=True, comment="Id of the decision"),
    Column("number", BigInteger, nullable=False, comment=CHANGE_NUMBER),
    Column(
        "kind",
        Text,
        nullable=False,
        comment="link, merge: of the target's person; distinct: of another; split: apart from it; undo: of a decision",
    ),
    Column("source", Text, nullable=False, comment="The record decided on: its source"),
    Column("source_id", Text, nullable=False, comment="The record decided on: its id"),
    Column("target_source", Text, nullable=False, comment="The record whose person it is: its source"),
    Column("target_source_id", Text, nullable=False, comment="The record whose person it is: its id"),
    Column("decided_by", Text, nullable=False, comment="A rule, a model, or the name of a person, token or command"),
    Column("reason", Text, comment="Why, in the words of whoever decided"),
    Column("decided_at", MOMENT, nullable=False, comment="When"),
    Column("authority", Text, nullable=False, server_default=text("'person'"), comment="person, model or rule"),
    Column("confidence", Double, comment="Probability by the model, where it decided"),
    Column("model_version", Text, comment="Version of the model, where it decided"),
    Column("undoes", UUID(as_uuid=True), comment="The decision that this one takes away"),
    belongs_to_organization(),
    one_of("kind", "link", "merge", "split", "distinct", "undo"),
    one_of("authority", "person", "model", "rule"),
    Index(None, "organization_id", "number"),
    Index(None, "organization_id", "undoes", unique=True, postgresql_where=text("undoes IS NOT NULL")),
    Index(None, "organization_id", "source", "source_id"),
    Index(None, "organization_id", "target_source", "target_source_id"),
    comment="Append-only statements about who is who, by people and rules",
)

split_records = Table(
    "split_records",
    metadata,
    organization_column(),
    Column("decision_id", UUID(as_uuid=True), primary_key=True, comment="The split, or the merge that took the record along"),
    Column("source", Text, primary_key=True, comment="A record of one of the contacts: its source"),
    Column("source_id", Text, primary_key=True, comment="A record of one of the contacts: its id"),
    Column("side", Text, nullable=False, comment="moved: apart from the kept ones, or taken along by a merge; kept: it stays"),
    belongs_to_organization(),
    one_of("side", "moved", "kept"),
    Index(None, "organization_id", "source", "source_id"),
    comment="Which records a split moved and kept, and which a merge took along; append-only as the decision itself",
)

unsettled_records = Table(
    "unsettled_records",
    metadata,
    organization_column(),
    Column("source", Text, primary_key=True, comment="A channel record that has news: its source"),
    Column("source_id", Text, primary_key=True, comment="A channel record that has news: its id"),
    Column("identifier", Text, nullable=False, comment="The identifier of the record"),
    Column("number", BigInteger, nullable=False, comment=f"{CHANGE_NUMBER}: the latest news"),
    belongs_to_organization(),
    Index(None, "organization_id", "identifier"),
    comment="Records with news about identity that no contact has taken in yet",
)

derivations = Table(
    "derivations",
    metadata,
    organization_column(),
    Column("asset", Text, primary_key=True, comment="The asset"),
    Column("through_number", BigInteger, nullable=False, comment="The latest change that its rows take in: the watermark"),
    belongs_to_organization(),
    comment="How far each asset has taken in the changes; moves in the transaction of its rows",
)

reconciliations = Table(
    "reconciliations",
    metadata,
    organization_column(),
    Column("provider", Text, primary_key=True, comment="Whose API was walked: chatwoot"),
    Column("account", Text, primary_key=True, comment="Which account of which installation: the address of its API"),
    Column("first_at", MOMENT, nullable=False, comment="When the first walk began that came to its end"),
    Column("reconciled_through", MOMENT, nullable=False, comment="All that happened before has landed: the watermark"),
    belongs_to_organization(),
    one_of("provider", "chatwoot"),
    comment="How far each account was compared with what its webhooks brought; moves in the transaction of the last events",
)

source_record_links = Table(
    "source_record_links",
    metadata,
    organization_column(),
    Column("source", Text, primary_key=True, comment="The source record: its source"),
    Column("source_id", Text, primary_key=True, comment="The source record: its id"),
    Column("contact_id", UUID(as_uuid=True), comment="The contact that it belongs to; empty: of no customer yet"),
    Column("founds", UUID(as_uuid=True), nullable=False, comment="The contact id that it founds, or would; keeps resolving"),
    Column("method", Text, nullable=False, comment="Why it belongs there"),
    Column("confidence", Double, nullable=False, comment="1 / the people it may be"),
    Column(
        "candidates",
        ARRAY(UUID(as_uuid=True)),
        nullable=False,
        comment="The people it may be, where several hold its identifier",
    ),
    belongs_to_organization(),
    Index(None, "organization_id", "founds", unique=True),
    Index(None, "organization_id", "contact_id"),
    comment="Which contact each source record belongs to, and by what",
)

identity_reviews = Table(
    "identity_reviews",
    metadata,
    organization_column(),
    Column("source", Text, primary_key=True, comment="The source record: its source"),
    Column("source_id", Text, primary_key=True, comment="The source record: its id"),
    Column("contact_id", UUID(as_uuid=True), primary_key=True, comment="The contact that its weaker identifier points at"),
    Column("kind", Text, nullable=False, comment="The weaker identifier: phone or email"),
    belongs_to_organization(),
    comment="Records whose identifiers point at different people: for a person to look at, never merged by itself",
)

conversations = Table(
    "conversations",
    metadata,
    organization_column(),
    Column("contact_id", UUID(as_uuid=True), primary_key=True, comment="The contact"),
    Column("channels", ARRAY(Text), nullable=False, comment="Channels on which they were in touch, sorted"),
    Column("events_in", Integer, nullable=False, comment="Messages, calls and forms from the person"),
    Column("events_out", Integer, nullable=False, comment="Messages and calls from the clinic"),
    Column("by_channel", JSONB, nullable=False, comment="Events in and out by channel"),
    Column("started_at", MOMENT, nullable=False, comment="The first event"),
    Column("last_in_at", MOMENT, comment="The person's last"),
    Column("last_out_at", MOMENT, comment="The clinic's last"),
    Column("last_channel", Text, nullable=False, comment="Channel of the last event"),
    Column("waiting_since", MOMENT, comment="The person's first event that the clinic has not answered"),
    belongs_to_organization(),
    comment="One history a contact over all channels; its events are in channel_events",
)
