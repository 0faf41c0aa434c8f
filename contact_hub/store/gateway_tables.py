"""What the gateway keeps: who may call it, how providers sign, and what it could not read."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from contact_hub.store.tables import MOMENT, belongs_to_organization, metadata, organization_column, written_at

gateway_tokens = Table(
    "gateway_tokens",
    metadata,
    organization_column(),
    Column("token_id", Text, primary_key=True, comment="The token's public part: what lists and revokes it"),
    Column("name", Text, nullable=False, comment="What it is for"),
    Column("token_hash", Text, nullable=False, comment="SHA-256 of the token; never the token"),
    Column("created_at", MOMENT, nullable=False, server_default=text("now()"), comment="When it was made"),
    Column("revoked_at", MOMENT, comment="When it was revoked; empty: it is valid"),
    belongs_to_organization(),
    UniqueConstraint("token_hash"),
    comment="Bearer tokens of the gateway, by organization",
)

channel_connections = Table(
    "channel_connections",
    metadata,
    organization_column(),
    Column("provider", Text, primary_key=True, comment="chatwoot, whatsapp, instagram, messenger, twilio"),
    Column("name", Text, primary_key=True, comment="Tells several of one provider apart (default: main)"),
    Column("secret_env", Text, nullable=False, comment="Environment variable that holds the signing secret; never the secret"),
    Column("settings", JSONB, nullable=False, comment="Other settings by name; secrets again as names of variables"),
    *written_at(),
    belongs_to_organization(),
    comment="How each provider's deliveries are verified, and its API reached",
)

quarantined_deliveries = Table(
    "quarantined_deliveries",
    metadata,
    organization_column(),
    Column(
        "delivery_id",
        UUID(as_uuid=True),
        primary_key=True,
        comment="Function of provider and body: the same delivery again is no new row",
    ),
    Column("provider", Text, nullable=False, comment="The route that took it"),
    Column("received_at", MOMENT, nullable=False, comment="When it was first received"),
    Column("content_type", Text, nullable=False, comment="How the body is to be read"),
    Column("body", LargeBinary, nullable=False, comment="The delivery as it came; never logged"),
    Column("problems", JSONB, nullable=False, comment="What could not be read: code and path"),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="How often it was replayed"),
    Column("resolved_at", MOMENT, comment="When a replay could read all of it"),
    belongs_to_organization(),
    Index(None, "organization_id", "received_at"),
    comment="Authentic deliveries of which something could not be read, until they are replayed",
)
