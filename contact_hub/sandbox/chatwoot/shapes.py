"""Rows as Chatwoot writes them: ``webhook_*`` in webhooks, ``pushed_*`` nested in both, ``api_*`` in the REST API.

From Chatwoot's own presenters and views, 4.15 (``webhook_data``, ``push_event_data``, ``_conversation.json.jbuilder``...).
"""

from datetime import UTC, datetime
from typing import Any

from contact_hub.sandbox.chatwoot.rows import TYPE_NUMBERS, Agent, Contact, ContactInbox, Conversation, Inbox, Message
from contact_hub.sandbox.chatwoot.state import State

Payload = dict[str, Any]


def iso(moment: datetime | None) -> str | None:
    """'2025-06-02T04:00:00.123Z'."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unix(moment: datetime | None) -> int:
    """Whole seconds since 1970, to the second below; 0 is never."""
    return 0 if moment is None else int(moment.timestamp())


# Webhooks


def webhook_account(state: State) -> Payload:
    return {"id": state.account_id, "name": state.account_name}


def webhook_contact(state: State, contact: Contact) -> Payload:
    return {
        "account": webhook_account(state),
        "additional_attributes": contact.additional_attributes,
        "avatar": "",
        "custom_attributes": contact.custom_attributes,
        "email": contact.email,
        "id": contact.id,
        "identifier": contact.identifier,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "thumbnail": "",
        "blocked": contact.blocked,
    }


def webhook_sender(state: State, sender: Contact | Agent | None) -> Payload | None:
    if isinstance(sender, Contact):
        return webhook_contact(state, sender)
    if sender is None:
        return None
    if sender.is_bot:
        return {"id": sender.id, "name": sender.name, "type": "agent_bot"}
    return {"id": sender.id, "name": sender.name, "email": sender.email, "type": "user"}


def webhook_conversation(state: State, conversation: Conversation) -> Payload:
    chat = [one for one in state.messages_of(conversation) if one.message_type != "activity" and not one.private]
    return {
        "additional_attributes": conversation.additional_attributes,
        "can_reply": conversation.can_reply,
        "channel": conversation.inbox.channel,
        "contact_inbox": _contact_inbox(conversation.contact_inbox),
        "id": conversation.display_id,
        "inbox_id": conversation.inbox.id,
        "messages": [{**pushed_message(state, one), "content": plain(one.content)} for one in chat[-1:]],
        "labels": [],
        "meta": {
            "sender": pushed_contact(conversation.contact),
            "assignee": conversation.assignee and pushed_agent(conversation.assignee),
            "assignee_type": conversation.assignee and ("AgentBot" if conversation.assignee.is_bot else "User"),
            "team": None,
            "hmac_verified": False,
        },
        "status": conversation.status,
        "custom_attributes": conversation.custom_attributes,
        "snoozed_until": None,
        "unread_count": 0,
        "first_reply_created_at": iso(conversation.first_reply_created_at),
        "priority": None,
        "waiting_since": unix(conversation.waiting_since),
        "agent_last_seen_at": 0,
        "contact_last_seen_at": 0,
        "last_activity_at": unix(conversation.last_activity_at),
        "timestamp": unix(conversation.last_activity_at),
        "created_at": unix(conversation.created_at),
        "updated_at": conversation.updated_at.timestamp(),
        "account": webhook_account(state),
    }


def webhook_message(state: State, message: Message) -> Payload:
    inbox = message.conversation.inbox
    payload = {
        "account": webhook_account(state),
        "additional_attributes": message.additional_attributes,
        "content_attributes": message.content_attributes,
        "content_type": message.content_type,
        "content": plain(message.content),
        "conversation": webhook_conversation(state, message.conversation),
        "created_at": iso(message.created_at),
        "id": message.id,
        "inbox": {"id": inbox.id, "name": inbox.name},
        "message_type": message.message_type,
        "private": message.private,
        "sender": webhook_sender(state, message.sender),
        "source_id": message.source_id,
    }
    return {**payload, "attachments": message.attachments} if message.attachments else payload


def changes(changed: dict[str, tuple[Any, Any]]) -> list[Payload]:
    """``changed_attributes``: a list of objects with one member each."""
    return [
        {name: {"previous_value": _json(before), "current_value": _json(after)}} for name, (before, after) in changed.items()
    ]


def _json(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value


def plain(content: str | None) -> str | None:
    """Without the editor's hard breaks and empty last lines (``Messages::WebhookContentNormalizer``)."""
    return None if content is None else content.replace("\\\n", "\n").rstrip("\r\n")


def _contact_inbox(address: ContactInbox) -> Payload:
    return {
        "id": address.id,
        "contact_id": address.contact.id,
        "inbox_id": address.inbox.id,
        "source_id": address.source_id,
        "created_at": iso(address.created_at),
        "updated_at": iso(address.created_at),
        "hmac_verified": False,
        "pubsub_token": f"pubsub-{address.id}",
    }


# Nested in webhooks and in the API


def pushed_contact(contact: Contact) -> Payload:
    return {
        "additional_attributes": contact.additional_attributes,
        "custom_attributes": contact.custom_attributes,
        "email": contact.email,
        "id": contact.id,
        "identifier": contact.identifier,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "thumbnail": "",
        "blocked": contact.blocked,
        "type": "contact",
    }


def pushed_agent(agent: Agent) -> Payload:
    if agent.is_bot:
        return {"id": agent.id, "name": agent.name, "avatar_url": "", "type": "agent_bot"}
    return {
        "id": agent.id,
        "name": agent.name,
        "available_name": agent.name,
        "avatar_url": "",
        "type": "user",
        "availability_status": "offline",
        "thumbnail": "",
    }


def pushed_sender(sender: Contact | Agent) -> Payload:
    return pushed_contact(sender) if isinstance(sender, Contact) else pushed_agent(sender)


def pushed_message(state: State, message: Message) -> Payload:
    """A message nested in a conversation; the one place where the API tells a conversation's source id."""
    conversation = message.conversation
    payload = {
        **_message(message),
        "account_id": state.account_id,
        "updated_at": iso(message.updated_at),
        "processed_message_content": message.content,
        "additional_attributes": message.additional_attributes,
        "sender_type": message.sender and type(message.sender).__name__,
        "sender_id": message.sender and message.sender.id,
        "conversation": {
            "assignee_id": conversation.assignee and conversation.assignee.id,
            "unread_count": 0,
            "last_activity_at": unix(conversation.last_activity_at),
            "contact_inbox": {"source_id": conversation.contact_inbox.source_id},
        },
    }
    return payload


# The API


def _message(message: Message) -> Payload:
    payload: Payload = {
        "id": message.id,
        "content": message.content,
        "inbox_id": message.conversation.inbox.id,
        "conversation_id": message.conversation.display_id,
        "message_type": TYPE_NUMBERS[message.message_type],
        "content_type": message.content_type,
        "status": message.status,
        "content_attributes": message.content_attributes,
        "created_at": unix(message.created_at),
        "private": message.private,
        "source_id": message.source_id,
    }
    if message.sender is not None:
        payload["sender"] = pushed_sender(message.sender)
    if message.attachments:
        payload["attachments"] = message.attachments
    return payload


api_message = _message


def api_contact(contact: Contact, addresses: list[ContactInbox] | None = None) -> Payload:
    """With ``contact_inboxes`` if its addresses are given."""
    payload: Payload = {
        "additional_attributes": contact.additional_attributes,
        "availability_status": "offline",
        "email": contact.email,
        "id": contact.id,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "blocked": contact.blocked,
        "identifier": contact.identifier,
        "thumbnail": "",
        "custom_attributes": contact.custom_attributes,
        "created_at": unix(contact.created_at),
    }
    if contact.last_activity_at is not None:
        payload["last_activity_at"] = unix(contact.last_activity_at)
    if addresses is not None:
        payload["contact_inboxes"] = [{"source_id": one.source_id, "inbox": api_inbox(one.inbox)} for one in addresses]
    return payload


def api_inbox(inbox: Inbox) -> Payload:
    return {"id": inbox.id, "name": inbox.name, "channel_type": inbox.channel, "avatar_url": "", "provider": None}


def api_conversation(state: State, conversation: Conversation) -> Payload:
    """No ``channel``, no ``contact_inbox``; the last message may be an activity or a note."""
    messages = state.messages_of(conversation)
    spoken = [one for one in messages if one.message_type != "activity"]
    meta: Payload = {
        "sender": api_contact(conversation.contact),
        "channel": conversation.inbox.channel,
        "hmac_verified": False,
    }
    if conversation.assignee is not None:
        meta["assignee"] = {**pushed_agent(conversation.assignee), "account_id": state.account_id}
        if not conversation.assignee.is_bot:
            del meta["assignee"]["type"]
        meta["assignee_type"] = "AgentBot" if conversation.assignee.is_bot else "User"
    return {
        "meta": meta,
        "id": conversation.display_id,
        "messages": [pushed_message(state, one) for one in messages[-1:]],
        "account_id": state.account_id,
        "uuid": f"00000000-0000-4000-8000-{conversation.display_id:012}",
        "additional_attributes": conversation.additional_attributes,
        "agent_last_seen_at": 0,
        "assignee_last_seen_at": 0,
        "can_reply": conversation.can_reply,
        "contact_last_seen_at": 0,
        "custom_attributes": conversation.custom_attributes,
        "inbox_id": conversation.inbox.id,
        "labels": [],
        "muted": conversation.muted,
        "snoozed_until": None,
        "status": conversation.status,
        "created_at": unix(conversation.created_at),
        "updated_at": conversation.updated_at.timestamp(),
        "timestamp": unix(conversation.last_activity_at),
        "first_reply_created_at": unix(conversation.first_reply_created_at),
        "unread_count": 0,
        "last_non_activity_message": pushed_message(state, spoken[-1]) if spoken else None,
        "last_activity_at": unix(conversation.last_activity_at),
        "priority": None,
        "waiting_since": unix(conversation.waiting_since),
        "sla_policy_id": None,
    }
