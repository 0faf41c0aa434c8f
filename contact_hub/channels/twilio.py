"""Twilio webhooks -> events: SMS, MMS, WhatsApp through Twilio, calls, and their status callbacks.

Shapes (APIS §3.4): form parameters as an object of texts (of lists of one text, as `urllib.parse.parse_qs` gives them).
A message has ``MessageSid``, ``From``, ``To``, ``Body``, ``NumMedia``; WhatsApp adds ``WaId``, ``ProfileName``,
``ExternalUserId``, and writes ``From`` as ``whatsapp:+...`` or ``whatsapp:`` + user id. A call has ``CallSid``, ``CallStatus``,
``Direction``. Callbacks add ``MessageStatus``, or ``CallDuration`` and ``Timestamp``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from contact_hub.channels.event import Channel, ChannelEvent, Parsed, StatedIdentifier
from contact_hub.channels.identifiers import scoped_id, sender_phone, whatsapp_person
from contact_hub.channels.reading import Reading, read_bodies
from contact_hub.channels.values import hints, identity, label, text, word

_ARRIVED = frozenset(("received", "receiving"))
_ONGOING = frozenset((None, "ringing", "in-progress", "queued", "initiated"))
_MAX_MEDIA = 30
_MESSAGE_IDS = ("MessageSid", "SmsSid", "SmsMessageSid")


def parse(payload: object, *, region: str = "AU", received_at: datetime) -> Parsed:
    """The events of one request. Never raises."""
    return read_bodies(payload, region, received_at, _body)


def _body(body: Mapping[str, Any], path: str, reading: Reading) -> None:
    fields = {name: value[0] if isinstance(value, list) and value else value for name, value in body.items()}
    message_id = next((found for name in _MESSAGE_IDS if (found := identity(fields.get(name))) is not None), None)
    call_id = identity(fields.get("CallSid"))
    if message_id is not None:
        _message(fields, message_id, reading)
    elif call_id is not None:
        _call(fields, call_id, reading)
    else:
        reading.problem("no_sid", path)


def _message(fields: Mapping[str, Any], message_id: str, reading: Reading) -> None:
    status = word(fields.get("MessageStatus")) or word(fields.get("SmsStatus"))
    if status is not None and status not in _ARRIVED:
        reading.event(_message_status(fields, message_id, status, reading))
        return
    channel, identifiers = _person(fields, "From", reading.region)
    reading.event(
        ChannelEvent(
            provider="twilio",
            channel=channel,
            kind="message",
            direction="in",
            external_id=message_id,
            occurred_at=reading.moment(fields.get("Timestamp")),
            identifiers=identifiers,
            account=_line(fields.get("To")),
            profile_name=label(fields.get("ProfileName")),
            username=label(fields.get("ProfileUsername")),
            text=text(fields.get("Body")),
            attachments=_media(fields),
            in_reply_to=identity(fields.get("OriginalRepliedMessageSid")),
            content_type=word(fields.get("MessageType")),
            hints=hints(messaging_service=fields.get("MessagingServiceSid"), country=fields.get("FromCountry")),
        )
    )


def _message_status(fields: Mapping[str, Any], message_id: str, status: str, reading: Reading) -> ChannelEvent:
    """What became of a message of the clinic's."""
    channel, identifiers = _person(fields, "To", reading.region)
    return ChannelEvent(
        provider="twilio",
        channel=channel,
        kind="status",
        direction="out",
        external_id=identity(f"{message_id}:{status}") or message_id,
        occurred_at=reading.moment(fields.get("Timestamp")),
        identifiers=identifiers,
        account=_line(fields.get("From")),
        about=message_id,
        hints=hints(status=status, error=word(fields.get("ErrorCode"))),
    )


def _call(fields: Mapping[str, Any], call_id: str, reading: Reading) -> None:
    """A call, once, and how it ended; the end shows the call as well, for a clinic may have set up no more than that."""
    if not any(name in fields for name in ("From", "To", "CallStatus")):
        reading.event(_recorded(fields, call_id, reading))
        return
    outgoing = (word(fields.get("Direction")) or "inbound").startswith("outbound")
    channel, identifiers = _person(fields, "To" if outgoing else "From", reading.region)
    call = ChannelEvent(
        provider="twilio",
        channel="whatsapp" if channel == "whatsapp" else "phone",
        kind="call",
        direction="out" if outgoing else "in",
        external_id=call_id,
        identifiers=identifiers,
        account=_line(fields.get("From" if outgoing else "To")),
        profile_name=None if outgoing else label(fields.get("CallerName")),
        content_type="call",
    )
    reading.event(call)
    status = word(fields.get("CallStatus"))
    if status not in _ONGOING:
        reading.event(
            replace(
                call,
                kind="status",
                external_id=identity(f"{call_id}:{status}") or call_id,
                occurred_at=reading.moment(fields.get("Timestamp")),
                about=call_id,
                profile_name=None,
                hints=hints(status=status, duration=word(fields.get("CallDuration"))),
            )
        )


def _recorded(fields: Mapping[str, Any], call_id: str, reading: Reading) -> ChannelEvent:
    """A callback about a call that does not say whose: its recording. It must not take the call's own place."""
    status = word(fields.get("RecordingStatus")) or "recorded"
    recording = identity(fields.get("RecordingSid")) or ""
    return ChannelEvent(
        provider="twilio",
        channel="phone",
        kind="status",
        direction="in",
        external_id=identity(f"{call_id}:{recording}:{status}") or call_id,
        occurred_at=reading.moment(fields.get("Timestamp"), fields.get("RecordingStartTime")),
        about=call_id,
        content_type="call",
        hints=hints(status=status, duration=word(fields.get("RecordingDuration"))),
    )


def _person(fields: Mapping[str, Any], side: str, region: str) -> tuple[Channel, tuple[StatedIdentifier, ...]]:
    """Channel and identifiers of the customer, who stands in ``From`` or ``To``."""
    address = word(fields.get(side)) or ""
    scheme, separator, rest = address.partition(":")
    if scheme == "whatsapp" and separator:
        incoming = side == "From"
        user_id = fields.get("ExternalUserId") if incoming else None
        # A '+' that a form's sender did not escape arrives as a space.
        number = rest if rest.lstrip("+ ").isdigit() else fields.get("WaId") if incoming else None
        parent_id = fields.get("ParentExternalUserId") if incoming else None
        return "whatsapp", whatsapp_person(number, user_id or rest, parent_id)
    if scheme == "messenger" and separator:
        scoped = scoped_id(rest)
        return "messenger", () if scoped is None else (StatedIdentifier("messenger", scoped),)
    number = sender_phone(address, region)
    return "sms", () if number is None else (StatedIdentifier("phone", number),)


def _line(raw: object) -> str | None:
    """The clinic's own number as Twilio writes it, without the channel before it."""
    address = identity(raw)
    return None if address is None else address.rpartition(":")[2] or None


def _media(fields: Mapping[str, Any]) -> tuple[str, ...]:
    count = text(fields.get("NumMedia")) or "0"
    number = min(int(count), _MAX_MEDIA) if count.isascii() and count.isdigit() and len(count) < 4 else 0
    types = (word(fields.get(f"MediaContentType{index}")) or "file" for index in range(number))
    return tuple(type_.partition("/")[0] for type_ in types)
