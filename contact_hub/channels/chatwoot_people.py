"""Who a Chatwoot payload speaks of.

The channel's own identifier stands in ``contact_inbox.source_id``, in a form that depends on the channel (APIS §2.5); the
contact beside it holds a phone and an email that an agent or the person may have typed. Chatwoot merges contacts without
a word, and then an old source id comes with another contact id: so both are given, and the source id is the sender's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contact_hub.channels.event import Channel, StatedIdentifier
from contact_hub.channels.identifiers import email, is_group, jid, phone, sender_on, whatsapp_address, whatsapp_numbers
from contact_hub.channels.values import identity, is_junk, label, mapping, word
from contact_hub.identity.placeholders import is_withheld_caller

_CHANNELS: Mapping[str, Channel] = {
    "Channel::Whatsapp": "whatsapp",
    "Channel::TwilioSms": "sms",
    "Channel::Sms": "sms",
    "Channel::Voice": "phone",
    "Channel::Instagram": "instagram",
    "Channel::FacebookPage": "messenger",
    "Channel::Email": "email",
    "Channel::WebWidget": "web",
    "Channel::Telegram": "telegram",
    "Channel::Line": "line",
    "Channel::Tiktok": "tiktok",
}
# Here a source id that is no address or number is nobody's: 'MyBank', +266696687, noreply@.
_ADDRESSED = frozenset(("phone", "sms", "whatsapp", "email"))

# Names that Chatwoot makes up: 'billowing-night-17', 'Unknown (IG: 1784...)', the number itself.
_MADE_UP = re.compile(r"[a-z]+-[a-z]+-\d{1,3}|Unknown \(\w+: .*\)|[+\d() -]+")
_USERNAMES = ("social_whatsapp_user_name", "social_instagram_user_name", "social_telegram_user_name")


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where a conversation takes place."""

    id: str | None
    channel: Channel


@dataclass(frozen=True, slots=True)
class Customer:
    identifiers: tuple[StatedIdentifier, ...]
    name: str | None
    username: str | None
    email: str | None
    phone: str | None


def inbox_of(body: Mapping[str, Any], conversation: Mapping[str, Any], source_id: str | None) -> Inbox:
    """The inbox, and its channel; the object {id, name} of a message lacks it, the conversation mostly has it."""
    inbox = mapping(body.get("inbox"))
    contact_inbox = mapping(conversation.get("contact_inbox"))
    ids = (inbox.get("id"), conversation.get("inbox_id"), contact_inbox.get("inbox_id"), body.get("inbox_id"))
    named = (conversation.get("channel"), mapping(conversation.get("meta")).get("channel"), inbox.get("channel_type"))
    type_ = next((found for name in named if (found := word(name)) is not None), "")
    channel = _CHANNELS.get(type_, "chatwoot")
    if channel == "sms" and (source_id or "").startswith("whatsapp:"):
        channel = "whatsapp"
    instagram = mapping(conversation.get("additional_attributes")).get("type") == "instagram_direct_message"
    if channel == "messenger" and instagram:
        channel = "instagram"
    return Inbox(next((found for value in ids if (found := identity(value)) is not None), None), channel)


def customer(
    contact: Mapping[str, Any], contact_inbox: Mapping[str, Any], inbox: Inbox, region: str, source_id: str | None = None
) -> Customer:
    """The contact, with the identifier of its inbox first.

    In a mail conversation someone in copy may answer: a contact that is not the inbox's. Then the source id is not his.
    """
    contact_id, owner_id = identity(contact.get("id")), identity(contact_inbox.get("contact_id"))
    is_owner = contact_id is None or owner_id is None or contact_id == owner_id
    source = (source_id or word(contact_inbox.get("source_id"))) if is_owner else None
    stated_email, stated_phone = email(contact.get("email")), phone(contact.get("phone_number"), region)
    found = list(_from_source(source, contact, inbox, region))
    if not found and _is_nobody(contact, contact_inbox, inbox, is_owner):
        return Customer((), _name(contact), _username(contact), None, None)
    if not is_owner and inbox.channel == "email" and stated_email is not None:
        found.append(StatedIdentifier("email", stated_email))
    if source is not None and inbox.id is not None:
        found.append(StatedIdentifier("chatwoot", identity(f"{inbox.id}:{source}") or source))
    if contact_id is not None or (is_owner and owner_id is not None):
        found.append(StatedIdentifier("chatwoot", str(contact_id or owner_id)))
    identifiers = _claimed(found, stated_email, stated_phone)
    return Customer(identifiers, _name(contact), _username(contact), stated_email, stated_phone)


def _is_nobody(contact: Mapping[str, Any], contact_inbox: Mapping[str, Any], inbox: Inbox, is_owner: bool) -> bool:
    """Whether many people share this contact: withheld callers, machines' addresses, groups, a broken workflow's
    'undefined'."""
    given = contact_inbox.get("source_id")
    if is_group(contact.get("identifier")) or is_group(given):
        return True
    if is_withheld_caller(contact.get("phone_number")) or (isinstance(given, str) and is_junk(given)):
        return True
    return given is not None and inbox.channel in _ADDRESSED and (is_owner or email(contact.get("email")) is None)


def _from_source(source: str | None, contact: Mapping[str, Any], inbox: Inbox, region: str) -> tuple[StatedIdentifier, ...]:
    """What the source id is on its channel; for an API inbox what the integration wrote: a gateway's address, perhaps.

    The widget's is a uuid of Chatwoot's own, and an answer goes through Chatwoot.
    """
    if inbox.channel == "web":
        return ()
    if inbox.channel == "chatwoot":
        return _unnamed_channel(source, contact)
    if inbox.channel == "whatsapp":
        return whatsapp_address(source)
    return sender_on(inbox.channel, source, region)


def _unnamed_channel(source: str | None, contact: Mapping[str, Any]) -> tuple[StatedIdentifier, ...]:
    """An unofficial WhatsApp gateway's address, or the contact's own number without its plus: WhatsApp, without the name."""
    for address in (contact.get("identifier"), source):
        if found := jid(address):
            return found
    same = source is not None and source.isdigit() and word(contact.get("phone_number")) == f"+{source}"
    if same:
        return tuple(StatedIdentifier("whatsapp", number) for number in whatsapp_numbers(source))
    return ()


def _claimed(found: list[StatedIdentifier], stated_email: str | None, stated_phone: str | None) -> tuple[StatedIdentifier, ...]:
    """The first is the sender's. The contact's email and phone are stated: agents and visitors type them, and the widget's
    identity validation (``hmac_verified``) signs the ``identifier`` alone, not the email beside it."""
    vouched = [
        StatedIdentifier(one.channel, one.value, "sender" if position == 0 else "same_person")
        for position, one in enumerate(found)
    ]
    reached = {one.value for one in vouched}
    stated = []
    if stated_email is not None and stated_email not in reached:
        stated.append(StatedIdentifier("email", stated_email, "stated"))
    if stated_phone is not None and stated_phone not in reached:
        stated.append(StatedIdentifier("phone", stated_phone, "stated"))
    return (*vouched, *stated)


def _name(contact: Mapping[str, Any]) -> str | None:
    name = label(contact.get("name"))
    return None if name is None or _MADE_UP.fullmatch(name) is not None else name


def _username(contact: Mapping[str, Any]) -> str | None:
    attributes = mapping(contact.get("additional_attributes"))
    profiles = mapping(attributes.get("social_profiles"))
    named = [attributes.get(name) for name in _USERNAMES] + [profiles.get(name) for name in ("instagram", "whatsapp")]
    return next((found for value in named if (found := label(value)) is not None), None)
