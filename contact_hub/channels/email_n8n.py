"""E-mail as n8n's IMAP and Gmail nodes hand it on -> events; the forms are those of :mod:`contact_hub.channels.mail`.

Who wrote is who gets the answer: Reply-To, then X-Original-Sender (a group's mailbox puts itself into From), then From. An
address that is a machine's, or the mailbox's own, is skipped. That order is also what makes a forged From harmless: what a
reply would say is about the person who would read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contact_hub.channels.event import ChannelEvent, Kind, Parsed, StatedIdentifier
from contact_hub.channels.identifiers import email, is_bouncer
from contact_hub.channels.mail import Mail, read_mail
from contact_hub.channels.reading import Reading, read_bodies
from contact_hub.channels.values import digest, hints, identity, listed, mapping, text
from contact_hub.identity.emails import normalize_email
from contact_hub.identity.placeholders import is_placeholder_email

_REPORT = re.compile(r"report-type\s*=\s*\"?delivery-status", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponse")
_SUPPRESSED = frozenset(("all", "autoreply", "oof"))  # Exchange writes these on its own automatic replies
_BULK = frozenset(("bulk", "junk", "auto_reply"))
_FORMERLY = ("x-original-sender", "x-original-from")
_UNWANTED_LABELS = frozenset(("SPAM", "TRASH"))


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who gets the answer, and whether From is somebody else's: a machine (a form's mailer), or a group's mailbox."""

    name: str | None
    address: str | None
    from_machine: bool
    from_form: bool


def parse(payload: object, *, region: str = "AU", received_at: datetime) -> Parsed:
    """The events of one or more mails. Never raises."""
    return read_bodies(payload, region, received_at, _body)


def _body(item: Mapping[str, Any], path: str, reading: Reading) -> None:
    mail = read_mail(item)
    if mail is None:
        reading.problem("no_mail", path)
        return
    labels = _labels(item)
    if "DRAFT" in labels:
        reading.ignore()
    elif "SENT" in labels:
        reading.event(_sent(item, mail, reading))
    else:
        reading.event(_received(item, mail, labels, reading))


def _received(item: Mapping[str, Any], mail: Mail, labels: frozenset[str], reading: Reading) -> ChannelEvent:
    sender = _sender(mail)
    kind: Kind = "system" if labels & _UNWANTED_LABELS else _kind(mail, sender)
    identifiers: tuple[StatedIdentifier, ...] = ()
    if sender.address is not None and kind != "bounce":
        # A visitor typed the address into a form: it may be anybody's.
        identifiers = (StatedIdentifier("email", sender.address, "stated" if kind == "form" else "sender"),)
    failed = email(mail.header("x-failed-recipients")) if kind == "bounce" else None
    return ChannelEvent(
        provider="email",
        channel="email",
        kind=kind,
        direction="in",
        external_id=_external_id(item, mail),
        occurred_at=reading.moment(mail.header("date"), item.get("internalDate")),
        identifiers=identifiers,
        account=_mailbox(mail),
        profile_name=sender.name,
        email=sender.address if kind == "form" else None,
        text=mail.text,
        attachments=mail.attachments,
        conversation_id=_thread(item, mail),
        in_reply_to=_message_id(mail.header("in-reply-to")),
        hints=hints(subject=mail.subject, failed_recipient=failed),
    )


def _sent(item: Mapping[str, Any], mail: Mail, reading: Reading) -> ChannelEvent:
    """A mail in the mailbox's own Sent folder."""
    recipients = [address for _, written in mail.addresses("to", "cc", "bcc") if (address := email(written)) is not None]
    sender = next((address for _, written in mail.addresses("from") if (address := normalize_email(written))), None)
    return ChannelEvent(
        provider="email",
        channel="email",
        kind="message",
        direction="out",
        external_id=_external_id(item, mail),
        occurred_at=reading.moment(mail.header("date"), item.get("internalDate")),
        identifiers=tuple(StatedIdentifier("email", address) for address in recipients[:1]),
        account=sender,
        text=mail.text,
        attachments=mail.attachments,
        conversation_id=_thread(item, mail),
        in_reply_to=_message_id(mail.header("in-reply-to")),
        hints=hints(subject=mail.subject),
    )


def _sender(mail: Mail) -> _Sender:
    """The first address of a person that is not the mailbox's own, of the headers in their order."""
    own = _own_addresses(mail)
    authors = [address for _, written in mail.addresses("from") if (address := normalize_email(written)) is not None]
    machine = bool(authors) and all(is_placeholder_email(address) or is_bouncer(address) for address in authors)
    for header in ("reply-to", *_FORMERLY, "from"):
        for name, written in mail.addresses(header):
            address = email(written)
            if address is None or address in own or is_bouncer(address):
                continue
            mailed_by_own = any(author in own for author in authors)
            is_form = header == "reply-to" and address not in authors and (machine or mailed_by_own)
            return _Sender(name or _name_of(mail, address), address, machine, is_form)
    return _Sender(None, None, machine, False)


def _own_addresses(mail: Mail) -> frozenset[str]:
    """The mailbox's: where the mail was delivered, else to whom it is written (people do write to themselves, and a copy)."""
    delivered = mail.addresses("delivered-to", "x-original-to", "envelope-to") or mail.addresses("to")
    return frozenset(address for _, written in delivered if (address := normalize_email(written)) is not None)


def _name_of(mail: Mail, address: str) -> str | None:
    """The name that From gives the address, for a Reply-To without one."""
    return next((name for name, written in mail.addresses("from") if normalize_email(written) == address), None)


def _kind(mail: Mail, sender: _Sender) -> Kind:
    if _is_bounce(mail):
        return "bounce"
    submitted = (mail.header("auto-submitted") or "no").split(";")[0].strip().lower()
    automatic = submitted not in ("no", "") or any(mail.header(name) for name in _AUTOMATIC)
    if submitted == "auto-replied":
        return "auto_reply"
    if sender.from_form:
        return "form"  # its mailer may call itself automatic, the visitor is not
    if automatic or _is_bulk(mail) or _is_suppressed(mail):
        return "auto_reply"
    is_list = (mail.header("precedence") or "").lower() == "list" or mail.header("list-unsubscribe") is not None
    through_group = any(mail.header(name) for name in _FORMERLY)  # a group's mailbox is a list to its members only
    return "system" if sender.address is None or sender.from_machine or (is_list and not through_group) else "message"


def _is_bounce(mail: Mail) -> bool:
    bounced = any(is_bouncer(address) for _, address in mail.addresses("from"))
    return bounced or mail.header("x-failed-recipients") is not None or bool(_REPORT.search(mail.header("content-type") or ""))


def _is_bulk(mail: Mail) -> bool:
    return (mail.header("precedence") or "").strip().lower() in _BULK


def _is_suppressed(mail: Mail) -> bool:
    asked = (mail.header("x-auto-response-suppress") or "").lower().replace(";", ",").split(",")
    return not _SUPPRESSED.isdisjoint(part.strip() for part in asked)


def _external_id(item: Mapping[str, Any], mail: Mail) -> str:
    """The Message-ID: the same mail read by two nodes is one. Gmail's simplified form has but Gmail's own id."""
    message_id = _message_id(mail.header("message-id")) or identity(item.get("id"))
    return message_id or digest("email", mail.header("from"), mail.header("to"), mail.header("date"), mail.subject, mail.text)


def _message_id(header: str | None) -> str | None:
    if header is None:
        return None
    match = _MESSAGE_ID.search(header)
    return identity(match[1] if match is not None else header)


def _thread(item: Mapping[str, Any], mail: Mail) -> str | None:
    """Gmail's thread, else the mail that began it: the first of References."""
    references = _message_id(mail.header("references")) or _message_id(mail.header("in-reply-to"))
    return identity(item.get("threadId")) or references or _message_id(mail.header("message-id"))


def _mailbox(mail: Mail) -> str | None:
    written = mail.addresses("delivered-to", "x-original-to", "to")
    return next((address for _, one in written if (address := normalize_email(one)) is not None), None)


def _labels(item: Mapping[str, Any]) -> frozenset[str]:
    """Gmail's labels: ids, or objects with an id."""
    entries = [*listed(item.get("labelIds")), *listed(item.get("labels"))]
    names = (
        text(mapping(entry).get("id") or mapping(entry).get("name")) if isinstance(entry, dict) else text(entry)
        for entry in entries
    )
    return frozenset(name.upper() for name in names if name is not None)
