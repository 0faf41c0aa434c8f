"""Instagram and Messenger webhooks -> events: one envelope, one kind of item.

Shapes (APIS §3.2): ``{"object", "entry": [{"id", "time", "messaging" | "standby" | "changes": [...]}]}``, an entry or a
messaging item by itself. ``standby`` holds what came while another app had the conversation. ``changes`` are
``{"field", "value"}``: comments, or (the dashboard's test) a messaging item under ``messages``.

A messaging item has ``sender.id``, ``recipient.id``, ``timestamp`` and one of ``message``, ``postback``, ``reaction``,
``read``, ``delivery`` and others. It names nobody: the scoped id is all there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal

from contact_hub.channels.event import ChannelEvent, Kind, Parsed, StatedIdentifier
from contact_hub.channels.identifiers import scoped_id
from contact_hub.channels.reading import Reading, read_bodies
from contact_hub.channels.values import digest, hints, identity, label, listed, mapping, text, word

_COMMENTS = frozenset(("comments", "live_comments"))


@dataclass(frozen=True, slots=True)
class Platform:
    """Which of the two, what its envelope's ``object`` says, and the conversation's account where it is known."""

    name: Literal["instagram", "messenger"]
    object: str
    account: str | None = None
    standby: bool = False


def parse(payload: object, platform: Platform, region: str, received_at: datetime) -> Parsed:
    return read_bodies(payload, region, received_at, partial(_body, platform=platform))


def _body(body: Mapping[str, Any], path: str, reading: Reading, platform: Platform) -> None:
    if "entry" in body:
        if body.get("object", platform.object) != platform.object:
            reading.problem("other_object", f"{path}.object")
            return
        reading.each(body["entry"], f"{path}.entry", partial(_entry, reading=reading, platform=platform))
    elif "sender" in body and "recipient" in body:
        _item(body, path, reading, platform)
    elif any(name in body for name in ("messaging", "standby", "changes")):
        _entry(body, path, reading, platform)
    elif "field" in body and "value" in body:
        _change(body, path, reading, platform)
    else:
        reading.problem("unknown_form", path)


def _entry(entry: Mapping[str, Any], path: str, reading: Reading, platform: Platform) -> None:
    here = replace(platform, account=scoped_id(entry.get("id")))
    reading.each(entry.get("messaging"), f"{path}.messaging", partial(_item, reading=reading, platform=here))
    waiting = replace(here, standby=True)
    reading.each(entry.get("standby"), f"{path}.standby", partial(_item, reading=reading, platform=waiting))
    reading.each(entry.get("changes"), f"{path}.changes", partial(_change, reading=reading, platform=here))


def _item(item: Mapping[str, Any], path: str, reading: Reading, platform: Platform) -> None:
    message = mapping(item.get("message"))
    sender, recipient = (scoped_id(mapping(item.get(side)).get("id")) for side in ("sender", "recipient"))
    is_echo = message.get("is_echo") not in (None, False) or (sender is not None and sender == platform.account)
    customer, account = (recipient, sender) if is_echo else (sender, recipient)
    kind = _kind(item, message, is_echo)
    if customer is None and kind == "message":
        reading.problem("no_sender", path)
        return
    event = _described(item, message, kind)
    reading.event(
        replace(
            event,
            provider=platform.name,
            channel=platform.name,
            direction="out" if is_echo else "in",
            external_id=event.external_id or digest(platform.name, _stable(item)),
            occurred_at=reading.moment(item.get("timestamp")),
            identifiers=() if customer is None else (StatedIdentifier(platform.name, customer),),
            account=platform.account or account,
            username=label(mapping(item.get("sender")).get("username")) if not is_echo else None,
            hints=tuple(sorted((*event.hints, *hints(standby=platform.standby or None)))),
        )
    )


def _kind(item: Mapping[str, Any], message: Mapping[str, Any], is_echo: bool) -> Kind:
    if message:
        if message.get("is_deleted") not in (None, False):
            return "status"
        if is_echo:
            return "echo"
        return "system" if message.get("is_unsupported") not in (None, False) else "message"
    if is_echo:
        return "system"
    if "postback" in item:
        return "message"
    if "reaction" in item:
        return "reaction"
    return "status" if any(name in item for name in ("read", "delivery", "message_edit")) else "system"


def _described(item: Mapping[str, Any], message: Mapping[str, Any], kind: Kind) -> ChannelEvent:
    """The item's own content; who and where is filled in by the caller."""
    bare = ChannelEvent("generic", "web", kind, "in", "")
    if message:
        return _message(message, bare)
    for name in ("postback", "reaction", "read", "message_edit"):
        member = mapping(item.get(name))
        mid = identity(member.get("mid"))
        if name not in item:
            continue
        if name == "postback":
            said = text(member.get("title")) or text(member.get("payload"))
            return replace(bare, external_id=mid or "", text=said, content_type=name)
        said = text(member.get("emoji")) or text(member.get("reaction")) if name == "reaction" else text(member.get("text"))
        status = word(member.get("action")) if name == "reaction" else "edited" if name == "message_edit" else name
        return replace(bare, about=mid, text=said, content_type=name, hints=hints(status=status))
    if "delivery" in item:
        return replace(bare, content_type="delivery", hints=hints(status="delivered"))
    return bare


def _message(message: Mapping[str, Any], bare: ChannelEvent) -> ChannelEvent:
    mid, reply = identity(message.get("mid")), mapping(message.get("reply_to"))
    if bare.kind == "status":
        deleted_id = identity(f"{mid}:deleted") if mid is not None else None
        return replace(bare, external_id=deleted_id or "", about=mid, hints=hints(status="deleted"))
    kinds = (word(mapping(attachment).get("type")) or "unknown" for attachment in listed(message.get("attachments")))
    return replace(
        bare,
        external_id=mid or "",
        text=text(message.get("text")),
        attachments=tuple(kinds),
        in_reply_to=identity(reply.get("mid")),
        content_type="unsupported" if bare.kind == "system" else "message",
        hints=hints(story=mapping(reply.get("story")).get("id"), app=message.get("app_id")),
    )


def _stable(item: Mapping[str, Any]) -> object:
    """What is the same in every delivery of an item without an id of its own."""
    return {name: value for name, value in item.items() if name != "hop_context"}


def _change(change: Mapping[str, Any], path: str, reading: Reading, platform: Platform) -> None:
    field, value = word(change.get("field")), mapping(change.get("value"))
    if field in _COMMENTS or (field == "feed" and value.get("item") == "comment" and value.get("verb") == "add"):
        _comment(value, path, reading, platform)
    elif field == "messages" and "sender" in value:
        _item(value, f"{path}.value", reading, platform)
    else:
        reading.ignore()


def _comment(value: Mapping[str, Any], path: str, reading: Reading, platform: Platform) -> None:
    """Public, under a post: {"id" | "comment_id", "from": {"id", "username" | "name"}, "text" | "message", "media"}."""
    author = mapping(value.get("from"))
    customer = scoped_id(author.get("id"))
    is_own = customer is not None and customer == platform.account
    reading.event(
        ChannelEvent(
            provider=platform.name,
            channel=platform.name,
            kind="echo" if is_own else "comment",
            direction="out" if is_own else "in",
            external_id=identity(value.get("id")) or identity(value.get("comment_id")) or digest(platform.name, value),
            occurred_at=reading.moment(value.get("created_time"), value.get("timestamp")),
            identifiers=() if customer is None or is_own else (StatedIdentifier(platform.name, customer),),
            account=platform.account,
            profile_name=None if is_own else label(author.get("name")),
            username=None if is_own else label(author.get("username")),
            text=text(value.get("text")) or text(value.get("message")),
            conversation_id=identity(mapping(value.get("media")).get("id")) or identity(value.get("post_id")),
            in_reply_to=identity(value.get("parent_id")),
            content_type="comment",
        )
    )
