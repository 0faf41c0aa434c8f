"""What customers write and agents do, with the webhooks that it makes.

All of it is safe to call from any thread, also while the sandbox serves requests. Webhooks are sent before a method returns.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from contact_hub.sandbox.chatwoot import shapes
from contact_hub.sandbox.chatwoot.arrivals import arriving_contact, arriving_message
from contact_hub.sandbox.chatwoot.rows import Agent, Contact, Conversation, Inbox, Message, MessageType
from contact_hub.sandbox.chatwoot.state import State, real_time
from contact_hub.sandbox.chatwoot.webhooks import Payload, Webhooks

Event = tuple[str, Callable[[], Payload]]
CONTENT_TYPES = frozenset(
    "text input_text input_textarea input_email input_select cards form article incoming_email input_csat integrations sticker"
    " voice_call".split()
)
DELETED = "This message was deleted"


class Desk:
    """A clinic's Chatwoot account.

    Args:
        webhook_url: where webhooks go.
        webhook_secret: what they are signed with.
        clock: says the moment of what happens without an ``at``; aware.
        ids_after: added to every id, so that those of two accounts do not meet.
    """

    def __init__(
        self,
        *,
        account_id: int = 1,
        webhook_url: str | None = None,
        webhook_secret: str = "sandbox-webhook-secret",
        clock: Callable[[], datetime] = real_time,
        ids_after: int = 0,
    ) -> None:
        self.state = State(account_id, clock, ids_after)
        self.webhooks = Webhooks(webhook_url, webhook_secret)
        self.agent = Agent(1, "Anna", "anna@clinic.example.com")
        self.integration = Agent(2, "contact_hub", "integration@clinic.example.com")
        self.bot = Agent(3, "Helper", is_bot=True)

    @property
    def account_id(self) -> int:
        return self.state.account_id

    def add_inbox(self, name: str, channel: str) -> Inbox:
        """One more inbox than those of ``CHANNELS``: ``add_inbox("page", "Channel::FacebookPage")``."""
        with self.state.lock:
            return self.state.add_inbox(name, channel)

    # Customers

    def receive(
        self,
        inbox: str,
        source_id: str,
        text: str | None = "Hello",
        *,
        at: datetime | None = None,
        name: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        identifier: str | None = None,
        contact_attributes: dict[str, Any] | None = None,
        content_attributes: dict[str, Any] | None = None,
        attachments: Iterable[str] = (),
    ) -> Message:
        """A customer writes: to their open conversation in that inbox, or a new one, as a contact known or new.

        Args:
            inbox: by its name ("whatsapp").
            source_id: the customer's address, as Chatwoot keeps it in this channel (APIS §2.5).
            email, phone: as the channel gives them; WhatsApp, SMS and mail give what is in the address.
            contact_attributes: additional attributes of a new contact (``{"social_profiles": {"instagram": "jo.surfs"}}``).
            attachments: their kinds ("image").
        """
        state = self.state
        with state.lock:
            place, moment = state.inboxes[inbox], at or state.clock()
            given = {"name": name, "email": email, "phone_number": phone, "identifier": identifier}
            fields = {**arriving_contact(place, source_id, given), "additional_attributes": contact_attributes or {}}
            address, is_new_contact = state.find_or_create_contact_inbox(place, source_id, fields)
            conversation, is_new = state.open_conversation(address, moment)
            message = self._message(conversation, "incoming", text, address.contact, moment)
            arriving_message(message, source_id, state.next_number(), content_attributes or {}, attachments)
            events = [("contact_created", self._contact(address.contact))] if is_new_contact else []
            events += [("conversation_created", self._conversation(conversation))] if is_new else []
            events.append(("message_created", partial(shapes.webhook_message, state, message)))
            events.append(self._active(address.contact, moment))
        self._fire(events)
        return message

    def edit_contact(self, contact: Contact, **fields: Any) -> None:
        """An agent, the API or the customer's own form changes a contact. Attributes are merged.

        Raises:
            Invalid: a field is taken or not of its form.
        """
        with self.state.lock:
            events = self._changed(contact, self.state.change_contact(contact, fields))
        self._fire(events)

    # Agents

    def agent_reply(self, conversation: Conversation, text: str, *, at: datetime | None = None) -> Message:
        """An agent answers the customer."""
        return self.write(conversation, text, self.agent, at=at)

    def private_note(self, conversation: Conversation, text: str, *, at: datetime | None = None) -> Message:
        """An agent writes what only agents see. It fires webhooks all the same."""
        return self.write(conversation, text, self.agent, private=True, at=at)

    def write(
        self,
        conversation: Conversation,
        text: str | None,
        sender: Agent | Contact,
        *,
        message_type: MessageType = "outgoing",
        private: bool = False,
        content_type: str = "text",
        content_attributes: dict[str, Any] | None = None,
        additional_attributes: dict[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Message:
        """Any other message; an API channel's integration also writes the customer's."""
        state = self.state
        with state.lock:
            moment = at or state.clock()
            message = self._message(conversation, message_type, text, sender, moment)
            message.private, message.content_type = private, content_type
            message.content_attributes, message.additional_attributes = content_attributes or {}, additional_attributes or {}
            events: list[Event] = [("message_created", partial(shapes.webhook_message, state, message))]
            if isinstance(sender, Contact):
                events.append(self._active(sender, moment))
            elif not private and conversation.first_reply_created_at is None:
                conversation.first_reply_created_at = moment
                events.append(self._updated(conversation, "first_reply_created_at", None, shapes.iso(moment)))
        self._fire(events)
        return message

    def assign(self, conversation: Conversation, agent: Agent | None, *, at: datetime | None = None) -> None:
        """Give a conversation to an agent or a bot, or to nobody. The note of it in the conversation fires no webhook."""
        with self.state.lock:
            before, conversation.assignee = conversation.assignee, agent
            self._activity(conversation, f"Assigned to {agent.name if agent else 'nobody'}", at)
            event = self._updated(conversation, "assignee_id", before and before.id, agent and agent.id)
        self._fire([event])

    def set_status(self, conversation: Conversation, status: str, *, at: datetime | None = None) -> None:
        """Resolve, reopen, snooze. After ``resolved`` the customer's next message opens a new conversation."""
        with self.state.lock:
            before, conversation.status = conversation.status, status
            self._activity(conversation, f"Marked as {status}", at)
            change = {"status": (before, status)}
            event = ("conversation_status_changed", self._conversation(conversation, changed_attributes=shapes.changes(change)))
        self._fire([event])

    def edit_message(self, message: Message, text: str) -> None:
        """Change a message's text."""
        self._rewrite(message, text, message.content_attributes)

    def delete_message(self, message: Message) -> None:
        """Put a notice in a message's place, which is all that deleting means here."""
        with self.state.lock:
            message.attachments = []
        self._rewrite(message, DELETED, {"deleted": True})

    def merge_contacts(self, base: Contact, mergee: Contact) -> None:
        """Merge, which cannot be undone. No webhook, but for what the base got that it had not."""
        with self.state.lock:
            events = self._changed(base, self.state.merge(base, mergee))
        self._fire(events)

    def delete_contact(self, contact: Contact) -> None:
        """Delete, with conversations and messages. No webhook."""
        with self.state.lock:
            self.state.delete_contact(contact)

    # Webhooks

    @property
    def drop_webhooks(self) -> bool:
        """Whether webhooks are lost on the way."""
        return self.webhooks.dropping

    @drop_webhooks.setter
    def drop_webhooks(self, is_dropping: bool) -> None:
        self.webhooks.dropping = is_dropping

    # Within

    def _message(
        self, conversation: Conversation, type_: MessageType, text: str | None, sender: Agent | Contact | None, at: datetime
    ) -> Message:
        made = Message(self.state.next_message_id(), at, at, conversation, type_, text, sender)
        return self.state.add_message(made)

    def _activity(self, conversation: Conversation, text: str, at: datetime | None) -> None:
        moment = at or self.state.clock()
        conversation.updated_at = moment
        self._message(conversation, "activity", text, None, moment)

    def _rewrite(self, message: Message, text: str, content_attributes: dict[str, Any]) -> None:
        with self.state.lock:
            message.content, message.content_attributes = text, content_attributes
            message.updated_at = self.state.clock()
        self._fire([("message_updated", partial(shapes.webhook_message, self.state, message))])

    def _active(self, contact: Contact, at: datetime) -> Event:
        before, contact.last_activity_at = contact.last_activity_at, at
        change = {"last_activity_at": (before, at), "updated_at": (contact.updated_at, at)}
        contact.updated_at = at
        return "contact_updated", self._contact(contact, changed_attributes=shapes.changes(change))

    def _changed(self, contact: Contact, changed: dict[str, tuple[Any, Any]]) -> list[Event]:
        listed = shapes.changes(changed)
        return [("contact_updated", self._contact(contact, changed_attributes=listed))] if changed else []

    def _updated(self, conversation: Conversation, name: str, before: Any, after: Any) -> Event:
        listed = shapes.changes({name: (before, after)})
        return "conversation_updated", self._conversation(conversation, changed_attributes=listed)

    def _contact(self, contact: Contact, **more: Any) -> Callable[[], Payload]:
        return lambda: {**shapes.webhook_contact(self.state, contact), **more}

    def _conversation(self, conversation: Conversation, **more: Any) -> Callable[[], Payload]:
        return lambda: {**shapes.webhook_conversation(self.state, conversation), **more}

    def _fire(self, events: Iterable[Event]) -> None:
        """Not under the lock: the receiver may well ask the API before it answers."""
        for event, build in events:
            self.webhooks.fire(event, partial(self._built, build))

    def _built(self, build: Callable[[], Payload]) -> Payload:
        with self.state.lock:
            return build()
