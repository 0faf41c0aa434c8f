"""Who gets which reply, through which door: over HTTP, from the customer's message in Chatwoot to the answer in it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from contact_hub.store.database import Database
from contact_hub_tests.answers.support import days_ahead
from contact_hub_tests.replies.support import AnsweringClinic, answering_clinic

NUMBERS = {name: f"614123457{place:02}" for place, name in enumerate(("Anna", "Mia", "Max", "Cora", "Nell", "Tess"), start=1)}


@dataclass(frozen=True)
class Cast:
    clinic: AnsweringClinic
    booked: dict[str, str]


@pytest.fixture(scope="module")
def cast(database: Database) -> Iterator[Cast]:
    with answering_clinic(database, "org_replies") as clinic:
        live = clinic.live
        shared = f"+{NUMBERS['Mia']}"
        ids = {
            "Anna": live.patient("Anna", "Smith", f"+{NUMBERS['Anna']}", email="anna@quill.au"),
            "Mia": live.patient("Mia", "Park", shared),
            "Max": live.patient("Max", "Park", shared, date_of_birth="2019-02-03"),
            "Cora": live.patient("Cora", "Called", f"+{NUMBERS['Cora']}"),
            "Nell": live.patient("Nell", "Never", f"+{NUMBERS['Nell']}"),
            "Tess": live.patient("Tess", "Told", f"+{NUMBERS['Tess']}"),
        }
        booked = {name: live.cliniko.add_appointment(one, days_ahead(1)) for name, one in ids.items() if name != "Nell"}
        live.sync()
        yield Cast(clinic, booked)


@pytest.fixture
def clinic(cast: Cast) -> Iterator[AnsweringClinic]:
    yield cast.clinic
    cast.clinic.answers("off")


def test_nothing_is_said_or_kept_while_replies_are_off(clinic: AnsweringClinic) -> None:
    message = clinic.chatwoot.receive("whatsapp", NUMBERS["Anna"], "Am I on tomorrow?")
    clinic.answers("reply")  # what came before is not answered either
    later = clinic.chatwoot.receive("whatsapp", "61400111222", "Hello?")
    clinic.ended(later)
    assert clinic.replies(message) == []
    assert clinic.said(message.conversation) == []


def test_a_linked_patient_gets_the_sentence_and_the_team_the_attributes(cast: Cast, clinic: AnsweringClinic) -> None:
    clinic.answers("reply")
    message = clinic.chatwoot.receive("whatsapp", NUMBERS["Anna"], "Am I on tomorrow?", name="Anna Smith")
    row = clinic.ended(message)
    assert (row.state, row.template, row.disclosure, row.freshness) == ("sent", "appointment", "full", "live")
    sent = clinic.ours(message.conversation)
    assert [(str(one.id), one.private, one.message_type) for one in sent] == [(row.message_id, False, "outgoing")]
    assert "tomorrow at 2 pm" in (sent[0].content or "")
    assert row.told_appointment_id == cast.booked["Anna"]
    attributes = clinic.attributes(message.conversation)
    assert set(attributes) == {"contact_hub_id", "cliniko_patient_id", "next_appointment"}
    assert attributes["next_appointment"] == f"{days_ahead(1):%Y-%m-%d} 14:00"


def test_a_private_note_is_for_the_team_alone(clinic: AnsweringClinic) -> None:
    clinic.answers("private_note")
    message = clinic.chatwoot.receive("whatsapp", NUMBERS["Tess"], "When am I on?")
    row = clinic.ended(message)
    assert (row.state, row.mode) == ("sent", "private_note")
    assert [one.private for one in clinic.ours(message.conversation)] == [True]


def test_a_family_gets_the_neutral_text_and_no_patient_is_shown(clinic: AnsweringClinic) -> None:
    clinic.answers("reply")
    message = clinic.chatwoot.receive("whatsapp", NUMBERS["Mia"], "Is it today?", name="Mum")
    row = clinic.ended(message)
    assert (row.state, row.template, row.disclosure) == ("sent", "neutral", "none")
    assert "household" in row.disclosure_reasons
    assert not any(char.isdigit() for char in clinic.said(message.conversation)[0] or "")
    assert set(clinic.attributes(message.conversation)) == {"contact_hub_id"}


def test_a_stranger_gets_the_strangers_text(clinic: AnsweringClinic) -> None:
    clinic.answers("reply")
    for inbox, source_id in (("whatsapp", "61400111333"), ("instagram", "17841400000570999"), ("email", "new@quill.au")):
        row = clinic.ended(clinic.chatwoot.receive(inbox, source_id, "Do you treat knees?"))
        assert (row.state, row.template) == ("sent", "stranger"), inbox


def test_a_visitor_of_the_website_is_told_nothing_whatever_they_type(clinic: AnsweringClinic) -> None:
    clinic.answers("reply")
    message = clinic.chatwoot.receive("web", "9c1f7c1e-0000-4000-8000-000000000001", "When am I on?", email="anna@quill.au")
    row = clinic.ended(message)
    assert (row.state, row.template, row.disclosure) == ("sent", "stranger", "none")
    clinic.settled()
    assert "next_appointment" not in message.conversation.contact.custom_attributes


def test_a_moved_and_a_cancelled_appointment_are_told_as_they_are_now(cast: Cast, clinic: AnsweringClinic) -> None:
    clinic.answers("reply")
    first = clinic.chatwoot.receive("whatsapp", NUMBERS["Cora"], "When am I on?")
    assert clinic.ended(first).template == "appointment"
    clinic.live.cliniko.move_appointment(cast.booked["Cora"], days_ahead(3, 9))
    second = clinic.chatwoot.receive("whatsapp", NUMBERS["Cora"], "And now?")
    row = clinic.ended(second)
    assert (row.template, row.told_starts_at) == ("moved", days_ahead(3, 9))
    clinic.live.cliniko.cancel_appointment(cast.booked["Cora"])
    third = clinic.chatwoot.receive("whatsapp", NUMBERS["Cora"], "And now?")
    row = clinic.ended(third)
    assert (row.template, row.told_appointment_id) == ("cancelled", None)
    fourth = clinic.chatwoot.receive("whatsapp", NUMBERS["Cora"], "And now?")
    assert clinic.ended(fourth).template == "no_appointment"
    assert len(clinic.said(first.conversation)) == 4
    assert clinic.attributes(first.conversation, lambda shown: shown.get("next_appointment") == "")


def test_a_patient_without_an_appointment(clinic: AnsweringClinic) -> None:
    clinic.answers("reply")
    message = clinic.chatwoot.receive("whatsapp", NUMBERS["Nell"], "Hi")
    row = clinic.ended(message)
    assert (row.template, row.told_appointment_id) == ("no_appointment", None)
    assert "next_appointment" not in clinic.attributes(message.conversation)


def test_what_came_past_chatwoot_has_no_way_back(clinic: AnsweringClinic) -> None:
    clinic.answers("reply")
    clinic.live.write("whatsapp", f"+{NUMBERS['Anna']}", "Anna")
    clinic.settled()
    assert [(row.state, row.reason) for row in clinic.replies() if row.account is None] == [("skipped", "no_delivery_path")]
