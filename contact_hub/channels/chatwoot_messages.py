"""What a Chatwoot message is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contact_hub.channels.event import Channel, Direction, Hint, Kind, StatedIdentifier
from contact_hub.channels.identifiers import is_bouncer
from contact_hub.channels.values import hints, identity, listed, mapping, text, word

# Webhooks say the type in words, nested copies and the API in numbers.
_TYPES: Mapping[str, str] = {
    "incoming": "incoming", "outgoing": "outgoing", "activity": "activity", "template": "template",
    "0": "incoming", "1": "outgoing", "2": "activity", "3": "template",
}  # fmt: skip
_CONTACT_TYPES = frozenset(("", "contact"))

REPLY_MARK = "contact_hub_reply"
"""The content attribute by which a reply of ours is known wherever it comes back; its value is the reply's key."""


@dataclass(frozen=True, slots=True)
class Details:
    """What ``content_attributes`` tell."""

    is_deleted: bool
    subject: str | None
    call_status: str | None
    call_seconds: int | None


def kind_and_direction(
    body: Mapping[str, Any], channel: Channel, identifiers: tuple[StatedIdentifier, ...]
) -> tuple[Kind, Direction]:
    """Anything but a public, incoming message of a contact is the clinic's; what says neither is the system's."""
    sender_type = (word(mapping(body.get("sender")).get("type")) or "").lower()
    if body.get("private") not in (None, False):
        return "private_note", "out"
    type_ = _TYPES.get(text(body.get("message_type")) or "")
    if type_ == "incoming":
        return _incoming(body, channel, identifiers) if sender_type in _CONTACT_TYPES else ("bot", "out")
    if type_ == "template":
        return "bot", "out"
    if type_ == "outgoing":
        return _outgoing(body, sender_type), "out"
    return "system", "out"


def _incoming(body: Mapping[str, Any], channel: Channel, identifiers: tuple[StatedIdentifier, ...]) -> tuple[Kind, Direction]:
    attributes = mapping(body.get("content_attributes"))
    if body.get("content_type") == "voice_call":
        direction = word(mapping(attributes.get("data")).get("call_direction")) or ""
        return "call", "out" if direction.startswith("out") else "in"
    mail = mapping(attributes.get("email"))
    if channel == "email" or mail:
        authors = (text(author) or "" for author in listed(mail.get("from")))
        if any(is_bouncer(author) for author in (*authors, text(mapping(body.get("sender")).get("email")) or "")):
            return "bounce", "in"
        if mail.get("auto_reply") not in (None, False):
            return "auto_reply", "in"
        if not any(identifier.channel == "email" for identifier in identifiers):
            return "system", "in"  # a no-reply address: a machine, on whose record hundreds of people would gather
    return "message", "in"


def _outgoing(body: Mapping[str, Any], sender_type: str) -> Kind:
    attributes = mapping(body.get("content_attributes"))
    if body.get("content_type") == "voice_call":
        return "call"
    # Chatwoot names the token's user as the sender of what we write, who looks like an agent.
    if (sender_type and sender_type != "user") or REPLY_MARK in attributes:
        return "bot"
    return "echo" if attributes.get("external_echo") not in (None, False) else "message"


def about_message(body: Mapping[str, Any]) -> Details:
    attributes = mapping(body.get("content_attributes"))
    data, mail = mapping(attributes.get("data")), mapping(attributes.get("email"))
    seconds = data.get("duration_seconds")
    return Details(
        is_deleted=attributes.get("deleted") not in (None, False),
        subject=text(mail.get("subject")),
        call_status=word(data.get("status")),
        call_seconds=seconds if isinstance(seconds, int) and not isinstance(seconds, bool) else None,
    )


def attachments(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of a message's attachments."""
    return tuple(word(mapping(attachment).get("file_type")) or "file" for attachment in listed(body.get("attachments")))


def reply_to(body: Mapping[str, Any], external_id: Callable[[object], str | None]) -> str | None:
    """The message that this one answers: Chatwoot's id, else the provider's."""
    attributes = mapping(body.get("content_attributes"))
    return external_id(attributes.get("in_reply_to")) or identity(attributes.get("in_reply_to_external_id"))


def message_hints(
    body: Mapping[str, Any], details: Details, common: tuple[tuple[str, Hint], ...]
) -> tuple[tuple[str, Hint], ...]:
    found = hints(
        deleted=details.is_deleted or None,
        duration=details.call_seconds,
        reply_key=word(mapping(body.get("content_attributes")).get(REPLY_MARK)),
        source_id=word(body.get("source_id")),
        status="deleted" if details.is_deleted else details.call_status or word(body.get("status")),
        subject=details.subject,
    )
    return tuple(sorted((*found, *common)))
