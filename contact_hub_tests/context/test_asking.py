"""When somebody is asked how they want reminders, and what counts as their answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contact_hub.context.asking import ANSWERED_WITHIN, ASKED_AGAIN_AFTER, Occasion, answer_in, may_ask

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
OCCASION = Occasion(wanted=True, to_customer=True, patient=True, in_person=True, has_said=False, asked_at=None)


def test_a_patient_who_has_not_said_is_asked_once() -> None:
    assert may_ask(OCCASION, NOW)


@pytest.mark.parametrize(
    "but",
    [
        {"wanted": False},
        {"to_customer": False},
        {"patient": False},
        {"in_person": False},
        {"has_said": True},
        {"asked_at": NOW - timedelta(days=1)},
        {"asked_at": NOW - ASKED_AGAIN_AFTER + timedelta(seconds=1)},
    ],
    ids=lambda but: next(iter(but)),
)
def test_nobody_else_is(but: dict[str, object]) -> None:
    assert not may_ask(replace(OCCASION, **but), NOW)  # type: ignore[arg-type]


def test_who_did_not_answer_is_asked_again_after_half_a_year() -> None:
    assert may_ask(replace(OCCASION, asked_at=NOW - ASKED_AGAIN_AFTER), NOW)


ASKED = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "asked_at", "said_at", "answer"),
    [
        ("WhatsApp please", ASKED, NOW, "whatsapp"),
        ("email", ASKED, NOW, "email"),
        ("contact_hub.reminders.both", ASKED, NOW, "both"),
        ("no reminders", ASKED, NOW, "neither"),
        ("STOP", ASKED, NOW, "stop"),
        ("STOP", None, NOW, "stop"),
        ("WhatsApp please", None, NOW, None),
        ("email", NOW, ASKED, None),
        ("email", NOW - ANSWERED_WITHIN - timedelta(seconds=1), NOW, None),
        ("I got your email yesterday", ASKED, NOW, None),
        ("When am I on?", ASKED, NOW, None),
        (None, ASKED, NOW, None),
    ],
)
def test_an_answer(text: str | None, asked_at: datetime | None, said_at: datetime, answer: str | None) -> None:
    assert answer_in(text, asked_at=asked_at, said_at=said_at) == answer
