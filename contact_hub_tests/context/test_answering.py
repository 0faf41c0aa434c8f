"""Whether something is answered by a machine at all: the table that a practice manager can read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.channels.event import KINDS, PROVIDERS
from contact_hub.context.answering import (
    REASONS,
    Incoming,
    Mode,
    Standing,
    Unanswered,
    is_message_of_customer,
    judge_conversation,
    judge_event,
)

MESSAGE = Incoming(
    provider="chatwoot",
    channel="whatsapp",
    kind="message",
    direction="in",
    from_customer=True,
    human_assigned=False,
    conversation=True,
    sender=True,
    age=timedelta(seconds=3),
)
OPEN = Standing(status="open", can_reply=True, same_path=True)
NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)
HOUR = timedelta(hours=1)


def test_a_customers_message_in_a_conversation_that_nobody_has_is_answered() -> None:
    assert is_message_of_customer(MESSAGE)
    assert judge_event(MESSAGE, expires_after=TEN_MINUTES) is None
    for mode in ("private_note", "reply"):
        assert judge_conversation(OPEN, mode, now=NOW, cool_down=HOUR) is None


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("a private note", {"kind": "private_note", "direction": "out", "from_customer": False}),
        ("an agent's answer", {"direction": "out", "from_customer": False}),
        ("the clinic's own message, come back", {"kind": "echo", "direction": "out", "from_customer": False}),
        ("another bot", {"kind": "bot", "direction": "out", "from_customer": False}),
        ("an out-of-office mail", {"kind": "auto_reply", "from_customer": False}),
        ("a bounce", {"kind": "bounce", "from_customer": False}),
        ("a message that was edited", {"kind": "status", "from_customer": False}),
        ("a reaction", {"kind": "reaction", "from_customer": False}),
        ("a public comment", {"kind": "comment", "from_customer": False}),
        ("a call", {"kind": "call"}),
        ("a form", {"kind": "form"}),
        ("a withheld number", {"from_customer": False}),
        ("history that was imported", {"age": timedelta(days=2)}),
    ],
)
def test_what_is_no_message_of_a_customer_makes_no_reply_at_all(what: str, changes: dict[str, Any]) -> None:
    assert not is_message_of_customer(replace(MESSAGE, **changes)), what


@pytest.mark.parametrize(
    ("state", "reason", "changes"),
    [
        ("skipped", "no_delivery_path", {"provider": "whatsapp"}),
        ("skipped", "no_delivery_path", {"provider": "generic"}),
        ("skipped", "no_conversation", {"conversation": False}),
        ("skipped", "no_sender", {"sender": False}),
        ("skipped", "deleted", {"deleted": True}),
        ("skipped", "human_assigned", {"human_assigned": True}),
        ("skipped", "own_message", {"ours": True}),
        ("skipped", "own_message", {"parrots": True}),
        ("expired", "too_late", {"age": timedelta(minutes=10)}),
        ("expired", "too_late", {"age": timedelta(hours=23)}),
    ],
)
def test_a_message_that_is_not_answered(state: Any, reason: str, changes: dict[str, Any]) -> None:
    assert judge_event(replace(MESSAGE, **changes), expires_after=TEN_MINUTES) == Unanswered(state, reason)


@pytest.mark.parametrize(
    ("reason", "mode", "changes"),
    [
        ("mode_off", "off", {}),
        ("human_assigned", "reply", {"human_assigned": True}),
        ("human_assigned", "private_note", {"human_assigned": True}),
        ("answered", "reply", {"answered": True}),
        ("answered", "private_note", {"answered": True}),
        ("resolved", "reply", {"status": "resolved"}),
        ("snoozed", "reply", {"status": "snoozed"}),
        ("silenced", "reply", {"silenced": True}),
        ("path_changed", "reply", {"same_path": False}),
        ("path_changed", "private_note", {"same_path": False}),
        ("cool_down", "reply", {"talked_at": NOW - timedelta(minutes=59)}),
        ("window_closed", "reply", {"can_reply": False}),
        ("window_closed", "reply", {"can_reply": None}),
        (None, "private_note", {"can_reply": False}),
        (None, "reply", {"status": "pending"}),
        (None, "reply", {"talked_at": NOW - timedelta(minutes=60)}),
    ],
)
def test_the_conversation_decides_at_the_moment_of_sending(reason: str | None, mode: Mode, changes: dict[str, Any]) -> None:
    found = judge_conversation(replace(OPEN, **changes), mode, now=NOW, cool_down=HOUR)
    assert found == (None if reason is None else Unanswered("skipped", reason))


def test_no_cool_down_is_none() -> None:
    assert judge_conversation(replace(OPEN, talked_at=NOW), "reply", now=NOW, cool_down=timedelta(0)) is None


INCOMING = st.builds(
    Incoming,
    provider=st.sampled_from(sorted(PROVIDERS)),
    channel=st.sampled_from(("whatsapp", "email", "web")),
    kind=st.sampled_from(sorted(KINDS)),
    direction=st.sampled_from(("in", "out")),
    from_customer=st.booleans(),
    human_assigned=st.booleans(),
    conversation=st.booleans(),
    sender=st.booleans(),
    deleted=st.booleans(),
    ours=st.booleans(),
    parrots=st.booleans(),
    age=st.timedeltas(timedelta(0), timedelta(days=3)),
)


@given(INCOMING)
def test_only_what_nothing_speaks_against_is_answered_and_every_reason_has_its_sentence(incoming: Incoming) -> None:
    verdict = judge_event(incoming, expires_after=TEN_MINUTES)
    if is_message_of_customer(incoming) and verdict is None:
        assert replace(incoming, channel="whatsapp", age=MESSAGE.age) == MESSAGE
        assert incoming.age < TEN_MINUTES
    assert verdict is None or verdict.reason in REASONS
