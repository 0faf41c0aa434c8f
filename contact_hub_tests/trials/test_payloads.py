"""The trial of payloads fails where a gateway would: each planted fault is told; and a short one of the gateway's own finds
none."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from contact_hub.store.database import Database
from contact_hub_tests.gateway.conftest import gateway as gateway
from contact_hub_tests.gateway.server import GatewayServer
from trials.caller import Answer
from trials.damage import CANARY, WAYS
from trials.framing import broken
from trials.judging import fault_of, faults_of_log
from trials.odd_requests import SECRET, SECRETS, Known, Request, Requests
from trials.outcome import Outcome
from trials.payloads import PayloadTrial
from trials.served import Served

QUESTION = Request(1, "/contacts/match", "values", "POST", "/v1/org/contacts/match", b"{}", {})
DELIVERY = Request(2, "/events", "values", "POST", "/v1/org/events", b'{"a": 1}', {}, "generic")
PROBLEM = {"type": "about:blank", "title": "t", "status": 422, "detail": "why", "code": "not_json"}
RECEIPT = {"accepted": 1, "ignored": 0, "quarantined": 0, "event_ids": ["e"]}


def said(status: int, body: Any, content_type: str = "application/problem+json") -> Answer:
    return Answer(status, content_type, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (QUESTION, said(500, {**PROBLEM, "status": 500})),
        (QUESTION, said(503, {**PROBLEM, "status": 503})),
        (QUESTION, said(302, {})),
        (QUESTION, said(422, PROBLEM, "text/plain")),
        (QUESTION, said(422, {**PROBLEM, "status": 400})),
        (QUESTION, said(422, {**PROBLEM, "code": ""})),
        (QUESTION, said(422, {**PROBLEM, "detail": ""})),
        (QUESTION, said(422, {"detail": "why"})),
        (QUESTION, said(422, {**PROBLEM, "errors": [{"location": f"body.{CANARY}", "code": "x"}]})),
        (QUESTION, Answer(422, "application/problem+json", b"<html>")),
        (DELIVERY, said(202, {**RECEIPT, "accepted": 0, "event_ids": []})),
        (replace(DELIVERY, body=b'{"entry": []}'), said(202, {**RECEIPT, "accepted": 0, "event_ids": []})),
        (DELIVERY, said(202, {**RECEIPT, "accepted": 2})),
    ],
)
def test_an_answer_with_something_wrong_is_a_fault(request_: Request, answer: Answer) -> None:
    assert fault_of(request_, answer)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (QUESTION, said(422, PROBLEM)),
        (QUESTION, said(422, {**PROBLEM, "errors": [{"location": "body.phone", "code": "x"}]})),
        (QUESTION, said(200, {"match": "none"})),
        (DELIVERY, said(202, RECEIPT)),
        (replace(DELIVERY, body=b'[{"json": []}]'), said(202, {**RECEIPT, "accepted": 0, "event_ids": []})),
        (DELIVERY, said(202, {**RECEIPT, "accepted": 0, "event_ids": [], "quarantined": 1})),
        (DELIVERY, said(202, {**RECEIPT, "accepted": 0, "event_ids": [], "ignored": 1})),
    ],
)
def test_an_answer_as_it_should_be_is_none(request_: Request, answer: Answer) -> None:
    assert fault_of(request_, answer) == ""


@pytest.mark.parametrize("line", ["generic: a parser failed; the delivery", "settling failed (x)", f"lost {CANARY}"])
def test_the_gateways_log_tells_what_no_answer_does(line: str) -> None:
    assert faults_of_log("all well\n") == []
    assert len(faults_of_log(f"WARNING {line}\n")) == 1


def test_a_seed_makes_the_same_requests_again_and_all_kinds_of_them() -> None:
    def requests(seed: int) -> list[Request]:
        known = Known()
        known.contact_ids[0] = known.decision_ids[0] = "00000000-0000-4000-8000-000000000000"
        return [Requests("org", "token", 8000, seed, known).make(number) for number in range(600)]

    one, again, other = requests(1), requests(1), requests(2)
    assert [each.body for each in one] == [each.body for each in again] != [each.body for each in other]
    assert {each.way.split(",")[0] for each in one} >= {way.__name__ for way in WAYS} | {"headers", "method", "content type"}
    assert len({each.route for each in one}) > 20
    chance = random.Random(1)
    assert all(broken(each, chance) for each in one[:100])


@pytest.fixture
def trial(
    database: Database, gateway: GatewayServer, organization_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> PayloadTrial:
    for variable in SECRETS.values():
        monkeypatch.setenv(variable, SECRET)
    log = tmp_path / "log"
    log.touch()
    trial = PayloadTrial(Served(gateway.port, database, log), organization_id, 5, Outcome(""))
    trial.run(range(80))
    return trial


@pytest.mark.parametrize(
    "planted",
    [
        "",
        "DELETE FROM channel_events WHERE organization_id = :id AND number = "
        "(SELECT max(number) FROM channel_events WHERE organization_id = :id AND provider = 'generic')",
        "UPDATE quarantined_deliveries SET body = 'x' WHERE organization_id = :id AND delivery_id = "
        "(SELECT delivery_id FROM quarantined_deliveries WHERE organization_id = :id LIMIT 1)",
    ],
    ids=["none", "a lost event", "a delivery that is not whole"],
)
def test_what_was_accepted_and_is_lost_is_a_fault(trial: PayloadTrial, organization_id: str, planted: str) -> None:
    if planted:
        with trial.gateway.database.transaction() as connection:
            assert connection.execute(text(planted), {"id": organization_id}).rowcount == 1
    trial.look_up()
    faults = "; ".join(trial.outcome.faults)
    assert bool(faults) == bool(planted), faults
    assert not planted or "not in the store" in faults or "not there whole" in faults
