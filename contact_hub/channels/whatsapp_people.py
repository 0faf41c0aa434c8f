"""Who a WhatsApp webhook speaks of: numbers may be missing, business-scoped user ids too, and both may come together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contact_hub.channels.event import StatedIdentifier
from contact_hub.channels.identifiers import bsuid, claimed, email, phone, whatsapp_numbers, whatsapp_person
from contact_hub.channels.values import identity, label, listed, mapping, word

# Where the identifiers of a person stand: number, user id, parent user id.
_ROLES = {
    "from": ("from", "from_user_id", "from_parent_user_id"),
    "to": ("to", "to_user_id", "to_parent_user_id"),
    "recipient": ("recipient_id", "recipient_user_id", "recipient_parent_user_id"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """An entry of ``contacts``: {"profile": {"name", "username"?}, "wa_id"?, "user_id"?, "parent_user_id"?}."""

    number: str | None
    user_id: str | None
    parent_id: str | None
    name: str | None
    username: str | None


@dataclass(frozen=True, slots=True)
class Person:
    identifiers: tuple[StatedIdentifier, ...]
    name: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The clinic's own number."""

    id: str | None
    digits: str | None

    def is_sender(self, item: Mapping[str, Any]) -> bool:
        """Whether the clinic itself wrote or called."""
        sender = word(item.get("from"))
        return sender is not None and self.digits is not None and _digits(sender) == self.digits


def clinic_account(value: Mapping[str, Any]) -> Account:
    metadata = mapping(value.get("metadata"))
    shown = word(metadata.get("display_phone_number"))
    return Account(identity(metadata.get("phone_number_id")) or shown, (_digits(shown) or None) if shown else None)


def profiles(value: Mapping[str, Any]) -> list[Profile]:
    """The readable entries of ``contacts``."""
    entries = [mapping(entry) for entry in listed(value.get("contacts"))]
    return [
        Profile(
            number=word(entry.get("wa_id")) if bsuid(entry.get("wa_id")) is None else None,
            user_id=bsuid(entry.get("user_id")) or bsuid(entry.get("wa_id")),
            parent_id=bsuid(entry.get("parent_user_id")),
            name=label(mapping(entry.get("profile")).get("name")),
            username=label(mapping(entry.get("profile")).get("username")),
        )
        for entry in entries
    ]


def person(item: Mapping[str, Any], known: list[Profile], role: str = "from") -> Person:
    """The person of a message, a status or a call, with what ``contacts`` adds.

    An entry is this person's if it shares the number or the user id and contradicts neither. Where the item names nobody,
    a single entry is meant.
    """
    number, user_id, parent_id = (item.get(name) for name in _ROLES[role])
    by_id = bsuid(number)  # some put the only id that they have where the number was
    named = Profile(None if by_id else word(number), bsuid(user_id) or by_id, bsuid(parent_id), None, None)
    if named.number is None and named.user_id is None:
        match = known[0] if len(known) == 1 else None
    else:
        match = next((profile for profile in known if _same(named, profile)), None)
    if match is None:
        return Person(whatsapp_person(named.number, named.user_id, named.parent_id))
    identifiers = whatsapp_person(
        named.number or match.number, named.user_id or match.user_id, named.parent_id or match.parent_id
    )
    return Person(identifiers, match.name, match.username)


def system_change(message: Mapping[str, Any], who: Person) -> tuple[StatedIdentifier, ...]:
    """What a system message says: the new number or user id, and the old one as a former.

    ``user_changed_number``: ``from`` is the old number, ``system.wa_id`` (``new_wa_id`` in older versions) the new one.
    ``user_changed_user_id``: ``system.previous_user_id`` and ``user_id``. Anything else is about the sender as he is.
    """
    system = mapping(message.get("system"))
    number = system.get("wa_id") or system.get("new_wa_id")
    new = whatsapp_person(number, system.get("user_id"), system.get("parent_user_id"))
    if not new:
        return who.identifiers
    values = {identifier.value for identifier in new}
    previous = whatsapp_person(None, system.get("previous_user_id"), system.get("previous_parent_user_id"), "former")
    old = (*who.identifiers, *previous)
    return (*new, *(replace(identifier, claim="former") for identifier in old if identifier.value not in values))


def stated_in_cards(
    message: Mapping[str, Any], region: str, known: tuple[StatedIdentifier, ...]
) -> tuple[StatedIdentifier, ...]:
    """Phones and emails of the contact cards that a message of type ``contacts`` carries. A card may be anybody's."""
    values = {identifier.value for identifier in known}
    found = dict.fromkeys(_in_cards(message, region))
    return tuple(identifier for identifier in found if identifier.value not in values)


def _in_cards(message: Mapping[str, Any], region: str) -> Iterator[StatedIdentifier]:
    for card in map(mapping, listed(message.get("contacts"))):
        for entry in map(mapping, listed(card.get("phones"))):
            typed = phone(entry.get("phone"), region)
            yield from claimed("whatsapp", whatsapp_numbers(entry.get("wa_id")), "stated")
            if typed is not None:
                yield StatedIdentifier("phone", typed, "stated")
        for entry in map(mapping, listed(card.get("emails"))):
            address = email(entry.get("email"))
            if address is not None:
                yield StatedIdentifier("email", address, "stated")


def _same(named: Profile, profile: Profile) -> bool:
    numbers = _agree(_digits(named.number), _digits(profile.number))
    ids = _agree(named.user_id, profile.user_id)
    return (numbers or ids) is True and False not in (numbers, ids)


def _agree(one: str | None, other: str | None) -> bool | None:
    return one == other if one and other else None


def _digits(number: str | None) -> str:
    return "".join(filter(str.isdigit, number or ""))
