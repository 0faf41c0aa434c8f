"""The generic event that a workflow posts (DESIGN §11), one or a list.

Shape: ``{"channel", "identifier", "external_id", "occurred_at", "direction": "in" or "out", "name"?, "email"?, "phone"?,
"text"?, "metadata"?}``, and optionally ``"kind"``, ``"account"``, ``"conversation_id"``. Unlike the providers' payloads this
one is the integrator's own work, so what is missing or wrong is said by the member's name; other members are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from contact_hub.channels.event import KINDS, Channel, ChannelEvent, Direction, Hint, Kind, Parsed, StatedIdentifier
from contact_hub.channels.identifiers import channel_named, email, phone, sender_on
from contact_hub.channels.reading import Reading, read_bodies
from contact_hub.channels.values import SAFE_INTEGER, hints, identity, is_junk, label, mapping, said, text, word
from contact_hub.identity.emails import normalize_email
from contact_hub.identity.phones import normalize_phone
from contact_hub.identity.placeholders import is_withheld_caller

_REQUIRED = ("channel", "identifier", "external_id", "occurred_at", "direction")
_KIND_OF: dict[str, Kind] = {"phone": "call", "web": "form"}
_MAX_METADATA = 50
_MAX_NAME = 64


def parse(payload: object, *, region: str = "AU", received_at: datetime) -> Parsed:
    """The events of one request. Never raises.

    Problem codes: ``missing_MEMBER``, ``unknown_channel``, ``unknown_kind``, ``invalid_direction``, ``invalid_occurred_at``,
    ``invalid_identifier``, ``broken_expression`` (the text 'undefined', '[object Object]' and the like),
    ``rounded_number`` (an id sent as a number that JavaScript cannot hold).
    """
    return read_bodies(payload, region, received_at, _body)


def _body(body: Mapping[str, Any], path: str, reading: Reading) -> None:
    problems = _problems(body, reading)
    for code, member in problems:
        reading.problem(code, f"{path}.{member}")
    if not problems:
        reading.event(_event(body, reading))


def _problems(body: Mapping[str, Any], reading: Reading) -> list[tuple[str, str]]:
    """(code, member) of everything that is wrong, so that an integrator mends it in one go."""
    found = [(code, member) for member in _REQUIRED if (code := _unusable(member, body.get(member))) is not None]
    bad = {member for _, member in found}
    channel = channel_named(body.get("channel"))
    if "channel" not in bad and channel is None:
        found.append(("unknown_channel", "channel"))
    elif channel and not bad & {"channel", "identifier"} and not _is_known(channel, body["identifier"], reading.region):
        found.append(("invalid_identifier", "identifier"))
    if "direction" not in bad and body.get("direction") not in ("in", "out"):
        found.append(("invalid_direction", "direction"))
    if "occurred_at" not in bad and reading.moment(body["occurred_at"]) is None:
        found.append(("invalid_occurred_at", "occurred_at"))
    if body.get("kind") is not None and word(body["kind"]) not in KINDS:
        found.append(("unknown_kind", "kind"))
    return found


def _unusable(member: str, value: object) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return f"missing_{member}"
    if isinstance(value, str) and is_junk(value):
        return "broken_expression"
    if isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) <= SAFE_INTEGER:
        return "rounded_number"
    return None if text(value) is not None or member == "occurred_at" else f"invalid_{member}"


def _is_known(channel: str, identifier: object, region: str) -> bool:
    """Whether the identifier is one, or surely none: a withheld caller and a placeholder are events without a person."""
    if sender_on(channel, identifier, region) or is_withheld_caller(identifier):
        return True
    if channel == "email":
        return normalize_email(identifier) is not None
    return channel in ("phone", "sms", "whatsapp") and normalize_phone(identifier, region) is not None


def _event(body: Mapping[str, Any], reading: Reading) -> ChannelEvent:
    channel = cast(Channel, channel_named(body["channel"]))
    direction: Direction = body["direction"]
    kind = cast(Kind, word(body.get("kind")) or _KIND_OF.get(channel, "message"))
    stated_email, stated_phone = email(body.get("email")), phone(body.get("phone"), reading.region)
    return ChannelEvent(
        provider="generic",
        channel=channel,
        kind=kind,
        direction=direction,
        external_id=identity(body["external_id"]) or "",
        occurred_at=reading.moment(body["occurred_at"]),
        identifiers=_identifiers(body, channel, stated_email, stated_phone, reading.region),
        account=identity(body.get("account")),
        name=label(body.get("name")),
        email=stated_email,
        phone=stated_phone,
        text=said(body.get("text")),
        conversation_id=identity(body.get("conversation_id")),
        hints=_metadata(body.get("metadata")),
    )


def _identifiers(
    body: Mapping[str, Any], channel: str, stated_email: str | None, stated_phone: str | None, region: str
) -> tuple[StatedIdentifier, ...]:
    """The sender first. A form's visitor is known by what he typed: an address or number proves nothing there."""
    first = sender_on(channel, body["identifier"], region)
    if channel == "web":
        typed = sender_on("email", body["identifier"], region) or _dialled(body["identifier"], region)
        first = tuple(replace(identifier, claim="stated") for identifier in typed) or first
    stated = (
        *((StatedIdentifier("email", stated_email, "stated"),) if stated_email is not None else ()),
        *((StatedIdentifier("phone", stated_phone, "stated"),) if stated_phone is not None else ()),
    )
    known = {(identifier.channel, identifier.value) for identifier in first}
    return (*first, *(identifier for identifier in stated if (identifier.channel, identifier.value) not in known))


def _dialled(identifier: object, region: str) -> tuple[StatedIdentifier, ...]:
    """A session id may look like a local number; one with a plus does not."""
    written = word(identifier) or ""
    return sender_on("phone", written, region) if written.startswith("+") else ()


def _metadata(metadata: object) -> tuple[tuple[str, Hint], ...]:
    """The simple values of `metadata`; nested ones are the workflow's own affair."""
    members = list(mapping(metadata).items())[:_MAX_METADATA]
    return hints(**{f"metadata.{name}": value for name, value in members if len(name) <= _MAX_NAME and name.isprintable()})
