"""Identifiers that change hands: history stays with whom it belonged to, and nobody gets the contact of somebody else."""

from datetime import timedelta
from uuid import UUID

import pytest

from contact_hub_tests.directory.support import (
    ClinicOfTests,
    at,
    form,
    moved,
    patient,
    sms,
    timeless,
    whatsapp,
)

OLD, NEW, OTHER = "+61412345671", "+61412345672", "+61412345673"
HOUR = timedelta(hours=1)


def holder(clinic: ClinicOfTests, identifier: str, channel: str = "phone") -> UUID | None:
    looked = clinic.directory.lookup(clinic.organization_id, channel, identifier)
    return looked.contact["id"] if looked.contact else None


def assert_settled(clinic: ClinicOfTests) -> None:
    """What callers see is what a derivation of everything, and one from nothing, gives."""
    settled = clinic.rows()
    clinic.derive()
    derived = clinic.rows()
    assert timeless(settled) == timeless(derived)
    clinic.forget_derived()
    clinic.derive()
    assert clinic.rows() == derived


class TestByTheClinicsRecords:
    """Patient 1 drops a number in Cliniko, patient 2 gets it."""

    @pytest.fixture
    def recycled(self, clinic: ClinicOfTests) -> ClinicOfTests:
        clinic.patients(patient("1", "Anna", "Smith", OLD), patient("2", "Ben", "Jones"))
        clinic.derive()
        clinic.land(whatsapp("anna 1", OLD, 1, "Anna", user_id="AU.1"), sms("anna 2", OLD, 2))
        clinic.settle()
        clinic.patients(patient("1", "Anna", "Smith", NEW, changed=10), patient("2", "Ben", "Jones", OLD, changed=11))
        clinic.derive()
        return clinic

    def test_old_messages_stay_and_new_ones_are_the_new_holders(self, recycled: ClinicOfTests) -> None:
        anna, ben = recycled.contact_of_patient("1"), recycled.contact_of_patient("2")
        assert holder(recycled, OLD) == ben
        assert recycled.said(anna) == ["anna 1", "anna 2"]
        assert recycled.said(ben) == []
        recycled.land(whatsapp("ben 1", OLD, 20, "Benny", user_id="AU.2"), sms("ben 2", OLD, 21))
        assert recycled.said(anna) == ["anna 1", "anna 2"]
        assert recycled.said(ben) == ["ben 1", "ben 2"]
        assert holder(recycled, OLD, "whatsapp") == holder(recycled, "AU.2", "whatsapp") == ben
        assert recycled.directory.find_or_create(recycled.organization_id, "phone", OLD, "Ben").contact_id == ben
        assert_settled(recycled)
        assert recycled.said(anna) == ["anna 1", "anna 2"]

    def test_a_late_message_from_before_is_the_former_holders(self, recycled: ClinicOfTests) -> None:
        recycled.land(sms("anna 3", OLD, 3))
        assert recycled.said(recycled.contact_of_patient("1")) == ["anna 1", "anna 2", "anna 3"]
        assert recycled.said(recycled.contact_of_patient("2")) == []
        assert_settled(recycled)

    def test_a_number_that_nobody_takes_over_is_a_strangers(self, clinic: ClinicOfTests) -> None:
        clinic.patients(patient("1", "Anna", "Smith", OLD))
        clinic.derive()
        clinic.land(sms("anna", OLD, 1))
        clinic.patients(patient("1", "Anna", "Smith", changed=10))
        clinic.derive()
        anna = clinic.contact_of_patient("1")
        assert holder(clinic, OLD) is None
        found = clinic.directory.find_or_create(clinic.organization_id, "phone", OLD, "Stranger")
        assert found.created
        assert found.contact_id != anna
        landed = clinic.count("channel_events")
        assert clinic.directory.find_or_create(clinic.organization_id, "phone", OLD, "Stranger").contact_id == found.contact_id
        assert clinic.count("channel_events") == landed, "asking again lands nothing"
        assert clinic.said(anna) == ["anna"]
        assert_settled(clinic)

    def test_a_family_number_that_one_of_them_drops_stays_the_familys(self, clinic: ClinicOfTests) -> None:
        clinic.patients(patient("1", "Anna", "Smith", OLD), patient("2", "Ben", "Smith", OLD))
        clinic.derive()
        clinic.land(whatsapp("anna", OLD, 1, "Anna"), sms("who", OLD, 2))
        clinic.settle()
        clinic.patients(patient("2", "Ben", "Smith", NEW, changed=10))
        clinic.derive()
        assert clinic.count("number_changes") == 0
        assert holder(clinic, OLD) == clinic.contact_of_patient("1")
        assert_settled(clinic)

    def test_a_number_that_comes_back_is_the_patients_again(self, clinic: ClinicOfTests) -> None:
        clinic.patients(patient("1", "Anna", "Smith", OLD))
        clinic.derive()
        clinic.land(sms("before", OLD, 1))
        clinic.patients(patient("1", "Anna", "Smith", NEW, changed=10))
        clinic.derive()
        clinic.land(sms("between", OLD, 20))
        clinic.patients(patient("1", "Anna", "Smith", OLD, changed=30))
        clinic.derive()
        clinic.land(sms("after", OLD, 40))
        clinic.settle()
        anna = clinic.contact_of_patient("1")
        assert holder(clinic, OLD) == anna
        assert {"before", "after"} <= set(clinic.said(anna))
        assert_settled(clinic)


class TestByWhatsApp:
    """user_changed_number: the account goes on under another number."""

    @pytest.mark.parametrize("order", ["in order", "change first", "change last"])
    def test_history_follows_the_person_and_the_old_number_is_a_strangers(self, clinic: ClinicOfTests, order: str) -> None:
        before, after = whatsapp("before", OLD, 1, "Jo"), whatsapp("after", NEW, 20, "Jo")
        change, stranger = moved("change", OLD, NEW, 10), whatsapp("stranger", OLD, 30, "Somebody")
        told = {
            "in order": [before, change, after, stranger],
            "change first": [change, stranger, after, before],
            "change last": [stranger, after, before, change],
        }
        ids: set[UUID] = set()
        for one in told[order]:
            clinic.land(one)
            clinic.settle()
            found = clinic.contact_of("before") if order == "in order" else None
            ids |= {found} if found else set()
        person, other = clinic.contact_of("before"), clinic.contact_of("stranger")
        assert person is not None and other is not None and person != other  # noqa: PT018
        assert clinic.said(person) == ["before", "after"]
        assert clinic.said(other) == ["stranger"]
        assert (holder(clinic, OLD), holder(clinic, NEW)) == (other, person)
        if order == "in order":
            for known in ids:
                assert clinic.directory.contact(clinic.organization_id, known)["id"] == person
                assert known != other
        assert_settled(clinic)

    def test_a_patient_whose_account_moved_keeps_the_history_and_loses_the_number(self, clinic: ClinicOfTests) -> None:
        clinic.patients(patient("1", "Anna", "Smith", OLD))
        clinic.derive()
        anna = clinic.contact_of_patient("1")
        clinic.land(whatsapp("before", OLD, 1, "Anna"))
        clinic.land(moved("change", OLD, NEW, 10))
        clinic.land(whatsapp("after", NEW, 20, "Anna"))
        assert clinic.said(anna) == ["before", "after"]
        clinic.land(whatsapp("stranger", OLD, 30, "Zoe"))
        assert clinic.said(anna) == ["before", "after"]
        assert holder(clinic, OLD) not in (None, anna)
        assert holder(clinic, NEW) == anna
        assert_settled(clinic)

    def test_a_number_on_which_nothing_was_said_is_left_at_once(self, clinic: ClinicOfTests) -> None:
        clinic.patients(patient("1", "Anna", "Smith", OLD))
        clinic.derive()
        clinic.land(moved("change", OLD, NEW, 10))
        clinic.settle()
        assert holder(clinic, OLD) is None
        assert_settled(clinic)

    @pytest.mark.parametrize("name", ["Ben", "Anna"])
    def test_an_account_that_moves_onto_another_patients_number_takes_no_history_there(
        self, clinic: ClinicOfTests, name: str
    ) -> None:
        clinic.patients(patient("1", "Anna", "Smith", OLD), patient("2", name, "Smith", NEW))
        clinic.derive()
        first, second = clinic.contact_of_patient("1"), clinic.contact_of_patient("2")
        clinic.land(whatsapp("first", OLD, 1, "Anna"), whatsapp("second", NEW, 2, name), moved("change", OLD, NEW, 10))
        assert clinic.said(first) == ["first"]
        assert clinic.said(second) == ["second"]
        assert holder(clinic, OLD) is None
        assert_settled(clinic)
        assert clinic.said(first) == ["first"]

    def test_a_chain_of_moves_comes_out_the_same_in_any_order(self, clinic: ClinicOfTests) -> None:
        """Q goes from NEW to OTHER, then P from OLD to NEW: told the wrong way round, P's past must not become Q's."""
        events = [
            whatsapp("p 1", OLD, 1, "P"),
            whatsapp("q 1", NEW, 2, "Q"),
            moved("q moves", NEW, OTHER, 10),
            moved("p moves", OLD, NEW, 20),
            whatsapp("q 2", OTHER, 30, "Q"),
            whatsapp("p 2", NEW, 31, "P"),
        ]
        clinic.land(*reversed(events))
        clinic.settle()
        p, q = clinic.contact_of("p 1"), clinic.contact_of("q 1")
        assert p is not None and q is not None  # noqa: PT018
        assert clinic.said(p) == ["p 1", "p 2"]
        assert clinic.said(q) == ["q 1", "q 2"]
        assert_settled(clinic)


class TestByAPerson:
    """Somebody at the desk says that a number is another one's now."""

    def test_what_comes_after_is_somebody_elses(self, clinic: ClinicOfTests) -> None:
        clinic.land(sms("before", OLD, 1), sms("after", OLD, 20))
        assert holder(clinic, OLD) == clinic.contact_of("before") == clinic.contact_of("after")
        assert clinic.directory.release(clinic.organization_id, "sms", OLD, since=at(10))
        assert not clinic.directory.release(clinic.organization_id, "phone", OLD, since=at(10)), "that was known"
        before, after = clinic.contact_of("before"), clinic.contact_of("after")
        assert before != after
        assert holder(clinic, OLD) == after
        assert_settled(clinic)

    @pytest.mark.parametrize("used", [True, False])
    def test_a_patient_whose_number_is_released_holds_it_no_more(self, clinic: ClinicOfTests, used: bool) -> None:
        clinic.patients(patient("1", "Anna", "Smith", OLD))
        clinic.derive()
        if used:
            clinic.land(whatsapp("anna", OLD, 1))
            clinic.settle()
        clinic.directory.release(clinic.organization_id, "phone", OLD, since=at(10))
        anna = clinic.contact_of_patient("1")
        assert holder(clinic, OLD) is None
        assert clinic.directory.contact(clinic.organization_id, anna)["phone"] is None
        assert clinic.said(anna) == (["anna"] if used else [])
        found = clinic.directory.find_or_create(clinic.organization_id, "whatsapp", OLD, "Zoe")
        assert (found.created, found.contact_id == anna) == (True, False)
        assert_settled(clinic)

    def test_a_number_that_was_only_typed_is_the_next_ones(self, clinic: ClinicOfTests) -> None:
        clinic.land(form("form", 1, "Anna", OLD))
        clinic.settle()
        anna = clinic.contact_of("form")
        clinic.directory.release(clinic.organization_id, "phone", OLD, since=at(10))
        assert holder(clinic, OLD) is None
        found = clinic.directory.find_or_create(clinic.organization_id, "phone", OLD)
        assert found.contact_id != anna
        assert_settled(clinic)

    @pytest.mark.parametrize(("channel", "identifier"), [("instagram", "17841400001"), ("email", "desk@example.com")])
    def test_other_identifiers_can_be_released_too(self, clinic: ClinicOfTests, channel: str, identifier: str) -> None:
        first = clinic.directory.find_or_create(clinic.organization_id, channel, identifier, "First").contact_id
        clinic.directory.release(clinic.organization_id, channel, identifier)
        second = clinic.directory.find_or_create(clinic.organization_id, channel, identifier, "Second")
        assert second.created
        clinic.directory.release(clinic.organization_id, channel, identifier)
        third = clinic.directory.find_or_create(clinic.organization_id, channel, identifier, "Third").contact_id
        assert len({first, second.contact_id, third}) == 3
        assert holder(clinic, identifier, channel) == third
        assert_settled(clinic)

    def test_shared_again_the_former_holders_account_is_not_who_writes(self, clinic: ClinicOfTests) -> None:
        """A stranger's released number becomes a family's: nobody has written from it since."""
        stranger = clinic.directory.find_or_create(clinic.organization_id, "phone", OLD, "Stranger").contact_id
        clinic.directory.release(clinic.organization_id, "phone", OLD)
        later = clinic.query("SELECT max(changed_at) FROM number_changes WHERE organization_id = :organization_id")[0][0] + HOUR
        for number, name in (("1", "Anna"), ("2", "Ben")):
            clinic.patients(patient(number, name, "Smith", OLD, created_at=later.isoformat(), updated_at=later.isoformat()))
        clinic.derive()
        looked = clinic.directory.lookup(clinic.organization_id, "phone", OLD)
        assert (looked.match, looked.contact) == ("shared", None)
        assert stranger not in looked.candidates
