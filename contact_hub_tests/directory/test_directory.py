"""Who is this? Examples by channel, by family and by what clinics' lists hold; other clinics are never seen."""

from uuid import UUID, uuid4

import pytest

from contact_hub.directory import ContactDirectory, InvalidIdentifier, LinkRefused, UnknownContact, UnknownPatient
from contact_hub.directory.answering import Found
from contact_hub.errors import ConfigurationError
from contact_hub.store.database import Database
from contact_hub_tests.directory.support import (
    ClinicOfTests,
    form,
    instagram,
    mail,
    patient,
    sms,
    status,
    whatsapp,
)

ANNA, BEN, CLARA = "+61412345671", "+61412345672", "+61412345673"
LANDLINE = "+61293334444"


def find(clinic: ClinicOfTests, channel: str, identifier: str, name: str | None = None, email: str | None = None) -> Found:
    """Find-or-create; asked again with the same it must say the same, make nothing and land nothing."""
    found = clinic.directory.find_or_create(clinic.organization_id, channel, identifier, name, email)
    landed = clinic.count("channel_events")
    again = clinic.directory.find_or_create(clinic.organization_id, channel, identifier, name, email)
    assert (again.contact_id, again.candidates, again.created) == (found.contact_id, found.candidates, False)
    assert again.match == ("owner" if found.match == "new" else found.match)
    assert clinic.count("channel_events") == landed, "asking again lands nothing"
    return found


def owner(clinic: ClinicOfTests, channel: str, identifier: str) -> UUID | None:
    looked = clinic.directory.lookup(clinic.organization_id, channel, identifier)
    assert (looked.contact is None) == (looked.match == "none") or looked.match == "shared"
    return looked.contact["id"] if looked.contact and looked.match == "owner" else None


@pytest.fixture
def family(clinic: ClinicOfTests) -> ClinicOfTests:
    """Anna and Ben Smith share a number; Clara has one of her own, and an email with Ben."""
    clinic.patients(
        patient("1", "Anna", "Smith", ANNA, email="anna@example.com"),
        patient("2", "Ben", "Smith", ANNA, email="home@example.com"),
        patient("3", "Clara", "Jones", CLARA, email="home@example.com"),
    )
    clinic.derive()
    return clinic


class TestFindOrCreate:
    def test_a_patient_is_found_by_any_spelling_of_a_number_on_any_channel(self, family: ClinicOfTests) -> None:
        clara = family.contact_of_patient("3")
        for channel, spelling in [
            ("phone", "0412 345 673"),
            ("sms", "+61 412 345 673"),
            ("whatsapp", "61412345673"),
            ("whatsapp", "whatsapp:+61412345673"),
            ("phone", "tel:0412345673"),
        ]:
            found = find(family, channel, spelling, "Somebody Else")
            assert (found.contact_id, found.created, found.match, found.candidates) == (clara, False, "owner", ())
            assert found.contact["name"] == "Clara Jones"

    def test_a_family_is_told_apart_by_a_name_that_fits_one(self, family: ClinicOfTests) -> None:
        anna, ben = family.contact_of_patient("1"), family.contact_of_patient("2")
        found = find(family, "whatsapp", ANNA, "anna SMITH")
        assert (found.contact_id, found.created, found.match) == (anna, False, "shared")
        assert set(found.candidates) == {anna, ben}
        assert find(family, "whatsapp", ANNA, "Ben").contact_id == ben, "the latest name counts"
        assert find(family, "email", "HOME@example.com", "Clara J").match == "shared"

    @pytest.mark.parametrize("name", [None, "Mum", "Smith", "🌸"])
    def test_without_a_name_that_fits_a_family_is_a_household_with_candidates(
        self, family: ClinicOfTests, name: str | None
    ) -> None:
        found = find(family, "phone", ANNA, name)
        assert (found.created, found.match, found.contact["contact_type"]) == (True, "shared", "household")
        members = {family.contact_of_patient("1"), family.contact_of_patient("2")}
        assert set(found.candidates) == members
        assert {UUID(one) for one in found.contact["metadata"]["candidates"]} == members
        assert found.contact["cliniko_patient_id"] is None

    def test_phone_sms_and_whatsapp_of_a_stranger_are_one_contact(self, clinic: ClinicOfTests) -> None:
        first = find(clinic, "sms", "0412 345 679")
        assert (first.created, first.match, first.contact["phone"]) == (True, "new", "+61412345679")
        for channel in ("phone", "sms", "whatsapp"):
            assert find(clinic, channel, "0412345679").contact_id == first.contact_id
        assert clinic.count("contacts") == 1

    @pytest.mark.parametrize(
        ("channel", "identifier"),
        [
            ("instagram", "17841400000000001"),
            ("messenger", "24681012141618"),
            ("email", "New.Person@Example.com"),
            ("web", "visitor-1"),
            ("telegram", "987654321"),
            ("chatwoot", "12345"),
            ("whatsapp", "AU.AbC123"),
            ("whatsapp", "271828182845904@lid"),
        ],
    )
    def test_strangers_on_each_channel(self, clinic: ClinicOfTests, channel: str, identifier: str) -> None:
        found = find(clinic, channel, identifier, "Jo Bloggs")
        assert (found.created, found.match, found.contact["name"]) == (True, "new", "Jo Bloggs")
        assert found.contact["source"] == channel
        assert owner(clinic, channel, identifier) == found.contact_id

    def test_an_email_stated_in_the_call_finds_a_patient_whom_the_number_does_not(self, family: ClinicOfTests) -> None:
        found = find(family, "whatsapp", BEN, "Someone", "Anna@Example.com")
        assert (found.contact_id, found.created) == (family.contact_of_patient("1"), False)
        assert owner(family, "phone", BEN) == family.contact_of_patient("1")

    def test_a_number_beats_an_email_and_the_disagreement_is_for_review(self, family: ClinicOfTests) -> None:
        found = find(family, "phone", CLARA, None, "anna@example.com")
        assert found.contact_id == family.contact_of_patient("3")
        (review,) = family.rows("identity_reviews")["identity_reviews"]
        assert (review["contact_id"], review["kind"]) == (str(family.contact_of_patient("1")), "email")

    def test_an_email_stated_in_the_call_leads_to_a_known_stranger(self, clinic: ClinicOfTests) -> None:
        first = find(clinic, "email", "jo@example.com", "Jo")
        found = find(clinic, "whatsapp", BEN, "Jo", "jo@example.com")
        assert (found.contact_id, found.created) == (first.contact_id, False)
        assert found.match == "owner"

    def test_what_cannot_be_an_email_is_left_aside(self, clinic: ClinicOfTests) -> None:
        for stated in ("undefined", "noemail@example.com", "x" * 300 + "@example.com", "jo"):
            assert find(clinic, "phone", BEN, None, stated).contact["email"] is None
        assert clinic.count("contacts") == 1

    def test_a_name_with_another_spelling_is_the_contacts_latest(self, clinic: ClinicOfTests) -> None:
        first = find(clinic, "whatsapp", BEN, "jo bloggs")
        assert first.contact["name"] == "Jo Bloggs"
        second = find(clinic, "whatsapp", BEN, "Joseph Bloggs")
        assert (second.contact_id, second.contact["name"], second.created) == (first.contact_id, "Joseph Bloggs", False)
        assert find(clinic, "whatsapp", BEN).contact["name"] == "Joseph Bloggs", "no name says nothing"

    @pytest.mark.parametrize(
        ("channel", "identifier"),
        [
            ("phone", "anonymous"),
            ("phone", "+266696687"),
            ("phone", "0400 000 000"),
            ("phone", "12"),
            ("phone", ""),
            ("sms", "MyBank2000"),
            ("whatsapp", "status@broadcast"),
            ("whatsapp", "120363041234567890@g.us"),
            ("email", "noemail@example.com"),
            ("email", "none@none.com"),
            ("email", "not an address"),
            ("instagram", "jo"),
            ("web", "undefined"),
            ("web", "{{ $json.phone }}"),
            ("web", "x" * 256),
            ("fax", "0412345671"),
            ("", ""),
            ("phone", "\x00"),
        ],
    )
    def test_who_names_nobody_is_refused_without_being_repeated(
        self, clinic: ClinicOfTests, channel: str, identifier: str
    ) -> None:
        for ask in (clinic.directory.find_or_create, clinic.directory.lookup, clinic.directory.release):
            with pytest.raises(InvalidIdentifier) as raised:
                ask(clinic.organization_id, channel, identifier)
            assert len(identifier) < 3 or identifier not in str(raised.value)
        assert clinic.count("channel_events") == 0

    def test_a_number_of_more_than_ten_patients_links_nobody_but_its_caller_is_a_contact(self, clinic: ClinicOfTests) -> None:
        clinic.patients(*(patient(str(number), f"Person{number}", "Smith", LANDLINE) for number in range(11)))
        clinic.derive()
        found = find(clinic, "phone", "02 9333 4444", "Person1")
        assert (found.created, found.match, found.contact["contact_type"]) == (True, "new", "contact")
        assert owner(clinic, "phone", LANDLINE) == found.contact_id

    def test_the_clinics_own_number_is_nobodys_and_asking_again_lands_nothing(
        self, database: Database, organization_id: str
    ) -> None:
        directory = ContactDirectory(database)
        clinic = ClinicOfTests(database, directory, organization_id)
        clinic.resource("businesses", {"id": "1", "contact_information": f"Call {LANDLINE}"})
        clinic.patients(patient("1", "Anna", "Smith", LANDLINE))
        clinic.derive()
        found = find(clinic, "phone", LANDLINE, "Anna")
        assert found.contact_id != clinic.contact_of_patient("1")
        assert owner(clinic, "phone", LANDLINE) is None
        directory.close()

    def test_an_organization_that_is_not_registered_is_refused(self, clinic: ClinicOfTests) -> None:
        for ask in (clinic.directory.find_or_create, clinic.directory.lookup, clinic.directory.release):
            with pytest.raises(ConfigurationError, match="there is no organization 'org_nobody'"):
                ask("org_nobody", "phone", ANNA)

    @pytest.mark.parametrize(("longer", "shorter"), [("visitor~1", "visitor"), ("a~2026-01-01T00:00:00+00:00", "a")])
    def test_an_identifier_that_another_one_begins_with_is_another_person(
        self, clinic: ClinicOfTests, longer: str, shorter: str
    ) -> None:
        other = find(clinic, "web", longer, "Longer")
        one = find(clinic, "web", shorter, "Shorter")
        assert one.created
        assert one.contact_id != other.contact_id
        clinic.directory.release(clinic.organization_id, "web", shorter)
        assert owner(clinic, "web", longer) == other.contact_id
        assert find(clinic, "web", shorter, "Shorter").contact_id not in (one.contact_id, other.contact_id)
        clinic.derive()
        assert owner(clinic, "web", longer) == other.contact_id


class TestLookup:
    def test_makes_nothing(self, family: ClinicOfTests) -> None:
        looked = family.directory.lookup(family.organization_id, "phone", BEN)
        assert (looked.match, looked.contact, looked.candidates) == ("none", None, ())
        shared = family.directory.lookup(family.organization_id, "phone", ANNA)
        assert (shared.match, shared.contact) == ("shared", None)
        assert set(shared.candidates) == {family.contact_of_patient("1"), family.contact_of_patient("2")}
        assert owner(family, "phone", CLARA) == family.contact_of_patient("3")
        assert family.count("channel_events") == 0

    def test_sees_at_once_what_has_landed(self, family: ClinicOfTests) -> None:
        family.land(whatsapp("hi", BEN, 1, "Jo", user_id="AU.77"), whatsapp("oh", ANNA, 2, "Anna"))
        looked = family.directory.lookup(family.organization_id, "sms", BEN)
        assert looked.contact is not None
        assert looked.contact["name"] == "Jo"
        assert owner(family, "whatsapp", "AU.77") == looked.contact["id"]
        by_name = family.directory.lookup(family.organization_id, "phone", ANNA)
        assert by_name.contact is not None
        assert (by_name.match, by_name.contact["id"]) == ("shared", family.contact_of_patient("1"))

    def test_who_never_wrote_is_nobody(self, clinic: ClinicOfTests) -> None:
        clinic.land(status("delivered", BEN, 1))
        assert owner(clinic, "whatsapp", BEN) is None
        assert clinic.count("contacts") == 0
        clinic.land(sms("reply", BEN, 2))
        assert owner(clinic, "whatsapp", BEN) is not None

    def test_a_household_that_writes_is_its_own_contact_and_owns_nothing(self, family: ClinicOfTests) -> None:
        household = find(family, "phone", ANNA, "Mum").contact_id
        looked = family.directory.lookup(family.organization_id, "phone", ANNA)
        assert looked.contact is not None
        assert (looked.match, looked.contact["id"]) == ("shared", household)
        assert household not in looked.candidates


class TestContact:
    def test_a_merged_id_gives_its_survivor_through_chains(self, clinic: ClinicOfTests) -> None:
        clinic.patients(*(patient(str(number), "Anna", "Smith") for number in (1, 2, 3)))
        clinic.derive()
        ids = [clinic.contact_of_patient(str(number)) for number in (1, 2, 3)]
        clinic.patients(patient("1", "Anna", "Smith", merged_into="2"), patient("2", "Anna", "Smith", merged_into="3"))
        clinic.derive()
        for contact_id in ids:
            assert clinic.directory.contact(clinic.organization_id, contact_id)["id"] == ids[2]

    def test_a_whatsapp_contact_that_becomes_a_patient_answers_under_its_old_id(self, clinic: ClinicOfTests) -> None:
        before = find(clinic, "whatsapp", BEN, "Benny").contact_id
        clinic.land(whatsapp("hello", BEN, 1, "Benny"))
        clinic.patients(patient("9", "Ben", "Smith", BEN))
        clinic.derive()
        contact = clinic.directory.contact(clinic.organization_id, before)
        assert (contact["id"], contact["name"]) == (clinic.contact_of_patient("9"), "Ben Smith")
        assert contact["id"] != before
        assert clinic.said(before) == ["hello"]
        assert find(clinic, "phone", BEN).contact_id == contact["id"]

    def test_an_unknown_id_is_unknown(self, clinic: ClinicOfTests) -> None:
        for ask in (clinic.directory.contact, clinic.directory.timeline):
            with pytest.raises(UnknownContact):
                ask(clinic.organization_id, uuid4())

    def test_nothing_of_another_organization_is_seen(self, database: Database, directory: ContactDirectory) -> None:
        mine, theirs = (ClinicOfTests(database, directory, f"org_apart_{name}") for name in ("mine", "theirs"))
        for clinic in (mine, theirs):
            clinic.patients(patient("1", "Anna", "Smith", ANNA, email="anna@example.com"))
            clinic.derive()
            clinic.land(whatsapp("hello", BEN, 1, "Benny", stated=[("email", "anna@example.com")]))
        stranger = find(theirs, "phone", CLARA).contact_id
        ours, other = mine.contact_of_patient("1"), theirs.contact_of_patient("1")
        assert ours != other
        assert {
            row[0] for row in mine.query("SELECT contact_id FROM source_record_links WHERE organization_id = :organization_id")
        } == {ours}
        for contact_id in (stranger, other):
            with pytest.raises(UnknownContact):
                mine.directory.contact(mine.organization_id, contact_id)
            with pytest.raises(UnknownContact):
                mine.directory.timeline(mine.organization_id, contact_id)
            with pytest.raises(UnknownContact):
                mine.directory.link_to_cliniko_patient(mine.organization_id, contact_id, "1", decided_by="x")
        assert owner(mine, "phone", CLARA) is None


class TestTimeline:
    def test_all_channels_in_one_order_the_latest_first(self, family: ClinicOfTests) -> None:
        family.land(
            mail("mail", "anna@example.com", 3, "A"),
            form("form", 2, "Anna", None, "anna@example.com"),
            whatsapp("whatsapp", ANNA, 1, "Anna"),
            sms("reply", CLARA, 4, direction="out"),
            status("delivered", ANNA, 5),
            whatsapp("other", CLARA, 6),
        )
        anna = family.contact_of_patient("1")
        assert family.said(anna) == ["whatsapp", "form", "mail"]
        assert family.said(family.contact_of_patient("3")) == ["reply", "other"]
        page = family.directory.timeline(family.organization_id, anna, limit=2)
        assert [one["text"] for one in page.events] == ["mail", "form"]
        rest = family.directory.timeline(family.organization_id, anna, before=page.events[-1]["occurred_at"])
        assert [one["text"] for one in rest.events] == ["whatsapp"]

    def test_appointments_are_those_of_the_patient(self, family: ClinicOfTests) -> None:
        link = {"links": {"self": "https://api/v1/x/"}}
        family.resource(
            "individual_appointments",
            {
                "id": "7",
                "patient": {"links": {"self": "https://api/v1/patients/1"}},
                "starts_at": "2026-03-02T03:00:00Z",
                "ends_at": "2026-03-02T04:00:00Z",
                "business": link,
            },
        )
        for number, ids in (("1", ["7"]), ("3", [])):
            timeline = family.directory.timeline(family.organization_id, family.contact_of_patient(number))
            assert [one["appointment_id"] for one in timeline.appointments] == ids


class TestLinks:
    def test_an_account_becomes_a_patient_and_a_rebuild_keeps_it(self, family: ClinicOfTests) -> None:
        family.land(instagram("dm", "17841400001", 1, "surfer_jo"))
        family.settle()
        stranger = family.contact_of("dm")
        assert stranger is not None
        clara = family.contact_of_patient("3")
        for _ in range(2):
            linked = family.directory.link_to_cliniko_patient(
                family.organization_id, stranger, "3", decided_by="front desk", reason="she said so"
            )
            assert linked["id"] == clara
            assert family.count("identity_decisions") == 1, "again changes nothing"
        assert owner(family, "instagram", "17841400001") == clara
        assert family.said(stranger) == ["dm"]
        before = family.rows()
        family.derive()
        assert family.rows() == before
        family.forget_derived()
        family.derive()
        assert family.rows() == before
        family.land(instagram("more", "17841400001", 2))
        assert family.said(clara) == ["dm", "more"]

    def test_a_household_that_is_linked_is_the_patient_from_then_on(self, family: ClinicOfTests) -> None:
        household = find(family, "phone", ANNA, "Mum").contact_id
        ben = family.contact_of_patient("2")
        family.directory.link_to_cliniko_patient(family.organization_id, household, "2", decided_by="front desk")
        assert find(family, "phone", ANNA, "Mum").contact_id == ben
        assert family.directory.contact(family.organization_id, household)["id"] == ben

    def test_two_patients_are_never_linked(self, family: ClinicOfTests) -> None:
        with pytest.raises(LinkRefused):
            family.directory.link_to_cliniko_patient(
                family.organization_id, family.contact_of_patient("1"), "3", decided_by="front desk"
            )
        with pytest.raises(UnknownPatient):
            family.directory.link_to_cliniko_patient(
                family.organization_id, family.contact_of_patient("1"), "404", decided_by="front desk"
            )
        assert family.count("identity_decisions") == 0

    def test_a_patient_that_is_merged_later_takes_what_was_linked_along(self, family: ClinicOfTests) -> None:
        family.land(instagram("dm", "17841400001", 1))
        family.settle()
        stranger = family.contact_of("dm")
        assert stranger is not None
        family.directory.link_to_cliniko_patient(family.organization_id, stranger, "1", decided_by="front desk")
        family.patients(patient("1", "Anna", "Smith", ANNA, merged_into="3"))
        family.derive()
        assert family.contact_of("dm") == family.contact_of_patient("3")
        assert family.said(stranger) == ["dm"]
