"""An id that was handed out always leads to whoever its founding record belongs to, whatever has been decided since."""

from uuid import UUID

from hypothesis import HealthCheck, given, settings

from contact_hub.directory import ContactDirectory
from contact_hub.directory.deciding import Author
from contact_hub.store.database import Database
from contact_hub_tests.directory.support import ClinicOfTests, at, patient, sms, timeless, whatsapp
from contact_hub_tests.directory.test_derivation import Story, Told, stories

DESK = Author("front desk")
NUMBER = "+61412345671"


def led(clinic: ClinicOfTests, *ids: UUID) -> list[UUID]:
    """Where ids lead."""
    return [clinic.directory.contact(clinic.organization_id, one)["id"] for one in ids]


def test_a_chain_of_merges_is_followed_to_its_end_and_back(clinic: ClinicOfTests) -> None:
    org, directory = clinic.organization_id, clinic.directory
    mobile, mail, account = (
        directory.find_or_create(org, *who).contact_id
        for who in (("phone", "+61412345671"), ("email", "jo@example.com"), ("instagram", "17841400001"))
    )
    clinic.patients(patient("1", "Jo", "Smith"), patient("2", "Josephine", "Smith", changed=1))
    clinic.derive()
    one, other = clinic.contact_of_patient("1"), clinic.contact_of_patient("2")
    everybody = (mobile, mail, account, one, other)
    chain = [
        directory.merge(org, pair, DESK).decision_ids[0]
        for pair in ((mobile, mail), (mail, account), (account, other), (other, one))
    ]
    assert set(led(clinic, *everybody)) == {one}
    merged = [row for row in clinic.rows("contacts")["contacts"] if row["status"] == "merged"]
    assert {row["metadata"]["merged_into"] for row in merged} == {str(one)}, "each says where it went, in one step"
    for old in everybody:
        assert directory.timeline(org, old).contact_id == one
        assert len(directory.decisions(org, old)) == 4
    directory.undo(org, chain[3], DESK)
    assert led(clinic, *everybody) == [other, other, other, one, other]
    directory.undo(org, chain[0], DESK)
    assert led(clinic, account, one, other) == [other, one, other]
    assert len(set(led(clinic, mobile, mail))) == 2
    directory.split(org, other, [("instagram", "17841400001")], DESK)
    assert led(clinic, account) == [account]
    clinic.derive()
    clinic.forget_derived()
    clinic.derive()
    assert led(clinic, account, one, other) == [account, one, other]


def test_a_decision_about_an_old_id_is_one_about_whom_it_leads_to(clinic: ClinicOfTests) -> None:
    org, directory = clinic.organization_id, clinic.directory
    one, two, three = (directory.find_or_create(org, "email", f"{name}@example.com").contact_id for name in "abc")
    directory.merge(org, [one, two], DESK)
    (gone,) = {one, two} - set(led(clinic, one, two))
    directory.merge(org, [gone, three], DESK)
    assert len(set(led(clinic, one, two, three))) == 1


def test_a_number_that_turns_out_to_have_changed_hands_before_it_was_first_used(clinic: ClinicOfTests) -> None:
    """Its records are another tenure's from then on, and nothing stays behind under what they were called."""
    clinic.land(whatsapp("hello", NUMBER, 10), sms("text", NUMBER, 11))
    clinic.settle()
    assert clinic.directory.release(clinic.organization_id, "phone", NUMBER, since=at(5))
    contact_id = clinic.contact_of("hello")
    assert contact_id is not None
    assert clinic.said(contact_id) == ["hello", "text"]
    assert clinic.count("source_record_links") == clinic.count("channel_records")
    settled = clinic.rows()
    clinic.derive()
    assert timeless(clinic.rows()) == timeless(settled)


@settings(max_examples=settings().max_examples // 10, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
def test_every_id_of_a_story_leads_to_whom_its_founding_record_belongs(
    database: Database, directory: ContactDirectory, story: Story
) -> None:
    told = Told(database, directory, story)
    clinic = told.clinic
    told.land(story.arrival)
    told.link()
    handed_out: dict[UUID, tuple[str, str]] = {}
    for decision in story.decisions:
        founds = clinic.rows("source_record_links")["source_record_links"]
        handed_out |= {UUID(row["founds"]): (row["source"], row["source_id"]) for row in founds if row["contact_id"]}
        told.decide_one(*decision[:3], Author("somebody", authority="model" if decision[3] else "person"))
    links = clinic.rows("source_record_links")["source_record_links"]
    belongs = {(row["source"], row["source_id"]): row["contact_id"] for row in links}
    assert {one: str(led(clinic, one)[0]) for one in handed_out} == {one: belongs[key] for one, key in handed_out.items()}
