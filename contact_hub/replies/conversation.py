"""A conversation as Chatwoot has it at this moment: may it be answered, has it been, and by us?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from contact_hub.channels.chatwoot import parse
from contact_hub.channels.chatwoot_messages import REPLY_MARK
from contact_hub.channels.event import ChannelEvent
from contact_hub.channels.values import mapping
from contact_hub.chatwoot import ChatwootClient
from contact_hub.chatwoot.webhook_shapes import conversation_payload, source_id_of
from contact_hub.context.answering import Standing
from contact_hub.replies.intake import text_hash
from contact_hub.replies.outbox import Message, Reply

_LOOKED_AT = 300
"""Messages after the one that is answered; in a conversation with more, somebody is there."""
_CLOCKS_DIFFER = timedelta(minutes=2)
_OUTGOING = 1

Record = Mapping[str, Any]


def messages_since(client: ChatwootClient, message: Message) -> list[Record]:
    """What was written after the message that is answered, the oldest first.

    Raises:
        ChatwootError: no usable answer.
    """
    return list(islice(client.messages(message.conversation_id, after=message.chatwoot_id), _LOOKED_AT))


def own_message(messages: Iterable[Record], reply: Reply) -> str | None:
    """The id of the message that a reply has become, if it has.

    Chatwoot before 4.0 keeps no attributes of ours; there it is the same text, written since it was tried.
    """
    for one in messages:
        if _mark_of(one) == reply.key or _is_what_was_tried(one, reply):
            return str(one["id"])
    return None


def _is_what_was_tried(one: Record, reply: Reply) -> bool:
    if reply.tried_at is None or _mark_of(one) is not None or one.get("message_type") != _OUTGOING:
        return False
    is_private = one.get("private") is True
    said, at = one.get("content"), one.get("created_at")
    return (
        is_private == (reply.mode == "private_note")
        and isinstance(said, str)
        and text_hash(said) == reply.text_hash
        and isinstance(at, int | float)
        and datetime.fromtimestamp(at, UTC) >= reply.tried_at - _CLOCKS_DIFFER
    )


def _mark_of(one: Record) -> object:
    return mapping(one.get("content_attributes")).get(REPLY_MARK)


def standing_of(
    conversation: Record, since: Sequence[Record], message: Message, *, region: str, talked_at: datetime | None
) -> Standing:
    """How a conversation stands.

    Args:
        conversation: of the API.
        since: what was written after the message.
        region: of the organization.
    """
    event = _as_event(conversation, region)
    known = dict(event.hints) if event is not None else {}
    contact = mapping(mapping(conversation.get("meta")).get("sender"))
    status, can_reply = conversation.get("status"), known.get("can_reply")
    return Standing(
        status=status if isinstance(status, str) else None,
        can_reply=can_reply if isinstance(can_reply, bool) else None,
        human_assigned=event is None or event.human_assigned,
        answered=any(_answers(one) for one in since),
        silenced=contact.get("blocked") is True or conversation.get("muted") is True,
        same_path=event is not None and _leads_to(event, message),
        talked_at=talked_at,
    )


def _as_event(conversation: Record, region: str) -> ChannelEvent | None:
    """The conversation, read as a webhook that tells of it would be."""
    payload = {"event": "conversation_updated", **conversation_payload(conversation, source_id_of(conversation))}
    return next(iter(parse(payload, region=region, received_at=datetime.now(UTC)).events), None)


def _leads_to(event: ChannelEvent, message: Message) -> bool:
    """Whether what is written into the conversation reaches the message's sender.

    Chatwoot sends mail to the contact's address, which anybody at the desk may have changed, and not to the inbox's.
    """
    if event.sender is None or event.account != message.account:
        return False
    if event.channel == "email" and event.email != message.sender[1]:
        return False
    return (event.sender.channel, event.sender.value) == message.sender


def _answers(one: Record) -> bool:
    """Whether somebody or something else has written to the customer. What Chatwoot sends by itself (greetings, out of
    office) is no answer."""
    return one.get("message_type") == _OUTGOING and one.get("private") is not True and _mark_of(one) is None
