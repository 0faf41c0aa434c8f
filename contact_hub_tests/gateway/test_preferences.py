"""How a contact wants reminders: noted over HTTP, and what follows when people turn out to be one, or two."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contact_hub.directory import ContactDirectory
from contact_hub.directory.deciding import Author
from contact_hub.store.preferences import preference_of, state_preference
from contact_hub_tests.cli.support import Terminal
from contact_hub_tests.gateway.support import Clinic, assert_problem
from contact_hub_tests.gateway.test_contacts import made, settle

NOON = datetime(2026, 12, 1, 1, tzinfo=UTC)


def person(clinic: Clinic, number: str) -> str:
    contact_id: str = made(clinic, {"channel": "whatsapp", "identifier": number})["contact_id"]
    settle(clinic)
    return contact_id


def put(clinic: Clinic, contact_id: str, body: Any) -> Any:
    return clinic.gateway.call("PUT", clinic.path(f"/contacts/{contact_id}/preference"), headers=clinic.bearer, json=body)


def reminders(clinic: Clinic, contact_id: str) -> str | None:
    found: str | None = clinic.get(f"/contacts/{contact_id}/preference").json()["reminders"]
    return found


def state(clinic: Clinic, contact_id: str, word: str, at: datetime, *, event_id: UUID | None = None) -> bool:
    """What the record that founded a contact says in a message."""
    record = clinic.query(
        "SELECT source, source_id FROM source_record_links WHERE organization_id = :organization_id AND contact_id = :id",
        id=contact_id,
    )[0]
    with clinic.database.transaction() as connection:
        return state_preference(
            connection, clinic.organization_id, tuple(record), word, said_by="message", said_at=at, event_id=event_id
        )


def test_nobody_has_said_and_then_the_latest_word_counts(clinic: Clinic) -> None:
    contact_id = person(clinic, "0412 345 701")
    assert clinic.get(f"/contacts/{contact_id}/preference").json() == {
        "contact_id": contact_id, "reminders": None, "said_by": None, "said_at": None,
    }  # fmt: skip
    first = put(clinic, contact_id, {"reminders": "email"})
    assert first.status_code == 200, first.text
    noted = first.json()
    assert (noted["contact_id"], noted["reminders"]) == (contact_id, "email")
    assert noted["said_by"].startswith("token:")
    assert datetime.fromisoformat(noted["said_at"]) <= datetime.now(UTC)
    put(clinic, contact_id, {"reminders": "both"})
    assert reminders(clinic, contact_id) == "both"
    assert clinic.count("reminder_statements") == 2


@pytest.mark.parametrize("body", [{}, {"reminders": "pigeon"}, {"reminders": None}, {"reminders": "email", "more": 1}, []])
def test_what_is_no_preference_changes_nothing(clinic: Clinic, body: Any) -> None:
    contact_id = person(clinic, "0412 345 702")
    assert_problem(put(clinic, contact_id, body), 422)
    assert reminders(clinic, contact_id) is None


def test_a_member_that_the_sender_invented_is_refused_and_not_repeated(clinic: Clinic) -> None:
    answer = put(clinic, person(clinic, "0412 345 703"), {"reminders": "email", "of Jo Marsh": 1})
    assert assert_problem(answer, 422, "invalid_request")["errors"] == [{"location": "body", "code": "extra_forbidden"}]
    assert "Marsh" not in answer.text


def test_a_contact_that_is_none_or_another_clinics(clinic: Clinic, other_clinic: Clinic) -> None:
    contact_id = person(clinic, "0412 345 703")
    for identity in (contact_id, str(uuid4())):
        assert_problem(put(other_clinic, identity, {"reminders": "email"}), 404, "unknown_contact")
        assert_problem(other_clinic.get(f"/contacts/{identity}/preference"), 404, "unknown_contact")
    assert reminders(clinic, contact_id) is None


def test_answers_that_come_twice_or_out_of_order(clinic: Clinic) -> None:
    contact_id, event_id = person(clinic, "0412 345 704"), uuid4()
    assert state(clinic, contact_id, "whatsapp", NOON, event_id=event_id)
    assert not state(clinic, contact_id, "whatsapp", NOON, event_id=event_id)
    assert state(clinic, contact_id, "email", NOON - timedelta(hours=1))
    assert reminders(clinic, contact_id) == "whatsapp"
    assert clinic.count("reminder_statements") == 2


def test_of_people_who_are_one_the_latest_word_counts_and_apart_each_has_their_own(clinic: Clinic) -> None:
    directory: ContactDirectory = clinic.gateway.app.state.gateway.directory
    one, other = person(clinic, "0412 345 705"), person(clinic, "0412 345 706")
    state(clinic, one, "email", NOON)
    state(clinic, other, "sms", NOON + timedelta(hours=1))
    merged = directory.merge(clinic.organization_id, [UUID(one), UUID(other)], Author("Kim"))
    assert (reminders(clinic, one), reminders(clinic, other)) == ("sms", "sms")
    directory.undo(clinic.organization_id, merged.decision_ids[0], Author("Kim"))
    assert (reminders(clinic, one), reminders(clinic, other)) == ("email", "sms")


def test_the_persons_word_counts_more_than_their_file_however_late_that_is(clinic: Clinic) -> None:
    contact_id = person(clinic, "0412 345 707")
    state(clinic, contact_id, "whatsapp", NOON)
    with clinic.database.transaction() as connection:
        connection.execute(
            text("""
                UPDATE normalized_contacts SET reminder_preference = 'sms', updated_at = now()
                WHERE organization_id = :organization_id AND (source, source_id) IN
                    (SELECT source, source_id FROM source_record_links
                     WHERE organization_id = :organization_id AND contact_id = :id)
            """),
            {"organization_id": clinic.organization_id, "id": contact_id},
        )
        found = preference_of(connection, clinic.organization_id, UUID(contact_id))
        assert found is not None
        assert (found.reminders, found.is_own_word) == ("whatsapp", True)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(monkeypatch, capfd)


def test_at_the_terminal(clinic: Clinic, terminal: Terminal) -> None:
    contact_id = person(clinic, "0412 345 708")
    assert "reminders" not in terminal.good("contacts", "show", clinic.organization_id, contact_id).out
    assert terminal.good("contacts", "prefer", clinic.organization_id, contact_id, "email").out == "reminders: email\n"
    assert reminders(clinic, contact_id) == "email"
    assert "email (command line, " in terminal.good("contacts", "show", clinic.organization_id, contact_id).words
    assert "one of whatsapp, email" in terminal.bad("contacts", "prefer", clinic.organization_id, contact_id, "pigeon")
    assert "no such contact" in terminal.bad("contacts", "prefer", clinic.organization_id, uuid4(), "email")
    assert reminders(clinic, contact_id) == "email"
