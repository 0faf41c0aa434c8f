"""What arrived or left on a channel, in one form for every provider.

A parser turns a provider's payload into these. Nothing here is resolved: an event says what the provider said, with its
identifiers normalized, and who that is gets decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

Provider = Literal[
    "chatwoot", "whatsapp", "instagram", "messenger", "twilio", "email", "web_form", "generic", "contact_hub"
]  # fmt: skip
Channel = Literal[
    "whatsapp", "phone", "sms", "email", "instagram", "messenger", "web", "chatwoot", "telegram", "line", "tiktok"
]  # fmt: skip
IdentifierChannel = Literal[
    "whatsapp", "phone", "email", "instagram", "messenger", "web", "chatwoot", "telegram", "line", "tiktok"
]  # fmt: skip
Kind = Literal[
    "message",  # someone wrote, spoke, sent a picture, pressed a button
    "call",
    "form",
    "comment",  # in public, under a post: no conversation with the clinic
    "reaction",
    "status",  # of a message, a call or a conversation: delivered, read, edited, deleted, resolved
    "echo",  # the clinic's own message, come back
    "private_note",
    "bot",
    "typing",
    "auto_reply",
    "bounce",
    "introduction",  # an integration asked for a contact by this identifier: someone is there, whatever they said
    "profile",  # a provider's record of a person was made or changed
    "identity_change",  # a new number or id for the same account, or a new security code
    "system",  # everything else, known or not
]
Direction = Literal["in", "out"]
Claim = Literal[
    "sender",  # the reply path's own identifier: who reads an answer
    "same_person",  # the provider vouches that this is the same account as the sender
    "stated",  # typed into a form, a message or a contact card: for the clinic's eyes, proves nothing
    "former",  # was this account's, and is no more
]
Hint = str | int | float | bool

PROVIDERS: frozenset[str] = frozenset(get_args(Provider))
CHANNELS: frozenset[str] = frozenset(get_args(Channel))
IDENTIFIER_CHANNELS: frozenset[str] = frozenset(get_args(IdentifierChannel))
KINDS: frozenset[str] = frozenset(get_args(Kind))
DIRECTIONS: frozenset[str] = frozenset(get_args(Direction))
CLAIMS: frozenset[str] = frozenset(get_args(Claim))
CUSTOMER_KINDS: frozenset[str] = frozenset(("message", "call", "form", "introduction"))
SPOKEN_KINDS: frozenset[str] = frozenset(("message", "call", "form", "comment", "echo", "bot", "auto_reply"))
"""What a conversation is made of; statuses, typing, notes and profiles are not."""

_REACHES = frozenset(("sender", "stated"))


@dataclass(frozen=True, slots=True)
class StatedIdentifier:
    """An identifier of the person, never of the clinic.

    Attributes:
        channel: what kind of identifier; SMS and calls are ``phone``.
        value: E.164 (``phone``, ``whatsapp``), business-scoped user id (``whatsapp``), privacy id ``DIGITS@lid``
            (``whatsapp``, unofficial gateways), address, scoped id, Chatwoot contact id, Chatwoot ``INBOX:SOURCE_ID``.
        claim: how far it can be relied on.
    """

    channel: IdentifierChannel
    value: str = field(repr=False)
    claim: Claim = "sender"

    def as_row(self) -> dict[str, str]:
        return {"channel": self.channel, "value": self.value, "claim": self.claim}


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """One event. What people wrote and who they are is left out of its ``repr``.

    Attributes:
        external_id: the provider's own id, or a hash of what never changes in the event; unique in (organization, provider).
        occurred_at: aware, UTC; None where the provider says nothing credible.
        identifiers: the sender's own first.
        account: which of the clinic's numbers, inboxes, pages or mailboxes it came to.
        profile_name: what the person calls themselves there.
        username: a label that can change hands; never an identifier.
        name, email, phone: as stated in a form or by a workflow, normalized.
        attachments: their kinds.
        conversation_id: unique together with the account.
        in_reply_to, about: external ids of the message answered, and of the one that a status, reaction or edit concerns.
        human_assigned: a member of the clinic's team has the conversation.
        hints: what else may matter later, by name.
    """

    provider: Provider
    channel: Channel
    kind: Kind
    direction: Direction
    external_id: str = field(repr=False)
    occurred_at: datetime | None = None
    identifiers: tuple[StatedIdentifier, ...] = field(default=(), repr=False)
    account: str | None = field(default=None, repr=False)
    profile_name: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    attachments: tuple[str, ...] = ()
    conversation_id: str | None = field(default=None, repr=False)
    in_reply_to: str | None = field(default=None, repr=False)
    about: str | None = field(default=None, repr=False)
    human_assigned: bool = False
    content_type: str | None = None
    hints: tuple[tuple[str, Hint], ...] = field(default=(), repr=False)

    @property
    def is_from_customer(self) -> bool:
        """Whether someone outside the clinic did this and left an identifier: only such an event may create a contact."""
        return (
            self.direction == "in"
            and self.kind in CUSTOMER_KINDS
            and any(identifier.claim in _REACHES for identifier in self.identifiers)
        )

    @property
    def sender(self) -> StatedIdentifier | None:
        """The identifier that an answer goes to."""
        return next((identifier for identifier in self.identifiers if identifier.claim == "sender"), None)

    def as_row(self) -> dict[str, Any]:
        """Every attribute in JSON's types: the time as ISO 8601, `identifiers` as objects, `hints` as one object."""
        return {
            "provider": self.provider,
            "channel": self.channel,
            "kind": self.kind,
            "direction": self.direction,
            "external_id": self.external_id,
            "occurred_at": self.occurred_at.isoformat() if self.occurred_at is not None else None,
            "identifiers": [identifier.as_row() for identifier in self.identifiers],
            "account": self.account,
            "profile_name": self.profile_name,
            "username": self.username,
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "text": self.text,
            "attachments": list(self.attachments),
            "conversation_id": self.conversation_id,
            "in_reply_to": self.in_reply_to,
            "about": self.about,
            "human_assigned": self.human_assigned,
            "content_type": self.content_type,
            "hints": dict(self.hints),
        }


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read. `code` and `path` are made of this package's own words and of positions, never of data."""

    code: str
    path: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A payload, read: its events (each external id once), how many items mean nothing here, and what could not be read."""

    events: tuple[ChannelEvent, ...] = ()
    ignored: int = 0
    problems: tuple[Problem, ...] = ()
