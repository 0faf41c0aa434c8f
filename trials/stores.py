"""Two stores on one server that take in the same: one whose processes are killed, and an undisturbed one beside it."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import text

from contact_hub import settings
from contact_hub.channels.event import ChannelEvent
from contact_hub.installation import dagster_instance, prepare
from contact_hub.sandbox import ChatwootServer
from contact_hub.store import alert_tables, answer_tables, channel_tables, duplicate_tables, gateway_tables, reporting_tables
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database, open_database
from contact_hub.store.duplicates import DuplicateSettings, choose
from contact_hub.store.events import land_events
from contact_hub.store.organizations import Organization, register
from contact_hub.store.tables import metadata
from contact_hub_tests.directory.support import at

ORGANIZATION_ID = "org_trials"
CLINIKO_KEY = "CLINIKO_KEY_OF_TRIALS"
CHATWOOT_TOKEN = "CHATWOOT_TOKEN_OF_TRIALS"

# Every table of the store must be in the metadata, whoever imports it otherwise.
_MODULES = (alert_tables, answer_tables, channel_tables, duplicate_tables, gateway_tables, reporting_tables)

OWN_TIMES = ("landed_at", "vanished_at", "decided_at", "made_at", "first_at", "reconciled_through", "changed_through",
             "imported_at", "swept_at", "reviewed_at", "seen_at", "received_at")  # fmt: skip
"""Moments at which something was done here, not said by a source."""
OWN_NUMBERS = ("number", "last_number", "through_number", "decision_id", "undoes", "run_id")
"""Places in the order of changes (a delivery that comes again takes one, too) and ids made at random."""
NOT_COMPARED = {
    "organizations",
    "installation",
    "cliniko_request_slots",
    "channel_connections",
    "derivations",
    "organization_changes",
}
SAID_BY_SOURCES = {"contacts", "normalized_contacts", "channel_records"}
"""Tables whose created_at, updated_at and first_at come from what was said."""


@dataclass(frozen=True)
class Store:
    """One store, with the organization of trials in it; of a shared one, only that organization's rows."""

    database: Database
    only: str | None = None

    @property
    def url(self) -> str:
        return self.database.libpq_url

    @property
    def dagster_url(self) -> str:
        return self.database.dagster_url.set(drivername="postgresql").render_as_string(hide_password=False)

    def land(self, events: Sequence[ChannelEvent]) -> None:
        land_events(self.database, ORGANIZATION_ID, events, received_at=at(0))

    def forget_requests(self) -> None:
        """Trials ask more than Cliniko allows in a minute."""
        with self.database.transaction() as connection:
            connection.execute(text("DELETE FROM cliniko_request_slots"))

    def rows(self) -> dict[str, list[str]]:
        """All rows of all tables, without the moments and numbers of this store's own work.

        What a provider gives no time for has that of its landing, and so has what follows from it: one word stands for these.
        """
        with self.database.reading() as connection:
            landings = set(connection.execute(text(_TIMELESS)).scalars())
            return {
                table.fullname: [
                    _MOMENT.sub(lambda found: "landing" if found[0] in landings else found[0], row)
                    for row in connection.execute(
                        text(_statement(table.fullname, table.name, self.only)), {"only": self.only}
                    ).scalars()
                ]
                for table in metadata.sorted_tables
                if table.name not in NOT_COMPARED and (self.only is None or "organization_id" in table.columns)
            }

    def unended_runs(self) -> int:
        """Runs that Dagster takes for going on."""
        with psycopg.connect(self.dagster_url) as connection:
            found = connection.execute("SELECT count(*) FROM runs WHERE status IN ('NOT_STARTED', 'STARTING', 'STARTED')")
            return int(found.fetchone()[0])  # type: ignore[index]


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")
_TIMELESS = (
    "SELECT DISTINCT to_jsonb(occurred_at) #>> '{}' FROM channel_events WHERE provider = 'chatwoot' AND kind = 'profile'"
)
"""What Chatwoot says of a contact has no time."""


def _statement(table: str, name: str, only: str | None) -> str:
    dropped = {*OWN_TIMES, *OWN_NUMBERS} - ({"first_at"} if name in SAID_BY_SOURCES else set())
    if name not in SAID_BY_SOURCES:
        dropped |= {"created_at", "updated_at"}
    listed = ", ".join(f"'{column}'" for column in sorted(dropped))
    chosen = "" if only is None else "WHERE organization_id = :only"
    return f"SELECT (to_jsonb(t) - ARRAY[{listed}])::text FROM {table} AS t {chosen} ORDER BY 1"


@dataclass(frozen=True)
class Difference:
    """Of one table: rows that only the one store has, rows that only the other has (doubled ones count), and in what columns
    they differ, taken pair by pair in their order."""

    lost: int
    more: int
    columns: frozenset[str]

    def __str__(self) -> str:
        return f"lacks {self.lost} rows, has {self.more} others ({', '.join(sorted(self.columns)) or 'whole rows'})"


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, Difference]:
    """By table, where the other is not as the one."""
    return {table: found for table in one if (found := _apart(one[table], other[table])) is not None}


def _apart(one: list[str], other: list[str]) -> Difference | None:
    left, right = Counter(one), Counter(other)
    lost, more = sorted((left - right).elements()), sorted((right - left).elements())
    if not lost and not more:
        return None
    pairs = [(json.loads(ours), json.loads(theirs)) for ours, theirs in zip(lost, more, strict=False)]
    columns = frozenset(column for ours, theirs in pairs for column in ours if ours[column] != theirs.get(column))
    return Difference(len(lost), len(more), columns)


@contextmanager
def two_stores(cliniko_url: str, chatwoot: ChatwootServer) -> Iterator[tuple[Store, Store]]:
    """The store to be disturbed and its undisturbed twin, on the embedded server that is up."""
    os.environ[CHATWOOT_TOKEN] = chatwoot.token
    with closing(open_database()) as own:
        url = own.url
        with own.transaction() as connection:  # the server itself is never killed here, and remembers while it lives
            connection.execute(text("ALTER ROLE CURRENT_USER SET synchronous_commit = off"))
        for name in ("disturbed", "undisturbed"):
            with own.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
    databases = [_opened(url.set(database=name).render_as_string(hide_password=False)) for name in ("disturbed", "undisturbed")]
    for database in databases:
        _register(database, cliniko_url, chatwoot)
    try:
        yield Store(databases[0]), Store(databases[1])
    finally:
        for database in databases:
            database.close()


def _opened(url: str) -> Database:
    os.environ[settings.DATABASE_URL] = url
    try:
        database = prepare()
        with dagster_instance() as instance:  # makes Dagster's tables
            instance.get_runs_count()
        return database
    finally:
        del os.environ[settings.DATABASE_URL]


def _register(database: Database, cliniko_url: str, chatwoot: ChatwootServer) -> None:
    settings_: dict[str, Any] = {
        "url": chatwoot.url,
        "account_id": str(chatwoot.account_id),
        "api_token_env": CHATWOOT_TOKEN,
    }
    with database.transaction() as connection:
        clinic = Organization(ORGANIZATION_ID, "Trials", "Australia/Sydney", "AU", CLINIKO_KEY, cliniko_url)
        register(connection, clinic)
        connect(connection, ChannelConnection(ORGANIZATION_ID, "chatwoot", "UNSET_SECRET_OF_TRIALS", "main", settings_))
        choose(connection, ORGANIZATION_ID, DuplicateSettings(merges_automatically=True, share=0.5))
