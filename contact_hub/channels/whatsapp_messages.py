"""What a WhatsApp message says: each type keeps its content in a member named after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contact_hub.channels.event import Hint, Kind
from contact_hub.channels.values import hints, identity, listed, mapping, text, word

_MEDIA = ("image", "video", "audio", "voice", "document", "sticker", "location")
_WRITTEN = frozenset(("text", "interactive", "button", "order", "contacts", *_MEDIA))
_NUMBER_CHANGES = frozenset(("user_changed_number", "customer_changed_number", "user_changed_user_id"))
_CODE_CHANGES = frozenset(("customer_identity_changed", "user_identity_changed"))


@dataclass(frozen=True, slots=True)
class Content:
    text: str | None = None
    attachments: tuple[str, ...] = ()
    about: str | None = None
    hints: tuple[tuple[str, Hint], ...] = ()


def kind_of(message: Mapping[str, Any]) -> Kind:
    """Only what a person surely wrote is a message; 'unsupported', 'unknown' and types yet to come are the system's."""
    type_ = word(message.get("type"))
    if type_ in _WRITTEN:
        return "message"
    if type_ == "reaction":
        return "reaction"
    if type_ in ("edit", "revoke"):
        return "status"
    change = mapping(message.get("system")).get("type")
    changed = isinstance(change, str) and (change in _NUMBER_CHANGES or change in _CODE_CHANGES)
    return "identity_change" if type_ == "system" and changed else "system"


def content(message: Mapping[str, Any]) -> Content:
    """Text, attachments and references of a message of any type."""
    type_ = word(message.get("type")) or ""
    member = mapping(message.get(type_))
    if type_ in _MEDIA:
        caption = text(member.get("caption")) or (_place(member) if type_ == "location" else None)
        return Content(caption, (type_,), hints=_common(message, voice=member.get("voice"), file_name=member.get("filename")))
    if type_ == "contacts":
        cards = listed(message.get("contacts"))
        return Content(None, ("contact",) * len(cards), hints=_common(message, card_origin=message.get("origin")))
    if type_ == "reaction":
        return Content(text(member.get("emoji")), about=identity(member.get("message_id")), hints=_common(message))
    if type_ == "edit":
        edited = content(mapping(member.get("message"))) if mapping(member.get("message")).get("type") != "edit" else Content()
        return Content(edited.text, edited.attachments, identity(member.get("original_message_id")), hints(status="edited"))
    if type_ == "revoke":
        return Content(about=identity(member.get("original_message_id")), hints=hints(status="deleted"))
    if type_ == "system":
        return Content(hints=hints(change=member.get("type")))
    return Content(_written(type_, member), hints=_common(message))


def _written(type_: str, member: Mapping[str, Any]) -> str | None:
    if type_ == "interactive":
        reply = next((mapping(member.get(name)) for name in ("button_reply", "list_reply", "nfm_reply") if name in member), {})
        return text(reply.get("title")) or text(reply.get("body"))
    return text(member.get("body")) or text(member.get("text"))


def _place(location: Mapping[str, Any]) -> str | None:
    parts = (text(location.get("name")), text(location.get("address")))
    return ", ".join(part for part in parts if part is not None) or None


def _common(message: Mapping[str, Any], **more: object) -> tuple[tuple[str, Hint], ...]:
    context, referral = mapping(message.get("context")), mapping(message.get("referral"))
    return hints(
        forwarded=context.get("forwarded") or context.get("frequently_forwarded"),
        advertisement=word(referral.get("source_id")),
        group=word(message.get("group_id")),
        **more,
    )
