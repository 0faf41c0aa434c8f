"""Latency of ``GET /v1/{org}/context`` with Cliniko fast, slow and down, over real HTTP from the caller to Cliniko.

python -m benchmarks.context [--patients 100] [--calls 60] [--slow 0.3] [--json FILE]

Each call asks about another patient, so that no answer of Cliniko's is at hand; those of ``again`` ask about one patient within
seconds, and those of ``a stranger`` about nobody, which costs Cliniko no request. ``hanging`` means that Cliniko takes requests
and never answers in time. There the first call of a round, which finds that out, has a figure of its own.
"""

import argparse
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from benchmarks.callers import Measured
from benchmarks.report import Line, Report, Rounds, at_most, medians, take_turns
from benchmarks.workplace import ORGANIZATION_ID, client, register_clinic, temporary_installation
from contact_hub.answers import Answers
from contact_hub.answers.fresh import TIMEOUT_S, FreshAppointments
from contact_hub.cliniko import RESOURCES, Unlimited
from contact_hub.gateway import create_app
from contact_hub.installation import prepare
from contact_hub.sandbox import Clinic, Fault, SandboxServer
from contact_hub.sandbox.practice import open_practice
from contact_hub.store.database import Database
from contact_hub.store.landing import land
from contact_hub.store.tokens import create_token
from contact_hub_tests.directory.support import derive
from contact_hub_tests.gateway.server import GatewayServer

BUDGET_MS = 1000 * TIMEOUT_S + 500
"""What Cliniko may take, and half a second for everything else."""
AT_ONCE_MS = 300
SHARES = {"p50": 0.5, "p99": 0.99}
CASES = {
    "fast": "Cliniko fast",
    "again": "Cliniko fast, the same patient within seconds",
    "stranger": "a stranger",
    "slow": "Cliniko slow",
    "refused": "Cliniko down: connections refused",
    "hanging": "Cliniko down: hanging, after the first call",
}


def number(place: int) -> str:
    return f"+61{423_000_100 + place}"


def fill(database: Database, server: SandboxServer, patients: int) -> None:
    """Patients with an appointment each, landed and derived."""
    for place in range(patients):
        phones = [{"number": number(place), "phone_type": "Mobile"}]
        patient = server.clinic.add_patient(
            first_name="Anna", last_name=f"Smith {place}", date_of_birth="1980-05-06", patient_phone_numbers=phones,
            accepted_privacy_policy=True,
        )  # fmt: skip
        server.clinic.add_appointment(patient, datetime.now(UTC) + timedelta(days=1, minutes=place))
    with client(server.url, Unlimited()) as cliniko:
        for resource in RESOURCES:
            pages = [page.records for page in cliniko.pages(resource)]
            name = "practitioners" if resource.name == "inactive_practitioners" else resource.name
            land(database, ORGANIZATION_ID, name, pages, changed_through=datetime.now(UTC), sweep=False)
    derive(database, ORGANIZATION_ID)


class Calls:
    """Asks a gateway that is made anew for each round, so that it remembers nothing."""

    def __init__(self, database: Database, server: SandboxServer, token: str, calls: int) -> None:
        self._database, self._server, self._calls = database, server, calls
        self._headers = {"Authorization": f"Bearer {token}"}
        self.first: list[float] = []

    def round(self, case: str, slow_s: float) -> Measured:
        with self._gateway() as ask, self._cliniko(case, slow_s):
            ask(number(10_000_000), "stranger")
            if case == "again":
                ask(number(0), "appointment")
            if case == "hanging":
                self.first.append(1000 * self._timed(ask, number(0), "unconfirmed"))
            took = [self._timed(ask, *self._question(case, place)) for place in range(self._calls)]
        return Measured(sorted(took), sum(took))

    def _question(self, case: str, place: int) -> tuple[str, str]:
        """Whom to ask about, and which reply must come."""
        if case == "stranger":
            return number(10_000_000 + place), "stranger"
        return number(0 if case == "again" else place), "unconfirmed" if case in ("refused", "hanging") else "appointment"

    @staticmethod
    def _timed(ask: Callable[[str, str], None], identifier: str, template: str) -> float:
        start = time.perf_counter()
        ask(identifier, template)
        return time.perf_counter() - start

    @contextmanager
    def _gateway(self) -> Iterator[Callable[[str, str], None]]:
        app = create_app(self._database, sends_replies=False)
        answers = Answers(
            self._database,
            app.state.gateway.directory,
            fresh=FreshAppointments(self._database, requests_per_minute=100_000, kept_s=60.0),
        )
        app.state.gateway.answers.close()
        app.state.gateway = type(app.state.gateway)(**{**vars(app.state.gateway), "answers": answers})
        with GatewayServer(app) as gateway, requests.Session() as session:

            def ask(identifier: str, template: str) -> None:
                asked = {"channel": "whatsapp", "identifier": identifier}
                url = f"{gateway.url}/v1/{ORGANIZATION_ID}/context"
                answer = session.get(url, params=asked, headers=self._headers, timeout=30)
                if answer.status_code != 200 or answer.json()["reply"]["template"] != template:
                    raise RuntimeError(f"context: HTTP {answer.status_code}, not the reply '{template}'")

            yield ask

    @contextmanager
    def _cliniko(self, case: str, slow_s: float) -> Iterator[None]:
        delay = {"slow": slow_s, "hanging": 2 * TIMEOUT_S}.get(case)
        if delay is not None:
            self._server.faults.add(Fault("delay", seconds=delay, times=None))
        if case == "refused":
            register_clinic(self._database, f"http://127.0.0.1:{_closed_port()}/v1")
        try:
            yield
        finally:
            self._server.faults.clear()
            register_clinic(self._database, self._server.url)


def _closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def measure(patients: int, calls: int, slow_s: float) -> Report:
    with temporary_installation():
        database = prepare()
        clinic = Clinic(seed=4, today=datetime.now(UTC).date())
        open_practice(clinic, datetime.now(UTC) - timedelta(days=900))
        with SandboxServer(clinic, rate_limit=None) as server:
            register_clinic(database, server.url)
            with database.transaction() as connection:
                token = create_token(connection, ORGANIZATION_ID, "of the benchmark")
            fill(database, server, patients)
            asked = Calls(database, server, token, calls)
            rounds: Rounds = {}

            def way(case: str) -> Callable[[], float]:
                def once() -> float:
                    measured = asked.round(case, slow_s)
                    for name, share in SHARES.items():
                        rounds.setdefault(f"{case}_{name}", []).append(measured.percentile(share))
                    return measured.percentile(0.5)

                return once

            take_turns({case: way(case) for case in CASES})
            rounds["hanging_first"] = asked.first
        database.close()
    return _report(rounds, calls, slow_s)


def _report(rounds: Rounds, calls: int, slow_s: float) -> Report:
    figures = medians(rounds)
    load = os.getloadavg()[0]
    report = Report(f"Context over HTTP: {calls} calls one after another, load {load:.1f} at the end", rounds=rounds)
    for case, label in CASES.items():
        label = f"{label} ({1000 * slow_s:.0f} ms a request)" if case == "slow" else label
        bound = AT_ONCE_MS if case == "hanging" else BUDGET_MS
        for name in SHARES:
            target = at_most(bound) if name == "p99" else None
            report.lines.append(Line(f"{case}_{name}", f"{label}, {name}", figures[f"{case}_{name}"], "ms", target=target))
    first = "Cliniko down: hanging, the call that finds it out"
    report.lines.append(Line("hanging_first", first, figures["hanging_first"], "ms", target=at_most(BUDGET_MS)))
    return report


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.context", description=__doc__)
    parser.add_argument("--patients", type=int, default=100)
    parser.add_argument("--calls", type=int, default=60, help="of one round, within the pause of 5 s that follows a timeout")
    parser.add_argument("--slow", type=float, default=0.3, help="seconds that a slow Cliniko takes for a request")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.calls > arguments.patients:
        parser.error("each call needs a patient of its own")
    logging.getLogger("contact_hub").setLevel(logging.ERROR)  # each call that fails on purpose has a warning
    report = measure(arguments.patients, arguments.calls, arguments.slow)
    report.print()
    if arguments.json:
        report.write(arguments.json)


if __name__ == "__main__":
    main()
