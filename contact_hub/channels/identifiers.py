"""Identifiers as the providers write them, to the one form under which a person is found.

What identifies nobody (a placeholder, a withheld caller, a machine's address, a broken expression) gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

import phonenumbers

from contact_hub.channels.event import CHANNELS, Channel, Claim, IdentifierChannel, StatedIdentifier
from contact_hub.channels.values import word
from contact_hub.identity.emails import normalize_email
from contact_hub.identity.phones import find_phones, normalize_phone
from contact_hub.identity.placeholders import is_placeholder_email, is_placeholder_phone, is_withheld_caller

# Country, and 'ENT' where it is of a parent portfolio (APIS §3.1).
_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_SCOPED_ID = re.compile(r"[1-9]\d{2,24}", re.ASCII)
_WA_ID = re.compile(r"\+?([1-9]\d{6,14})", re.ASCII)
_GROUP = re.compile(r"\d[\d-]{4,40}@(?:g\.us|broadcast|newsletter)|status@broadcast", re.ASCII)
_JID = re.compile(r"(\d{5,20})(?:[.:]\d{1,5})*@(s\.whatsapp\.net|c\.us|lid)", re.ASCII)

_BOUNCER = re.compile(r"\b(?:mailer-?daemon|postmaster)(?:[-+=][^@\s]*)?@", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_ALPHANUMERIC = 11  # the longest sender of letters and digits that a network takes (3GPP TS 23.040, 9.1.2.5)
_NOT_A_LINE = re.compile(r"[^\W\d_][._-]?\d{5}|@")  # 'AU.61412345678', 'user0412345678'
_SIP = re.compile(r"(?:sips?|rcs|client):", re.IGNORECASE)

# WhatsApp keeps some accounts under the number they registered with, before a country's numbers changed, or without the
# digit that marks a mobile; the two spellings are one subscriber.
_WA_QUIRKS = (
    (re.compile(r"55(\d\d)([6-9]\d{7})", re.ASCII), r"55\g<1>9\2"),  # Brazil: the mobiles' ninth digit
    (re.compile(r"54([123]\d{9})", re.ASCII), r"549\1"),  # Argentina: 9 marks a mobile
    (re.compile(r"521(\d{10})", re.ASCII), r"52\1"),  # Mexico: 1 marked a mobile until 2019
)


def phone(raw: object, region: str) -> str | None:
    """E.164 of the first number in a form's field, or of one that a workflow names."""
    return next(iter(_numbers(raw, region)), None)


def _numbers(raw: object, region: str) -> list[str]:
    typed = word(raw)
    if typed is None or is_withheld_caller(typed):
        return []
    return [number for number in find_phones(typed, region) if not is_placeholder_phone(number)]


def email(raw: object) -> str | None:
    """The address, lower-cased, if people can read what is sent there."""
    found = word(raw)
    address = normalize_email(found) if found is not None else None
    return None if address is None or len(address) > 254 or is_placeholder_email(address) else address


def is_bouncer(address: str) -> bool:
    """Whether a mail from this address says that another one could not be delivered."""
    return _BOUNCER.search(address) is not None


def bsuid(raw: object) -> str | None:
    """A WhatsApp business-scoped user id, of the portfolio or of its parent."""
    found = word(raw)
    return found if found is not None and _BSUID.fullmatch(found) is not None else None


def scoped_id(raw: object) -> str | None:
    """An Instagram- or page-scoped id."""
    found = word(raw)
    return found if found is not None and _SCOPED_ID.fullmatch(found) is not None else None


def whatsapp_numbers(raw: object) -> tuple[str, ...]:
    """A wa_id as E.164: the number as people dial it first, then as WhatsApp gave it if that differs.

    WhatsApp verified the number, so one that the library does not know yet counts too if its length is possible.
    """
    match = _WA_ID.fullmatch(word(raw) or "")
    if match is None:
        return ()
    given = "+" + match[1]
    number = "+" + _dialled(match[1])
    if is_placeholder_phone(number) or is_withheld_caller(given):
        return ()
    if normalize_phone(number) is None and not _is_possible(number):
        return ()
    return (number,) if number == given else (number, given)


def whatsapp_person(
    number: object, user_id: object = None, parent_id: object = None, claim: Claim = "sender"
) -> tuple[StatedIdentifier, ...]:
    """What WhatsApp says of one account: its number, if it gives it, and its business-scoped ids."""
    ids = (bsuid(user_id), bsuid(parent_id))
    values = dict.fromkeys([*whatsapp_numbers(number), *(found for found in ids if found is not None)])
    return claimed("whatsapp", tuple(values), claim)


def jid(raw: object) -> tuple[StatedIdentifier, ...]:
    """The person in an unofficial WhatsApp gateway's address; groups and broadcasts are none.

    The digits before '@lid' are no phone number (APIS §4, 33).
    """
    match = _JID.fullmatch((word(raw) or "").lower())
    if match is None:
        return ()
    if match[2] == "lid":
        return (StatedIdentifier("whatsapp", f"{match[1]}@lid"),)
    numbers = whatsapp_numbers(match[1])
    return claimed("whatsapp", numbers) if numbers and normalize_phone(numbers[0]) is not None else ()


def is_group(raw: object) -> bool:
    """Whether an unofficial WhatsApp gateway's address is a group's, a channel's or a broadcast's: many people's."""
    return _GROUP.fullmatch((word(raw) or "").lower()) is not None


def whatsapp_address(raw: object) -> tuple[StatedIdentifier, ...]:
    """Any of the forms: '+61...', '61...', 'whatsapp:+61...', 'whatsapp:' + user id, user id, JID."""
    address = (word(raw) or "").removeprefix("whatsapp:").strip()
    return whatsapp_person(address, address) or jid(address)


def claimed(channel: IdentifierChannel, values: tuple[str, ...], claim: Claim = "sender") -> tuple[StatedIdentifier, ...]:
    """The first value with this claim; the others are the same account's."""
    rest: Claim = "same_person" if claim == "sender" else claim
    return tuple(StatedIdentifier(channel, value, rest if position else claim) for position, value in enumerate(values))


def _single(
    channel: IdentifierChannel, read: Callable[[object], str | None]
) -> Callable[[object, str], tuple[StatedIdentifier, ...]]:
    def reader(raw: object, region: str) -> tuple[StatedIdentifier, ...]:
        value = read(raw)
        return () if value is None else (StatedIdentifier(channel, value),)

    return reader


def sender_phone(raw: object, region: str) -> str | None:
    """E.164 of the number on a line: '0412 345 678 ext 5', 'sip:+61412345678@pbx'. None where letters are the sender's name
    ('MyBank2000': the library would search in it), and of two numbers."""
    typed = word(raw) or ""
    if (scheme := _SIP.match(typed)) is not None:
        typed = typed[scheme.end() :].partition("@")[0]
    typed = typed.removeprefix("tel:")
    if _NOT_A_LINE.search(typed) is not None or (len(typed) <= _ALPHANUMERIC and _LETTER.search(typed) is not None):
        return None
    numbers = _numbers(typed, region)
    return numbers[0] if len(numbers) == 1 else None


def _phone(raw: object, region: str) -> tuple[StatedIdentifier, ...]:
    number = sender_phone(raw, region)
    return () if number is None else (StatedIdentifier("phone", number),)


def _whatsapp(raw: object, region: str) -> tuple[StatedIdentifier, ...]:
    """As WhatsApp writes it, if that is a number: '6591234567' is Singapore's, also where it would be a local number. Else as
    typed in the region ('0412 345 678')."""
    address = (word(raw) or "").removeprefix("whatsapp:")
    numbers = whatsapp_numbers(address)
    if not numbers or normalize_phone(numbers[0]) is None:
        typed = sender_phone(address, region)
        if typed is not None:
            return whatsapp_person(typed)
    return whatsapp_address(raw)


_READERS: dict[str, Callable[[object, str], tuple[StatedIdentifier, ...]]] = {
    "phone": _phone,
    "sms": _phone,
    "whatsapp": _whatsapp,
    "email": _single("email", email),
    "instagram": _single("instagram", scoped_id),
    "messenger": _single("messenger", scoped_id),
    "web": _single("web", word),
    "chatwoot": _single("chatwoot", word),
    "telegram": _single("telegram", word),
    "line": _single("line", word),
    "tiktok": _single("tiktok", word),
}


def channel_named(raw: object) -> Channel | None:
    """The channel that a caller names, in whatever case: 'WhatsApp'."""
    name = (word(raw) or "").lower()
    return cast(Channel, name) if name in CHANNELS else None


def sender_on(channel: str, raw: object, region: str) -> tuple[StatedIdentifier, ...]:
    """The sender's identifiers, from one value on a channel of `CHANNELS`; nothing if it identifies nobody."""
    reader = _READERS.get(channel)
    return () if reader is None else reader(raw, region)


def _dialled(digits: str) -> str:
    for pattern, replacement in _WA_QUIRKS:
        if (match := pattern.fullmatch(digits)) is not None:
            return match.expand(replacement)
    return digits


def _is_possible(e164: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(e164, None))
    except phonenumbers.NumberParseException:
        return False
