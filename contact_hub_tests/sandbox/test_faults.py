"""Each fault does what it says, to the requests that it is meant for."""

import time

import pytest
import requests

from contact_hub.sandbox import Fault, SandboxServer
from contact_hub.sandbox.faults import FaultKind, Faults, LimitHeaders

from .conftest import Api


@pytest.fixture
def faults(changing_server: SandboxServer) -> Faults:
    return changing_server.faults


def test_a_status_as_html_or_json(changing_api: Api, faults: Faults) -> None:
    faults.add(Fault("status", status=503), Fault("status", status=422, body={"message": "no", "errors": None}))
    first, second, third = (changing_api.ask("patients") for _ in range(3))
    assert (first.status_code, first.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert (second.status_code, second.json()) == (422, {"message": "no", "errors": None})
    assert third.status_code == 200


def test_faults_pick_their_requests(changing_api: Api, faults: Faults) -> None:
    faults.add(Fault("status", path="patients", after=1, times=2))
    paths = ["patients", "businesses", "patients", "patients/1", "patients"]
    assert [changing_api.ask(path).status_code for path in paths] == [200, 200, 500, 500, 200]
    faults.add(Fault("status", path="patients/", times=None))
    assert [changing_api.ask(path).status_code for path in ("patients", "patients/1", "patients/2")] == [200, 500, 500]
    faults.clear()
    assert changing_api.ask("patients/1").status_code == 404


def test_a_delay_outlasts_a_timeout(changing_api: Api, faults: Faults) -> None:
    faults.add(Fault("delay", seconds=0.4, times=2))
    with pytest.raises(requests.ReadTimeout):
        changing_api.session.get(f"{changing_api.url}/patients", timeout=0.1)
    started = time.monotonic()
    assert changing_api.page("patients")["patients"]
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize("kind", ["reset", "truncated_body"])
def test_a_cut_connection(changing_server: SandboxServer, changing_api: Api, kind: FaultKind) -> None:
    changing_server.faults.add(Fault(kind, times=3))
    for _ in range(3):
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)) as caught:
            changing_api.ask("patients", per_page=100)
        assert ("reset" in str(caught.value).lower()) == (kind == "reset")
    assert changing_api.page("patients")["patients"]
    assert [one.status for one in changing_server.requests] == [None, None, None, 200]


def test_bodies_that_are_not_the_json_they_claim(changing_api: Api, faults: Faults) -> None:
    faults.add(Fault("truncated_json"), Fault("html"), Fault("empty"))
    for content_type in ("application/json", "text/html; charset=utf-8", "application/json"):
        answer = changing_api.ask("patients")
        assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


@pytest.mark.parametrize(("kind", "header"), [("reset", "X-RateLimit-Reset"), ("retry_after", "Retry-After"), ("none", None)])
def test_a_storm_of_429(changing_api: Api, faults: Faults, kind: LimitHeaders, header: str | None) -> None:
    faults.add(Fault("too_many_requests", times=2, seconds=3, limit_headers=kind))
    answers = [changing_api.ask("patients") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    present = {name for name in ("X-RateLimit-Reset", "Retry-After") if name in answers[0].headers}
    assert present == ({header} if header else set())
    if header == "X-RateLimit-Reset":
        assert 0 < int(answers[0].headers[header]) - time.time() <= 4


def test_payloads_gone_wrong(changing_api: Api, faults: Faults) -> None:
    faults.add(Fault("wrong_envelope"), Fault("missing_id"), Fault("short_page"))
    assert "patients" not in changing_api.page("patients")
    rows = changing_api.page("patients")["patients"]
    assert "id" not in rows[0]
    assert all("id" in row for row in rows[1:])
    short = changing_api.page("patients", per_page=40)
    assert (len(short["patients"]), short["total_entries"]) == (20, 80)
    assert "next" not in short["links"]


def test_faults_spare_those_who_are_not_let_in(changing_server: SandboxServer, changing_api: Api) -> None:
    fault = Fault("status")
    changing_server.faults.add(fault)
    assert requests.get(f"{changing_api.url}/patients", timeout=5).status_code == 401
    assert fault.applied == 0
