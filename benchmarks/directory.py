"""Find-or-create in a clinic with a million contacts: in process against the bare database, and over HTTP.

python -m benchmarks.directory [--contacts 1000000] [--seconds 5] [--keep FOLDER] [--json FILE]

The bare database does the least that finds or creates: one table of identifiers and ids, SELECT, and if there is none
INSERT .. ON CONFLICT DO NOTHING, through the same driver and a pool of as many connections, from the same callers.
"""

import argparse
import http.client
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

from psycopg_pool import ConnectionPool

from benchmarks.callers import Call, Caller, Callers, Measured
from benchmarks.large_clinic import LargeClinic, derive, name, number, strange_number
from benchmarks.report import ROUNDS, Line, Report, Target, at_least, at_most, medians
from benchmarks.seeding import seed
from benchmarks.workplace import ORGANIZATION_ID, in_process, temporary_installation
from contact_hub import settings
from contact_hub.directory import ContactDirectory
from contact_hub.installation import prepare
from contact_hub.store.tokens import create_token

CALLERS = 8
NEW_SHARE = 0.1
"""Of the mix: how many calls create."""
OFFERED = 400
"""Requests a second of the callers that do not hurry."""
LANES = 64
FIRST_NEW = "CONTACT_HUB_BENCHMARK_FIRST_NEW"
"""Where the numbers begin that nobody knows: elsewhere each time, for a clinic that is kept has heard of the last ones."""
WAYS = ("find", "named", "create", "mix")

FIND = "SELECT id FROM peer WHERE identifier = %s"
CREATE = "INSERT INTO peer (identifier, id) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id"

_shared: dict[str, Any] = {}
_making = threading.Lock()


class Identifiers:
    """Whom one caller asks about."""

    def __init__(self, caller: Caller, clinic: LargeClinic) -> None:
        self._random = caller.random
        self._clinic = clinic
        self._new = itertools.count(int(os.environ[FIRST_NEW]) * LANES + caller.lane, LANES)

    def known(self) -> tuple[str, None]:
        """Anybody's number, families' among them."""
        return number(self._random.randrange(self._clinic.phones)), None

    def named(self) -> tuple[str, str]:
        """The number of somebody who has written, with the name that is known from it."""
        named = self._clinic.named
        phone = named[self._random.randrange(len(named))]
        return number(phone), name(phone)

    def new(self) -> tuple[str, str]:
        """A number of which nobody has heard, with a name."""
        place = next(self._new)
        return strange_number(place), name(place)

    def mixed(self) -> tuple[str, str | None]:
        return self.new() if self._random.random() < NEW_SHARE else self.known()


def calls_of(find_or_create: Callable[[str, str | None], object], asked: Identifiers) -> dict[str, Call]:
    """The ways of asking, by name."""
    return {
        "find": lambda: find_or_create(*asked.known()),
        "named": lambda: find_or_create(*asked.named()),
        "create": lambda: find_or_create(*asked.new()),
        "mix": lambda: find_or_create(*asked.mixed()),
    }


def shared(what: str, make: Callable[[], Any]) -> Any:
    """One of its kind a process; the first caller makes it."""
    with _making:
        if what not in _shared:
            _shared[what] = make()
        return _shared[what]


def calls_in_process(caller: Caller, contacts: int) -> Mapping[str, Call]:
    """Of one thread: our calls, the same of the bare database (``bare_...``), and ``select_1``."""
    database = shared("database", prepare)
    directory: ContactDirectory = shared("directory", lambda: ContactDirectory(database))
    pool: ConnectionPool[Any] = shared("pool", lambda: _pool(database.libpq_url))
    clinic: LargeClinic = shared("clinic", lambda: LargeClinic(contacts))
    asked, asked_of_peer = Identifiers(caller, clinic), Identifiers(caller, clinic)

    def ours(identifier: str, called: str | None) -> object:
        return directory.find_or_create(ORGANIZATION_ID, "whatsapp", identifier, called)

    def bare(identifier: str, called: str | None) -> object:
        with pool.connection() as connection:
            found = connection.execute(FIND, (identifier,)).fetchone()
            found = found or connection.execute(CREATE, (identifier, uuid4())).fetchone()
            return found or connection.execute(FIND, (identifier,)).fetchone()

    def select_1() -> object:
        with pool.connection() as connection:
            return connection.execute("SELECT 1").fetchone()

    of_peer = {f"bare_{way}": call for way, call in calls_of(bare, asked_of_peer).items()}
    return {**calls_of(ours, asked), **of_peer, "select_1": select_1}


def _pool(url: str) -> ConnectionPool[Any]:
    return ConnectionPool(url, min_size=CALLERS, max_size=CALLERS, kwargs={"autocommit": True}, open=True)


@dataclass(frozen=True)
class Gateway:
    """Where a gateway listens, and the token that it takes."""

    port: int
    token: str


def calls_over_http(caller: Caller, argument: tuple[int, Gateway]) -> Mapping[str, Call]:
    """Of one thread, on a connection of its own; ``healthz`` is what the server needs for nothing."""
    contacts, gateway = argument
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=120)
    headers = {"Authorization": f"Bearer {gateway.token}", "Content-Type": "application/json"}
    path = f"/v1/{ORGANIZATION_ID}/contacts/find-or-create"

    def ask(method: str, path: str, body: bytes | None = None) -> None:
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
        except (ConnectionError, http.client.HTTPException):  # closed while other callers had their turn
            connection.close()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
        answer.read()
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise RuntimeError(f"{path}: HTTP {answer.status}")

    def find_or_create(identifier: str, called: str | None) -> None:
        ask("POST", path, json.dumps({"channel": "whatsapp", "identifier": identifier, "name": called}).encode())

    clinic: LargeClinic = shared("clinic", lambda: LargeClinic(contacts))
    return {**calls_of(find_or_create, Identifiers(caller, clinic)), "healthz": lambda: ask("GET", "/healthz")}


@contextmanager
def served() -> Iterator[Gateway]:
    """A gateway in a process of its own, without a limit on an organization's requests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with closing(prepare()) as database, database.transaction() as connection:
        token = create_token(connection, ORGANIZATION_ID)
    environment = {**os.environ, settings.GATEWAY_RATE: "1000000"}
    command = [sys.executable, "-m", "contact_hub.cli", "gateway", "--quiet", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        while not _listens(port):
            if process.poll() is not None:
                raise RuntimeError("the gateway ended; its last lines are above")
            time.sleep(0.1)
        yield Gateway(port, token)
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def make_peer(phones: int) -> None:
    """The bare database's table, with every number of the clinic."""
    with closing(prepare()) as database, database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE peer (identifier text PRIMARY KEY, id uuid NOT NULL)")
        driver: Any = connection.connection.driver_connection
        with driver.cursor().copy("COPY peer (identifier, id) FROM STDIN") as copy:
            for phone in range(phones):
                copy.write_row((number(phone), uuid4()))
        connection.commit()
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM (ANALYZE) peer")


def seeded(contacts: int) -> int:
    """Seed the clinic and the bare database's table, unless they are there; how many contacts there are."""
    with closing(prepare()) as database, database.reading() as connection:
        if connection.exec_driver_sql("SELECT to_regclass('peer')").scalar() is not None:
            return int(connection.exec_driver_sql("SELECT count(*) FROM contacts").scalar_one())
    made = in_process(seed, contacts)
    in_process(make_peer, LargeClinic(contacts).phones)
    return made


def measure(contacts: int, seconds: float, kept: Path | None = None) -> Report:
    os.environ[FIRST_NEW] = str(random.SystemRandom().randrange(100_000))
    with temporary_installation(kept):
        made = seeded(contacts)
        report = Report(f"Find-or-create in a clinic with {made:,} contacts (medians of {ROUNDS} rounds of {seconds:g} s)")
        measure_in_process(report, contacts, seconds)
        with served() as gateway:
            measure_over_http(report, contacts, seconds, gateway)
            measure_during_derivation(report, contacts, gateway)
    add_in_process(report)
    add_over_http(report)
    add_during_derivation(report)
    return report


def measure_in_process(report: Report, contacts: int, seconds: float) -> None:
    """1 process with 8 threads, and 2 with 4 each, in turns with the bare database."""
    with ExitStack() as stack:
        shapes = {
            f"{processes}x{CALLERS // processes}": stack.enter_context(
                Callers(
                    calls_in_process,
                    contacts,
                    processes=processes,
                    threads=CALLERS // processes,
                    first_lane=place * CALLERS,
                )
            )
            for place, processes in enumerate((1, 2))
        }
        ways = ["select_1", *(f"{peer}{way}" for way in WAYS for peer in ("bare_", ""))]
        for callers in shapes.values():
            callers.measure("find", 1)
            callers.measure("bare_find", 1)
        for _ in range(ROUNDS):
            for shape, callers in shapes.items():
                for way in ways:
                    note(report, f"{shape}_{way}", callers.measure(way, seconds))


def measure_over_http(report: Report, contacts: int, seconds: float, gateway: Gateway) -> None:
    """8 clients in a hurry, 8 that send 400 a second between them, and a single one."""
    argument = (contacts, gateway)
    with (
        Callers(calls_over_http, argument, processes=1, threads=CALLERS, first_lane=2 * CALLERS) as eight,
        Callers(calls_over_http, argument, processes=1, threads=1, first_lane=3 * CALLERS) as one,
    ):
        eight.measure("find", 1)
        for _ in range(ROUNDS):
            for way in ("healthz", "find", "mix"):
                note(report, f"http_{way}", eight.measure(way, seconds))
                note(report, f"http_single_{way}", one.measure(way, seconds))
                note(report, f"http_calm_{way}", eight.measure(way, seconds, CALLERS / OFFERED))


def measure_during_derivation(report: Report, contacts: int, gateway: Gateway) -> None:
    """While a run derives the organization: clients that find, and one that creates, each at its own pace."""
    argument = (contacts, gateway)
    with (
        Callers(calls_over_http, argument, processes=1, threads=CALLERS - 1, first_lane=4 * CALLERS) as finders,
        Callers(calls_over_http, argument, processes=1, threads=1, first_lane=5 * CALLERS) as creator,
    ):
        slices: dict[str, list[Measured]] = {"find": [], "create": []}
        deriving = threading.Thread(target=in_process, args=(derive,))
        start = time.perf_counter()
        deriving.start()
        while deriving.is_alive():
            finders.begin("find", 1, CALLERS / OFFERED)
            creator.begin("create", 1, 0.1)
            slices["find"].append(finders.end())
            slices["create"].append(creator.end())
        report.rounds["derivation_s"] = [time.perf_counter() - start]
    for way, measured in slices.items():
        took = sorted(took for one in measured for took in one.took)
        note(report, f"deriving_{way}", Measured(took, sum(one.seconds for one in measured)))


def note(report: Report, key: str, measured: Measured) -> None:
    """Add what a round has measured."""
    values = {
        "per_s": measured.rate,
        "p50_ms": measured.percentile(0.5),
        "p99_ms": measured.percentile(0.99),
        "worst_ms": measured.percentile(1),
    }
    for unit, value in values.items():
        report.rounds.setdefault(f"{key}_{unit}", []).append(value)


SHAPES = {"1x8": "8 threads", "2x4": "2 processes with 4 threads"}
LABELS = {"find": "find", "named": "find, name known", "create": "create", "mix": f"mix, {NEW_SHARE:.0%} new"}


def add_in_process(report: Report) -> None:
    took = medians(report.rounds)
    for shape, words in SHAPES.items():
        bare = took[f"{shape}_select_1_per_s"]
        report.lines.append(Line(f"{shape}_select_1_per_s", f"{words}: SELECT 1", bare, "/s"))
        for way, called in LABELS.items():
            peer, ours = took[f"{shape}_bare_{way}_per_s"], took[f"{shape}_{way}_per_s"]
            target = at_least(0.4) if way in ("find", "mix") else None
            report.lines += [
                Line(f"{shape}_bare_{way}_per_s", f"  {called}: the database alone", peer, "/s"),
                Line(f"{shape}_{way}_per_s", f"  {called}: contact_hub / the database alone", ours, "/s", ours / peer, target),
                *_times(took, f"{shape}_{way}", None, at_most(5) if way in ("find", "mix") else None, f"{shape}_bare_{way}"),
            ]


def add_over_http(report: Report) -> None:
    took = medians(report.rounds)
    report.lines.append(Line("http_healthz_per_s", f"HTTP, {CALLERS} clients: /healthz", took["http_healthz_per_s"], "/s"))
    report.lines += _times(took, "http_healthz")
    for way in ("find", "mix"):
        rate, peer = took[f"http_{way}_per_s"], took["http_healthz_per_s"]
        bare = took[f"1x8_bare_{way}_per_s"]
        report.lines += [
            Line(f"http_{way}_per_s", f"  {LABELS[way]}", rate, "/s", target=at_least(400)),
            Line(f"http_{way}_of_healthz", "    / healthz", rate, "/s", rate / peer),
            Line(f"http_{way}_of_bare", "    / the database alone", rate, "/s", rate / bare),
            *_times(took, f"http_{way}", at_most(5), at_most(25), "http_healthz"),
        ]
    for kind, words in (("calm", f"{CALLERS} clients, {OFFERED} requests a second between them"), ("single", "one client")):
        for way in ("find", "mix"):
            key = f"http_{kind}_{way}"
            report.lines.append(Line(f"{key}_per_s", f"HTTP, {words}: {LABELS[way]}", took[f"{key}_per_s"], "/s"))
            report.lines += _times(took, key, at_most(5), at_most(25), f"http_{kind}_healthz")


def add_during_derivation(report: Report) -> None:
    took = medians(report.rounds)
    report.lines.append(Line("derivation_s", "a run that derives the organization meanwhile", took["derivation_s"], "s"))
    for way in ("find", "create"):
        report.lines.append(Line(f"deriving_{way}_per_s", f"  HTTP, {LABELS[way]}", took[f"deriving_{way}_per_s"], "/s"))
        report.lines += _times(took, f"deriving_{way}")
        report.lines.append(Line(f"deriving_{way}_worst_ms", "    worst", took[f"deriving_{way}_worst_ms"], "ms"))


def _times(
    took: Mapping[str, float], key: str, p50: Target | None = None, p99: Target | None = None, peer: str | None = None
) -> list[Line]:
    """p50 and p99; the peer's beside them."""
    lines = []
    for name_, target in (("p50", p50), ("p99", p99)):
        beside = f" (peer: {took[f'{peer}_{name_}_ms']:.2g})" if peer else ""
        lines.append(Line(f"{key}_{name_}_ms", f"    {name_}{beside}", took[f"{key}_{name_}_ms"], "ms", target=target))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.directory", description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000, help="contacts of the clinic")
    parser.add_argument("--seconds", type=float, default=5, help="length of a round")
    parser.add_argument("--keep", type=Path, help="keep the seeded clinic in this folder, and use it the next time")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    report = measure(options.contacts, options.seconds, options.keep)
    report.print()
    if options.json is not None:
        report.write(options.json)


if __name__ == "__main__":
    main()
