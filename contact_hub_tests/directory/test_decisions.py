"""Decisions through the directory: what each brings about, what it refuses, and that a rebuild keeps all of it."""

from uuid import UUID, uuid4

import pytest

from contact_hub.directory import DecisionConflict, InvalidDecision, UnknownContact, UnknownDecision
from contact_hub.directory.deciding import Author
from contact_hub_tests.directory.desk import assert_derived
from contact_hub_tests.directory.support import ClinicOfTests, at, mail, patient, sms, timeless, whatsapp

DESK = Author("front desk", "they said so")
MODEL = Author("linkage", authority="model", confidence=0.99, model_version="1")
ANNA, BEN, OTHER = "+61412345671", "+61412345672", "+61412345679"


@pytest.fixture
def two(clinic: ClinicOfTests) -> ClinicOfTests:
    """Two patient files, each with somebody who wrote."""
    clinic.patients(patient("1", "Anna", "Smith", ANNA), patient("2", "Ann", "Smith", BEN))
    clinic.derive()
    clinic.land(whatsapp("to anna", ANNA, 1), whatsapp("to ben", BEN, 2), sms("text", ANNA, 3))
    clinic.settle()
    return clinic


def ids(clinic: ClinicOfTests) -> tuple[UUID, UUID]:
    name = clinic.directory._clinic(clinic.organization_id).contact_ids
    return name("cliniko", "1"), name("cliniko", "2")


def test_a_merge_makes_one_contact_and_undoing_it_the_two_again(two: ClinicOfTests) -> None:
    one, other = ids(two)
    org, before = two.organization_id, two.rows()
    made = two.directory.merge(org, [one, other], DESK)
    again = two.directory.merge(org, [one, other], DESK)
    assert (again.decision_ids, again.created, made.created) == (made.decision_ids, False, True)
    assert two.directory.contact(org, other)["id"] == two.directory.contact(org, one)["id"] == made.contacts[0]["id"]
    assert sorted(two.said(other)) == ["text", "to anna", "to ben"]
    assert made.contacts[0]["external_ids"]["channels"]["phone"] == [ANNA, BEN]
    assert_derived(two)
    for _ in range(2):
        two.directory.undo(org, made.decision_ids[0], DESK)
    assert two.count("identity_decisions") == 2
    assert timeless(two.rows()) == timeless(before)
    assert_derived(two)
    assert two.rows() == before


def test_what_is_distinct_is_not_merged_until_that_is_undone(two: ClinicOfTests) -> None:
    one, other = ids(two)
    org = two.organization_id
    said = two.directory.distinct(org, one, other, DESK)
    assert two.directory.distinct(org, other, one, DESK).decision_ids == said.decision_ids
    for author in (DESK, MODEL):
        if author is MODEL:
            with pytest.raises(DecisionConflict, match=str(said.decision_ids[0])):
                two.directory.merge(org, [one, other], author)
    assert two.count("identity_decisions") == 1
    two.directory.undo(org, said.decision_ids[0], DESK)
    merged = two.directory.merge(org, [one, other], MODEL)
    with pytest.raises(DecisionConflict, match=str(merged.decision_ids[0])):
        two.directory.distinct(org, one, other, DESK)


def test_a_split_record_stays_apart_whatever_its_identifiers_say(two: ClinicOfTests) -> None:
    org, (one, _) = two.organization_id, ids(two)
    made = two.directory.split(org, one, [("whatsapp", ANNA)], DESK)
    assert two.directory.split(org, one, [("whatsapp", ANNA)], DESK).decision_ids == made.decision_ids
    assert two.said(one) == ["text"]
    apart = two.contact_of("to anna")
    assert apart is not None
    assert apart == made.contacts[1]["id"] != one
    assert_derived(two)
    two.land(whatsapp("more", ANNA, 9), mail("mail", "a@example.com", 10))
    two.settle()
    assert two.said(apart) == ["to anna", "more"]
    with pytest.raises(DecisionConflict):
        two.directory.merge(org, [one, apart], MODEL)
    two.directory.merge(org, [one, apart], DESK)
    assert sorted(two.said(one)) == ["more", "text", "to anna"]
    assert_derived(two)


def test_a_patient_split_off_is_the_contact_it_was(two: ClinicOfTests) -> None:
    org, (one, other) = two.organization_id, ids(two)
    two.directory.merge(org, [one, other], MODEL)
    two.directory.split(org, one, [("cliniko", "2"), ("whatsapp", BEN)], DESK)
    assert two.directory.contact(org, other)["id"] == other
    assert two.said(one) == ["to anna", "text"]
    assert_derived(two)


def test_mistakes_change_nothing(two: ClinicOfTests) -> None:
    org, (one, _) = two.organization_id, ids(two)
    with pytest.raises(UnknownContact):
        two.directory.merge(org, [one, uuid4()], DESK)
    with pytest.raises(InvalidDecision):
        two.directory.merge(org, [one, one], DESK)
    with pytest.raises(InvalidDecision):
        two.directory.split(org, one, [("whatsapp", BEN)], DESK)
    with pytest.raises(InvalidDecision):
        two.directory.split(org, one, [("cliniko", "1"), ("whatsapp", ANNA), ("sms", ANNA), ("phone", ANNA)], DESK)
    with pytest.raises(UnknownDecision):
        two.directory.undo(org, uuid4(), DESK)
    assert two.count("identity_decisions") == 0


def test_a_record_that_only_the_clinic_wrote_to_is_split_off_and_is_nobodys_until_somebody_answers(two: ClinicOfTests) -> None:
    org, (one, _) = two.organization_id, ids(two)
    two.land(sms("to nobody", OTHER, 6, direction="out"))
    two.patients(patient("1", "Anna", "Smith", ANNA, OTHER, changed=7), patient("2", "Ann", "Smith", BEN))
    two.derive()
    assert "to nobody" in two.said(one)
    made = two.directory.split(org, one, [("phone", OTHER)], DESK)
    assert [contact["id"] for contact in made.contacts] == [one]
    assert two.directory.split(org, one, [("phone", OTHER)], DESK).decision_ids == made.decision_ids
    assert two.contact_of("to nobody") is None
    two.land(sms("who is this?", OTHER, 8))
    two.settle()
    answered = two.contact_of("who is this?")
    assert answered is not None
    assert answered != one
    assert two.said(answered) == ["to nobody", "who is this?"]
    assert_derived(two)
    two.directory.undo(org, made.decision_ids[0], DESK)
    assert two.contact_of("to nobody") == one


def test_a_decision_about_a_record_that_is_called_otherwise_now_is_undone_all_the_same(two: ClinicOfTests) -> None:
    org, (one, _) = two.organization_id, ids(two)
    made = two.directory.split(org, one, [("whatsapp", ANNA)], DESK)
    two.directory.release(org, "phone", ANNA, since=at(0.5))
    two.directory.undo(org, made.decision_ids[0], DESK)
    assert_derived(two)
