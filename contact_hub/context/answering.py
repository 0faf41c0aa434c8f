"""Whether something that arrived may be answered by a machine at all: first by the event, then by its conversation.

An answer too many is worse than none: it talks over a colleague, or to another machine for ever. So whatever is not plainly a
customer's message, still waiting for somebody, is left alone, and the reason is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Mode = Literal["off", "private_note", "reply"]
Ending = Literal["skipped", "expired"]
OUT_OF_REACH = timedelta(days=1)
"""What happened longer ago when it landed is history that was imported, and no message that somebody waits on."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is known of an event.

    Attributes:
        provider, channel, kind, direction, from_customer, human_assigned: as the event has them.
        conversation: the conversation is known, and the inbox that it is in.
        sender: there is an identifier that an answer would go to.
        deleted: the message has been taken back.
        ours: it carries the mark of a reply of ours, or is the message that a reply became.
        parrots: it says word for word what our last reply in this conversation said.
        age: at the moment of judging.
    """

    provider: str
    channel: str
    kind: str
    direction: str
    from_customer: bool
    human_assigned: bool
    conversation: bool
    sender: bool
    deleted: bool = False
    ours: bool = False
    parrots: bool = False
    age: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why there is no answer: the state in which the reply ends, and a code of :data:`REASONS`."""

    state: Ending
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a conversation stands right before an answer.

    Attributes:
        status: open, pending (with a bot), snoozed, resolved.
        can_reply: the channel takes free text (WhatsApp: 24 hours from the customer's last message).
        human_assigned: a member of the team has it.
        answered: somebody or something else has written to the customer since the message.
        silenced: the contact is blocked or the conversation muted.
        same_path: an answer would go to the very identifier that the context is about.
        talked_at: when our last reply went into it, if any did.
    """

    status: str | None = None
    can_reply: bool | None = None
    human_assigned: bool = False
    answered: bool = False
    silenced: bool = False
    same_path: bool = False
    talked_at: datetime | None = None


_EVENT_RULES: tuple[tuple[str, Callable[[Incoming], bool]], ...] = (
    ("own_message", lambda it: it.ours or it.parrots),
    ("no_delivery_path", lambda it: it.provider != "chatwoot"),
    ("no_conversation", lambda it: not it.conversation),
    ("no_sender", lambda it: not it.sender),
    ("deleted", lambda it: it.deleted),
    ("human_assigned", lambda it: it.human_assigned),
)


def is_message_of_customer(it: Incoming) -> bool:
    """Whether somebody outside the clinic has written something that waits for an answer: no note, echo, bot, automatic
    reply, bounce, call or comment."""
    return it.kind == "message" and it.direction == "in" and it.from_customer and it.age < OUT_OF_REACH


def judge_event(it: Incoming, *, expires_after: timedelta) -> Unanswered | None:
    """Why a message of a customer gets no answer; None: it may get one."""
    for reason, applies in _EVENT_RULES:
        if applies(it):
            return Unanswered("skipped", reason)
    return Unanswered("expired", "too_late") if it.age >= expires_after else None


def judge_conversation(it: Standing, mode: Mode, *, now: datetime, cool_down: timedelta) -> Unanswered | None:
    """Why a conversation gets no answer as it now stands; None: it may get one.

    Args:
        cool_down: how long nothing more is said after a reply. Zero: for no time.
    """
    rules: tuple[tuple[str, bool], ...] = (
        ("mode_off", mode == "off"),
        ("human_assigned", it.human_assigned),
        ("answered", it.answered),
        ("resolved", it.status == "resolved"),
        ("snoozed", it.status == "snoozed"),
        ("silenced", it.silenced),
        ("path_changed", not it.same_path),
        ("cool_down", it.talked_at is not None and now - it.talked_at < cool_down),
        ("window_closed", mode == "reply" and it.can_reply is not True),
    )
    reason = next((code for code, applies in rules if applies), None)
    return None if reason is None else Unanswered("skipped", reason)


REASONS: Mapping[str, str] = {
    # skipped
    "own_message": "It is our own reply, come back.",
    "no_delivery_path": "It did not come through Chatwoot; workflows ask for the context over HTTP.",
    "no_conversation": "Chatwoot did not say which conversation it is in.",
    "no_sender": "It is not known to whom an answer would go.",
    "deleted": "The message was taken back.",
    "human_assigned": "A member of the team has the conversation.",
    "superseded": "The same person wrote again, and the later message is answered.",
    "opted_out": "The sender has asked for no messages.",
    "mode_off": "Replies were turned off before it was answered.",
    "answered": "Somebody else has answered.",
    "resolved": "The conversation was resolved.",
    "snoozed": "The conversation was snoozed.",
    "silenced": "The contact is blocked, or the conversation muted.",
    "path_changed": "An answer would go to another identifier than the one that wrote.",
    "cool_down": "The conversation had a reply a short time ago.",
    "window_closed": "The channel takes no free text any more (WhatsApp's 24 hours).",
    "conversation_gone": "The conversation is no more.",
    # expired
    "too_late": "It landed too late to be answered.",
    "not_in_time": "It could not be sent in time.",
    "paused": "Chatwoot had refused the access token, and nothing was sent meanwhile.",
    # failed
    "not_connected": "Chatwoot's API is not, or not correctly, connected.",
    "unauthorized": "Chatwoot refused the access token.",
    "refused": "Chatwoot did not accept the message.",
    "outcome_unknown": "Chatwoot broke off while it was being sent, and could not be asked since whether it was.",
    "error": "An unexpected error; the gateway's log says which kind.",
}
"""Every reason with a plain sentence."""
