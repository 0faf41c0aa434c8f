"""What the client does about answers that are late, broken or missing; none of it tells anything private."""

import re
import time

import pytest

from contact_hub.chatwoot import (
    ChatwootAccount,
    ChatwootClient,
    ChatwootError,
    Patience,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from contact_hub.chatwoot.answers import next_request_at
from contact_hub.sandbox import ChatwootServer, Fault
from contact_hub.sandbox.faults import FaultKind
from contact_hub_tests.chatwoot.conftest import Connect
from contact_hub_tests.chatwoot.writers import write

SECRETS = ("+61412345678", "61412345678", "Jo Marsh", "sandbox-chatwoot-token", "api/v1", "127.0.0.1")


@pytest.mark.parametrize(
    "kind",
    [
        "status",
        "reset",
        "truncated_body",
        "truncated_json",
        "html",
        "empty",
        "too_many_requests",
        "wrong_envelope",
        "missing_id",
    ],
)
def test_reading_goes_on_after_a_fault(chatwoot: ChatwootServer, client: ChatwootClient, kind: FaultKind) -> None:
    write(chatwoot, 20)
    chatwoot.faults.add(Fault(kind, after=1, times=2, status=503, limit_headers="none"))
    assert len(list(client.contacts())) == 20
    assert client.requests_sent == 5  # three pages, the last one empty


@pytest.mark.parametrize(
    ("kind", "expected", "attempts"),
    [
        ("status", Unavailable, 5),
        ("reset", (Unavailable, UnexpectedAnswer), 5),
        ("truncated_body", (Unavailable, UnexpectedAnswer), 5),
        ("truncated_json", UnexpectedAnswer, 5),
        ("html", UnexpectedAnswer, 5),
        ("empty", UnexpectedAnswer, 5),
        ("wrong_envelope", UnexpectedAnswer, 5),
        ("missing_id", UnexpectedAnswer, 5),
        ("too_many_requests", RateLimited, 11),
    ],
)
def test_a_fault_for_ever_is_an_error_that_tells_nothing_private(
    chatwoot: ChatwootServer, client: ChatwootClient, kind: FaultKind, expected: type[ChatwootError], attempts: int
) -> None:
    chatwoot.receive("whatsapp", "61412345678", name="Jo Marsh")
    chatwoot.faults.add(Fault(kind, times=None, status=500, limit_headers="none"))
    with pytest.raises(expected) as raised:
        list(client.contacts())
    assert raised.value.retryable
    assert raised.value.attempts == client.requests_sent == attempts
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert not any(secret in str(raised.value) for secret in SECRETS)


def test_a_slow_answer_is_asked_for_again(chatwoot: ChatwootServer, connect: Connect) -> None:
    chatwoot.faults.add(Fault("delay", seconds=0.5))
    assert list(connect(read_timeout_s=0.2).contacts()) == []
    chatwoot.faults.add(Fault("delay", seconds=0.5, times=None))
    with pytest.raises(Unavailable, match="no answer from Chatwoot in time"):
        next(connect(read_timeout_s=0.1, patience=Patience(attempts=2, backoff_s=0.01)).contacts())


def test_a_redirect_is_not_followed(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    chatwoot.faults.add(Fault("status", status=302, body="elsewhere", times=None))
    with pytest.raises(UnexpectedAnswer, match="redirect"):
        next(client.contacts())


def test_what_is_no_chatwoot(chatwoot: ChatwootServer, client: ChatwootClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChatwootAccount, "base_url", property(lambda self: f"{self.url}/dashboard"))
    with pytest.raises(UnexpectedAnswer, match="is this the URL of a Chatwoot installation"):
        next(client.contacts())


def test_the_time_that_a_429_names_is_waited_for(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    chatwoot.faults.add(Fault("too_many_requests", seconds=1, limit_headers="retry_after"))
    started = time.monotonic()
    assert list(client.contacts()) == []
    assert time.monotonic() - started >= 1.0


def test_waiting_has_a_deadline(chatwoot: ChatwootServer, connect: Connect) -> None:
    client = connect(patience=Patience(deadline_s=1.0, backoff_s=0.4, attempts=100))
    chatwoot.faults.add(Fault("too_many_requests", seconds=3600, limit_headers="retry_after"))
    started = time.monotonic()
    with pytest.raises(RateLimited, match="next request not before 20"):
        next(client.contacts())
    assert client.requests_sent == 1
    chatwoot.faults.add(Fault("status", status=503, times=None))
    with pytest.raises(Unavailable):
        next(client.contacts())
    assert time.monotonic() - started < 2.5


def test_a_deadline_shortens_the_last_timeout(chatwoot: ChatwootServer, connect: Connect) -> None:
    chatwoot.faults.add(Fault("delay", seconds=1.0, times=None))
    started = time.monotonic()
    with pytest.raises(Unavailable):
        next(connect(patience=Patience(deadline_s=0.3)).contacts())
    assert time.monotonic() - started < 0.9


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 1007.0),
        ({"Retry-After": " 1.5 "}, 1001.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-7"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:16:50 GMT"}, 1010.0),
        ({"Retry-After": "Thu, 01 Jan 1970 02:16:50 GMT", "Date": "Thu, 01 Jan 1970 02:16:40 GMT"}, 1010.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:01 GMT"}, 1000.0),
    ],
)
def test_when_to_come_back(headers: dict[str, str], expected: float | None) -> None:
    assert next_request_at(headers, now=1000.0) == expected


def test_a_refusal_until_the_end_of_time_can_be_told() -> None:
    assert "centuries away" in str(RateLimited("no", action="contacts", status=429, retry_at=1e300))


def test_nothing_private_is_logged(chatwoot: ChatwootServer, client: ChatwootClient, caplog: pytest.LogCaptureFixture) -> None:
    chatwoot.receive("whatsapp", "61412345678", name="Jo Marsh")
    chatwoot.faults.add(Fault("truncated_json"), Fault("status", status=500))
    list(client.contacts())
    told = [record.getMessage() for record in caplog.records if record.name.startswith("contact_hub")]
    assert [re.sub(r"in [\d.]+ s", "in N s", one) for one in told] == [
        "Chatwoot contacts: the answer is not JSON; is this the URL of a Chatwoot installation?; trying again in N s",
        "Chatwoot contacts: Chatwoot answered 500 (2 attempts); trying again in N s",
    ]
