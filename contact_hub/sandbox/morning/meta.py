"""What Meta posts: the WhatsApp Cloud API, Instagram and Messenger, in their envelopes."""

from datetime import datetime
from typing import Any, Literal

from contact_hub.sandbox.morning.deliveries import Delivery, as_json

WHATSAPP_NUMBER = "61255500001"
_METADATA = {"display_phone_number": WHATSAPP_NUMBER, "phone_number_id": "1122334455667"}
_PAGES = {"instagram": "17841409876500001", "messenger": "100200300400500"}


def whatsapp_message(number: str, name: str, said: str, at: datetime, message_id: str) -> Delivery:
    """A customer's text."""
    message = {"from": number, "id": message_id, "timestamp": _seconds(at), "type": "text", "text": {"body": said}}
    contacts = [{"profile": {"name": name}, "wa_id": number}]
    return _whatsapp("messages", contacts=contacts, messages=[message])


def whatsapp_from_the_phone(number: str, said: str, at: datetime, message_id: str) -> Delivery:
    """What the clinic wrote in the WhatsApp app of its phone."""
    echo = {"from": WHATSAPP_NUMBER, "to": number, "id": message_id, "timestamp": _seconds(at), "type": "text"}
    return _whatsapp("smb_message_echoes", message_echoes=[{**echo, "text": {"body": said}}])


def whatsapp_status(number: str, state: str, at: datetime, message_id: str) -> Delivery:
    """What became of a message of the clinic's."""
    status = {"id": message_id, "status": state, "timestamp": _seconds(at), "recipient_id": number}
    return _whatsapp("messages", statuses=[status])


def direct_message(
    platform: Literal["instagram", "messenger"], person: str, said: str, at: datetime, message_id: str, *, is_echo: bool = False
) -> Delivery:
    """A direct message; an echo is the clinic's own. Neither names anybody."""
    page = _PAGES[platform]
    sender, recipient = (page, person) if is_echo else (person, page)
    milliseconds = int(at.timestamp() * 1000)
    message: dict[str, Any] = {"mid": message_id, "text": said, **({"is_echo": True} if is_echo else {})}
    item = {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": milliseconds, "message": message}
    kind = "page" if platform == "messenger" else platform
    envelope = {"object": kind, "entry": [{"id": page, "time": milliseconds, "messaging": [item]}]}
    return Delivery(platform, f"/webhooks/{platform}", as_json(envelope), "meta")


def _whatsapp(field: str, **lists: list[dict[str, Any]]) -> Delivery:
    value = {"messaging_product": "whatsapp", "metadata": _METADATA, **lists}
    envelope = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "998877", "changes": [{"value": value, "field": field}]}],
    }
    return Delivery("whatsapp", "/webhooks/whatsapp", as_json(envelope), "meta")


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))
