"""Asking how reminders should come, hearing the answer, and keeping to it: over HTTP, through Chatwoot."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contact_hub.context.built_in_templates import BUILT_IN
from contact_hub.replies import reply_settings_of, set_reply_settings
from contact_hub.store.database import Database
from contact_hub.store.preferences import preference_of
from contact_hub_tests.answers.support import days_ahead
from contact_hub_tests.replies.support import AnsweringClinic, answering_clinic

QUESTION = BUILT_IN["en"]["preference_question"]
NUMBERS = {name: f"614123458{place:02}" for place, name in enumerate(("Ada", "Ben", "Cy", "Dot", "Eve", "Flo"), start=1)}


@pytest.fixture(scope="module")
def clinic(database: Database) -> Iterator[AnsweringClinic]:
    with answering_clinic(database, "org_reminders") as clinic:
        for name, number in NUMBERS.items():
            patient = clinic.live.patient(name, "Reminded", f"+{number}", reminder_type="SMS")
            clinic.live.cliniko.add_appointment(patient, days_ahead(1))
        clinic.live.sync()
        yield clinic


@pytest.fixture(autouse=True)
def asking(clinic: AnsweringClinic) -> Iterator[None]:
    ask(clinic, "reply")
    yield
    ask(clinic, "off")


def ask(clinic: AnsweringClinic, mode: Any, *, asks: bool = True, cool_down: timedelta = timedelta(0)) -> None:
    with clinic.database.transaction() as connection:
        known = reply_settings_of(connection, clinic.organization_id)
        wanted = replace(known, mode=mode, asks_reminders=asks, quiet=timedelta(0), cool_down=cool_down)
        set_reply_settings(connection, clinic.organization_id, wanted)


def write(clinic: AnsweringClinic, name: str, text: str) -> str:
    """Write a message; what was said to it, or the reason why nothing was."""
    message = clinic.chatwoot.receive("whatsapp", NUMBERS[name], text, name=f"{name} Reminded")
    row = clinic.ended(message)
    return (clinic.said(message.conversation)[-1] or "") if row.state == "sent" else row.reason


def context(clinic: AnsweringClinic, name: str) -> dict[str, Any]:
    return clinic.live.ask("whatsapp", f"+{NUMBERS[name]}")


def preference(clinic: AnsweringClinic, name: str) -> tuple[str, str]:
    with clinic.database.reading() as connection:
        found = preference_of(connection, clinic.organization_id, context(clinic, name)["contact_id"])
    assert found is not None
    return found.reminders, found.said_by


def test_a_patient_is_asked_with_the_answer_and_only_once(clinic: AnsweringClinic) -> None:
    first = write(clinic, "Ada", "When am I on?")
    assert "tomorrow at 2 pm" in first
    assert first.endswith(QUESTION)
    assert QUESTION not in write(clinic, "Ada", "And with whom?")
    assert preference(clinic, "Ada") == ("sms", "cliniko")


def test_the_answer_is_confirmed_kept_and_used_in_spite_of_a_cool_down(clinic: AnsweringClinic) -> None:
    assert QUESTION in write(clinic, "Ben", "When am I on?")
    ask(clinic, "reply", cool_down=timedelta(hours=1))
    assert write(clinic, "Ben", "email please") == "Thank you! We will send your reminders via email."
    assert preference(clinic, "Ben") == ("email", "message")
    body = context(clinic, "Ben")
    assert (body["preferred_channel"], body["reminders"]) == ("email", "email")
    assert write(clinic, "Ben", "WhatsApp is better") == "Thank you! We will send your reminders via WhatsApp."
    assert preference(clinic, "Ben") == ("whatsapp", "message")
    ask(clinic, "reply")
    assert QUESTION not in write(clinic, "Ben", "When am I on?")


def test_a_mention_of_a_channel_is_no_answer(clinic: AnsweringClinic) -> None:
    assert "tomorrow" in write(clinic, "Cy", "email")  # nobody had asked
    assert preference(clinic, "Cy") == ("sms", "cliniko")


def test_stop_is_heard_at_any_time_and_kept_to(clinic: AnsweringClinic) -> None:
    assert write(clinic, "Dot", "STOP").startswith("Thank you! We will not send you reminders.")
    assert write(clinic, "Dot", "When am I on?") == "opted_out"
    assert context(clinic, "Dot")["preferred_channel"] is None


def test_no_reminders_are_no_reason_to_say_nothing(clinic: AnsweringClinic) -> None:
    write(clinic, "Eve", "When am I on?")
    assert "will not send" in write(clinic, "Eve", "No reminders, thanks")
    assert "tomorrow" in write(clinic, "Eve", "When am I on?")


def test_nobody_is_asked_in_a_note_or_where_it_is_not_wanted(clinic: AnsweringClinic) -> None:
    ask(clinic, "private_note")
    assert QUESTION not in write(clinic, "Flo", "When am I on?")
    ask(clinic, "reply", asks=False)
    assert QUESTION not in write(clinic, "Flo", "When am I on?")


def test_a_stranger_is_not_asked(clinic: AnsweringClinic) -> None:
    message = clinic.chatwoot.receive("whatsapp", "61400999111", "Hello")
    clinic.ended(message)
    assert QUESTION not in (clinic.said(message.conversation)[0] or "")
