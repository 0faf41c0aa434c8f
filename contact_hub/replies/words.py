"""What a reply says, made at the moment of sending."""

from dataclasses import dataclass

from contact_hub.answers import Answers
from contact_hub.context import Context
from contact_hub.context import Reply as Wording
from contact_hub.replies.outbox import Message, Outbox, Reply


@dataclass(frozen=True)
class Words:
    """
    Attributes:
        is_expected: they confirm what somebody was asked, and no cool-down keeps them back.
        context: what they are made of.
    """

    said: Wording
    context: Context
    is_expected: bool = False


def words_for(reply: Reply, message: Message, answers: Answers, outbox: Outbox) -> Words:
    """The words, with the appointment as Cliniko has it now.

    What answers a question that was asked (how should reminders come?) is to be understood here first, and confirmed with
    words that are expected; everything else gets the words of its context.

    Raises:
        InvalidIdentifier: the sender is nobody to whom anything could be said.
    """
    _, identifier = message.sender
    told = outbox.last_told(reply, message)
    context = answers.context_of(reply.organization_id, message.channel, identifier, told=told, anew=True)
    return Words(context.reply, context)
