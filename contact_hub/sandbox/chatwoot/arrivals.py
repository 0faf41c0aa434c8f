"""What each channel tells Chatwoot of a customer and a message (APIS §2.5)."""

from collections.abc import Iterable
from typing import Any

from contact_hub.sandbox.chatwoot.rows import Inbox, Message

_MESSAGE_IDS = {
    "Channel::Whatsapp": "wamid.{}",
    "Channel::Instagram": "mid.{}",
    "Channel::Email": "mail-{}@customers.example.com",
    "Channel::TwilioSms": "SM{:032}",
}


def arriving_contact(inbox: Inbox, source_id: str, given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a contact who writes from this address; what was given wins."""
    known: dict[str, Any] = {}
    if inbox.channel == "Channel::Whatsapp" and source_id.isdigit():
        known = {"phone_number": f"+{source_id}", "name": f"+{source_id}"}
    elif inbox.channel == "Channel::TwilioSms":
        number = source_id.removeprefix("whatsapp:")
        known = {"phone_number": number, "name": number} if number.startswith("+") else {}
    elif inbox.channel == "Channel::Email":
        known = {"email": source_id, "name": source_id.partition("@")[0]}
    elif inbox.channel == "Channel::Instagram":
        known = {"name": f"Unknown (IG: {source_id})"}
    return {**known, **{name: value for name, value in given.items() if value is not None}}


def arriving_message(
    message: Message, source_id: str, number: int, content_attributes: dict[str, Any], attachments: Iterable[str]
) -> None:
    """What a message from this address has besides its text; ``number`` makes its ids unique."""
    channel = message.conversation.inbox.channel
    pattern = _MESSAGE_IDS.get(channel)
    message.source_id = pattern.format(number) if pattern else None
    message.content_attributes = content_attributes
    if channel == "Channel::Email":
        message.content_type = "incoming_email"
        mail = {"from": [source_id], "subject": "Appointment", "message_id": message.source_id, "auto_reply": False}
        message.content_attributes = {**content_attributes, "email": mail | content_attributes.get("email", {})}
    message.attachments = [
        {"id": number * 10 + position, "message_id": message.id, "file_type": kind, "data_url": "", "file_size": 1}
        for position, kind in enumerate(attachments)
    ]
