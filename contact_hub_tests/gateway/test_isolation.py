"""Another clinic's token sees nothing and leaves nothing: on every route that there is."""

import re
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import create_engine

from contact_hub.gateway import create_app
from contact_hub.store.database import Database
from contact_hub_tests.channels.test_generic import EVENT
from contact_hub_tests.gateway.support import Clinic, assert_problem
from contact_hub_tests.gateway.test_contacts import PERSON, made, settle

OPEN = {"/healthz", "/readyz", "/metrics"}
QUERY = {"channel": "phone", "identifier": "0412345678", "hub.mode": "subscribe", "hub.verify_token": "x", "hub.challenge": "1"}
BODY = {**EVENT, **PERSON, "cliniko_patient_id": "1"}


def nowhere() -> Database:
    """A database that is never asked."""
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    return Database(engine.url, engine)


def routes() -> list[tuple[str, str]]:
    """(method, template) of every route."""
    app: FastAPI = create_app(nowhere())
    return [(method, route.path) for route in app.routes if isinstance(route, APIRoute) for method in sorted(route.methods)]


ROUTES = routes()
CLOSED = [(method, path) for method, path in ROUTES if path not in OPEN]


def test_every_route_but_health_is_a_clinics() -> None:
    assert {path for _, path in ROUTES if not path.startswith("/v1/{organization_id}/")} == OPEN
    assert len(CLOSED) == 26


@pytest.mark.parametrize(("method", "template"), CLOSED, ids=[f"{method} {path}" for method, path in CLOSED])
def test_another_clinics_token_gets_the_answer_of_no_token(
    clinic: Clinic, other_clinic: Clinic, method: str, template: str
) -> None:
    contact_id = made(clinic)["contact_id"]
    settle(clinic)
    before, before_other = clinic.left(), other_clinic.left()
    answers = set()
    for identity in (contact_id, str(uuid4()), "no-id"):
        path = template.replace("{organization_id}", clinic.organization_id).replace("{contact_id}", identity)
        path = path.replace("{day}", identity).replace("{decision_id}", identity)
        assert not re.search("[{}]", path)
        for headers in (other_clinic.bearer, {}, {"Authorization": "Bearer ch_0"}):
            body = {"POST": BODY, "PUT": {"reminders": "email"}}.get(method)
            answer = clinic.gateway.call(method, path, headers=headers, params=QUERY, json=body)
            assert_problem(answer, 401, "unauthenticated")
            answers.add(answer.text)
    assert len(answers) == 1
    assert (clinic.left(), other_clinic.left()) == (before, before_other)


def test_a_contact_of_another_clinic_is_unknown(clinic: Clinic, other_clinic: Clinic) -> None:
    contact_id = made(clinic)["contact_id"]
    for path in (f"/contacts/{contact_id}", f"/contacts/{contact_id}/timeline"):
        assert_problem(other_clinic.get(path), 404, "unknown_contact")
    preference = f"/contacts/{contact_id}/preference"
    assert_problem(other_clinic.get(preference), 404, "unknown_contact")
    path, noted = other_clinic.path(preference), {"reminders": "stop"}
    assert_problem(other_clinic.gateway.call("PUT", path, headers=other_clinic.bearer, json=noted), 404, "unknown_contact")
    assert clinic.get(preference).json()["reminders"] is None
    linked = other_clinic.post(f"/contacts/{contact_id}/link", {"cliniko_patient_id": "1"})
    assert_problem(linked, 404)
    asked = {"channel": "phone", "identifier": "0412345678"}
    assert other_clinic.get("/contacts/lookup", params=asked).json()["match"] == "none"


def test_the_same_person_in_two_clinics_is_two_contacts(clinic: Clinic, other_clinic: Clinic) -> None:
    assert made(clinic)["contact_id"] != made(other_clinic)["contact_id"]
    assert clinic.post("/events", EVENT).json()["event_ids"] != other_clinic.post("/events", EVENT).json()["event_ids"]
