"""Merges of certain duplicates: one by one against many in one transaction, and how long callers wait meanwhile.

python -m benchmarks.merging [--groups 1000] [--json FILE]

Of a clinic with four times as many patients, one half is merged one by one and the other together. A group is two patients
who come one after the other: now and then a family's, who share a phone, mostly people with nothing in common but the merge.
A caller who brings a new person to the same clinic again and again tells how long it is kept waiting.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

from benchmarks.large_clinic import CONTACTS_A_PHONE, strange_number
from benchmarks.report import Line, Report, at_least, at_most
from benchmarks.seeding import seed
from benchmarks.workplace import ORGANIZATION_ID, temporary_installation
from contact_hub.directory import ContactDirectory, Made, Merge
from contact_hub.directory.deciding import Author
from contact_hub.directory.directory import TOGETHER
from contact_hub.installation import prepare
from contact_hub.store.database import Database

PATIENTS_A_PHONE = 1.2
LONGEST_WAIT_MS = 1_000
AUTHOR = Author("benchmark", "certain duplicates", "model", 0.9999, "1")


def groups(database: Database, count: int) -> list[Merge]:
    """So many groups of two patients."""
    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT contact_id FROM source_record_links WHERE organization_id = %s AND source = 'cliniko' "
            "ORDER BY source_id::bigint LIMIT %s",
            (ORGANIZATION_ID, 2 * count),
        )
        ids: list[UUID] = list(rows.scalars())
    return [Merge(pair, AUTHOR) for pair in zip(ids[::2], ids[1::2], strict=True)]


@contextmanager
def waiting_caller(database: Database, first: int) -> Iterator[list[float]]:
    """Somebody new every 50 ms; how many milliseconds each took."""
    taken: list[float] = []
    done = threading.Event()

    def call() -> None:
        with closing(ContactDirectory(database)) as directory:
            while not done.wait(0.05):
                start = time.perf_counter()
                directory.find_or_create(ORGANIZATION_ID, "whatsapp", strange_number(first + len(taken)))
                taken.append((time.perf_counter() - start) * 1000)

    caller = threading.Thread(target=call)
    caller.start()
    try:
        yield taken
    finally:
        done.set()
        caller.join()


def merge(directory: ContactDirectory, batches: Iterable[Sequence[Merge]]) -> tuple[float, list[float]]:
    """Seconds in all, and milliseconds of each transaction."""
    turns, start = [], time.perf_counter()
    for batch in batches:
        ahead = batch
        while ahead:
            began = time.perf_counter()
            answers = directory._merge(ORGANIZATION_ID, ahead)
            turns.append((time.perf_counter() - began) * 1000)
            assert all(isinstance(one, Made) and one.created for one in answers)
            ahead = ahead[len(answers) :]
    return time.perf_counter() - start, turns


def measure(count: int, together: int) -> dict[str, float]:
    result: dict[str, float] = {"groups": count}
    with temporary_installation():
        seed(round(4 * count / PATIENTS_A_PHONE * CONTACTS_A_PHONE) + 100)
        with closing(prepare()) as database, closing(ContactDirectory(database)) as directory:
            merges = groups(database, 2 * count)
            ways = {
                "one_by_one": [[one] for one in merges[:count]],
                "together": [merges[place : place + together] for place in range(count, 2 * count, together)],
            }
            for place, (name, batches) in enumerate(ways.items()):
                with waiting_caller(database, place * 100_000) as waited:
                    result[f"{name}_s"], turns = merge(directory, batches)
                result[f"{name}_turn_p50_ms"], result[f"{name}_turn_max_ms"] = statistics.median(turns), max(turns)
                result[f"{name}_wait_p50_ms"], result[f"{name}_wait_max_ms"] = statistics.median(waited), max(waited)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=1_000)
    parser.add_argument("--together", type=int, default=TOGETHER, help="merges in one transaction")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    result = measure(options.groups, options.together)
    faster = result["one_by_one_s"] / result["together_s"]
    lines = [
        Line("one_by_one_s", f"{options.groups:,} groups, one by one", result["one_by_one_s"], "s"),
        Line("together_s", "together; times as fast as one by one", result["together_s"], "s", faster, at_least(5)),
    ]
    for name, label in (("one_by_one", "one by one"), ("together", f"{options.together} together")):
        lines += [
            Line(f"{name}_turn_p50_ms", f"a transaction, {label}, p50", result[f"{name}_turn_p50_ms"], "ms"),
            Line(f"{name}_turn_max_ms", f"a transaction, {label}, longest", result[f"{name}_turn_max_ms"], "ms"),
            Line(f"{name}_wait_p50_ms", f"a caller meanwhile, {label}, p50", result[f"{name}_wait_p50_ms"], "ms"),
            Line(
                f"{name}_wait_max_ms", f"a caller meanwhile, {label}, longest", result[f"{name}_wait_max_ms"], "ms",
                target=at_most(LONGEST_WAIT_MS) if name == "together" else None,
            ),
        ]  # fmt: skip
    report = Report("Merges of certain duplicates", lines, {name: [value] for name, value in result.items()})
    report.print()
    if options.json:
        report.write(options.json)


if __name__ == "__main__":
    main()
