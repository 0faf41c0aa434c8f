"""A clinic whose Chatwoot sends webhooks to the gateway and is read by the job, all of it over real HTTP."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import dagster as dg
from sqlalchemy import text

from contact_hub.assets.identity import channel_identity_links, contacts, normalized_contacts
from contact_hub.automation.partitions import partition_key, partition_tags, today
from contact_hub.definitions import build_definitions
from contact_hub.directory import ContactDirectory
from contact_hub.resources.chatwoot import ChatwootResource
from contact_hub.resources.run_tags import ORGANIZATION
from contact_hub.sandbox import ChatwootServer
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database
from contact_hub.store.landing import land

TOKEN_VARIABLE = "CHATWOOT_TOKEN_OF_TESTS"
SECRET_VARIABLE = "CHATWOOT_SECRET_OF_TESTS"
DEFINITIONS = build_definitions({"chatwoot": ChatwootResource(backoff_s=0.002, read_timeout_s=1.0)})
DERIVED = ("normalized_contacts", "source_record_links", "channel_identity_links", "identity_reviews", "contacts")
LANDED = ("channel_events", "channel_records", "identifier_statements", "quarantined_deliveries")


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the asset's metadata, its checks by name, or why it failed."""

    success: bool
    metadata: dict[str, Any]
    checks: dict[str, dg.AssetCheckEvaluation]
    failure: str


@dataclass(frozen=True)
class ChatwootClinic:
    """An organization, its Chatwoot, and what the hub knows."""

    organization_id: str
    chatwoot: ChatwootServer
    database: Database
    directory: ContactDirectory
    instance: dg.DagsterInstance

    def connect(self, name: str = "main", **changes: str | None) -> None:
        """Say how the API is reached; a change to None leaves a setting out."""
        given = {"url": self.chatwoot.url, "account_id": str(self.chatwoot.account_id), "api_token_env": TOKEN_VARIABLE}
        settings = {key: value for key, value in {**given, **changes}.items() if value is not None}
        with self.database.transaction() as connection:
            connect(connection, ChannelConnection(self.organization_id, "chatwoot", SECRET_VARIABLE, name, settings))

    def reconcile(self, day: date | None = None, *, job: str = "chatwoot") -> Outcome:
        """The job for a day."""
        self.instance.add_dynamic_partitions(ORGANIZATION, [self.organization_id])
        result = DEFINITIONS.resolve_job_def(job).execute_in_process(
            partition_key=partition_key(self.organization_id, day or today()),
            instance=self.instance,
            tags=partition_tags(self.organization_id, day or today()),
            raise_on_error=False,
        )
        metadata = [
            {name: value.value for name, value in event.materialization.metadata.items()}
            for event in result.all_events
            if event.is_step_materialization
        ]
        checks = [
            event.asset_check_evaluation_data
            for event in result.all_events
            if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ]
        failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
        said = [data.user_failure_data.description for data in failures if data.user_failure_data]
        return Outcome(
            result.success,
            metadata[0] if metadata else {},
            {one.check_name: one for one in checks},
            str(said[0] if said else ""),
        )

    def derive(self) -> None:
        """The identity assets: everything anew."""
        self.instance.add_dynamic_partitions(ORGANIZATION, [self.organization_id])
        result = dg.materialize(
            [normalized_contacts, channel_identity_links, contacts],
            partition_key=partition_key(self.organization_id, today()),
            resources={"store": DEFINITIONS.resources["store"]},  # type: ignore[index]
            instance=self.instance,
        )
        assert result.success

    def has_patients(self, *patients: dict[str, Any]) -> None:
        """These are the patients that Cliniko has sent."""
        changed = datetime(2026, 1, 1, tzinfo=UTC)
        rows = [{"created_at": changed.isoformat(), "updated_at": changed.isoformat(), **patient} for patient in patients]
        land(self.database, self.organization_id, "patients", [rows], changed_through=changed, sweep=False)
        self.derive()

    def query(self, statement: str, **parameters: Any) -> list[Any]:
        """Rows of a SELECT; ``:organization_id`` is given."""
        with self.database.reading() as connection:
            return list(connection.execute(text(statement), {"organization_id": self.organization_id, **parameters}))

    def rows(self, tables: Iterable[str]) -> dict[str, list[str]]:
        """All rows of the organization."""
        statement = "SELECT to_jsonb(t)::text AS row FROM {} AS t WHERE organization_id = :organization_id ORDER BY row"
        return {table: [row.row for row in self.query(statement.format(table))] for table in tables}

    def texts(self) -> list[str]:
        """What customers have written, sorted."""
        statement = "SELECT text FROM channel_events WHERE organization_id = :organization_id AND kind = 'message'"
        return sorted(row.text for row in self.query(statement))

    def who(self, channel: str, identifier: object) -> UUID | None:
        """The contact that owns an identifier."""
        found = self.directory.lookup(self.organization_id, channel, str(identifier))
        assert found.match != "shared", found.candidates
        return found.contact["id"] if found.contact else None

    def history(self, contact_id: UUID | None) -> list[str]:
        """What a contact's timeline says, the oldest first."""
        assert contact_id is not None
        events = self.directory.timeline(self.organization_id, contact_id).events
        return [event["text"] for event in reversed(events)]
