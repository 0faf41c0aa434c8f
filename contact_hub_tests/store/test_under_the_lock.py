"""What landing and active patients do while callers wait: nothing that reads all rows, only those that differ."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event

from contact_hub.store.activity import write_active_patients
from contact_hub.store.database import Database, lock_space
from contact_hub.store.landing import land
from contact_hub.store.organizations import Organization, register

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@contextmanager
def under_the_lock(database: Database) -> Iterator[list[tuple[str, int]]]:
    """Statements, each with the rows it came to, from the write lock to the end of its transaction."""
    seen: list[tuple[str, int]] = []
    holds: set[int] = set()

    def after(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if id(connection) in holds:
            seen.append((" ".join(statement.split()), cursor.rowcount))
        elif "pg_advisory_xact_lock" in statement and parameters.get("space") == lock_space("write"):
            holds.add(id(connection))

    def ended(connection: Any) -> None:
        holds.discard(id(connection))

    event.listen(database.engine, "after_cursor_execute", after)
    event.listen(database.engine, "commit", ended)
    try:
        yield seen
    finally:
        event.remove(database.engine, "after_cursor_execute", after)
        event.remove(database.engine, "commit", ended)


def landing(database: Database, clinic: Organization, known: int) -> list[tuple[str, int]]:
    def pull(first_name: str) -> None:
        records = [{"id": str(number), "first_name": "Same" if number else first_name} for number in range(known)]
        land(database, clinic.organization_id, "patients", [records], changed_through=NOON, sweep=True)

    pull("Old")
    with under_the_lock(database) as seen:
        pull("New")
    return seen


def activity(database: Database, clinic: Organization, known: int) -> list[tuple[str, int]]:
    with under_the_lock(database) as seen:
        write_active_patients(database, clinic, date(2026, 3, 1))
    return seen


@pytest.mark.parametrize("work", [landing, activity])
def test_nothing_under_the_lock_reads_all_rows(
    database: Database, organization_id: str, work: Callable[[Database, Organization, int], list[tuple[str, int]]]
) -> None:
    found = []
    for known in (3, 300):
        clinic = Organization(f"{organization_id}_{known}", "A clinic", "Australia/Sydney", "AU", None)
        with database.transaction() as connection:
            register(connection, clinic)
        found.append(work(database, clinic, known))
    few, many = found
    assert few  # the lock was seen
    assert few == many
    assert not [statement for statement, _ in many if "staging_" in statement]
