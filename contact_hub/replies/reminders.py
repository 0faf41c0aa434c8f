"""Reminders: a message may answer how they should come, a reply may ask it, and who wants no messages gets none."""

from dataclasses import replace
from datetime import UTC, datetime

from contact_hub.answers import Answers
from contact_hub.context import Context, in_words
from contact_hub.context import Reply as Wording
from contact_hub.context.asking import REMINDERS_OF, Occasion, answer_in, may_ask
from contact_hub.context.preferences import Answer
from contact_hub.replies.outbox import Message, Outbox, Reply
from contact_hub.replies.settings import reply_settings_of
from contact_hub.store.preferences import Preference, preference_of, state_preference

_ORDINARY = ("appointment", "moved", "cancelled", "no_appointment")


def heard(reply: Reply, message: Message, outbox: Outbox) -> Answer | None:
    """What the message answers to our question, written down; None: it answers nothing."""
    asked_at = outbox.last_asked(reply, message)
    answer = answer_in(message.text, asked_at=asked_at, said_at=reply.received_at)
    if answer is None or message.source is None or message.source_id is None:
        return None
    with outbox.database.transaction() as connection:
        state_preference(
            connection,
            reply.organization_id,
            (message.source, message.source_id),
            REMINDERS_OF[answer],
            said_by="message",
            said_at=reply.received_at,
            event_id=reply.event_id,
        )
    return answer


def confirmation(reply: Reply, answer: Answer, answers: Answers) -> Wording:
    """The words that say that the answer was heard."""
    if answer in ("neither", "stop"):
        return answers.say(reply.organization_id, "reminders_off")
    return answers.say(reply.organization_id, "preference_confirmed", reminders=lambda spoken: in_words(answer, spoken))


def wants_no_messages(reply: Reply, context: Context, outbox: Outbox) -> bool:
    """Whether the sender has asked for no messages of any kind."""
    known = _preference(reply, context, outbox)
    return known is not None and known.reminders == "stop"


def with_question(reply: Reply, message: Message, context: Context, answers: Answers, outbox: Outbox) -> Wording | None:
    """The reply with the question about reminders after it; None where this is not the occasion to ask."""
    known = _preference(reply, context, outbox)
    with outbox.database.reading() as connection:
        wanted = reply_settings_of(connection, reply.organization_id)
    occasion = Occasion(
        wanted=wanted.asks_reminders,
        to_customer=wanted.mode == "reply",
        patient=context.linked and context.disclosure.level == "full",
        in_person=context.reply.template in _ORDINARY,
        has_said=known is not None and known.is_own_word,
        asked_at=outbox.last_asked(reply, message) if wanted.asks_reminders else None,
    )
    if not may_ask(occasion, datetime.now(UTC)):
        return None
    question = answers.say(reply.organization_id, "preference_question")
    return replace(context.reply, text=f"{context.reply.text}\n\n{question.text}")


def _preference(reply: Reply, context: Context, outbox: Outbox) -> Preference | None:
    if context.contact_id is None:
        return None
    with outbox.database.reading() as connection:
        return preference_of(connection, reply.organization_id, context.contact_id)
