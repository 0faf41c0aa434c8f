"""What several tests do: register a sandbox clinic, sync it, read rows back."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from dagster import DagsterInstance
from sqlalchemy import text

from contact_hub.automation.partitions import today
from contact_hub.sandbox import DEFAULT_KEY, Clinic, RateLimit, SandboxServer, generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub.sync import SyncReport, sync_day

KEY_VARIABLE = "CLINIKO_KEY_OF_TESTS"
os.environ[KEY_VARIABLE] = DEFAULT_KEY

DERIVED_TABLES = ("normalized_contacts", "channel_identity_links", "contacts", "active_patient_days", "activity_days")
RAW_TABLES = (
    "raw.cliniko_patients",
    "raw.cliniko_individual_appointments",
    "raw.cliniko_group_appointments",
    "raw.cliniko_attendees",
    "raw.cliniko_businesses",
    "raw.cliniko_practitioners",
    "raw.cliniko_appointment_types",
)
RESOURCES = tuple(table.removeprefix("raw.cliniko_") for table in RAW_TABLES)


@dataclass(frozen=True)
class SandboxOrganization:
    """A registered organization whose Cliniko is a sandbox."""

    organization_id: str
    server: SandboxServer
    database: Database
    instance: DagsterInstance

    @property
    def clinic(self) -> Clinic:
        return self.server.clinic

    def sync(self, day: date | None = None, *, full: bool = False) -> SyncReport:
        return sync_day(self.instance, self.organization_id, day or today(), full=full)

    def query(self, statement: str, **parameters: Any) -> list[Any]:
        """Rows of a SELECT; ``:organization_id`` is given."""
        with self.database.reading() as connection:
            return list(connection.execute(text(statement), {"organization_id": self.organization_id, **parameters}))

    def snapshot(self, *tables: str) -> dict[str, list[Any]]:
        """All rows of the organization, but for the moments at which they were written here."""
        return {table: self.query(_SNAPSHOT.format(table=table)) for table in tables or (*RAW_TABLES, *DERIVED_TABLES)}

    def forget(self) -> None:
        """Delete everything that was landed or derived; the registration stays."""
        with self.database.transaction() as connection:
            for table in (*DERIVED_TABLES, *RAW_TABLES, "sync_states"):
                connection.execute(
                    text(f"DELETE FROM {table} WHERE organization_id = :organization_id"),
                    {"organization_id": self.organization_id},
                )

    def rows_written(self) -> int:
        """Rows that any statement has written in the organization's tables since the server started."""
        return self.query("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables")[0][0]


# landed_at, and times of rows that have none from a source, say when this process wrote them.
_SNAPSHOT = """
    SELECT (to_jsonb(t) - 'landed_at' - 'vanished_at'
            - CASE WHEN to_jsonb(t) ? 'as_of' THEN ARRAY['created_at', 'updated_at'] ELSE ARRAY[]::text[] END)::text AS row
    FROM {table} AS t WHERE organization_id = :organization_id ORDER BY row
"""


@contextmanager
def sandbox_organization(
    database: Database,
    instance: DagsterInstance,
    organization_id: str,
    *,
    clinic: Clinic | None = None,
    rate_limit: RateLimit | None = None,
) -> Iterator[SandboxOrganization]:
    """An organization with a running sandbox (632 patients unless a clinic is given; no rate limit unless one is given)."""
    with SandboxServer(clinic or generate_clinic(today=today()), rate_limit=rate_limit) as server:
        with database.transaction() as connection:
            register(
                connection,
                Organization(organization_id, organization_id, "Australia/Sydney", "AU", KEY_VARIABLE, server.url),
            )
        yield SandboxOrganization(organization_id, server, database, instance)
