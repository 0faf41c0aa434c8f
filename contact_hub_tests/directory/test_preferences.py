"""How somebody wants reminders: the latest word counts, a person's before a file's, whoever's records are joined or parted."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from contact_hub.directory import UnknownContact
from contact_hub.directory.deciding import Author
from contact_hub.directory.preferences import note_reminders, reminders_of
from contact_hub.store.preferences import state_preference
from contact_hub_tests.directory.support import ClinicOfTests, at, patient, whatsapp

DESK = Author("front desk")
ANNA, BEN = "+61412345671", "+61412345672"


@pytest.fixture
def two(clinic: ClinicOfTests) -> ClinicOfTests:
    """Anna's file asks for SMS, Ben's says nothing; both have written."""
    clinic.patients(patient("1", "Anna", "Smith", ANNA, reminder_type="SMS"), patient("2", "Ben", "Smith", BEN))
    clinic.derive()
    clinic.land(whatsapp("to anna", ANNA, 1), whatsapp("to ben", BEN, 2))
    clinic.settle()
    return clinic


def ids(clinic: ClinicOfTests) -> tuple[UUID, UUID]:
    name = clinic.directory._clinic(clinic.organization_id).contact_ids
    return name("cliniko", "1"), name("cliniko", "2")


def wanted(clinic: ClinicOfTests, contact_id: UUID) -> tuple[str, str] | None:
    found = reminders_of(clinic.database, clinic.directory, clinic.organization_id, contact_id)
    return None if found is None else (found.reminders, found.said_by)


def note(clinic: ClinicOfTests, contact_id: UUID, reminders: str) -> None:
    note_reminders(clinic.database, clinic.directory, clinic.organization_id, contact_id, reminders, said_by="desk")


def say(clinic: ClinicOfTests, patient_id: str, reminders: str, minute: float, **more: Any) -> bool:
    with clinic.database.transaction() as connection:
        return state_preference(
            connection,
            clinic.organization_id,
            ("cliniko", patient_id),
            reminders,
            said_by="message",
            said_at=at(minute),
            **more,
        )


def test_a_file_is_the_weaker_word_even_if_it_is_younger(two: ClinicOfTests) -> None:
    anna, ben = ids(two)
    assert (wanted(two, anna), wanted(two, ben)) == (("sms", "cliniko"), None)
    say(two, "1", "email", 1)
    two.patients(patient("1", "Anna", "Smith", ANNA, reminder_type="SMS & Email", changed=100))
    two.derive()
    assert wanted(two, anna) == ("email", "message")


def test_the_latest_said_wins_in_whatever_order_it_comes_and_however_often(two: ClinicOfTests) -> None:
    anna, _ = ids(two)
    assert say(two, "1", "whatsapp", 9)
    assert say(two, "1", "email", 3)
    assert not say(two, "1", "whatsapp", 9)
    assert not say(two, "1", "email", 3)
    assert wanted(two, anna) == ("whatsapp", "message")
    note(two, anna, "none")
    assert wanted(two, anna) == ("none", "desk")


def test_a_word_stays_with_its_record_through_merge_and_undo(two: ClinicOfTests) -> None:
    anna, ben = ids(two)
    say(two, "1", "email", 1)
    say(two, "2", "whatsapp", 2)
    made = two.directory.merge(two.organization_id, [anna, ben], DESK)
    assert wanted(two, anna) == wanted(two, ben) == ("whatsapp", "message")
    two.directory.undo(two.organization_id, made.decision_ids[0], DESK)
    assert (wanted(two, anna), wanted(two, ben)) == (("email", "message"), ("whatsapp", "message"))
    two.forget_derived()
    two.derive()
    assert (wanted(two, anna), wanted(two, ben)) == (("email", "message"), ("whatsapp", "message"))


def test_what_was_noted_of_a_merged_contact_is_its_survivors_and_a_split_takes_it_along(two: ClinicOfTests) -> None:
    anna, ben = ids(two)
    note(two, ben, "email")
    two.directory.merge(two.organization_id, [anna, ben], DESK)
    assert wanted(two, anna) == ("email", "desk")
    survivor = two.directory.contact(two.organization_id, ben)["id"]
    decided = two.directory.decisions(two.organization_id)[0]["decision_id"]
    two.directory.undo(two.organization_id, decided, DESK)
    assert survivor in (anna, ben)
    assert (wanted(two, anna), wanted(two, ben)) == (("sms", "cliniko"), ("email", "desk"))


def test_nobody(two: ClinicOfTests) -> None:
    with pytest.raises(UnknownContact):
        note(two, uuid4(), "email")
    with pytest.raises(UnknownContact):
        wanted(two, uuid4())
