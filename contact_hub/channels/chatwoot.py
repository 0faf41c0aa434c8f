"""Chatwoot webhooks -> events: account webhooks, API channels' callbacks and agent bots' calls, which share their bodies.

Shapes (APIS §2.4): flat, ``event`` beside the members of a message (``message_created``, ``message_updated``), a conversation
(``conversation_*``), a contact (``contact_created``, ``contact_updated``) or a widget's opening (``webwidget_triggered``). All
that is sent through Chatwoot's API comes back as a message: only what is incoming, public and from a contact is a customer's.

Ids are Chatwoot's own, which are unique in an installation; a conversation's is unique in its account only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from contact_hub.channels.chatwoot_messages import about_message, attachments, kind_and_direction, message_hints, reply_to
from contact_hub.channels.chatwoot_people import Customer, Inbox, customer, inbox_of
from contact_hub.channels.event import ChannelEvent, Hint, Parsed
from contact_hub.channels.reading import Reading, read_bodies
from contact_hub.channels.values import digest, hints, identity, listed, mapping, text, word

_MESSAGES = frozenset(("message_created", "message_updated"))
_CONTACTS = frozenset(("contact_created", "contact_updated"))
_TYPING = frozenset(("conversation_typing_on", "conversation_typing_off"))
_ACTIVITY = frozenset(("last_activity_at", "updated_at"))


def parse(payload: object, *, region: str = "AU", received_at: datetime) -> Parsed:
    """The events of a webhook delivery. Never raises."""
    return read_bodies(payload, region, received_at, _body)


def message_external_id(message_id: object) -> str | None:
    """The external id of a message, for those who read it over Chatwoot's API."""
    found = identity(message_id)
    return None if found is None else identity(f"message:{found}")


def _body(body: Mapping[str, Any], path: str, reading: Reading) -> None:
    event = word(body.get("event"))
    if event is None:
        reading.problem("no_event", path)
    elif event in _MESSAGES:
        _message(body, event, path, reading)
    elif event in _CONTACTS:
        _contact(body, event, path, reading)
    elif event in _TYPING:
        _typing(body, event, reading)
    elif event == "webwidget_triggered":
        _widget(body, path, reading)
    elif event.startswith("conversation_"):
        _conversation(body, event, path, reading)
    else:
        reading.ignore()


def _message(body: Mapping[str, Any], event: str, path: str, reading: Reading) -> None:
    external_id = message_external_id(body.get("id"))
    if external_id is None:
        reading.problem("no_message_id", path)
        return
    conversation = mapping(body.get("conversation"))
    inbox, who = _where_and_who(body, conversation, reading)
    kind, direction = kind_and_direction(body, inbox.channel, who.identifiers)
    details = about_message(body)
    found = ChannelEvent(
        provider="chatwoot",
        channel=inbox.channel,
        kind=kind,
        direction=direction,
        external_id=external_id,
        occurred_at=reading.moment(body.get("created_at")),
        identifiers=who.identifiers,
        account=inbox.id,
        profile_name=who.name,
        username=who.username,
        email=who.email,
        phone=who.phone,
        text=None if details.is_deleted else text(body.get("content")),
        attachments=attachments(body),
        conversation_id=_conversation_id(conversation, body),
        in_reply_to=reply_to(body, message_external_id),
        human_assigned=_has_human(conversation),
        content_type=word(body.get("content_type")),
        hints=message_hints(body, details, _common(body, conversation)),
    )
    reading.event(found if event == "message_created" else _update(body, found, reading))


def _update(body: Mapping[str, Any], message: ChannelEvent, reading: Reading) -> ChannelEvent:
    """A message that has changed: edited, deleted, delivered, failed. It tells of the message and is none."""
    state = digest(*(body.get(name) for name in ("content", "content_attributes", "attachments", "status", "source_id")))
    return replace(
        message,
        kind="private_note" if message.kind == "private_note" else "status",
        external_id=identity(f"{message.external_id}:updated:{state}") or state,
        occurred_at=reading.moment(body.get("updated_at")),
        about=message.external_id,
    )


def _where_and_who(body: Mapping[str, Any], conversation: Mapping[str, Any], reading: Reading) -> tuple[Inbox, Customer]:
    """The inbox and the customer, who is the message's sender if a contact sent it, else the conversation's."""
    contact_inbox = mapping(conversation.get("contact_inbox"))
    sender, other = mapping(body.get("sender")), mapping(mapping(conversation.get("meta")).get("sender"))
    by_contact = body.get("message_type") in ("incoming", 0) and word(sender.get("type")) in (None, "contact", "Contact")
    inbox = inbox_of(body, conversation, word(contact_inbox.get("source_id")))
    contact = sender if by_contact and sender else other
    return inbox, customer(contact, contact_inbox, inbox, reading.region)


def _conversation(body: Mapping[str, Any], event: str, path: str, reading: Reading) -> None:
    """Opened, resolved, assigned: the body is the conversation, or holds it."""
    conversation = mapping(body.get("conversation")) or body
    conversation_id = identity(conversation.get("id"))
    if conversation_id is None:
        reading.problem("no_conversation_id", path)
        return
    inbox, who = _where_and_who({}, conversation, reading)
    state = digest(*(conversation.get(name) for name in ("status", "updated_at")), body.get("changed_attributes"))
    reading.event(
        ChannelEvent(
            provider="chatwoot",
            channel=inbox.channel,
            kind="status",
            direction="in",
            external_id=identity(f"{event}:{inbox.id}:{conversation_id}:{state}") or state,
            occurred_at=reading.moment(*(conversation.get(name) for name in ("updated_at", "timestamp", "created_at"))),
            identifiers=who.identifiers,
            account=inbox.id,
            profile_name=who.name,
            username=who.username,
            email=who.email,
            phone=who.phone,
            conversation_id=conversation_id,
            human_assigned=_has_human(conversation),
            hints=tuple(sorted((*_common(body, conversation), *hints(event=event, status=conversation.get("status"))))),
        )
    )


def _typing(body: Mapping[str, Any], event: str, reading: Reading) -> None:
    conversation, user = mapping(body.get("conversation")), mapping(body.get("user"))
    inbox, who = _where_and_who({}, conversation, reading)
    is_staff = word(user.get("type")) in ("user", "agent_bot") or body.get("is_private") not in (None, False)
    conversation_id = identity(conversation.get("id"))
    stable = (event, inbox.id, conversation_id, user.get("id"), conversation.get("last_activity_at"))
    reading.event(
        ChannelEvent(
            provider="chatwoot",
            channel=inbox.channel,
            kind="typing",
            direction="out" if is_staff else "in",
            external_id=digest("chatwoot", *stable),
            identifiers=who.identifiers,
            account=inbox.id,
            conversation_id=conversation_id,
            human_assigned=_has_human(conversation),
            hints=hints(event=event),
        )
    )


def _contact(body: Mapping[str, Any], event: str, path: str, reading: Reading) -> None:
    """A contact as it now is. Every incoming message also updates its contact's last activity: that says nothing."""
    contact_id = identity(body.get("id"))
    if contact_id is None:
        reading.problem("no_contact_id", path)
        return
    changes = [name for change in listed(body.get("changed_attributes")) for name in mapping(change)]
    if changes and _ACTIVITY.issuperset(changes):
        reading.ignore()
        return
    who = customer(body, {}, Inbox(None, "chatwoot"), reading.region)
    names = ("name", "email", "phone_number", "identifier", "blocked", "additional_attributes", "changed_attributes")
    reading.event(
        ChannelEvent(
            provider="chatwoot",
            channel="chatwoot",
            kind="profile",
            direction="in",
            external_id=identity(f"{event}:{contact_id}:{digest(*(body.get(name) for name in names))}") or contact_id,
            occurred_at=reading.moment(body.get("updated_at"), body.get("created_at")),
            identifiers=who.identifiers,
            profile_name=who.name,
            username=who.username,
            email=who.email,
            phone=who.phone,
            hints=tuple(sorted((*_common(body, {}), *hints(event=event, blocked=body.get("blocked") or None)))),
        )
    )


def _widget(body: Mapping[str, Any], path: str, reading: Reading) -> None:
    """Someone opened the chat on the website: mostly nobody yet."""
    inbox = Inbox(identity(mapping(body.get("inbox")).get("id")), "web")
    source_id, info = word(body.get("source_id")), mapping(body.get("event_info"))
    if source_id is None:
        reading.problem("no_source_id", path)
        return
    who = customer(mapping(body.get("contact")), {}, inbox, reading.region, source_id)
    reading.event(
        ChannelEvent(
            provider="chatwoot",
            channel="web",
            kind="profile",
            direction="in",
            external_id=digest("webwidget_triggered", inbox.id, source_id, info.get("initiated_at")),
            occurred_at=reading.moment(mapping(info.get("initiated_at")).get("timestamp")),
            identifiers=who.identifiers,
            account=inbox.id,
            profile_name=who.name,
            email=who.email,
            phone=who.phone,
            hints=tuple(
                sorted((*_common(body, {}), *hints(event="webwidget_triggered", language=info.get("widget_language"))))
            ),
        )
    )


def _conversation_id(conversation: Mapping[str, Any], body: Mapping[str, Any]) -> str | None:
    return identity(conversation.get("id")) or identity(body.get("conversation_id"))


def _has_human(conversation: Mapping[str, Any]) -> bool:
    meta = mapping(conversation.get("meta"))
    assignee = mapping(meta.get("assignee"))
    kinds = {(word(value) or "").lower().replace("_", "") for value in (meta.get("assignee_type"), assignee.get("type"))}
    return bool(assignee) and "agentbot" not in kinds


def _common(body: Mapping[str, Any], conversation: Mapping[str, Any]) -> tuple[tuple[str, Hint], ...]:
    """What answering through Chatwoot's API takes: the account. Older versions have it in the nested message only."""
    nested = [mapping(message).get("account_id") for message in listed(conversation.get("messages"))[:1]]
    stated = (mapping(body.get("account")).get("id"), mapping(conversation.get("account")).get("id"), *nested)
    account = next((found for value in stated if (found := identity(value)) is not None), None)
    return hints(chatwoot_account=account, can_reply=conversation.get("can_reply"))
