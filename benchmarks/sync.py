"""A whole clinic from the sandbox to contacts: requests, records a second, memory, and rows to the store against COPY.

python -m benchmarks.sync [--patients 100000] [--window-seconds 6] [--json FILE]
"""

import argparse
import math
import resource
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import ROUNDS, Line, Report, Rounds, at_least, at_most, medians, seconds, take_turns
from benchmarks.store_rates import forget_patients, land_patients, rows_to_store
from benchmarks.workplace import (
    ORGANIZATION_ID,
    SandboxProcess,
    client,
    in_process,
    register_clinic,
    run_job,
    temporary_installation,
)
from contact_hub.automation.jobs import FULL_PULL
from contact_hub.cliniko import PATIENTS, Unlimited
from contact_hub.cliniko.paging import PER_PAGE
from contact_hub.definitions import build_definitions
from contact_hub.installation import dagster_instance, prepare
from contact_hub.resources.cliniko import ClinikoResource
from contact_hub.sandbox import RateLimit
from contact_hub.store.request_slots import SharedRequestSlots

ALLOWED_REQUESTS = 200
MARGIN = 62 / 60
"""How much longer than Cliniko's minute the client's own one is."""

RATE_WINDOWS = 3
KILOBYTES_A_MEGABYTE = 1024


@dataclass(frozen=True)
class Fetched:
    """Fetching alone, and fetching and landing, in seconds by round; and what either asked for and got."""

    rounds: Rounds
    requests: int
    records: int


def fetch_and_land(url: str) -> Fetched:
    """Read all patients without a limit, with and without writing them into a store that has none."""
    got: dict[str, int] = {}

    def fetch() -> None:
        source = client(url, Unlimited())
        got["records"] = sum(len(page.records) for page in source.pages(PATIENTS))
        got["requests"] = source.requests_sent

    with closing(prepare()) as database:
        register_clinic(database, url)

        def land() -> float:
            forget_patients(database)
            pages = (page.records for page in client(url, Unlimited()).pages(PATIENTS))
            return seconds(lambda: land_patients(database, pages))

        rounds = take_turns({"fetch_s": lambda: seconds(fetch), "fetch_and_land_s": land})
    return Fetched(rounds, got["requests"], got["records"])


@dataclass(frozen=True)
class AllowedRate:
    """What share of the allowed requests the client sent over whole windows, and how many were refused."""

    share: float
    refused: int


def allowed_rate(window_s: float) -> AllowedRate:
    """Read without a pause under Cliniko's limit on a shorter window; the first request of a window is the clock."""
    limit = RateLimit(requests=ALLOWED_REQUESTS, seconds=window_s)
    answered: list[float] = []
    with closing(prepare()) as database, SandboxProcess(632, limit) as sandbox:
        register_clinic(database, sandbox.url)
        slots = SharedRequestSlots(database.engine, ORGANIZATION_ID, requests=limit.requests, seconds=window_s * MARGIN)
        source = client(sandbox.url, slots)
        while len(answered) <= RATE_WINDOWS * limit.requests:
            answered += [time.monotonic() for _ in source.pages(PATIENTS)]
        _, refused = sandbox.counts()
    took = answered[RATE_WINDOWS * limit.requests] - answered[0]
    return AllowedRate(RATE_WINDOWS * window_s / took, refused)


@dataclass(frozen=True)
class DailyJob:
    """One run of the whole job in a process of its own."""

    seconds: float
    requests: int
    contacts: int
    peak_megabytes: float


def daily_job(url: str) -> DailyJob:
    """The whole job on everything that the clinic has: import, normalize, links, contacts, active patients, checks."""
    definitions = build_definitions({"cliniko": ClinikoResource(requests_per_minute=0)})
    with closing(prepare()) as database, dagster_instance() as instance:
        register_clinic(database, url)
        start = time.perf_counter()
        metadata = run_job(definitions, instance, "full_import", FULL_PULL)
        took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_A_MEGABYTE
    requests = sum(int(values.get("requests", 0)) for values in metadata.values())
    return DailyJob(took, requests, int(metadata["contacts"]["dagster/partition_row_count"]), peak)


def measure(patients: int, window_s: float) -> Report:
    report = Report(f"A clinic with {patients:,} live patients (medians of {ROUNDS}; the whole job: one run)")
    with temporary_installation(), SandboxProcess(patients) as sandbox:
        add_fetched(report, in_process(fetch_and_land, sandbox.url))
        add_rows(report, in_process(rows_to_store, sandbox.url))
        add_rate(report, in_process(allowed_rate, window_s), window_s)
    with temporary_installation(), SandboxProcess(patients) as sandbox:
        add_daily_job(report, in_process(daily_job, sandbox.url))
    return report


def add_fetched(report: Report, fetched: Fetched) -> None:
    report.rounds |= fetched.rounds
    took, pages = medians(fetched.rounds), math.ceil(fetched.records / PER_PAGE)
    both, rate = took["fetch_and_land_s"], fetched.records / took["fetch_and_land_s"]
    ratio = fetched.requests / pages
    report.lines += [
        Line("patient_records", "patient records, archived and merged ones included", fetched.records, ""),
        Line("requests", "requests for them / fewest possible", fetched.requests, "", ratio, at_most(1)),
        Line("fetch_s", "fetch alone, limit off", took["fetch_s"], "s"),
        Line("fetch_and_land_s", "fetch and land / fetch alone", both, "s", both / took["fetch_s"]),
        Line("records_per_second", "fetch and land", rate, "records/s"),
    ]


def add_rows(report: Report, rounds: Rounds) -> None:
    report.rounds |= rounds
    rates = medians(rounds)
    for table in (name.removesuffix("_first") for name in rates if name.endswith("_first")):
        bare, texts = rates[f"{table}_copy"], rates[f"{table}_text_copy"]
        report.lines += [
            Line(f"{table}_copy", f"{table}: bare COPY", bare, "rows/s"),
            Line(f"{table}_text_copy", "  with JSON encoded beforehand / COPY", texts, "rows/s", texts / bare),
        ]
        for name, words in (("first", "first import"), ("unchanged", "nothing changed")):
            rate, label = rates[f"{table}_{name}"], f"  {words} / COPY"
            report.lines.append(Line(f"{table}_{name}", label, rate, "rows/s", rate / bare, at_least(0.5)))


def add_rate(report: Report, rate: AllowedRate, window_s: float) -> None:
    label = f"share of {ALLOWED_REQUESTS} requests in {window_s:g} s, over {RATE_WINDOWS} windows"
    report.lines += [
        Line("allowed_rate_share", label, rate.share, "", target=at_least(0.95)),
        Line("refused", "requests refused meanwhile", rate.refused, "", target=at_most(0)),
    ]


def add_daily_job(report: Report, job: DailyJob) -> None:
    report.lines += [
        Line("job_s", "the whole job through Dagster, limit off", job.seconds, "s"),
        Line("job_requests", "its requests, appointments and attendees included", job.requests, ""),
        Line("job_contacts", "rows in contacts after it", job.contacts, ""),
        Line(
            "job_peak_mb", "its peak memory (this process, without PostgreSQL)", job.peak_megabytes, "MB", target=at_most(1024)
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sync", description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000, help="live patients of the clinic")
    parser.add_argument("--window-seconds", type=float, default=6, help="length of the scaled-down limit's window")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    report = measure(options.patients, options.window_seconds)
    report.print()
    if options.json is not None:
        report.write(options.json)


if __name__ == "__main__":
    main()
