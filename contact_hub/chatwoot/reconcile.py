"""What webhooks have lost: Chatwoot delivers each at most once, and tells nobody of merges.

A walk over the API, from the latest activity down to a moment, whose results have the shape of webhooks. Read by the same
parser they give the same messages under the same external ids, so landing what had already come changes nothing.

Not to be found this way: an edited contact who has not written since (there is no order by change), edited messages (no trace
of it is kept), and conversations in inboxes that the token's user is no member of.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from contact_hub.chatwoot.client import ChatwootClient
from contact_hub.chatwoot.errors import NotFound
from contact_hub.chatwoot.listings import Record
from contact_hub.chatwoot.webhook_shapes import (
    Payload,
    addresses_in,
    contact_of,
    contact_payload,
    conversation_payload,
    is_activity,
    is_deleted,
    message_payload,
    source_id_of,
)

OVERLAP = timedelta(minutes=5)
"""How far a walk reaches back behind ``since``: Chatwoot's clock and ours may differ, and its stamps are whole seconds."""


@dataclass
class Progress:
    """What a walk has gone through so far."""

    conversations: int = 0
    messages: int = 0
    contacts: int = 0


def missing_since(
    client: ChatwootClient, since: datetime | None, on_progress: Callable[[Progress], None] = lambda progress: None
) -> Iterator[Payload]:
    """Whatever may be missing, for ``contact_hub.channels.PARSERS["chatwoot"]``: per conversation its contact and then its
    messages, the oldest first; then the contacts that no conversation had.

    A message that was deleted comes as it now is, and once more as the ``message_updated`` that told so.

    Args:
        since: aware; when the last walk that came to its end *began*. What happens during a walk is in the next one's range.
            None: everything.
        on_progress: called after each conversation and each contact, always with the same object.

    Raises:
        ChatwootError: from the iterator; what came before it is good, but the walk is not at its end.
        ValueError: at once, for a moment without a time zone.
    """
    if since is not None and since.tzinfo is None:
        raise ValueError("a moment without a time zone")
    floor = None if since is None else math.floor((since - OVERLAP).timestamp())
    return _Walk(client, floor, on_progress).payloads()


class _Walk:
    """One walk; ``floor`` in whole seconds since 1970, as Chatwoot's stamps are."""

    def __init__(self, client: ChatwootClient, floor: int | None, on_progress: Callable[[Progress], None]) -> None:
        self._client = client
        self._account_id = client.account.account_id
        self._floor = floor
        self._on_progress = on_progress
        self._progress = Progress()
        self._contacts: set[int] = set()

    def payloads(self) -> Iterator[Payload]:
        for conversation in self._complete(self._client.conversations):
            yield from self._conversation(conversation)
            self._progress.conversations += 1
            self._on_progress(self._progress)
        for contact in self._complete(self._client.contacts):
            yield from self._contact(contact)
            self._on_progress(self._progress)

    def _complete(self, listing: Callable[[], Iterator[Record]]) -> Iterator[Record]:
        """Each record of a list down to the floor, once.

        The list is walked until a whole walk brings nothing new: what moves meanwhile makes others change pages unseen.
        """
        seen: set[int] = set()
        is_changing = True
        while is_changing:
            is_changing = False
            for one in listing():
                if not self._is_in_range(one.get("last_activity_at")):
                    break
                if one["id"] not in seen:
                    seen.add(one["id"])
                    is_changing = True
                    yield one

    def _is_in_range(self, moment: object) -> bool:
        """Whether something was active at the floor or after it; contacts who never were come last and are before it."""
        return self._floor is None or (isinstance(moment, int | float) and moment >= self._floor)

    def _conversation(self, conversation: Record) -> Iterator[Payload]:
        try:
            messages = self._messages(conversation["id"])
            if _is_by_others(messages, conversation):
                conversation = self._client.conversation(conversation["id"])  # its contact was merged away since it was listed
        except NotFound:
            return  # deleted meanwhile, alone or with its contact
        source_id = source_id_of(conversation) or self._source_id_by_contact(conversation)
        contact = contact_of(conversation)
        if contact is not None:
            yield from self._contact(contact)
        nested = conversation_payload(conversation, source_id)
        for message in messages:
            yield message_payload(message, nested, self._account_id)
            if is_deleted(message):
                yield message_payload(message, nested, self._account_id, "message_updated")
            self._progress.messages += 1

    def _messages(self, conversation_id: int) -> list[Record]:
        """In the order in which they were written, without activities."""
        if self._floor is None:
            found = list(self._client.messages(conversation_id, after=0))
        else:
            found = []
            for message in self._client.messages(conversation_id):
                if not self._is_in_range(message.get("created_at")):
                    break
                found.append(message)
            found.reverse()
        return [message for message in found if not is_activity(message)]

    def _source_id_by_contact(self, conversation: Record) -> str | None:
        """For a Chatwoot whose nested messages do not repeat it: the contact's only address in this inbox, if it has one."""
        contact = contact_of(conversation)
        if contact is None:
            return None
        try:
            addresses = self._client.contact(contact["id"]).get("contact_inboxes")
        except NotFound:
            return None  # merged away this very moment; the messages are there all the same
        here = addresses_in(addresses, conversation.get("inbox_id"))
        return here.pop() if len(here) == 1 else None

    def _contact(self, contact: Record) -> Iterator[Payload]:
        if contact["id"] not in self._contacts:
            self._contacts.add(contact["id"])
            self._progress.contacts += 1
            yield contact_payload(contact, self._account_id)


def _is_by_others(messages: list[Record], conversation: Record) -> bool:
    """Whether a contact wrote in a conversation that is another one's: someone in copy of a mail, or a merge meanwhile."""
    contact = contact_of(conversation)
    senders = [message["sender"] for message in messages if isinstance(message.get("sender"), dict)]
    return any(sender.get("type") == "contact" and (contact is None or sender.get("id") != contact["id"]) for sender in senders)
