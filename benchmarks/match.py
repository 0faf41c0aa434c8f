"""A person's fields against a clinic's contacts, one call after another, and the search for duplicates that fills the keys.

python -m benchmarks.match [--contacts 100000] [--questions 400] [--json FILE]

Half of the questions are people of the clinic, with their fields as they are there; half are strangers from another clinic
of the same generator.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pandas as pd

from benchmarks.linkage.clinic import synthetic_clinic
from benchmarks.report import Line, Report, at_most
from benchmarks.workplace import ORGANIZATION_ID, register_clinic, temporary_installation
from contact_hub.duplicates.matching import PERSON_COLUMNS, Matcher
from contact_hub.duplicates.people import people
from contact_hub.duplicates.search import fitted_model, search
from contact_hub.identity.emails import normalize_email
from contact_hub.identity.phones import normalize_phones
from contact_hub.installation import prepare
from contact_hub.linkage import deduplicate
from contact_hub.store.database import Database
from contact_hub.store.difference import copy_rows
from contact_hub.store.tables import channel_identity_links, contacts

TARGET_MS = 25
_CONTACT = ("organization_id", "id", "name", "email", "source", "first_contact_source", "primary_source", "source_systems",
            "status", "contact_type", "metadata", "external_ids")  # fmt: skip
_LINK = ("organization_id", "channel", "identifier", "contact_id", "role", "method", "confidence", "source", "source_id")


def fill(database: Database, records: pd.DataFrame) -> None:
    """Contacts and their identifiers, as a sync would leave them; the sync itself is another benchmark's."""
    with database.transaction() as connection:
        copy_rows(connection, "contacts", contacts, _CONTACT, _contacts(records))
        copy_rows(connection, "channel_identity_links", channel_identity_links, _LINK, _links(records))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE contacts, channel_identity_links")


def _contacts(records: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    for place, row in enumerate(records.to_dict("records")):
        said = {
            "given_name": row["given_name"], "family_name": row["family_name"], "date_of_birth": row["date_of_birth"],
            "address_street": row["address"], "address_suburb": row["suburb"], "address_postcode": row["postcode"],
            "address_state": row["state"],
        }  # fmt: skip
        channels = {"phone": [row["e164"]]} if row["e164"] else {}
        name = f"{row['given_name'] or ''} {row['family_name'] or ''}"
        yield (ORGANIZATION_ID, UUID(int=place + 1), name, row["email"], "cliniko", "cliniko", "cliniko", ["cliniko"], "active",
               "contact", said, {"channels": channels})  # fmt: skip


def _links(records: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    for channel, column in (("phone", "e164"), ("email", "email")):
        held = records[column][records[column].notna()]
        shared = held.duplicated()
        for place, value in held.items():
            role = "shared" if shared[place] else "owner"
            yield (ORGANIZATION_ID, channel, value, UUID(int=place + 1), role, "stated", 1.0, "cliniko", str(place))


def generated(count: int, seed: int) -> pd.DataFrame:
    """People with every column, None where it is missing."""
    records, _ = synthetic_clinic(count, seed)
    records = records.reindex(columns=[*PERSON_COLUMNS]).astype(object)
    records = records.where(records.notna() & (records != ""), None)
    records["date_of_birth"] = [None if value is None else str(value)[:10] for value in records["date_of_birth"]]
    records["e164"] = list(normalize_phones(list(records["phone"]), "AU"))
    records["email"] = [normalize_email(value) for value in records["email"]]
    return records


def ask(database: Database, people: pd.DataFrame) -> tuple[list[float], list[str]]:
    """Milliseconds a question, and what was answered."""
    taken, answers = [], []
    with closing(Matcher(database)) as matcher:
        for place, row in enumerate(people[list(PERSON_COLUMNS)].to_dict("records")):
            start = time.perf_counter()
            found = matcher.match(ORGANIZATION_ID, {str(name): value for name, value in row.items()})
            if place >= 10:  # the first ones read the model, and compile what is compiled once
                taken.append((time.perf_counter() - start) * 1000)
                answers.append(found.decision)
    return taken, answers


def measure(count: int, questions: int) -> dict[str, float]:
    records = generated(count, seed=1)
    strangers = generated(max(questions, 500), seed=2)
    with temporary_installation(), closing(prepare()) as database:
        register_clinic(database, "http://127.0.0.1:1")
        fill(database, records)
        result: dict[str, float] = {"contacts": count}
        for name in ("first_search_s", "unchanged_search_s"):
            start = time.perf_counter()
            search(database, ORGANIZATION_ID)
            result[name] = time.perf_counter() - start
        with database.reading() as snapshot:
            in_store = people(snapshot.connection.driver_connection, ORGANIZATION_ID)  # type: ignore[arg-type]
            fitted = fitted_model(snapshot, ORGANIZATION_ID)
        start = time.perf_counter()
        deduplicate(in_store, model=None if fitted is None else fitted.model)
        result["in_memory_s"] = time.perf_counter() - start
        for name, asked in (("known", records), ("strangers", strangers)):
            taken, answers = ask(database, asked.sample(questions // 2 + 10, random_state=3))
            percentiles = statistics.quantiles(taken, n=100)
            result |= {f"{name}_p50_ms": percentiles[49], f"{name}_p95_ms": percentiles[94]}
            result |= {f"{name}_{kind}": answers.count(kind) / len(answers) for kind in ("certain", "possible", "none")}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    result = measure(options.contacts, options.questions)
    lines = [
        *(
            Line(name, name.replace("_", ": "), result[name], "")
            for name in ("known_certain", "known_possible", "known_none", "strangers_certain", "strangers_possible")
        ),
        Line("known_p50_ms", "a person of the clinic, p50", result["known_p50_ms"], "ms", target=at_most(TARGET_MS)),
        Line("known_p95_ms", "a person of the clinic, p95", result["known_p95_ms"], "ms"),
        Line("strangers_p50_ms", "a stranger, p50", result["strangers_p50_ms"], "ms", target=at_most(TARGET_MS)),
        Line("strangers_p95_ms", "a stranger, p95", result["strangers_p95_ms"], "ms"),
        Line("first_search_s", "duplicate_clusters, the first time", result["first_search_s"], "s"),
        Line("unchanged_search_s", "duplicate_clusters, nothing new", result["unchanged_search_s"], "s"),
        Line("in_memory_s", "the same people in memory, with the model in use", result["in_memory_s"], "s"),
        Line(
            "to_memory",
            "nothing new: from and to PostgreSQL / in memory",
            result["unchanged_search_s"] / result["in_memory_s"],
            "x",
            target=at_most(2),
        ),
    ]
    report = Report(f"contacts/match among {options.contacts:,} contacts", lines)
    report.print()
    if options.json is not None:
        report.write(options.json)


if __name__ == "__main__":
    main()
