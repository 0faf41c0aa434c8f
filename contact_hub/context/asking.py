"""Asking how reminders should come: when to ask, and what an answer to it is. Rules only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contact_hub.context.preferences import Answer, understood

ASKED_AGAIN_AFTER = timedelta(days=180)
"""Who has not answered is not asked again for so long."""
ANSWERED_WITHIN = timedelta(days=7)
"""A bare 'email please' later than this is about something else."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is known when a reply is about to be sent.

    Attributes:
        wanted: the clinic wants people to be asked.
        to_customer: the reply goes to the customer; nobody is asked in a note to the team.
        patient: the sender is one patient beyond doubt, to whom all may be told.
        in_person: the reply is the ordinary one; confirmations and apologies for Cliniko do not ask.
        has_said: the person has said before how they want reminders.
        asked_at: when they were last asked.
    """

    wanted: bool
    to_customer: bool
    patient: bool
    in_person: bool
    has_said: bool
    asked_at: datetime | None


_AGAINST: tuple[Callable[[Occasion, datetime], bool], ...] = (
    lambda it, now: not it.wanted,
    lambda it, now: not it.to_customer,
    lambda it, now: not it.patient,
    lambda it, now: not it.in_person,
    lambda it, now: it.has_said,
    lambda it, now: it.asked_at is not None and now - it.asked_at < ASKED_AGAIN_AFTER,
)


def may_ask(occasion: Occasion, now: datetime) -> bool:
    """Whether the reply asks how reminders should come."""
    return not any(speaks_against(occasion, now) for speaks_against in _AGAINST)


def answer_in(text: str | None, *, asked_at: datetime | None, said_at: datetime) -> Answer | None:
    """What a message answers to the question; None: it is about something else.

    'Stop' is heard whenever it is said, as on every messaging channel; everything else only in answer to the question.
    """
    answer = understood(text)
    if answer == "stop":
        return answer
    was_asked = asked_at is not None and asked_at <= said_at <= asked_at + ANSWERED_WITHIN
    return answer if was_asked else None


REMINDERS_OF: dict[Answer, str] = {
    "whatsapp": "whatsapp",
    "email": "email",
    "sms": "sms",
    "both": "both",
    "neither": "none",
    "stop": "stop",
}
"""How an answer is written down."""
