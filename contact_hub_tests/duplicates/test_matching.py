"""contacts/match over HTTP: certain, possible, none, and never another clinic's people."""

from collections.abc import Iterator

import pytest

from contact_hub.directory import ContactDirectory
from contact_hub.gateway import create_app
from contact_hub.store.database import Database
from contact_hub_tests.directory.support import ClinicOfTests
from contact_hub_tests.duplicates.support import contact_of, couple, find, full_clinic
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.gateway.support import Clinic, assert_problem, open_clinic

BRUNO_4 = {"given_name": "Esther", "family_name": "Abbott", "date_of_birth": "1944-05-05", "phone": "0412 031 676"}


@pytest.fixture(scope="module")
def gateway(database: Database) -> Iterator[GatewayServer]:
    with GatewayServer(create_app(database, sends_replies=False)) as server:
        yield server


@pytest.fixture(scope="module")
def people(database: Database) -> Iterator[ClinicOfTests]:
    directory = ContactDirectory(database)
    clinic = full_clinic(ClinicOfTests(database, directory, "org_match"))
    find(clinic)
    yield clinic
    directory.close()


@pytest.fixture(scope="module")
def clinic(people: ClinicOfTests, gateway: GatewayServer) -> Clinic:
    return open_clinic(people.database, gateway, people.organization_id)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"given_name": "ESTHER ", "date_of_birth": "5/5/1944"},
        {"phone": None, "email": "Esther.Abbott4@example.com"},
        {"phone": 61412031676},
    ],
)
def test_a_person_with_enough_in_common_is_certain(clinic: Clinic, people: ClinicOfTests, changed: dict[str, object]) -> None:
    answer = clinic.post("/contacts/match", {**BRUNO_4, **changed})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["decision"] == "certain", body
    assert body["contact_id"] == body["candidates"][0]["contact_id"] == str(contact_of(people, "1004"))
    best = body["candidates"][0]
    assert best["probability"] > 0.999
    assert best["weight"] > 0
    assert best["fields"]["given_name"] > 1
    assert set(best["fields"]) >= {"given_name", "family_name", "date_of_birth", "phone", "email", "address"}


def test_a_person_with_little_in_common_is_possible_and_says_why(clinic: Clinic) -> None:
    body = clinic.post("/contacts/match", {"given_name": "Esther", "family_name": "Abbott", "postcode": "2004"}).json()
    assert (body["decision"], body["contact_id"]) == ("possible", None)
    assert body["candidates"][0]["why_not_certain"]


def test_a_stranger_is_nobody(clinic: Clinic) -> None:
    stranger = {"given_name": "Zebulon", "family_name": "Quartermaine", "date_of_birth": "1901-01-02"}
    assert clinic.post("/contacts/match", stranger).json() == {"decision": "none", "contact_id": None, "candidates": []}


def test_one_person_with_two_contacts_is_certain_where_they_are_known_to_be_one(clinic: Clinic, people: ClinicOfTests) -> None:
    anna = {"given_name": "Anna", "family_name": "Abbott", "date_of_birth": "1940-01-01", "email": "anna.abbott0@example.com"}
    body = clinic.post("/contacts/match", anna).json()
    assert body["decision"] == "certain"
    assert {one["contact_id"] for one in body["candidates"][:2]} == {str(one) for one in couple(people, 0)}


def test_another_clinic_knows_nobody_of_them(clinic: Clinic, gateway: GatewayServer) -> None:
    other = open_clinic(clinic.database, gateway, "org_match_other")
    assert other.post("/contacts/match", BRUNO_4).json()["decision"] == "none"
    answer = gateway.post(clinic.path("/contacts/match"), json=BRUNO_4, headers=other.bearer)
    assert_problem(answer, 401, "unauthenticated")


def test_before_the_first_search_an_identifier_finds_and_the_priors_judge(database: Database, gateway: GatewayServer) -> None:
    directory = ContactDirectory(database)
    new = full_clinic(ClinicOfTests(database, directory, "org_match_new"), people=10)
    directory.close()
    body = open_clinic(database, gateway, "org_match_new").post("/contacts/match", BRUNO_4).json()
    assert body["contact_id"] == str(contact_of(new, "1004"))


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "invalid_request"), ({"given_name": " "}, "invalid_request"), ({"given_name": ["x"]}, "invalid_request"),
     ({"email": "x" * 600}, "invalid_request"), ([BRUNO_4], "not_an_object")],
)  # fmt: skip
def test_bad_bodies_are_refused(clinic: Clinic, body: object, code: str) -> None:
    assert_problem(clinic.post("/contacts/match", body), 422, code)


@pytest.mark.parametrize("value", ["", "0", "31/02/2020", "🦘", "a" * 500, "00:00", "' OR 1=1 --"])
def test_odd_values_are_no_error(clinic: Clinic, value: str) -> None:
    body = {**BRUNO_4, "date_of_birth": value, "phone": value, "address": value, "state": value}
    assert clinic.post("/contacts/match", body).status_code == 200
