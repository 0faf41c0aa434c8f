"""The account's rows, and the rules by which Chatwoot makes, finds, merges and deletes them. Fires no webhooks."""

import itertools
import random
import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from contact_hub.sandbox.chatwoot.rows import CHANNELS, Contact, ContactInbox, Conversation, Inbox, Message

_PHONE = re.compile(r"\+[1-9]\d{1,14}\Z", re.ASCII)  # as Chatwoot has it: anchored at the end alone
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_UNIQUE = {"email": "Email", "phone_number": "Phone number", "identifier": "Identifier"}
_MERGED = ("identifier", "name", "email", "phone_number")


class Invalid(Exception):
    """422: a record that Chatwoot does not save.

    Attributes:
        attributes: those at fault.
    """

    def __init__(self, message: str, *attributes: str) -> None:
        super().__init__(message)
        self.attributes = attributes


def real_time() -> datetime:
    """Now, in UTC and whole milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class State:
    """One account. Whoever reads or changes it holds ``lock``.

    Args:
        clock: says the moment of a change; aware.
        ids_after: added to every id, so that those of two accounts do not meet.
    """

    def __init__(self, account_id: int, clock: Callable[[], datetime], ids_after: int = 0) -> None:
        self.account_id = account_id
        self.account_name = "Sandbox Clinic"
        self.clock = clock
        self.lock = threading.RLock()
        self.inboxes: dict[str, Inbox] = {}
        self.contacts: dict[int, Contact] = {}
        self.contact_inboxes: list[ContactInbox] = []
        self.conversations: dict[int, Conversation] = {}
        self.messages: dict[int, Message] = {}
        self._ids = itertools.count(ids_after + 1)
        self._contact_ids = itertools.count(ids_after + 70)
        self._message_ids = itertools.count(ids_after + 1000)
        self._display_ids = itertools.count(ids_after + 1)
        self._random = random.Random(account_id)
        for name, channel in CHANNELS.items():
            self.add_inbox(name, channel)

    def add_inbox(self, name: str, channel: str) -> Inbox:
        self.inboxes[name] = Inbox(next(self._ids), name.capitalize(), channel)
        return self.inboxes[name]

    def next_number(self) -> int:
        """A number that nothing else has, for made-up ids."""
        return next(self._ids)

    # Contacts

    def find_or_create_contact_inbox(self, inbox: Inbox, source_id: str, fields: dict[str, Any]) -> tuple[ContactInbox, bool]:
        """The contact at this address, and whether it is a new one.

        In the order of Chatwoot's ContactInboxWithContactBuilder: the address, the identifier, the email, the phone, and for
        Instagram the same id in an inbox of a Facebook page. A contact that is found keeps its fields.
        """
        known = next((one for one in self.contact_inboxes if one.inbox is inbox and one.source_id == source_id), None)
        if known is not None:
            return known, False
        contact = self._find_contact(inbox, source_id, fields)
        is_new = contact is None
        contact = contact or self.create_contact(**fields)
        made = ContactInbox(next(self._ids), self.clock(), contact, inbox, source_id)
        self.contact_inboxes.append(made)
        return made, is_new

    def _find_contact(self, inbox: Inbox, source_id: str, fields: dict[str, Any]) -> Contact | None:
        for name in ("identifier", "email", "phone_number"):
            if fields.get(name):
                wanted = _normal(name, fields[name])
                if found := next((one for one in self.contacts.values() if getattr(one, name) == wanted), None):
                    return found
        pages = [one for one in self.contact_inboxes if one.inbox.channel == "Channel::FacebookPage"]
        is_instagram = inbox.channel == "Channel::Instagram"
        return next((one.contact for one in pages if is_instagram and one.source_id == source_id), None)

    def create_contact(self, **fields: Any) -> Contact:
        """A new contact; who has no name gets one that Chatwoot makes up ("billowing-night-17").

        Raises:
            Invalid: a field is taken or not of its form.
        """
        now = self.clock()
        made = Contact(next(self._contact_ids), now, now, name=fields.pop("name", None) or self._made_up_name())
        self.change_contact(made, fields)
        self.contacts[made.id] = made
        return made

    def change_contact(self, contact: Contact, fields: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        """Set fields; attributes are merged into those that are there. What has changed: (before, after) by name.

        Raises:
            Invalid: a field is taken or not of its form; nothing has changed then.
        """
        wanted = {name: _normal(name, value) for name, value in fields.items()}
        for name in ("additional_attributes", "custom_attributes"):
            if name in wanted:
                wanted[name] = {**getattr(contact, name), **wanted[name]}
        for name, value in wanted.items():
            self._check(contact, name, value)
        changed = {name: (getattr(contact, name), value) for name, value in wanted.items() if getattr(contact, name) != value}
        for name, (_, value) in changed.items():
            setattr(contact, name, value)
        if changed:
            changed["updated_at"] = (contact.updated_at, self.clock())
            contact.updated_at = changed["updated_at"][1]
        return changed

    def _check(self, contact: Contact, name: str, value: Any) -> None:
        forms = {"phone_number": _PHONE.search, "email": _EMAIL.fullmatch}
        if value and name in forms and not forms[name](value):
            raise Invalid(f"{_UNIQUE[name]} is invalid", name)
        others = (one for one in self.contacts.values() if one is not contact)
        if value and name in _UNIQUE and any(getattr(one, name) == value for one in others):
            raise Invalid(f"{_UNIQUE[name]} has already been taken", name)

    def merge(self, base: Contact, mergee: Contact) -> dict[str, tuple[Any, Any]]:
        """Chatwoot's ContactMergeAction: everything of the mergee's is the base's, whose own fields win."""
        for conversation in self.conversations.values():
            if conversation.contact is mergee:
                conversation.contact = base
        for message in self.messages.values():
            if message.sender is mergee:
                message.sender = base
        for address in self.contact_inboxes:
            if address.contact is mergee:
                address.contact = base
        del self.contacts[mergee.id]
        fields = {name: getattr(base, name) or getattr(mergee, name) for name in _MERGED}
        for name in ("additional_attributes", "custom_attributes"):
            fields[name] = {**getattr(mergee, name), **getattr(base, name)}
        return self.change_contact(base, fields)

    def delete_contact(self, contact: Contact) -> None:
        """With all its conversations and messages."""
        del self.contacts[contact.id]
        self.contact_inboxes = [one for one in self.contact_inboxes if one.contact is not contact]
        self.conversations = {key: one for key, one in self.conversations.items() if one.contact is not contact}
        self.messages = {key: one for key, one in self.messages.items() if one.conversation.contact is not contact}

    # Conversations and messages

    def open_conversation(self, address: ContactInbox, at: datetime) -> tuple[Conversation, bool]:
        """The latest conversation at this address that is not resolved, or a new one; and whether it is new."""
        going_on = [one for one in self.conversations.values() if one.contact_inbox is address and one.status != "resolved"]
        if going_on:
            return going_on[-1], False
        made = Conversation(next(self._display_ids), at, at, at, address.contact, address)
        self.conversations[made.display_id] = made
        return made, True

    def add_message(self, message: Message) -> Message:
        """Keep a message; its conversation is then active, also by notes and activities."""
        self.messages[message.id] = message
        message.conversation.last_activity_at = message.created_at
        return message

    def next_message_id(self) -> int:
        return next(self._message_ids)

    def messages_of(self, conversation: Conversation) -> list[Message]:
        """In the order in which they were written."""
        found = (one for one in self.messages.values() if one.conversation is conversation)
        return sorted(found, key=lambda one: (one.created_at, one.id))

    def addresses_of(self, contact: Contact) -> list[ContactInbox]:
        return [one for one in self.contact_inboxes if one.contact is contact]

    def _made_up_name(self) -> str:
        adjectives, nouns = ("billowing", "quiet", "snowy", "winter"), ("night", "river", "sun", "surf")
        return f"{self._random.choice(adjectives)}-{self._random.choice(nouns)}-{self._random.randint(1, 999)}"


def newest_first(rows: Iterable[Any]) -> list[Any]:
    """By last activity; who never was active comes last (``DESC NULLS LAST``). Of equals the newer row is first."""
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(rows, key=lambda one: one.last_activity_at or never)[::-1]


def _normal(name: str, value: Any) -> Any:
    return (value.lower() or None) if name == "email" and isinstance(value, str) else value
