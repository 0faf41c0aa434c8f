"""The clinic that benchmarks seed by COPY is the one that landing and deriving the same payloads and events makes."""

import os
from collections.abc import Callable

import pytest
from sqlalchemy import text

from benchmarks.large_clinic import fill
from benchmarks.seeding import ASSETS, FILLED, seed
from benchmarks.workplace import in_process, temporary_installation
from contact_hub.installation import prepare
from contact_hub.store.channel_tables import conversations, derivations, organization_changes, unsettled_records

pytestmark = pytest.mark.long

CONTACTS = 400
AS_IT_LANDED = {"landed_at", "number"}
"""When a page or a list of events landed, and the last number of its list."""


def rows_of(make: Callable[[int], int]) -> tuple[int, dict[str, list[str]]]:
    """The rows of every table that is filled, in an installation of its own."""
    made = make(CONTACTS)
    found = {}
    database = prepare()
    with database.reading() as connection:
        for table in (*FILLED, conversations, derivations, organization_changes, unsettled_records):
            columns = ", ".join(column.name for column in table.columns if column.name not in AS_IT_LANDED)
            rows = connection.execute(text(f"SELECT to_jsonb(row)::text FROM (SELECT {columns} FROM {table.fullname}) AS row"))
            found[table.fullname] = sorted(rows.scalars())
        indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'raw') ORDER BY 1"
        found["indexes"] = list(connection.execute(text(indexes)).scalars())
    database.close()
    return made, found


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of this process, put back after the benchmark's installation has changed it."""
    for variable, value in os.environ.items():
        monkeypatch.setenv(variable, value)


def test_the_seeded_clinic_is_the_landed_and_derived_one(environment: None) -> None:
    with temporary_installation():
        seeded = in_process(rows_of, seed)
    with temporary_installation():
        derived = in_process(rows_of, fill)
    assert seeded == derived
    assert len(ASSETS) == len(seeded[1]["derivations"])
