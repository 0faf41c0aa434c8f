"""Reading appointments for an answer: promptly, seldom, and within the rate."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from contact_hub.answers.fresh import Fresh, FreshAppointments, NotConfirmed, Wanted
from contact_hub.sandbox import Fault
from contact_hub.store.database import Database
from contact_hub.store.organizations import organization
from contact_hub_tests.answers.support import LiveClinic, days_ahead, live_clinic
from contact_hub_tests.cliniko.server import Answer, Request, Server

A_READ = ["individual_appointments", "group_appointments"]


@pytest.fixture
def clinic(database: Database, organization_id: str) -> Iterator[LiveClinic]:
    with live_clinic(database, organization_id) as clinic:
        yield clinic


class Reading:
    """One patient's appointments, read as a test likes it."""

    def __init__(self, clinic: LiveClinic, *, url: str | None = None, **options: Any) -> None:
        self.patient = clinic.patient("Anna", "Smith", "0412 345 601")
        self.booked = clinic.cliniko.add_appointment(self.patient, days_ahead(1))
        self._clinic, self._url = clinic, url or clinic.server.url
        self.fresh = FreshAppointments(clinic.database, **options)

    def read(self) -> Fresh:
        with self._clinic.database.reading() as connection:
            registered = replace(organization(connection, self._clinic.organization_id), cliniko_url=self._url)
        only = frozenset((self.patient,))
        return self.fresh.read(Wanted(registered, only, only, frozenset((self.booked,))))

    def seconds(self) -> float:
        """That it cannot be read; how long that took."""
        began = time.monotonic()
        with pytest.raises(NotConfirmed):
            self.read()
        return time.monotonic() - began


def asked(clinic: LiveClinic) -> list[str]:
    return [request.path for request in clinic.server.requests]


def test_an_answer_is_good_for_a_while(clinic: LiveClinic) -> None:
    reading = Reading(clinic, kept_s=0.5)
    first = reading.read()
    assert [one["id"] for one in first.individual] == [reading.booked]
    assert reading.read() is first
    assert asked(clinic) == A_READ
    time.sleep(0.55)
    assert reading.read() is not first
    assert asked(clinic) == 2 * A_READ


def test_many_at_once_ask_once(clinic: LiveClinic) -> None:
    reading = Reading(clinic)
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: reading.read(), range(12)))
    assert len({id(one) for one in answers}) == 1
    assert asked(clinic) == A_READ


def test_nobody_waits_longer_than_the_timeout_and_the_next_not_at_all(clinic: LiveClinic) -> None:
    reading = Reading(clinic, timeout_s=0.5, kept_s=0.0, pause_s=60.0)
    clinic.server.faults.add(Fault("delay", seconds=2.5, times=None))
    assert 0.4 < reading.seconds() < 2.0
    sent = len(asked(clinic))
    assert reading.seconds() < 0.4
    assert len(asked(clinic)) == sent
    # Whoever was not waited for sends nothing more, either.
    clinic.server.faults.clear()
    time.sleep(2.5)
    assert len(asked(clinic)) == sent


def test_a_failure_is_remembered_for_a_while(clinic: LiveClinic) -> None:
    reading = Reading(clinic, kept_s=30.0)
    clinic.server.faults.add(Fault("reset", times=None))
    reading.seconds()
    sent = len(asked(clinic))
    began = time.monotonic()
    for _ in range(5):
        reading.seconds()
    assert len(asked(clinic)) == sent
    assert time.monotonic() - began < 2.0


def test_nor_by_errors_that_take_their_time(clinic: LiveClinic) -> None:
    """Each comes within the timeout, as from a balancer that has waited for Cliniko itself."""

    def late(_: Request) -> Answer:
        time.sleep(0.4)
        return Answer(503)

    with Server(late) as slow:
        one, other = (Reading(clinic, url=slow.url, timeout_s=2.0, kept_s=0.0, pause_s=60.0) for _ in range(2))
        other.fresh = one.fresh
        assert 0.7 < one.seconds() < 2.0
        sent = len(slow.requests)
        assert other.seconds() < 0.4
        assert len(slow.requests) == sent


def test_errors_at_once_keep_nobody_from_asking(clinic: LiveClinic) -> None:
    one, other = (Reading(clinic, timeout_s=4.0, kept_s=20.0, pause_s=60.0) for _ in range(2))
    other.fresh = one.fresh
    clinic.server.faults.add(Fault("status", status=503, times=2))
    one.seconds()
    time.sleep(1.1)
    sent = len(asked(clinic))
    one.seconds()  # what is remembered of a while ago kept nobody waiting, either
    assert len(asked(clinic)) == sent
    assert other.read().individual


def test_a_pause_ends(clinic: LiveClinic) -> None:
    reading = Reading(clinic, timeout_s=1.5, kept_s=0.0, pause_s=0.2)
    clinic.server.faults.add(Fault("delay", seconds=2.5))
    reading.seconds()
    time.sleep(0.3)
    assert reading.read().individual


def test_a_server_that_drips_is_not_waited_for(clinic: LiveClinic) -> None:
    """Each request is within the timeout, all together are not."""
    reading = Reading(clinic, timeout_s=1.0, kept_s=0.0, pause_s=0.0)
    clinic.server.faults.add(Fault("delay", seconds=0.7, times=None))
    assert 0.8 < reading.seconds() < 2.0


def test_no_free_request_is_not_waited_for(clinic: LiveClinic) -> None:
    reading = Reading(clinic, kept_s=0.0, requests_per_minute=3)
    reading.read()
    assert reading.seconds() < 2.0  # one is free, two are needed
    assert asked(clinic) == [*A_READ, A_READ[0]]


def test_connections_are_used_again_and_a_new_key_gets_its_own(clinic: LiveClinic, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = Reading(clinic, kept_s=0.0)
    reading.read()
    idle = reading.fresh._idle[clinic.organization_id]
    assert len(idle) == 1
    client = idle[0].client
    reading.read()
    assert reading.fresh._idle[clinic.organization_id][0].client is client
    monkeypatch.setenv("CLINIKO_KEY_OF_ANSWERS", "sandbox-key")  # the same user's, without its shard
    reading.read()
    assert [one.account.key for one in reading.fresh._idle[clinic.organization_id]] == ["sandbox-key"]
    reading.fresh.close()


def test_what_is_no_longer_good_is_not_kept(clinic: LiveClinic) -> None:
    readings = [Reading(clinic, kept_s=0.0) for _ in range(3)]
    for reading in readings:
        reading.fresh = readings[0].fresh
        reading.read()
    assert len(readings[0].fresh._kept) == 1
