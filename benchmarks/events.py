"""From an event's 202 to the rematerialized assets, at rest and in a burst, in an installation as `contact-hub up` runs it.

python -m benchmarks.events [--patients 60] [--burst 10000] [--repetitions 5] [--json FILE]

An event is taken in when the watermark of ``conversations``, the last asset of the job, has passed it, and the run that did
it has ended.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text

from benchmarks.callers import Measured
from benchmarks.large_clinic import name, strange_number
from benchmarks.report import Line, Report, at_most
from benchmarks.workplace import ORGANIZATION_ID, SandboxProcess, register_clinic, temporary_installation
from contact_hub import settings
from contact_hub.installation import prepare
from contact_hub.store.database import Database
from contact_hub.store.tokens import create_token

LIST = 100
"""Events of one request in the burst."""
SENDERS = 4
AT_REST_SECONDS = 8
"""Between two events at rest: longer than the sensor's interval, so that each meets another moment of it."""
POLL_SECONDS = 0.02
DEADLINE_SECONDS = 900

NEWS = text("SELECT last_number FROM organization_changes WHERE organization_id = :organization_id")
TAKEN_IN = text("""
    SELECT coalesce(min(through_number), 0) FROM derivations
    WHERE organization_id = :organization_id AND asset = 'conversations'
""")
RUNS = text("""
    SELECT status, extract(epoch FROM create_timestamp) AS created, start_time AS started, end_time AS ended
    FROM runs WHERE pipeline_name = 'channels' AND extract(epoch FROM create_timestamp) >= :since ORDER BY id
""")
UNENDED = text("SELECT count(*) FROM runs WHERE status NOT IN ('SUCCESS', 'FAILURE', 'CANCELED')")


@dataclass(frozen=True)
class Run:
    """One run of the job, with its times as Dagster has them: seconds since 1970."""

    created: float
    started: float
    ended: float


class Installation:
    """A running installation: its gateway, its store and Dagster's runs."""

    def __init__(self, database: Database, port: int, token: str) -> None:
        self._database = database
        self._dagster = create_engine(database.dagster_url)
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._sent = 0

    def close(self) -> None:
        self._dagster.dispose()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)

    def events(self, count: int) -> list[dict[str, str]]:
        """Events of so many people of whom nobody has heard."""
        places = range(self._sent, self._sent + count)
        self._sent += count
        return [event(place) for place in places]

    def post(self, connection: http.client.HTTPConnection, events: list[dict[str, str]]) -> float:
        """Have events landed; how long their 202 took."""
        body = json.dumps(events).encode()
        start = time.perf_counter()
        connection.request("POST", f"/v1/{ORGANIZATION_ID}/events", body, self._headers)
        answer = connection.getresponse()
        receipt = answer.read()
        took = time.perf_counter() - start
        if answer.status != HTTPStatus.ACCEPTED or json.loads(receipt)["accepted"] != len(events):
            raise RuntimeError(f"events: HTTP {answer.status} {receipt[:200]!r}")
        return took

    def is_known(self, connection: http.client.HTTPConnection, identifier: str) -> bool:
        """Whether lookup finds the contact."""
        path = f"/v1/{ORGANIZATION_ID}/contacts/lookup?channel=whatsapp&identifier={identifier.replace('+', '%2B')}"
        connection.request("GET", path, headers=self._headers)
        return bool(json.loads(connection.getresponse().read())["contact"])

    def has_contact(self, identifier: str) -> bool:
        """Whether the contact is there without anybody having asked for it."""
        statement = text(
            "SELECT EXISTS (SELECT FROM channel_identity_links WHERE organization_id = :organization_id "
            "AND channel = 'whatsapp' AND identifier = :identifier)"
        )
        with self._database.engine.connect() as connection:
            return bool(connection.execute(statement, {**_ORGANIZATION, "identifier": identifier}).scalar())

    def has_taken_in_all(self) -> bool:
        with self._database.engine.connect() as connection:
            return _number(connection, TAKEN_IN) >= _number(connection, NEWS)

    def is_at_rest(self) -> bool:
        """Whether everything is taken in and no run goes on."""
        with self._dagster.connect() as connection:
            unended = connection.execute(UNENDED).scalar_one()
        return not unended and self.has_taken_in_all()

    def runs(self, since: float) -> list[Run]:
        """The job's runs that were made since then, all of which must have succeeded."""
        with self._dagster.connect() as connection:
            rows = list(connection.execute(RUNS, {"since": since}))
        if any(row.status != "SUCCESS" for row in rows):
            raise RuntimeError(f"a run did not succeed: {[row.status for row in rows]}")
        return [Run(float(row.created), row.started, row.ended) for row in rows]


_ORGANIZATION = {"organization_id": ORGANIZATION_ID}


def _number(connection: Connection, statement: Any) -> int:
    return int(connection.execute(statement, _ORGANIZATION).scalar() or 0)


def event(place: int) -> dict[str, str]:
    """The generic event of one new person."""
    return {
        "channel": "whatsapp",
        "identifier": strange_number(place),
        "external_id": f"benchmark-{place}",
        "occurred_at": datetime.now(UTC).isoformat(),
        "direction": "in",
        "name": name(place),
        "text": "Can I come tomorrow?",
    }


@contextmanager
def serving(database: Database, url: str) -> Iterator[Installation]:
    """`contact-hub up`, with one clinic of the sandbox at ``url``, imported and at rest."""
    register_clinic(database, url)
    with database.transaction() as connection:
        token = create_token(connection, ORGANIZATION_ID)
    port, gateway_port = _free_port(), _free_port()
    command = [sys.executable, "-W", "ignore::UserWarning", "-m", "contact_hub.cli", "up"]
    log = settings.home() / "up.log"  # every run's own log is in it
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--gateway-port", str(gateway_port)],
            env={**os.environ, settings.GATEWAY_RATE: "1000000"},
            stdout=said,
            stderr=said,
        )
    try:
        with closing(Installation(database, gateway_port, token)) as installation:

            def is_imported() -> bool:
                if process.poll() is not None:
                    raise RuntimeError(f"contact-hub up ended:\n{log.read_text()[-2_000:]}")
                with database.engine.connect() as connection:
                    imported = connection.execute(text("SELECT count(*) FROM activity_days")).scalar_one()
                return bool(imported) and installation.is_at_rest()

            wait(is_imported, 0.5)
            yield installation
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(condition: Callable[[], bool], pause: float = POLL_SECONDS) -> float:
    """Wait; the moment at which it was so (seconds since 1970)."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {DEADLINE_SECONDS} s")
        time.sleep(pause)
    return time.time()


def measure(patients: int, burst: int, repetitions: int) -> Report:
    report = Report(f"Events of a clinic with {patients:,} patients ({repetitions} at rest, then {burst:,} at once)")
    with (
        temporary_installation(),
        SandboxProcess(patients) as sandbox,
        closing(prepare()) as database,
        serving(database, sandbox.url) as installation,
    ):
        one_by_one(report, installation, 1)
        report.rounds.clear()  # the first run of all loads what the others find loaded
        one_by_one(report, installation, repetitions)
        at_once(report, installation, burst)
    add_lines(report)
    return report


def one_by_one(report: Report, installation: Installation, repetitions: int) -> None:
    """Single events at rest: when the sender is found, when the assets are there, and what the time between went to."""
    for repetition in range(repetitions):
        wait(installation.is_at_rest)
        time.sleep(AT_REST_SECONDS + repetition * 1.3)
        with closing(installation.connect()) as connection:
            values = one_event(installation, connection)
        for key, value in values.items():
            report.rounds.setdefault(key, []).append(value)


def one_event(installation: Installation, connection: http.client.HTTPConnection) -> dict[str, float]:
    """An event, and another right after it whose sender is asked for."""
    by_itself, by_asking = installation.events(2)
    began = time.time()
    answered = installation.post(connection, [by_itself])
    durable = time.time()
    settled = wait(lambda: installation.has_contact(by_itself["identifier"]), 0.002)
    installation.post(connection, [by_asking])
    asked = time.time()
    known = wait(lambda: installation.is_known(connection, by_asking["identifier"]), 0)
    watermark = wait(installation.has_taken_in_all)
    ended = wait(installation.is_at_rest)
    runs = installation.runs(began)
    return {
        "answer_ms": 1000 * answered,
        "settled_ms": 1000 * (settled - durable),
        "lookup_ms": 1000 * (known - asked),
        "runs": float(len(runs)),
        "noticed_s": runs[0].created - durable,
        "launched_s": runs[0].started - runs[0].created,
        "ran_s": runs[0].ended - runs[0].started,
        "watermark_s": watermark - durable,
        "rematerialized_s": ended - durable,
    }


def at_once(report: Report, installation: Installation, burst: int) -> None:
    """A burst in lists, from several senders: the 202s, the runs, and when all of it is taken in and every sender found."""
    wait(installation.is_at_rest)
    lists = [installation.events(min(LIST, burst - sent)) for sent in range(0, burst, LIST)]

    def send(mine: list[list[dict[str, str]]]) -> list[float]:
        with closing(installation.connect()) as connection:
            return [installation.post(connection, events) for events in mine]

    began = time.time()
    with ThreadPoolExecutor(SENDERS) as pool:
        took = [one for of_sender in pool.map(send, [lists[place::SENDERS] for place in range(SENDERS)]) for one in of_sender]
    landed = time.time()
    wait(installation.has_taken_in_all)
    ended = wait(installation.is_at_rest)
    runs, answers = installation.runs(began), Measured(sorted(took), landed - began)
    report.rounds |= {
        "burst_answers_ms": [1000 * one for one in took],
        "burst_p50_ms": [answers.percentile(0.5)],
        "burst_p99_ms": [answers.percentile(0.99)],
        "burst_landed_s": [landed - began],
        "burst_landed_per_s": [burst / (landed - began)],
        "burst_runs": [float(len(runs))],
        "burst_runs_after": [float(sum(run.started > landed for run in runs))],
        "burst_taken_in_s": [ended - landed],
    }


def add_lines(report: Report) -> None:
    took = {key: statistics.median(values) for key, values in report.rounds.items()}
    worst = max(report.rounds["rematerialized_s"])
    report.lines += [
        Line("rematerialized_s", "event durable -> assets rematerialized, at rest", took["rematerialized_s"], "s", target=_TEN),
        Line("rematerialized_worst_s", "  the longest", worst, "s", target=_TEN),
        Line("watermark_s", "  rows written", took["watermark_s"], "s"),
        Line("noticed_s", "  of which until the sensor has asked for a run", took["noticed_s"], "s"),
        Line("launched_s", "  until the run has begun", took["launched_s"], "s"),
        Line("ran_s", "  the run", took["ran_s"], "s"),
        Line("answer_ms", "one event: the 202", took["answer_ms"], "ms"),
        Line("settled_ms", "202 -> its sender is a contact, unasked", took["settled_ms"], "ms"),
        Line("lookup_ms", "202 -> lookup finds its sender", took["lookup_ms"], "ms"),
        Line("burst_landed_per_s", "burst: events made durable", took["burst_landed_per_s"], "/s"),
        Line("burst_landed_s", "  all of them", took["burst_landed_s"], "s"),
        Line("burst_p50_ms", f"  202 for {LIST} events, p50", took["burst_p50_ms"], "ms"),
        Line("burst_p99_ms", "    p99", took["burst_p99_ms"], "ms"),
        Line("burst_runs", "  runs, those begun during the burst included", took["burst_runs"], ""),
        Line("burst_runs_after", "  runs begun after its end", took["burst_runs_after"], "", target=at_most(1)),
        Line("burst_taken_in_s", "  last 202 -> assets rematerialized", took["burst_taken_in_s"], "s"),
    ]


_TEN = at_most(10)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.events", description=__doc__)
    parser.add_argument("--patients", type=int, default=60, help="live patients of the clinic")
    parser.add_argument("--burst", type=int, default=10_000, help="events at once")
    parser.add_argument("--repetitions", type=int, default=5, help="single events at rest")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    report = measure(options.patients, options.burst, options.repetitions)
    report.print()
    if options.json is not None:
        report.write(options.json)


if __name__ == "__main__":
    main()
