"""One mail, whatever n8n node read it: the headers by lower-case name, and the text.

Shapes (APIS §3.3): the IMAP trigger's simple form (``from``, ``to``, ``subject``, ``date``, ``textPlain``, ``textHtml``,
``metadata`` with the other headers), its resolved form (mailparser: addresses as ``{"value": [{"address", "name"}], "text"}``,
``headers``, ``text``, ``html``, ``messageId``), its raw form (``raw``, in base64 or as it is), and Gmail's simplified form
(``From``, ``To``, ``Subject``, ``snippet`` at the top) or resolved one (mailparser, its headers as whole lines). An address may
also be an object of its own, ``{"address", "name"}``, or Outlook's ``{"emailAddress": {...}}``.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
from collections.abc import Mapping
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

from contact_hub.channels.values import identity, label, listed, mapping, text

_MEMBER_NAMES = {"messageid": "message-id", "inreplyto": "in-reply-to", "replyto": "reply-to", "deliveredto": "delivered-to"}
_ADDRESSES = ("from", "to", "cc", "bcc", "replyTo", "reply-to", "From", "To", "Cc", "Reply-To")
_HEADERS = (
    *_ADDRESSES,
    "subject",
    "Subject",
    "date",
    "Date",
    "messageId",
    "message-id",
    "Message-ID",
    "inReplyTo",
    "references",
)
_MAX_RAW = 30_000_000
_MAX_HEADER = 20_000
_BLOCKS = frozenset(("p", "div", "br", "tr", "li", "h1", "h2", "h3", "table", "blockquote"))
_UNSHOWN = frozenset(("style", "script", "head", "title"))


@dataclass(frozen=True)
class Mail:
    """A mail's headers as text by lower-case name, its text, and the kinds of its attachments."""

    headers: Mapping[str, str]
    text: str | None
    attachments: tuple[str, ...]

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    def addresses(self, *names: str) -> list[tuple[str | None, str]]:
        """(name, address as written) of everyone in these headers, in order."""
        return [found for name in names if name in self.headers for found in people(self.headers[name])]

    @cached_property
    def subject(self) -> str | None:
        return decoded(self.headers.get("subject", ""))


def read_mail(item: Mapping[str, Any]) -> Mail | None:
    """The mail in an item; None where there is none."""
    raw = item.get("raw")
    if isinstance(raw, str) and not any(name in item for name in ("from", "From", "headers")):
        return _from_raw(raw)
    headers = _headers(item)
    if "from" not in headers and "reply-to" not in headers:
        return None
    attachments = (_kind(mapping(part).get("contentType") or mapping(part).get("mimeType")) for part in _parts(item))
    return Mail(headers, _text(item), tuple(attachments))


def people(header: str) -> list[tuple[str | None, str]]:
    """(name, address) in an address header; encoded words are decoded after the addresses have been found.

    'Smith, Jo <jo@x>' (n8n has decoded it and lost the quotes) is one person: before the only '<' there is no address.
    """
    before, bracket, after = header.partition("<")
    if bracket and "<" not in after and "@" not in before and after.rstrip().endswith(">"):
        return [(_name(before), after.rstrip().removesuffix(">").strip())]
    return [(_name(name), address) for name, address in getaddresses([header]) if address]


def decoded(value: str) -> str | None:
    """A header's text with its encoded words (RFC 2047) decoded; as it is where they are broken."""
    if "=?" in value:
        try:
            value = str(make_header(decode_header(value)))
        except (LookupError, ValueError, email.errors.HeaderParseError):
            return text(value)
    return text(value)


def _name(value: str) -> str | None:
    return label((decoded(value.strip().strip("\"'")) or "").strip("\"'"))


def _headers(item: Mapping[str, Any]) -> dict[str, str]:
    """Where a header stands twice, the node's own reading of it goes before the raw one."""
    found: dict[str, str] = {}
    sources = [
        {name: item[name] for name in _HEADERS if name in item},
        mapping(item.get("metadata")),
        _lines(item.get("headers")),
    ]
    for source in sources:
        for name, value in source.items():
            key = _MEMBER_NAMES.get(name.lower(), name.lower())
            written = _header_text(value)
            if written is not None:
                found.setdefault(key, written)
    return found


def _lines(headers: object) -> dict[str, Any]:
    """Mailparser's headers; Gmail's node gives each as its whole line, name included."""
    return {
        name: value[len(name) + 1 :] if isinstance(value, str) and value.lower().startswith(f"{name.lower()}:") else value
        for name, value in mapping(headers).items()
    }


def _header_text(value: object) -> str | None:
    if isinstance(value, list):
        parts = [part for part in map(_header_text, value[:100]) if part is not None]
        return ", ".join(parts)[:_MAX_HEADER] or None
    if isinstance(value, dict):
        inner = value.get("value")
        if isinstance(inner, list) and (addresses := [_address(mapping(entry)) for entry in inner[:100]]):
            return ", ".join(filter(None, addresses)) or None
        person = mapping(value.get("emailAddress")) or value  # Outlook's node nests it
        if "address" in person:
            return _address(person)
        return _header_text(inner if isinstance(inner, str) else value.get("text") or value.get("line"))
    found = text(value)
    return " ".join(found.split())[:_MAX_HEADER] if found is not None else None


def _address(entry: Mapping[str, Any]) -> str | None:
    """An address of mailparser's, written so that its name cannot be taken for another address."""
    address, name = text(entry.get("address")), text(entry.get("name"))
    if address is None or any(char in address for char in '<>,"\r\n'):
        return None
    quoted = (name or "").replace("\\", "").replace('"', "")
    return f'"{quoted}" <{address}>' if quoted else f"<{address}>"


def _text(item: Mapping[str, Any]) -> str | None:
    written = next((found for name in ("textPlain", "text") if (found := text(item.get(name))) is not None), None)
    if written is not None:
        return written
    html = next((found for name in ("textHtml", "html", "textAsHtml") if (found := text(item.get(name))) is not None), None)
    return plain_text(html) if html is not None else text(item.get("snippet"))


def _parts(item: Mapping[str, Any]) -> list[Any]:
    attachments = item.get("attachments")
    return list(attachments.values()) if isinstance(attachments, dict) else listed(attachments)


def _kind(content_type: object) -> str:
    return (identity(content_type) or "file").partition("/")[0]


def _from_raw(raw: str) -> Mail | None:
    if len(raw) > _MAX_RAW:
        return None
    message = email.message_from_bytes(_bytes(text(raw) or ""), policy=email.policy.default)
    headers: dict[str, str] = {}
    for name, value in message.raw_items():  # not interpreted: that fails on what is malformed
        written = _header_text(str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
        if written is not None:
            headers.setdefault(name.lower(), written)
    if "from" not in headers or not isinstance(message, EmailMessage):
        return None
    try:
        written, attachments = _parts_of(message)
    except Exception:  # the library raises whatever comes to hand on malformed parts; the headers still say who wrote
        written, attachments = None, ()
    return Mail(headers, written, attachments)


def _parts_of(message: EmailMessage) -> tuple[str | None, tuple[str, ...]]:
    """The text of a mail, and the kinds of its attachments."""
    body = message.get_body(("plain", "html"))
    written = text(body.get_content()) if body is not None else None
    if body is not None and body.get_content_subtype() == "html" and written is not None:
        written = plain_text(written)
    return written, tuple(_kind(part.get_content_type()) for part in message.iter_attachments())


def _bytes(raw: str) -> bytes:
    """Base64, in either alphabet, or the mail itself: a header's colon is in neither alphabet."""
    if ":" not in raw[:1000]:
        try:
            return base64.b64decode(raw.replace("-", "+").replace("_", "/") + "==", validate=False)
        except (binascii.Error, ValueError):
            pass
    return raw.encode()


class _Words(HTMLParser):
    """The words that a reader of a page sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSHOWN:
            self._hidden += 1
        elif tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSHOWN:
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def plain_text(html: str) -> str | None:
    """The text of an HTML part, a line a block."""
    words = _Words()
    words.feed(html)
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.words).splitlines())
    return text("\n".join(line for line in lines if line))
