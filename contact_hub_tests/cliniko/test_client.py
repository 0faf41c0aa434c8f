"""What the client sends, and how it waits."""

import base64
import itertools
import time

import pytest

from contact_hub.cliniko import (
    ATTENDEES,
    DEFAULT_CONTACT,
    INACTIVE_PRACTITIONERS,
    PATIENTS,
    ClinikoAccount,
    ClinikoClient,
    InvalidRequest,
    MalformedResponse,
    Patience,
    RateLimited,
    SlidingWindowLimiter,
    Unlimited,
)
from contact_hub.errors import ConfigurationError
from contact_hub_tests.cliniko.conftest import HURRIED, KEY, Connect
from contact_hub_tests.cliniko.server import Answer, as_json, script

FOUND = as_json({"id": "7"})


def refused(**headers: str) -> Answer:
    return Answer(429, b"", {name.replace("_", "-"): value for name, value in headers.items()})


def test_headers_of_every_request(connect: Connect) -> None:
    server, client = connect(script(FOUND), contact="ops@clinic.example")
    client.get(PATIENTS, "7")
    headers = server.requests[0].headers
    assert headers["authorization"] == "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
    assert headers["accept"] == "application/json"
    name, _, rest = headers["user-agent"].partition("/")
    assert name == "contact_hub"
    assert rest.endswith(" (ops@clinic.example)")


def test_the_environment_changes_neither_the_key_nor_the_way_to_this_machine(
    connect: Connect, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:
        file.write("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", netrc)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server, client = connect(script(FOUND))
    client.get(PATIENTS, "7")
    assert server.requests[0].headers["authorization"] == "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()


@pytest.mark.parametrize("contact", ["", "me", "me@x\r\nX-Evil: 1", "me@x) (", "a b@x", "mé@x.org"])
def test_a_contact_that_is_no_address_is_refused(contact: str) -> None:
    with pytest.raises(ConfigurationError, match="e-mail address"):
        ClinikoClient(ClinikoAccount.from_key(KEY), limiter=Unlimited(), contact=contact)


def test_the_client_does_not_show_the_key() -> None:
    client = ClinikoClient(ClinikoAccount.from_key(KEY), limiter=Unlimited())
    assert KEY not in repr(client)
    assert "@" in DEFAULT_CONTACT


def test_one_record_is_found_archived_or_not(connect: Connect) -> None:
    server, client = connect(script(FOUND))
    client.get(PATIENTS, "7")
    client.get(ATTENDEES, "7")
    client.get(INACTIVE_PRACTITIONERS, "7")
    assert [(request.path, request.filters()) for request in server.requests] == [
        ("/v1/patients/7", ["archived_at:*"]),
        ("/v1/attendees/7", ["archived_at:*", "cancelled_at:*", "deleted_at:*"]),
        ("/v1/practitioners/7", []),
    ]
    assert client.requests_sent == 3


@pytest.mark.parametrize("body", [{"id": "8"}, {"id": 7.0}, {}, [], None, {"patients": []}])
def test_another_record_than_asked_for_is_an_error(connect: Connect, body: object) -> None:
    _, client = connect(script(as_json(body)))
    with pytest.raises(MalformedResponse, match="not the record asked for"):
        client.get(PATIENTS, "7")


@pytest.mark.parametrize("record", ["", "7/archive", "../users/1", "7?x=1", "٧", "7\n", "12345678901234567890"])
def test_what_cannot_be_an_id_is_not_sent(connect: Connect, record: str) -> None:
    server, client = connect(script(FOUND))
    with pytest.raises(InvalidRequest, match="nothing was sent"):
        client.get(PATIENTS, record)
    assert server.requests == []


def test_nothing_is_sent_before_the_reset(connect: Connect) -> None:
    reset = int(time.time()) + 2
    server, client = connect(script(refused(X_RateLimit_Reset=str(reset), Retry_After="0"), FOUND))
    assert client.get(PATIENTS, "7") == {"id": "7"}
    assert len(server.requests) == 2
    assert reset <= server.requests[1].at < reset + 1.5


def test_all_who_share_the_limiter_wait_for_the_reset(connect: Connect) -> None:
    limiter = SlidingWindowLimiter()
    patient = Patience(refusals=0)
    first, refused_client = connect(script(refused(Retry_After="1")), limiter=limiter, patience=patient)
    second, other_client = connect(script(FOUND), limiter=limiter)
    with pytest.raises(RateLimited):
        refused_client.get(PATIENTS, "7")
    other_client.get(PATIENTS, "7")
    assert second.requests[0].at - first.requests[0].at >= 1.0


class Forgetful(Unlimited):
    """A limiter that does not do what it is told."""

    def refused_until(self, when: float) -> None:
        pass


def test_the_client_waits_itself_whatever_the_limiter_does(connect: Connect) -> None:
    server, client = connect(script(refused(Retry_After="1"), FOUND), limiter=Forgetful())
    client.get(PATIENTS, "7")
    assert server.requests[1].at - server.requests[0].at >= 1.0


def test_without_a_time_the_pause_grows(connect: Connect) -> None:
    patience = Patience(backoff_s=0.05, longest_backoff_s=1.0)
    server, client = connect(script(refused(), refused(X_RateLimit_Reset="junk"), refused(), FOUND), patience=patience)
    client.get(PATIENTS, "7")
    at = [request.at for request in server.requests]
    pauses = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert [pause >= least for pause, least in zip(pauses, [0.025, 0.05, 0.1], strict=True)] == [True] * 3


def test_a_storm_of_refusals_ends_in_an_error_that_says_when_to_come_back(connect: Connect) -> None:
    server, client = connect(script(refused()))
    with pytest.raises(RateLimited, match="not before 20") as raised:
        client.get(PATIENTS, "7")
    assert len(server.requests) == client.requests_sent == HURRIED.refusals + 1
    assert raised.value.status == 429
    assert raised.value.retryable
    assert raised.value.retry_at is not None
    assert abs(raised.value.retry_at - time.time()) < 5


def test_waiting_has_an_end_in_sum(connect: Connect) -> None:
    patience = Patience(longest_wait_s=1.5)
    server, client = connect(script(refused(Retry_After="1")), patience=patience)
    with pytest.raises(RateLimited):
        client.get(PATIENTS, "7")
    assert len(server.requests) == 2


def test_an_absurd_reset_is_an_error_and_nothing_is_sent_before_it(connect: Connect) -> None:
    limiter = Unlimited()
    reset = str(int(time.time()) + 3600)
    server, client = connect(script(refused(X_RateLimit_Reset=reset), FOUND), limiter=limiter)
    for _ in range(2):
        with pytest.raises(RateLimited) as raised:
            client.get(PATIENTS, "7")
        assert raised.value.retry_at is not None
        assert abs(raised.value.retry_at - float(reset)) < 2
    assert "nothing was sent" in str(raised.value)
    assert len(server.requests) == client.requests_sent == 1
    limiter.acquire()  # others are not stopped by what may be a mistake


def test_refusals_and_faults_are_counted_apart(connect: Connect) -> None:
    faults = [Answer(500), refused()] * 4
    server, client = connect(script(*faults, FOUND))
    assert client.get(PATIENTS, "7") == {"id": "7"}
    assert len(server.requests) == 9


class Counting(Unlimited):
    """A limiter that counts."""

    taken = 0

    def acquire(self) -> None:
        super().acquire()
        self.taken += 1


def test_every_attempt_takes_a_place_in_the_limiter(connect: Connect) -> None:
    limiter = Counting()
    server, client = connect(script(Answer(503), Answer(fault="reset"), refused(), FOUND), limiter=limiter)
    client.get(PATIENTS, "7")
    assert limiter.taken == client.requests_sent == len(server.requests) == 4
