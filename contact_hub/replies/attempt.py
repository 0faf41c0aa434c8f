"""One attempt at one reply: make the words, look at the conversation again, write into it, note what became of it.

Chatwoot takes no idempotency key. So before it is asked to create a message, that is noted; and where it is not known how
that ended (it broke off, or the process died), the conversation is searched for the message before anything else.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from contact_hub.answers import Answers
from contact_hub.channels.chatwoot_messages import REPLY_MARK
from contact_hub.channels.values import mapping
from contact_hub.chatwoot import ChatwootClient, ChatwootError
from contact_hub.context.answering import Mode, judge_conversation
from contact_hub.replies.attributes import attributes_of, changed
from contact_hub.replies.conversation import messages_since, own_message, standing_of
from contact_hub.replies.intake import text_hash
from contact_hub.replies.outbox import Message, Outbox, Reply
from contact_hub.replies.settings import reply_settings_of
from contact_hub.replies.words import Words, words_for
from contact_hub.store.organizations import organization

_log = logging.getLogger(__name__)

Record = Mapping[str, Any]


class Attempt:
    """One attempt.

    Attributes:
        is_uncertain: the message may have been created, and nobody has looked since.
    """

    def __init__(self, reply: Reply, outbox: Outbox, answers: Answers) -> None:
        self.reply = reply
        self.is_uncertain = reply.tried_at is not None
        self._outbox = outbox
        self._answers = answers

    def make(self, message: Message, client: ChatwootClient) -> None:
        """Do what can be done now. The reply has ended when this returns.

        Raises:
            ChatwootError: Chatwoot did not do or say what it was asked.
            InvalidIdentifier: nothing can be said to the sender.
        """
        if self.is_uncertain and self._was_sent(message, client):
            return
        if datetime.now(UTC) >= self.reply.expires_at:
            self._outbox.end(self.reply, "expired", "not_in_time")
            return
        words = words_for(self.reply, message, self._answers, self._outbox)
        if words.is_unwanted:
            self._outbox.end(self.reply, "skipped", "opted_out")
            return
        conversation = client.conversation(message.conversation_id)
        mode = self._admitted(message, words, client, conversation)
        if mode is not None and self._note_try(mode, words):
            self._send(message, words, mode, client)
            self._show(words, client, conversation)

    def _was_sent(self, message: Message, client: ChatwootClient) -> bool:
        """Whether an earlier attempt had come through after all."""
        found = self._outbox.echo(self.reply, message) or own_message(messages_since(client, message), self.reply)
        self.is_uncertain = False
        if found is not None:
            self._outbox.end(self.reply, "sent", message_id=found, sent_at=self.reply.tried_at)
        return found is not None

    def _admitted(self, message: Message, words: Words, client: ChatwootClient, conversation: Record) -> Mode | None:
        """How the conversation, as it is now, gets its reply; None: it gets none, which has been noted."""
        since = messages_since(client, message)
        found = own_message(since, self.reply)
        if found is not None:
            self._outbox.end(self.reply, "sent", message_id=found, sent_at=self.reply.tried_at or datetime.now(UTC))
            return None
        with self._outbox.database.reading() as connection:
            wanted = reply_settings_of(connection, self.reply.organization_id)
            region = organization(connection, self.reply.organization_id).region
        talked_at = self._outbox.talked_at(self.reply, message)
        standing = standing_of(conversation, since, message, region=region, talked_at=talked_at)
        now = datetime.now(UTC)
        cool_down = timedelta(0) if words.is_expected else wanted.cool_down
        verdict = judge_conversation(standing, wanted.mode, now=now, cool_down=cool_down)
        if verdict is not None:
            self._outbox.end(self.reply, verdict.state, verdict.reason)
        elif now >= self.reply.expires_at:
            self._outbox.end(self.reply, "expired", "not_in_time")
        return wanted.mode if verdict is None and now < self.reply.expires_at else None

    def _note_try(self, mode: Mode, words: Words) -> bool:
        """Note what Chatwoot is going to be asked. False: this attempt was given up for lost, and another may be at it."""
        context = words.context
        told = context.told if not words.is_expected else None
        return self._outbox.note(
            self.reply,
            mode=mode,
            tried_at=datetime.now(UTC),
            text_hash=text_hash(words.said.text),
            template=words.said.template,
            language=words.said.language,
            disclosure=context.disclosure.level,
            disclosure_reasons=list(context.disclosure.reasons),
            freshness=context.freshness,
            told_appointment_id=None if told is None else told.appointment_id,
            told_starts_at=None if told is None else told.starts_at,
            asks_reminders=words.asks_reminders,
        )

    def _send(self, message: Message, words: Words, mode: Mode, client: ChatwootClient) -> None:
        try:
            made = client.create_message(
                message.conversation_id,
                words.said.text,
                private=mode == "private_note",
                content_attributes={REPLY_MARK: self.reply.key},
            )
        except ChatwootError as error:
            self.is_uncertain = error.may_have_happened
            if not self.is_uncertain:
                self._outbox.note(self.reply, tried_at=None)
            raise
        self._outbox.end(self.reply, "sent", message_id=str(made["id"]), sent_at=datetime.now(UTC))

    def _show(self, words: Words, client: ChatwootClient, conversation: Record) -> None:
        """Bring the contact's attributes up to date. If that fails, the next reply does it."""
        contact = mapping(mapping(conversation.get("meta")).get("sender"))
        wanted = attributes_of(self._outbox.database, self.reply.organization_id, words.context)
        news = changed(mapping(contact.get("custom_attributes")), wanted)
        if not news or not isinstance(contact.get("id"), int):
            return
        try:
            client.update_contact(contact["id"], custom_attributes=news)
        except ChatwootError as error:
            _log.warning("%s: a contact's attributes were not set: %s", self.reply.organization_id, error)
