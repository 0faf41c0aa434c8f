"""What a Chatwoot account holds. Rows point at each other, so that a merge changes a pointer and nothing else."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

MessageType = Literal["incoming", "outgoing", "activity", "template"]
TYPE_NUMBERS: dict[MessageType, int] = {"incoming": 0, "outgoing": 1, "activity": 2, "template": 3}

CHANNELS = {
    "whatsapp": "Channel::Whatsapp",
    "instagram": "Channel::Instagram",
    "email": "Channel::Email",
    "web": "Channel::WebWidget",
    "api": "Channel::Api",
    "sms": "Channel::TwilioSms",
}
"""The inboxes that an account starts with, by the names that the sandbox's methods take."""


@dataclass(eq=False)
class Inbox:
    id: int
    name: str
    channel: str


@dataclass(eq=False)
class Agent:
    """Who writes for the clinic: a user, or an agent bot."""

    id: int
    name: str
    email: str = ""
    is_bot: bool = False


@dataclass(eq=False)
class Contact:
    id: int
    created_at: datetime
    updated_at: datetime
    name: str
    email: str | None = None
    phone_number: str | None = None
    identifier: str | None = None
    blocked: bool = False
    additional_attributes: dict[str, Any] = field(default_factory=dict)
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    last_activity_at: datetime | None = None

    @property
    def is_resolved(self) -> bool:
        """Whether Chatwoot lists them at all (``Contact.resolved_contacts``)."""
        return bool(self.email or self.phone_number or self.identifier)


@dataclass(eq=False)
class ContactInbox:
    """A contact's address in an inbox."""

    id: int
    created_at: datetime
    contact: Contact
    inbox: Inbox
    source_id: str


@dataclass(eq=False)
class Conversation:
    """``display_id`` is the one that the API and webhooks call ``id``."""

    display_id: int
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime
    contact: Contact
    contact_inbox: ContactInbox
    status: str = "open"
    can_reply: bool = True
    muted: bool = False
    assignee: Agent | None = None
    additional_attributes: dict[str, Any] = field(default_factory=dict)
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    waiting_since: datetime | None = None
    first_reply_created_at: datetime | None = None

    @property
    def inbox(self) -> Inbox:
        return self.contact_inbox.inbox


@dataclass(eq=False)
class Message:
    id: int
    created_at: datetime
    updated_at: datetime
    conversation: Conversation
    message_type: MessageType
    content: str | None
    sender: Contact | Agent | None
    private: bool = False
    content_type: str = "text"
    content_attributes: dict[str, Any] = field(default_factory=dict)
    additional_attributes: dict[str, Any] = field(default_factory=dict)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    source_id: str | None = None
    status: str = "sent"
