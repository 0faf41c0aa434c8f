"""Records of Chatwoot's REST API in the shape of its webhooks, which ``contact_hub.channels`` reads. Pure.

What the API leaves out or says otherwise, and where it is found (Chatwoot's views and ``webhook_data``, 4.15):

========================== ====================================== ===========================================
webhook                    API                                    note
========================== ====================================== ===========================================
message_type, a word       0 to 3
created_at, ISO with ms    seconds since 1970                     the milliseconds are lost
content, plain             as typed, with Markdown's hard breaks  a backslash before the line's end
conversation.channel       meta.channel
conversation.contact_inbox messages[].conversation.contact_inbox  with the source_id only
no status of a message     status                                 left out: it says nothing of the message's text
========================== ====================================== ===========================================
"""

import re
from collections.abc import Mapping
from typing import Any

from contact_hub.chatwoot.listings import is_id

Payload = dict[str, Any]
Given = Mapping[str, Any]

_TYPES = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}
_MESSAGE = ("id", "content_type", "created_at", "private", "source_id", "sender")
_CONTACT = ("id", "name", "email", "phone_number", "identifier", "thumbnail")
_CONVERSATION = (
    "id", "inbox_id", "additional_attributes", "can_reply", "labels", "status", "custom_attributes", "snoozed_until",
    "unread_count", "priority", "waiting_since", "agent_last_seen_at", "contact_last_seen_at", "last_activity_at", "timestamp",
    "created_at", "updated_at",
)  # fmt: skip

# A hard break, and the backslash that keeps a line of dashes after one from becoming a heading's rule.
_HARD_BREAK = re.compile(r"\\\r?\n(?:\\(?=(?:-+|=+)[ \t]*\r?(?:\n|\Z)))?")


def is_activity(message: Given) -> bool:
    """Whether it only says what happened ("Anna assigned ..."); webhooks leave these out."""
    return message.get("message_type") not in (0, 1, 3)


def is_deleted(message: Given) -> bool:
    """Whether an agent has deleted it; a notice stands in its place."""
    attributes = message.get("content_attributes")
    return isinstance(attributes, dict) and bool(attributes.get("deleted"))


def source_id_of(conversation: Given) -> str | None:
    """The customer's address in the inbox, as the conversation's latest messages repeat it."""
    messages = conversation.get("messages")
    nested = [*(messages if isinstance(messages, list) else []), conversation.get("last_non_activity_message")]
    for message in nested:
        found = _member(_member(_member(message, "conversation"), "contact_inbox"), "source_id")
        if isinstance(found, str) and found:
            return found
    return None


def contact_of(conversation: Given) -> Payload | None:
    """The contact whose conversation it is now; None while it is being deleted with its contact."""
    found = _member(conversation.get("meta"), "sender")
    return found if is_id(_member(found, "id")) else None


def addresses_in(contact_inboxes: object, inbox_id: object) -> set[str]:
    """The source ids in one inbox, of a contact's ``contact_inboxes``."""
    listed = contact_inboxes if isinstance(contact_inboxes, list) else []
    here = [one for one in listed if _member(_member(one, "inbox"), "id") == inbox_id]
    return {found for one in here if isinstance(found := _member(one, "source_id"), str) and found}


def conversation_payload(conversation: Given, source_id: str | None) -> Payload:
    """The nested conversation, with the contact who has it now: also that contact's ``contact_inbox``."""
    meta, contact = conversation.get("meta"), contact_of(conversation)
    is_verified = _member(meta, "hmac_verified")
    return {
        **{name: conversation.get(name) for name in _CONVERSATION},
        "channel": _member(meta, "channel"),
        "contact_inbox": {
            "contact_id": _member(contact, "id"),
            "inbox_id": conversation.get("inbox_id"),
            "source_id": source_id,
            "hmac_verified": is_verified,
        },
        "meta": {
            "sender": contact and {**contact, "type": "contact"},
            **{name: _member(meta, name) for name in ("assignee", "assignee_type", "team")},
            "hmac_verified": is_verified,
        },
        "messages": [],
    }


def message_payload(message: Given, conversation: Payload, account_id: int, event: str = "message_created") -> Payload:
    """The webhook of a message, in a conversation of :func:`conversation_payload`."""
    payload = {
        "event": event,
        **{name: message.get(name) for name in _MESSAGE},
        "account": {"id": account_id},
        "additional_attributes": message.get("additional_attributes") or {},
        "content": _plain(message.get("content")),
        "content_attributes": message.get("content_attributes") or {},
        "conversation": conversation,
        "inbox": {"id": message.get("inbox_id")},
        "message_type": _TYPES.get(message.get("message_type", -1)),
    }
    if message.get("attachments"):
        payload["attachments"] = message["attachments"]
    return payload


def contact_payload(contact: Given, account_id: int) -> Payload:
    """The webhook of a contact as it now is. No times: those of the API are not of its latest change."""
    return {
        "event": "contact_updated",
        **{name: contact.get(name) for name in _CONTACT},
        "account": {"id": account_id},
        "additional_attributes": contact.get("additional_attributes") or {},
        "avatar": contact.get("thumbnail"),
        "blocked": bool(contact.get("blocked")),
        "custom_attributes": contact.get("custom_attributes") or {},
    }


def _plain(content: Any) -> Any:
    """The text as webhooks have it since 4.12 or so."""
    return _HARD_BREAK.sub("\n", content).rstrip("\r\n") if isinstance(content, str) else content


def _member(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
