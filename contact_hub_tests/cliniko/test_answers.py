"""Which error each answer becomes, and what none of them says."""

import copy
import json
import pickle
from email.utils import format_datetime, formatdate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contact_hub.cliniko import (
    PATIENTS,
    ClinikoAccount,
    ClinikoClient,
    ClinikoError,
    Forbidden,
    InvalidKey,
    InvalidRequest,
    MalformedResponse,
    NotFound,
    RateLimited,
    Unavailable,
    Unlimited,
)
from contact_hub.cliniko.answers import next_request_at
from contact_hub.errors import ContactHubError
from contact_hub_tests.cliniko.conftest import HURRIED, KEY, Connect
from contact_hub_tests.cliniko.server import Answer, Server, as_json, listing, script

HTML = Answer(body=b"<html>Canary Person, canary@example.org</html>", headers={"Content-Type": "text/html"})


def html(status: int) -> Answer:
    return Answer(status, HTML.body, HTML.headers)


@pytest.mark.parametrize(
    ("answer", "kind", "requests", "says"),
    [
        (html(401), InvalidKey, 1, "wrong or revoked"),
        (as_json({"message": "Canary"}, status=403), Forbidden, 3, "a role that may read"),
        (html(404), NotFound, 1, "not found"),
        (as_json({"message": "Canary"}, status=404), NotFound, 1, "not found"),
        (as_json({"message": "Canary"}, status=400), InvalidRequest, 1, r"\(400\)"),
        (
            as_json({"errors": {"starts_at": "Canary", "x": None}}, status=422),
            InvalidRequest,
            1,
            "fields: starts_at, x",
        ),
        (as_json({"errors": {"Canary Person": "is odd"}}, status=422), InvalidRequest, 1, r"\(422\)$"),
        (as_json({"errors": ["Canary"]}, status=422), InvalidRequest, 1, r"\(422\)$"),
        (as_json(["Canary"], status=422), InvalidRequest, 1, r"\(422\)$"),
        (html(405), InvalidRequest, 1, "405"),
        (html(408), Unavailable, 5, "gave up waiting"),
        (html(500), Unavailable, 5, "500"),
        (html(502), Unavailable, 5, "502"),
        (html(503), Unavailable, 5, "503"),
        (html(504), Unavailable, 5, "504"),
        (html(524), Unavailable, 5, "524"),
        (html(200), MalformedResponse, 5, "not JSON"),
        (html(202), MalformedResponse, 5, "202 in place of 200"),
        (Answer(200, b'{"patients": [NaN], "links": {}}'), MalformedResponse, 5, "not JSON"),
        (Answer(200, b"[" * 100_000), MalformedResponse, 5, "not JSON"),
        (Answer(200, b'{"canary": ' + b"9" * 5_000 + b"}"), MalformedResponse, 5, "not JSON"),
        (Answer(200, b'"\xff"'), MalformedResponse, 5, "not JSON"),
        (Answer(200, b""), MalformedResponse, 5, "not JSON"),
        (Answer(200, HTML.body, {"Content-Encoding": "gzip"}), MalformedResponse, 5, "broke off"),
        (Answer(200, HTML.body, fault="short body"), MalformedResponse, 5, "broke off"),
        (Answer(200, HTML.body, fault="broken chunks"), MalformedResponse, 5, "broke off"),
        (Answer(fault="reset"), Unavailable, 5, "connection"),
    ],
)
def test_every_answer_has_its_error(
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
    kind: type[ClinikoError],
    requests: int,
    says: str,
) -> None:
    caplog.set_level("DEBUG")
    server, client = connect(script(answer))
    with pytest.raises(kind, match=says) as raised:
        client.get(PATIENTS, "7")
    error = raised.value
    assert isinstance(error, ContactHubError)
    assert (error.resource, error.attempts) == ("patients", requests)
    assert error.status == (None if answer.fault != "none" or "Content-Encoding" in answer.headers else answer.status)
    assert error.retryable is (kind in (Unavailable, MalformedResponse))
    assert len(server.requests) == client.requests_sent == requests
    assert error.__cause__ is None
    assert error.__context__ is None
    for told in (str(error), repr(error), caplog.text):
        assert KEY not in told
        assert "anary" not in told
    assert "q%5B" not in str(error)


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:9/v1/patients/7", "/v1/patients/8", "http://[", "//\xff\xfe", "x" * 5_000]
)
def test_a_redirect_is_never_followed(connect: Connect, location: str) -> None:
    server, client = connect(script(Answer(302, b"", {"Location": location})))
    with pytest.raises(MalformedResponse, match=r"redirect \(302\), which is not followed"):
        client.get(PATIENTS, "7")
    assert {request.path for request in server.requests} == {"/v1/patients/7"}


def test_a_single_403_passes(connect: Connect) -> None:
    server, client = connect(script(html(403), html(403), as_json({"id": "7"})))
    assert client.get(PATIENTS, "7") == {"id": "7"}
    assert len(server.requests) == 3


def test_a_time_out_is_tried_again(connect: Connect) -> None:
    server, client = connect(script(Answer(fault="stall"), as_json({"id": "7"})), read_timeout_s=0.2)
    assert client.get(PATIENTS, "7") == {"id": "7"}
    assert len(server.requests) == 2


def test_nobody_listening() -> None:
    with Server(script(html(500))) as server:
        account = ClinikoAccount.from_key(KEY, url=server.url)
    with (
        ClinikoClient(account, limiter=Unlimited(), patience=HURRIED) as client,
        pytest.raises(Unavailable, match=r"could not be made, or broke \(5 attempts\)") as raised,
    ):
        client.get(PATIENTS, "7")
    assert raised.value.__context__ is None


def test_https_without_trustworthy_tls_sends_nothing() -> None:
    with Server(script(html(500))) as server:
        account = ClinikoAccount.from_key(KEY, url=server.url.replace("http:", "https:"))
        with (
            ClinikoClient(account, limiter=Unlimited(), patience=HURRIED) as client,
            pytest.raises(Unavailable, match="no trustworthy TLS"),
        ):
            client.get(PATIENTS, "7")
    assert server.requests == []


def test_errors_survive_copying_between_processes() -> None:
    error = RateLimited("more requests than Cliniko allows", resource="patients", status=429, retry_at=1_700_000_000.5)
    error.received, error.missing, error.attempts = 100, 532, 11
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is RateLimited
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)
    assert str(error) == (
        "Cliniko patients: more requests than Cliniko allows (11 attempts); records received: 100, missing: 532; "
        "next request not before 2023-11-14T22:13:20+00:00"
    )


def test_a_time_centuries_away_can_be_told() -> None:
    assert "centuries" in str(RateLimited("too many", resource="patients", retry_at=1e20))


NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({"X-RateLimit-Reset": "1700000030"}, NOW + 30),
        ({"X-RateLimit-Reset": " 1700000030.5 "}, NOW + 30.5),
        ({"X-RateLimit-Reset": "1700000030", "Retry-After": "5"}, NOW + 30),
        ({"X-RateLimit-Reset": "1699999999", "Retry-After": "5"}, NOW + 5),
        ({"X-RateLimit-Reset": "30", "Retry-After": "5"}, NOW + 5),
        ({"X-RateLimit-Reset": "soon", "Retry-After": "5"}, NOW + 5),
        ({"X-RateLimit-Reset": "-5"}, None),
        ({"X-RateLimit-Reset": "nan"}, None),
        ({"X-RateLimit-Reset": "inf"}, None),
        ({"X-RateLimit-Reset": "1e999"}, None),
        ({"X-RateLimit-Reset": "١٧٠٠٠٠٠٠٣٠"}, None),
        ({"X-RateLimit-Reset": ""}, None),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": formatdate(NOW + 12, usegmt=True)}, NOW + 12),
        ({"Retry-After": formatdate(NOW - 12, usegmt=True)}, None),
        ({"Retry-After": "Tue, 99 Foo 2023"}, None),
        ({}, None),
        # A clock an hour wrong here or there changes nothing.
        ({"X-RateLimit-Reset": "1700003630", "Date": formatdate(NOW + 3600, usegmt=True)}, NOW + 30),
        ({"X-RateLimit-Reset": "1699996430", "Date": formatdate(NOW - 3600, usegmt=True)}, NOW + 30),
        ({"Retry-After": "5", "Date": formatdate(NOW - 3600, usegmt=True)}, NOW + 5),
        ({"X-RateLimit-Reset": "1700000030", "Date": "no date"}, NOW + 30),
    ],
)
def test_when_to_send_again(headers: dict[str, str], until: float | None) -> None:
    assert next_request_at(headers, now=NOW) == until


_HEADER = st.text(max_size=30) | st.text("0123456789.-+e: \x1f\xa0٣", max_size=25) | st.datetimes().map(format_datetime)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["X-RateLimit-Reset", "Retry-After", "Date"]), _HEADER))
@example({"X-RateLimit-Reset": "0\x1f"})
@example({"Retry-After": "Mon, 01 Jan 0001 00:00:00 +2359"})
@example({"Date": "Fri, 31 Dec 9999 23:59:59 -2359"})
def test_no_header_is_too_odd(headers: dict[str, str]) -> None:
    until = next_request_at(headers, now=NOW)
    assert until is None or until >= NOW


def test_integers_keep_their_digits(connect: Connect) -> None:
    body = {"id": 1390726237298631771, "other": 9223372036854775807, "unknown": {"kept": [1, None, ""]}}
    _, client = connect(script(Answer(200, json.dumps(body).encode())))
    assert client.get(PATIENTS, "1390726237298631771") == {**body, "id": "1390726237298631771"}


def test_a_byte_order_mark_is_no_fault(connect: Connect) -> None:
    answer = listing("patients", [{"id": "1"}])
    _, client = connect(script(Answer(200, b"\xef\xbb\xbf" + answer.body)))
    assert [page.records for page in client.pages(PATIENTS)] == [[{"id": "1"}]]
