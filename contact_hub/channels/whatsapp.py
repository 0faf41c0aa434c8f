"""WhatsApp Cloud API webhooks -> events.

Shapes (APIS §3.1): the envelope ``{"object", "entry": [{"id", "changes": [{"field", "value"}]}]}``; one change by itself;
its value by itself, as n8n's WhatsApp trigger emits it (with ``field`` inside); and 360dialog's legacy form, which is a
value without ``metadata``. A value holds ``contacts``, ``messages``, ``statuses``, ``message_echoes`` and ``calls``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from contact_hub.channels.event import ChannelEvent, Parsed
from contact_hub.channels.reading import Reading, read_bodies
from contact_hub.channels.values import digest, hints, identity, mapping, word
from contact_hub.channels.whatsapp_messages import content, kind_of
from contact_hub.channels.whatsapp_people import (
    Account,
    Profile,
    clinic_account,
    person,
    profiles,
    stated_in_cards,
    system_change,
)

_OBJECT = "whatsapp_business_account"
_LISTS = ("messages", "statuses", "message_echoes", "calls")
_VALUE = frozenset((*_LISTS, "contacts", "metadata", "messaging_product", "errors"))


def parse(payload: object, *, region: str = "AU", received_at: datetime) -> Parsed:
    """The events of a webhook delivery. Never raises."""
    return read_bodies(payload, region, received_at, _body)


def _body(body: Mapping[str, Any], path: str, reading: Reading) -> None:
    if "entry" in body:
        if body.get("object", _OBJECT) != _OBJECT:
            reading.problem("other_object", f"{path}.object")
            return
        reading.each(body["entry"], f"{path}.entry", partial(_entry, reading=reading))
    elif "value" in body and "field" in body:
        _change(body, path, reading)
    elif _VALUE.isdisjoint(body):
        reading.problem("unknown_form", path)
    else:
        _value(body, path, reading)


def _entry(entry: Mapping[str, Any], path: str, reading: Reading) -> None:
    reading.each(entry.get("changes"), f"{path}.changes", partial(_change, reading=reading))


def _change(change: Mapping[str, Any], path: str, reading: Reading) -> None:
    reading.one(change.get("value"), f"{path}.value", partial(_value, reading=reading))


def _value(value: Mapping[str, Any], path: str, reading: Reading) -> None:
    """A value without any of the lists is about the account itself: templates, quality, preferences, history."""
    if not any(name in value for name in _LISTS):
        reading.ignore()
        return
    account, known = clinic_account(value), profiles(value)
    for name, read in (("messages", _message), ("message_echoes", _echo), ("statuses", _status), ("calls", _call)):
        reading.each(value.get(name), f"{path}.{name}", partial(read, reading=reading, account=account, known=known))


def _message(message: Mapping[str, Any], path: str, reading: Reading, account: Account, known: list[Profile]) -> None:
    if account.is_sender(message):
        _echo(message, path, reading, account, known)
        return
    kind = kind_of(message)
    who = person(message, known)
    identifiers = who.identifiers
    if kind == "identity_change":
        identifiers = system_change(message, who)
    elif not identifiers and kind == "message":
        reading.problem("no_sender", path)
        return
    found = content(message)
    reading.event(
        ChannelEvent(
            provider="whatsapp",
            channel="whatsapp",
            kind=kind,
            direction="in",
            external_id=identity(message.get("id")) or digest("whatsapp", account.id, message),
            occurred_at=reading.moment(message.get("timestamp")),
            identifiers=(*identifiers, *stated_in_cards(message, reading.region, identifiers)),
            account=account.id,
            profile_name=who.name,
            username=who.username,
            text=found.text,
            attachments=found.attachments,
            in_reply_to=identity(mapping(message.get("context")).get("id")),
            about=found.about,
            content_type=word(message.get("type")),
            hints=found.hints,
        )
    )


def _echo(message: Mapping[str, Any], path: str, reading: Reading, account: Account, known: list[Profile]) -> None:
    """What the clinic wrote in the phone app: ``from`` is the clinic, ``to`` the customer."""
    who = person(message, known, role="to")
    found = content(message)
    reading.event(
        ChannelEvent(
            provider="whatsapp",
            channel="whatsapp",
            kind="echo",
            direction="out",
            external_id=identity(message.get("id")) or digest("whatsapp", account.id, message),
            occurred_at=reading.moment(message.get("timestamp")),
            identifiers=who.identifiers,
            account=account.id,
            text=found.text,
            attachments=found.attachments,
            in_reply_to=identity(mapping(message.get("context")).get("id")),
            about=found.about,
            content_type=word(message.get("type")),
        )
    )


def _status(status: Mapping[str, Any], path: str, reading: Reading, account: Account, known: list[Profile]) -> None:
    """What became of a message of the clinic's. Its contacts may be the first to show a number and a user id together."""
    about, state = identity(status.get("id")), word(status.get("status"))
    if about is None or state is None:
        reading.problem("no_status", path)
        return
    who = person(status, known, role="recipient")
    errors = status.get("errors")
    error = mapping(errors[0]).get("code") if isinstance(errors, list) and errors else None
    reading.event(
        ChannelEvent(
            provider="whatsapp",
            channel="whatsapp",
            kind="status",
            direction="out",
            external_id=identity(f"{about}:{state}") or about,
            occurred_at=reading.moment(status.get("timestamp")),
            identifiers=who.identifiers,
            account=account.id,
            profile_name=who.name,
            username=who.username,
            about=about,
            hints=hints(status=state, error=error, category=mapping(status.get("pricing")).get("category")),
        )
    )


def _call(call: Mapping[str, Any], path: str, reading: Reading, account: Account, known: list[Profile]) -> None:
    """A call, once, and how it ended. The end shows the call as well: its beginning may be late or lost."""
    call_id = identity(call.get("id"))
    if call_id is None:
        reading.problem("no_call_id", path)
        return
    to_customer = account.is_sender(call) or call.get("direction") == "BUSINESS_INITIATED"
    who = person(call, known, role="to" if to_customer else "from")
    started = ChannelEvent(
        provider="whatsapp",
        channel="whatsapp",
        kind="call",
        direction="out" if to_customer else "in",
        external_id=call_id,
        occurred_at=reading.moment(call.get("start_time"), call.get("timestamp")),
        identifiers=who.identifiers,
        account=account.id,
        profile_name=who.name,
        username=who.username,
        content_type="call",
    )
    reading.event(started)
    event = word(call.get("event"))
    if event is not None and event != "connect":
        reading.event(_call_state(call, started, event, reading))


def _call_state(call: Mapping[str, Any], started: ChannelEvent, event: str, reading: Reading) -> ChannelEvent:
    return ChannelEvent(
        provider="whatsapp",
        channel="whatsapp",
        kind="status",
        direction=started.direction,
        external_id=identity(f"{started.external_id}:{event}") or started.external_id,
        occurred_at=reading.moment(call.get("end_time"), call.get("timestamp")),
        identifiers=started.identifiers,
        account=started.account,
        about=started.external_id,
        content_type="call",
        hints=hints(status=call.get("status"), event=event, duration=call.get("duration")),
    )
