"""Bodies, rates and failures that are too much; and that what is too much for one is not for another."""

import json
from collections.abc import Iterator

import pytest

from contact_hub import settings
from contact_hub.errors import ConfigurationError
from contact_hub.gateway import create_app
from contact_hub.gateway.limits import TokenBuckets
from contact_hub.store.database import Database
from contact_hub_tests.channels.test_generic import EVENT
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.gateway.support import Clinic, assert_accepted, assert_problem, open_clinic

LIMIT = 2 * 1024 * 1024


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_lets_a_burst_in_and_then_its_rate() -> None:
    clock = Clock()
    buckets = TokenBuckets(rate=10, burst=3, clock=clock)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a") == pytest.approx(0.1)
    assert buckets.take("b") == 0
    clock.now += 0.1
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0
    clock.now += 1000
    assert [buckets.take("a") == 0 for _ in range(4)] == [True, True, True, False]


def test_buckets_do_not_grow_without_end() -> None:
    buckets = TokenBuckets(rate=1, burst=1)
    for number in range(30_000):
        buckets.take(str(number))
    assert len(buckets._levels) == 10_000


def of_size(size: int) -> bytes:
    event = json.dumps(EVENT).encode()
    return event + b" " * (size - len(event))


def test_a_body_of_the_limit_is_taken_and_a_byte_more_is_not(clinic: Clinic) -> None:
    assert_accepted(clinic.send("/events", of_size(LIMIT)), 1)
    answer = clinic.send("/events", of_size(LIMIT + 1))
    assert_problem(answer, 413, "body_too_large")
    assert_problem(clinic.send("/contacts/find-or-create", of_size(LIMIT + 1)), 413, "body_too_large")


def test_a_chunked_body_is_counted_while_it_comes(clinic: Clinic) -> None:
    def chunks(size: int) -> Iterator[bytes]:
        body = of_size(size)
        yield from (body[at : at + 65536] for at in range(0, size, 65536))

    path = clinic.path("/events")
    assert_accepted(clinic.gateway.post(path, data=chunks(LIMIT), headers=clinic.bearer), 1)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {clinic.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = head.encode() + b"100000\r\n" + b" " * 0x100000 + b"\r\n100001\r\n" + b" " * 0x100001 + b"\r\n"
    answer = clinic.gateway.raw(sent)  # never ended: whoever waits for the end would wait for ever
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"body_too_large" in answer


@pytest.mark.parametrize("length", [str(LIMIT + 1), "9" * 15])
def test_a_stated_length_is_believed_before_the_body_comes(clinic: Clinic, length: str) -> None:
    head = f"POST {clinic.path('/events')} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    assert clinic.gateway.raw(head.encode()).startswith(b"HTTP/1.1 413 ")


def test_a_large_answer_to_nobody_is_not_read_either(clinic: Clinic) -> None:
    assert_problem(clinic.send_unauthenticated("/events", of_size(LIMIT + 1)), 413)
    assert clinic.left() == {}


def test_a_clinic_over_its_rate_waits_and_another_does_not(database: Database, organization_id: str) -> None:
    with GatewayServer(create_app(database, rate=0.01, burst=3)) as server:
        clinic = open_clinic(database, server, organization_id)
        other = open_clinic(database, server, f"{organization_id}_other")
        assert [clinic.post("/events", EVENT).status_code for _ in range(3)] == [202, 202, 202]
        for answer in (
            clinic.post("/events", {**EVENT, "external_id": "e-2"}),
            clinic.get("/contacts/lookup", params={"channel": "phone", "identifier": "0412345678"}),
        ):
            assert_problem(answer, 429, "rate_limited")
            assert 1 <= int(answer.headers["Retry-After"]) <= 101
        assert clinic.count("channel_events") == 1
        assert_accepted(other.post("/events", EVENT), 1)
        # Those who cannot prove who they are use nothing up.
        for _ in range(5):
            assert_problem(other.send_unauthenticated("/events", b"{}"), 401)
        assert other.post("/events", EVENT).status_code == 202


def test_an_address_that_fails_too_often_waits_and_a_valid_token_does_not(database: Database, organization_id: str) -> None:
    app = create_app(database)
    app.state.gateway.failures._burst = 5
    app.state.gateway.failures._rate = 0.01
    with GatewayServer(app) as server:
        clinic = open_clinic(database, server, organization_id)
        statuses = [clinic.send_unauthenticated("/events", b"{}").status_code for _ in range(7)]
        assert statuses == [401] * 5 + [429] * 2
        answer = clinic.send_unauthenticated("/webhooks/chatwoot", b"{}")
        assert_problem(answer, 429, "too_many_failures")
        assert int(answer.headers["Retry-After"]) >= 1
        assert_accepted(clinic.post("/events", EVENT), 1)


def test_a_forwarded_address_is_not_believed(database: Database, organization_id: str) -> None:
    app = create_app(database)
    app.state.gateway.failures._burst = 2
    app.state.gateway.failures._rate = 0.01
    with GatewayServer(app) as server:
        clinic = open_clinic(database, server, organization_id)
        headers = [{"X-Forwarded-For": f"10.0.0.{number}"} for number in range(4)]
        statuses = [clinic.send_unauthenticated("/events", b"{}", one).status_code for one in headers]
        assert statuses == [401, 401, 429, 429]


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "1000001"])
def test_a_rate_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CONTACT_HUB_GATEWAY_RATE", value)
    with pytest.raises(ConfigurationError, match="CONTACT_HUB_GATEWAY_RATE"):
        settings.gateway_rate()


def test_rate_and_port_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CONTACT_HUB_GATEWAY_RATE", "CONTACT_HUB_GATEWAY_PORT"):
        monkeypatch.delenv(variable, raising=False)
    assert (settings.gateway_rate(), settings.gateway_port()) == (1000, 8000)
    monkeypatch.setenv("CONTACT_HUB_GATEWAY_RATE", "7")
    monkeypatch.setenv("CONTACT_HUB_GATEWAY_PORT", "8123")
    assert (settings.gateway_rate(), settings.gateway_port()) == (7, 8123)
    monkeypatch.setenv("CONTACT_HUB_GATEWAY_PORT", "70000")
    with pytest.raises(ConfigurationError, match="CONTACT_HUB_GATEWAY_PORT"):
        settings.gateway_port()
