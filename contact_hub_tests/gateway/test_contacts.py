"""The directory over HTTP."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from contact_hub_tests.channels.test_generic import EVENT
from contact_hub_tests.channels.test_twilio import SMS
from contact_hub_tests.gateway.support import Clinic, assert_problem

PERSON = {"channel": "whatsapp", "identifier": "0412 345 678", "name": "Jo Marsh", "email": "jo@example.com"}
CONTACT = {
    "id", "name", "email", "phone", "organization_id", "source", "first_contact_source", "primary_source", "source_systems",
    "cliniko_patient_id", "status", "contact_type", "metadata", "external_ids", "created_at", "updated_at",
}  # fmt: skip


def settle(clinic: Clinic) -> None:
    assert clinic.gateway.app.state.gateway.settler.wait_until_idle(20)


def people(clinic: Clinic) -> int:
    """Contacts but for ids that were merged away."""
    statement = "SELECT count(*) FROM contacts WHERE organization_id = :organization_id AND status <> 'merged'"
    return clinic.query(statement)[0][0]


def made(clinic: Clinic, person: dict[str, Any] = PERSON) -> dict[str, Any]:
    answer = clinic.post("/contacts/find-or-create", person)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_find_or_create_makes_one_contact_and_finds_it_again(clinic: Clinic) -> None:
    first = clinic.post("/contacts/find-or-create", PERSON)
    assert first.status_code == 201, first.text
    found = first.json()
    assert (found["created"], found["match"], found["candidates"]) == (True, "new", [])
    assert set(found["contact"]) >= CONTACT
    assert found["contact"]["id"] == found["contact_id"]
    assert found["contact"]["organization_id"] == clinic.organization_id
    again = clinic.post("/contacts/find-or-create", {**PERSON, "channel": "phone", "identifier": 61412345678})
    assert again.status_code == 200, again.text
    assert (again.json()["contact_id"], again.json()["created"], again.json()["match"]) == (found["contact_id"], False, "owner")
    assert people(clinic) == 1


def test_lookup_finds_and_makes_nothing(clinic: Clinic) -> None:
    asked = {"channel": "phone", "identifier": "0412345678"}
    none = clinic.get("/contacts/lookup", params=asked)
    assert (none.status_code, none.json()) == (200, {"match": "none", "contact": None, "candidates": []})
    assert clinic.left() == {}
    contact_id = made(clinic)["contact_id"]
    found = clinic.get("/contacts/lookup", params=asked).json()
    assert (found["match"], found["contact"]["id"]) == ("owner", contact_id)


def test_a_channel_in_any_case(clinic: Clinic) -> None:
    contact_id = made(clinic, {**PERSON, "channel": "WhatsApp"})["contact_id"]
    for route in ("/contacts/lookup", "/context"):
        answer = clinic.get(route, params={"channel": "SMS", "identifier": "0412 345 678"})
        assert answer.status_code == 200, answer.text
    assert answer.json()["contact_id"] == contact_id
    assert clinic.post("/events", {**EVENT, "channel": "WHATSAPP"}).json()["accepted"] == 1


def test_a_contact_by_id(clinic: Clinic) -> None:
    found = made(clinic)
    assert clinic.get(f"/contacts/{found['contact_id']}").json() == found["contact"]
    assert_problem(clinic.get(f"/contacts/{uuid4()}"), 404, "unknown_contact")
    assert_problem(clinic.get("/contacts/12"), 422, "invalid_request")


def test_events_become_contacts_behind_the_answer_and_one_timeline(clinic: Clinic) -> None:
    clinic.post("/events", {**EVENT, "external_id": "e-1"})
    clinic.post("/events", {**EVENT, "external_id": "e-2", "occurred_at": "2025-06-03T09:00:00+10:00", "direction": "out"})
    clinic.post("/webhooks/twilio", SMS)
    settle(clinic)
    assert people(clinic) == 1
    contact_id = clinic.get("/contacts/lookup", params={"channel": "sms", "identifier": "0412345678"}).json()["contact"]["id"]
    timeline = clinic.get(f"/contacts/{contact_id}/timeline").json()
    assert (timeline["contact_id"], timeline["appointments"]) == (contact_id, [])
    assert [event["external_id"] for event in timeline["events"]] == ["SM1", "e-2", "e-1"]
    assert {"channel", "direction", "occurred_at", "text", "external_id"} <= set(timeline["events"][0])
    page = clinic.get(f"/contacts/{contact_id}/timeline", params={"limit": 1, "before": timeline["events"][1]["occurred_at"]})
    assert [event["external_id"] for event in page.json()["events"]] == ["e-1"]
    assert_problem(clinic.get(f"/contacts/{uuid4()}/timeline"), 404, "unknown_contact")


def patient(clinic: Clinic, patient_id: str) -> str:
    """A Cliniko patient with the contact that a sync makes of it."""
    statement = """
        INSERT INTO contacts (organization_id, id, name, source, first_contact_source, primary_source, source_systems,
                              cliniko_patient_id, status, contact_type, metadata, external_ids)
        VALUES (:organization_id, :id, 'A Patient', 'cliniko', 'cliniko', 'cliniko', '{cliniko}', :patient_id, 'active',
                'cliniko_patient', '{}', '{}');
    """
    link = """
        INSERT INTO source_record_links (organization_id, source, source_id, contact_id, founds, method, confidence, candidates)
        VALUES (:organization_id, 'cliniko', :patient_id, :id, :id, 'source_record', 1, '{}')
    """
    values = {"organization_id": clinic.organization_id, "id": uuid4(), "patient_id": patient_id}
    with clinic.database.transaction() as connection:
        connection.execute(text(statement), values)
        connection.execute(text(link), values)
    return str(values["id"])


def test_a_link_refuses_what_it_does_not_know(clinic: Clinic) -> None:
    contact_id = made(clinic)["contact_id"]
    unknown = clinic.post(f"/contacts/{contact_id}/link", {"cliniko_patient_id": "123"})
    assert_problem(unknown, 404, "unknown_patient")
    one, another = patient(clinic, "1"), patient(clinic, "2")
    assert_problem(clinic.post(f"/contacts/{one}/link", {"cliniko_patient_id": "2"}), 409, "link_refused")
    assert_problem(clinic.post(f"/contacts/{uuid4()}/link", {"cliniko_patient_id": "1"}), 404, "unknown_contact")
    again = clinic.post(f"/contacts/{another}/link", {"cliniko_patient_id": 2, "reason": "said so on the phone"})
    assert (again.status_code, again.json()["id"]) == (200, another)
    assert clinic.count("identity_decisions") == 0


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({}, "body.channel"),
        ({"channel": "phone"}, "body.identifier"),
        ({**PERSON, "identifier": ""}, "body.identifier"),
        ({**PERSON, "identifier": None}, "body.identifier"),
        ({**PERSON, "identifier": True}, "body.identifier"),
        ({**PERSON, "identifier": 2**60}, "body.identifier"),
        ({**PERSON, "identifier": "a\x00"}, "body.identifier"),
        ({**PERSON, "identifier": "1" * 256}, "body.identifier"),
        ({**PERSON, "name": "\ud800"}, "body.name"),
        ({**PERSON, "name": "x" * 256}, "body.name"),
        ({**PERSON, "email": ["jo@example.com"]}, "body.email"),
        ({**PERSON, "channel": 5}, "body.channel"),
    ],
)
def test_a_body_that_does_not_fit_says_where_and_not_what(clinic: Clinic, body: dict[str, Any], location: str) -> None:
    answer = clinic.post("/contacts/find-or-create", body)
    document = assert_problem(answer, 422, "invalid_request")
    assert location in [one["location"] for one in document["errors"]]
    assert "Marsh" not in answer.text
    assert clinic.left() == {}


@pytest.mark.parametrize(
    "body",
    [
        {"channel": "phone", "identifier": "anonymous"},
        {"channel": "phone", "identifier": "+266696687"},
        {"channel": "email", "identifier": "noemail@noemail.com"},
        {"channel": "pigeon", "identifier": "1"},
        {"channel": "instagram", "identifier": "@someone"},
    ],
)
def test_an_identifier_of_nobody_is_refused(clinic: Clinic, body: dict[str, Any]) -> None:
    answer = clinic.post("/contacts/find-or-create", body)
    assert_problem(answer, 422, "invalid_identifier")
    assert body["identifier"] not in answer.text.replace('"status":422', "").replace('"type"', "") or body["identifier"] == "1"
    assert_problem(clinic.get("/contacts/lookup", params=body), 422, "invalid_identifier")
    assert clinic.left() == {}


@pytest.mark.parametrize("parameters", [{}, {"channel": "phone"}, {"channel": "phone", "identifier": ""}])
def test_a_lookup_without_an_identifier_is_refused(clinic: Clinic, parameters: dict[str, str]) -> None:
    assert_problem(clinic.get("/contacts/lookup", params=parameters), 422, "invalid_request")


@pytest.mark.parametrize(
    "query", ["identifier=%00&channel=phone", "identifier=%FF%FE&channel=phone", "identifier=1&channel=%00"]
)
def test_odd_queries_are_refused(clinic: Clinic, query: str) -> None:
    assert_problem(clinic.get(f"/contacts/lookup?{query}"), 422)


@pytest.mark.parametrize("parameters", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"before": "yesterday"},
                                        {"before": "2025-01-01T00:00:00"}])  # fmt: skip
def test_a_timeline_of_odd_bounds_is_refused(clinic: Clinic, parameters: dict[str, Any]) -> None:
    document = assert_problem(clinic.get(f"/contacts/{uuid4()}/timeline", params=parameters), 422, "invalid_request")
    assert document["errors"][0]["location"] == f"query.{next(iter(parameters))}"


@pytest.mark.parametrize("before", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59"])
def test_the_ends_of_time(clinic: Clinic, before: str) -> None:
    contact_id = made(clinic)["contact_id"]
    answer = clinic.get(f"/contacts/{contact_id}/timeline", params={"before": before})
    assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b"1", b"", b"{", b'{"channel": NaN}'])
def test_a_body_that_is_no_object_is_refused(clinic: Clinic, body: bytes) -> None:
    for route in ("/contacts/find-or-create", f"/contacts/{uuid4()}/link"):
        assert_problem(clinic.send(route, body), 422)


def test_how_somebody_wants_reminders(clinic: Clinic) -> None:
    contact_id = made(clinic)["contact_id"]
    path = f"/contacts/{contact_id}/preference"
    nobody = {"contact_id": contact_id, "reminders": None, "said_by": None, "said_at": None}
    assert clinic.get(path).json() == nobody

    def note(body: Any, status: int) -> dict[str, Any]:
        answer = clinic.gateway.call("PUT", clinic.path(path), headers=clinic.bearer, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    for wrong in ({"reminders": "pigeon"}, {"reminders": None}, {}, {"reminders": "email", "more": 1}, []):
        note(wrong, 422)
    assert clinic.get(path).json() == nobody
    noted = note({"reminders": "whatsapp"}, 200)
    assert (noted["reminders"], noted["said_by"].partition(":")[0]) == ("whatsapp", "token")
    assert note({"reminders": "both"}, 200)["reminders"] == "both"
    assert clinic.get(path).json()["reminders"] == "both"
    assert_problem(clinic.get(f"/contacts/{uuid4()}/preference"), 404, "unknown_contact")
