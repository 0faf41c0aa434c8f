"""The context of an identifier over HTTP, with Cliniko's sandbox behind it: who is told what, and what when Cliniko fails."""

import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from contact_hub.sandbox.clinic import real_time
from contact_hub.sandbox.faults import Fault
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub_tests.answers.support import KEY_VARIABLE, TIMEOUT_S, LiveClinic, days_ahead, live_clinic
from contact_hub_tests.gateway.support import assert_problem

BODY = {
    "contact_id", "linked", "disclosure", "reasons", "next_appointment", "last_appointment", "preferred_channel", "reminders",
    "freshness", "reply",
}  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """The clinic as it was synced last, and its people's ids by first name."""

    clinic: LiveClinic
    ids: dict[str, str]
    booked: dict[str, str]

    def ask(self, identifier: str, channel: str = "whatsapp") -> dict[str, Any]:
        return self.clinic.ask(channel, identifier)


@pytest.fixture(scope="module")
def cast(database: Database) -> Iterator[Cast]:
    with live_clinic(database, "org_context") as clinic:
        clinic.cliniko.clock = lambda: real_time() - timedelta(hours=10)
        ids = {
            "Anna": clinic.patient("Anna", "Smith", "0412 345 601", email="anna@quill.au", reminder_type="SMS"),
            "Mia": clinic.patient("Mia", "Park", "0412 345 602", email="mia@quill.au"),
            "Max": clinic.patient("Max", "Park", "0412 345 602", date_of_birth="2019-02-03"),
            "Sara": clinic.patient("Sara", "Stone", "0412 345 603"),
            "Arno": clinic.patient("Arno", "Gone", "0412 345 604"),
            "Dora": clinic.patient("Dora", "Double", "0412 345 605"),
            "Dora, again": clinic.patient("Dora", "Double", "0412 345 605"),
            "Merle": clinic.patient("Merle", "Marsh", "0412 345 606"),
            "Merle, again": clinic.patient("Merle", "Marsh", "0412 345 607"),
            "Rita": clinic.patient("Rita", "Reed", "0412 345 609"),
            "Kim": clinic.patient("Kim", "Kidd", "0412 345 610", date_of_birth="2018-03-04"),
            "Nora": clinic.patient("Nora", "Nodate", "0412 345 611", date_of_birth=None),
            "Pia": clinic.patient("Pia", "Private", "0412 345 612", accepted_privacy_policy=False),
            "Gus": clinic.patient("Gus", "Group", "0412 345 613"),
            "Dia": clinic.patient("Dia", "Doubt", "0412 345 614"),
            "Lea": clinic.patient("Lea", "Landline", "02 9365 1234"),
            "Tom": clinic.patient("Tom", "Told", "0412 345 616", preferred_first_name="Tommy"),
            "Una": clinic.patient("Una", "Unsure", "0412 345 617", email="una@quill.au"),
            "Old": clinic.patient("Old", "Owner", "0412 345 618"),
            "Ole": clinic.patient("Ole", "Owner", "0412 345 623"),
            "Wanda": clinic.patient("Wanda", "Words", "mob 0412 345 624 Wanda", "0412 345 625 (husband Bob)"),
            "Ivy": clinic.patient("Ivy", "Insta", "0412 345 619"),
            "Eli": clinic.patient("Eli", "Erased", "0412 345 620"),
            "Mona": clinic.patient("Mona", "Merged", "0412 345 621"),
            "Mona, kept": clinic.patient("Mona", "Merged", "0412 345 622"),
        }
        clinic.cliniko.archive_patient(ids["Arno"])
        clinic.cliniko.archive_patient(ids["Dora, again"])
        clinic.cliniko.merge_patients(ids["Merle, again"], ids["Merle"])
        booked = {name: clinic.cliniko.add_appointment(one, days_ahead(1)) for name, one in ids.items() if name != "Gus"}
        clinic.cliniko.add_appointment(ids["Anna"], days_ahead(-7, 9))
        booked["class"] = clinic.cliniko.add_class(days_ahead(2, 8), [ids["Gus"], ids["Anna"]])
        clinic.sync()
        clinic.cliniko.clock = real_time
        yield Cast(clinic, ids, booked)


def withheld(body: dict[str, Any], template: str, *reasons: str) -> None:
    """That nothing at all is told, for these reasons."""
    assert set(body) >= BODY
    assert (body["disclosure"], body["freshness"]) == ("none", "unconfirmed")
    assert body["reasons"] == list(reasons)
    assert (body["next_appointment"], body["last_appointment"]) == (None, None)
    assert body["reply"]["template"] == template
    assert not any(char.isdigit() for char in body["reply"]["text"])


def told(body: dict[str, Any], template: str = "appointment") -> dict[str, Any]:
    """That everything is told, as Cliniko has it now; the next appointment."""
    assert set(body) >= BODY
    assert (body["linked"], body["disclosure"], body["reasons"], body["freshness"]) == (True, "full", [], "live")
    assert body["reply"]["template"] == template
    ahead: dict[str, Any] = body["next_appointment"]
    return ahead


def test_the_patient_is_told(cast: Cast) -> None:
    body = cast.ask("0412 345 601")
    ahead = told(body)
    assert (ahead["when"], ahead["practitioner"], ahead["place"]) == (
        "tomorrow at 2 pm", "Anna Lindqvist", "Surf Rehab Bondi",
    )  # fmt: skip
    assert body["last_appointment"]["when"].endswith("at 9 am")
    assert body["reply"]["text"].startswith("Hi Anna! I see you have an appointment tomorrow at 2 pm with Anna Lindqvist.")
    assert (body["reply"]["language"], body["preferred_channel"]) == ("en-AU", "sms")
    by_mail = cast.ask("Anna@Quill.au", "email")
    assert by_mail == body


def test_a_patient_is_found_by_clinikos_id(cast: Cast) -> None:
    directory, organization_id = cast.clinic.directory, cast.clinic.organization_id
    for patient, kept in (("Anna", "Anna"), ("Merle, again", "Merle")):
        found = directory.lookup(organization_id, "cliniko", cast.ids[patient])
        assert found.contact is not None
        assert (found.match, found.contact["cliniko_patient_id"]) == ("owner", cast.ids[kept])
    assert directory.lookup(organization_id, "cliniko", "1").match == "none"


def test_by_the_name_they_prefer(cast: Cast) -> None:
    assert cast.ask("0412 345 616", "sms")["reply"]["text"].startswith("Hi Tommy!")


def test_a_family_is_told_nothing(cast: Cast) -> None:
    withheld(cast.ask("0412 345 602"), "neutral", "household", "shared")
    told(cast.ask("mia@quill.au", "email"))


def test_a_family_is_told_nothing_whatever_the_profile_says(cast: Cast) -> None:
    cast.clinic.write("whatsapp", "0412 345 602", "Mia Park")
    withheld(cast.ask("0412 345 602"), "neutral", "household", "shared")


def test_whoever_states_a_patients_number_is_a_stranger(cast: Cast) -> None:
    stranger = cast.ask("0412 345 608")
    cast.clinic.write("instagram", "17841400000000603", "Sara", phone="0412 345 603")
    body = cast.ask("17841400000000603", "instagram")
    assert body["disclosure"] == "none"
    assert "account_unconfirmed" in body["reasons"]
    assert body["reply"] == stranger["reply"]
    told(cast.ask("0412 345 603"))


def test_an_account_that_a_person_confirmed(cast: Cast) -> None:
    cast.clinic.write("instagram", "17841400000000619", "Ivy")
    contact = cast.clinic.directory.lookup(cast.clinic.organization_id, "instagram", "17841400000000619").contact
    assert contact is not None
    withheld(cast.ask("17841400000000619", "instagram"), "stranger", "not_a_patient")
    cast.clinic.directory.link_to_cliniko_patient(
        cast.clinic.organization_id, contact["id"], cast.ids["Ivy"], decided_by="the front desk"
    )
    told(cast.ask("17841400000000619", "instagram"))
    # What that account states is still nobody's word.
    cast.clinic.write("instagram", "17841400000000619", "Ivy", phone="0412 345 699")
    assert cast.ask("0412 345 699")["reply"]["template"] == "stranger"


def test_a_number_beside_which_the_file_names_somebody_else(cast: Cast) -> None:
    told(cast.ask("0412 345 624"))
    withheld(cast.ask("0412 345 625"), "stranger", "not_in_patient_record")


def test_an_archived_patient(cast: Cast) -> None:
    withheld(cast.ask("0412 345 604"), "neutral", "patient_not_in_use")


def test_an_archived_duplicate_is_no_family(cast: Cast) -> None:
    told(cast.ask("0412 345 605"))


def test_a_merged_patient(cast: Cast) -> None:
    told(cast.ask("0412 345 606"))
    withheld(cast.ask("0412 345 607"), "stranger", "not_in_patient_record")


def test_a_stranger(cast: Cast) -> None:
    before = cast.clinic.requests()
    body = cast.ask("0412 345 608")
    withheld(body, "stranger", "not_a_patient")
    assert (body["contact_id"], body["linked"]) == (None, False)
    cast.clinic.write("whatsapp", "0412 345 608", "Anna Smith")
    again = cast.ask("0412 345 608")
    withheld(again, "stranger", "not_a_patient")
    assert again["contact_id"] is not None
    assert cast.clinic.requests() == before  # who is told nothing costs Cliniko nothing


def test_a_released_number_is_somebody_elses(cast: Cast) -> None:
    told(cast.ask("0412 345 609"))
    cast.clinic.directory.release(cast.clinic.organization_id, "whatsapp", "0412 345 609")
    withheld(cast.ask("0412 345 609"), "stranger", "not_a_patient")
    cast.clinic.write("whatsapp", "0412 345 609", "Rita Reed")
    withheld(cast.ask("0412 345 609"), "stranger", "not_a_patient")


def test_children(cast: Cast) -> None:
    withheld(cast.ask("0412 345 610"), "neutral", "minor_number_unknown")
    told(cast.ask("0412 345 611"))  # nobody noted the birth date


def test_the_privacy_policy(cast: Cast) -> None:
    withheld(cast.ask("0412 345 612"), "neutral", "privacy_policy_refused")


def test_a_name_that_is_not_the_patients(cast: Cast) -> None:
    told(cast.ask("0412 345 614"))
    cast.clinic.write("whatsapp", "0412 345 614", "Ben")
    withheld(cast.ask("0412 345 614"), "neutral", "name_disagrees")


def test_identifiers_that_point_at_different_people(cast: Cast) -> None:
    told(cast.ask("0412 345 617"))
    cast.clinic.write("whatsapp", "0412 345 617", "Una", email="anna@quill.au")
    withheld(cast.ask("0412 345 617"), "neutral", "identifiers_disagree")
    told(cast.ask("una@quill.au", "email"))


@pytest.mark.parametrize(
    ("channel", "identifier", "reason"),
    [
        ("phone", "02 9365 1234", "landline"),
        ("web", "anna@quill.au", "not_a_patient"),
        ("whatsapp", "AU.abc123", "not_a_patient"),
    ],
)
def test_what_leads_to_nobody_beyond_doubt(cast: Cast, channel: str, identifier: str, reason: str) -> None:
    withheld(cast.ask(identifier, channel), "stranger", reason)


def test_a_number_that_moved_from_file_to_file(cast: Cast) -> None:
    """A patient gives a number up. The file that states it since then vouches for it; one that stated it before does not."""
    cliniko = cast.clinic.cliniko
    cliniko.clock = lambda: real_time() - timedelta(hours=2)
    cliniko.update_patient(cast.ids["Ole"], patient_phone_numbers=[])
    cliniko.clock = lambda: real_time() - timedelta(hours=1)
    cast.clinic.patient("Neo", "Owner", "0412 345 623")
    cast.clinic.patient("New", "Owner", "0412 345 618")
    cliniko.clock = real_time
    cast.clinic.sync()
    assert told(cast.ask("0412 345 623"), "no_appointment") is None
    withheld(cast.ask("0412 345 618"), "neutral", "household", "shared")
    cliniko.update_patient(cast.ids["Old"], patient_phone_numbers=[])
    cast.clinic.sync()
    withheld(cast.ask("0412 345 618"), "stranger", "changed_hands")


def test_another_clinic_knows_nothing_of_it(cast: Cast, database: Database) -> None:
    with live_clinic(database, "org_context_other") as other:
        before = cast.clinic.requests()
        withheld(other.ask("whatsapp", "0412 345 601"), "stranger", "not_a_patient")
        path = f"/v1/{cast.clinic.organization_id}/context"
        answer = other.gateway.get(
            path,
            params={"channel": "sms", "identifier": "0412345601"},
            headers={"Authorization": f"Bearer {other.token}"},
        )
        assert_problem(answer, 401, "unauthenticated")
        assert cast.clinic.requests() == before


def test_moved_since_the_sync(cast: Cast) -> None:
    cast.clinic.cliniko.move_appointment(cast.booked["Nora"], days_ahead(2, 10))
    ahead = told(cast.ask("0412 345 611"))
    assert ahead["when"].endswith("at 10 am")


def test_cancelled_and_booked_since_the_sync(cast: Cast) -> None:
    cliniko = cast.clinic.cliniko
    cliniko.cancel_appointment(cast.booked["Dora"])
    body = cast.ask("0412 345 605")
    assert told(body, "no_appointment") is None
    cliniko.add_appointment(cast.ids["Dora"], days_ahead(1))
    assert told(cast.ask("0412 345 605")) is not None
    cliniko.delete_appointment(cast.booked["Merle"])
    cliniko.delete_appointment(cast.booked["Merle, again"])
    assert told(cast.ask("0412 345 606"), "no_appointment") is None


def test_erased_since_the_sync(cast: Cast) -> None:
    cast.clinic.cliniko.vanish_appointment(cast.booked["Eli"])
    assert told(cast.ask("0412 345 620"), "no_appointment") is None


def test_merged_since_the_sync(cast: Cast) -> None:
    """The appointments are another patient's by now: 'you have none' would be wrong."""
    told(cast.ask("0412 345 621"))
    cast.clinic.cliniko.merge_patients(cast.ids["Mona"], cast.ids["Mona, kept"])
    unconfirmed(cast.ask("0412 345 621"))


def test_a_class_and_a_place_in_it(cast: Cast) -> None:
    cliniko = cast.clinic.cliniko
    ahead = told(cast.ask("0412 345 613"))
    assert (ahead["type"], ahead["when"].endswith("at 8 am")) == ("Reformer Pilates", True)
    mine, _ = cliniko.attendee_ids_of(cast.booked["class"])
    cliniko.cancel_attendee(mine)
    assert told(cast.ask("0412 345 613"), "no_appointment") is None


def unconfirmed(body: dict[str, Any]) -> None:
    """That a patient is told that nothing can be said right now."""
    assert set(body) >= BODY
    assert (body["linked"], body["disclosure"], body["freshness"]) == (True, "full", "unconfirmed")
    assert (body["next_appointment"], body["last_appointment"]) == (None, None)
    assert body["reply"]["template"] == "unconfirmed"
    assert not any(char.isdigit() for char in body["reply"]["text"])


FAULTS = {
    "no answer in time": Fault("delay", seconds=2 * TIMEOUT_S),
    "no answer in time, to the second request": Fault("delay", path="group_appointments", seconds=2 * TIMEOUT_S),
    "500, again and again": Fault("status", times=2),
    "502, again and again": Fault("status", status=502, times=2),
    "401": Fault("status", status=401, body={"message": "no"}),
    "403": Fault("status", status=403, body={"message": "no"}),
    "404": Fault("status", status=404, body={"message": "no"}),
    "400": Fault("status", status=400, path="group_appointments", body={"message": "patient_ids is not filterable"}),
    "truncated JSON": Fault("truncated_json", times=2),
    "truncated body": Fault("truncated_body", times=2),
    "reset": Fault("reset", times=2),
    "a page": Fault("html", times=2),
    "nothing": Fault("empty", times=2),
    "another shape": Fault("wrong_envelope", times=2),
    "a record without id": Fault("missing_id", path="individual_appointments", times=2),
    "half a page": Fault("short_page", path="individual_appointments", times=2),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_cliniko_fails(cast: Cast, fault: Fault) -> None:
    cast.clinic.server.faults.add(fault)
    began = time.monotonic()
    try:
        unconfirmed(cast.ask("0412 345 601"))
    finally:
        cast.clinic.server.faults.clear()
    assert time.monotonic() - began < 2 * TIMEOUT_S
    told(cast.ask("0412 345 601"))


@pytest.mark.parametrize("kind", ["status", "truncated_json", "reset"])
def test_one_fault_is_tried_again(cast: Cast, kind: Any) -> None:
    cast.clinic.server.faults.add(Fault(kind))
    told(cast.ask("0412 345 601"))


def test_refused_for_the_rate_and_nobody_asks_until_it_is_free(cast: Cast) -> None:
    cast.clinic.server.faults.add(Fault("too_many_requests", seconds=2.0))
    unconfirmed(cast.ask("0412 345 601"))
    before = cast.clinic.requests()
    unconfirmed(cast.ask("0412 345 601"))
    assert cast.clinic.requests() == before
    deadline = time.monotonic() + 10
    while cast.ask("0412 345 601")["freshness"] != "live":
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("key", [None, "", "a-wrong-key-au1", "no shard-xx", "sandbox-key-nowhere"])
def test_the_key_is_missing_or_wrong(cast: Cast, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    if key is None:
        monkeypatch.delenv(KEY_VARIABLE)
    else:
        monkeypatch.setenv(KEY_VARIABLE, key)
    unconfirmed(cast.ask("0412 345 601"))
    monkeypatch.undo()
    assert os.environ[KEY_VARIABLE]
    told(cast.ask("0412 345 601"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", None])
def test_cliniko_is_not_there(cast: Cast, database: Database, url: str | None) -> None:
    def registered(key: str | None, at: str | None) -> None:
        with database.transaction() as connection:
            register(connection, Organization(cast.clinic.organization_id, "Surf Rehab", "Australia/Sydney", "AU", key, at))

    registered(KEY_VARIABLE if url else None, url)
    try:
        unconfirmed(cast.ask("0412 345 601"))
    finally:
        registered(KEY_VARIABLE, cast.clinic.server.url)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "invalid_request"),
        ({"channel": "phone"}, "invalid_request"),
        ({"channel": "pigeon", "identifier": "1"}, "invalid_identifier"),
        ({"channel": "phone", "identifier": "anonymous"}, "invalid_identifier"),
        ({"channel": "phone", "identifier": "\x00"}, "invalid_request"),
    ],
)
def test_odd_questions(cast: Cast, parameters: dict[str, str], code: str) -> None:
    headers = {"Authorization": f"Bearer {cast.clinic.token}"}
    path = f"/v1/{cast.clinic.organization_id}/context"
    assert_problem(cast.clinic.gateway.get(path, params=parameters, headers=headers), 422, code)
    assert_problem(cast.clinic.gateway.get(path, params=parameters), 401)


def test_nothing_of_it_is_logged(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cast.clinic.server.faults.add(Fault("status", status=401, body={"message": "Anna Smith"}))
    unconfirmed(cast.ask("0412 345 601"))
    cast.clinic.server.faults.clear()
    told(cast.ask("0412 345 601"))
    # The servers of the tests have an access log; the gateway's own has none (gateway/server.py).
    ours = [record for record in caplog.records if record.name != "uvicorn.access"]
    said = " ".join(record.getMessage() + str(record.exc_text) for record in ours)
    assert "the API key was refused" in said
    traces = ("Anna", "Smith", "345601", "345 601", cast.ids["Anna"], "appointment tomorrow", "2 pm")
    assert [trace for trace in traces if trace in said] == []
