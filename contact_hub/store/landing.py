"""Landing: what Cliniko sent, page by page into a staging table, then into schema ``raw`` in one transaction.

The watermark moves in the transaction that writes the rows, so a process killed at any moment leaves either the state
before the pull or the state after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, text

from contact_hub.cliniko.fields import LANDED_FIELDS
from contact_hub.errors import StoreError
from contact_hub.store.changed_rows import Difference, analyze, joined_by_hash
from contact_hub.store.database import Database, lock_organization
from contact_hub.store.difference import Staging
from contact_hub.store.raw_tables import RAW_TABLES

VANISHED_SHARE = 0.2
VANISHED_FLOOR = 20
_VANISHED = "vanished_records"


class SweepRefused(StoreError):
    """A sweep missed so many records that the answer is likelier wrong than the records gone."""


@dataclass(frozen=True)
class SyncState:
    """How far one resource has been read: changes up to ``changed_through`` have landed."""

    changed_through: datetime
    imported_at: datetime
    swept_at: datetime | None


@dataclass(frozen=True)
class Landed:
    """What one pull of one resource did."""

    received: int
    difference: Difference
    vanished: int


def sync_states(connection: Connection, organization_id: str) -> dict[str, SyncState]:
    """The state of each resource that has been imported completely, by resource name."""
    rows = connection.execute(
        text(
            "SELECT resource, changed_through, imported_at, swept_at FROM sync_states WHERE organization_id = :organization_id"
        ),
        {"organization_id": organization_id},
    )
    return {row.resource: SyncState(row.changed_through, row.imported_at, row.swept_at) for row in rows}


def imported_organizations(connection: Connection) -> set[str]:
    """The clinics whose patients have been imported completely at least once."""
    return set(connection.execute(text("SELECT organization_id FROM sync_states WHERE resource = 'patients'")).scalars())


def land(
    database: Database,
    organization_id: str,
    resource: str,
    pages: Iterable[list[dict[str, Any]]],
    *,
    changed_through: datetime,
    sweep: bool,
) -> Landed:
    """Write the records of ``pages`` and move the resource's watermark to ``changed_through`` (never back).

    Args:
        pages: records with a text ``id``, read once, never held together in memory.
        sweep: the pages are all that Cliniko has; rows that they lack are marked as vanished.

    Raises:
        SweepRefused: more than a fifth of the known records (and more than 20) are missing from a sweep.
    """
    fields = LANDED_FIELDS[resource]
    columns = ["organization_id", "cliniko_id", "payload", *(field.name for field in fields), "vanished_at"]
    with database.engine.connect() as connection:
        staging = Staging(connection, RAW_TABLES[resource], columns)
        connection.commit()
        received = 0
        for records in pages:
            staging.copy(
                (organization_id, record["id"], record, *(field.read(record) for field in fields), None) for record in records
            )
            connection.commit()
            received += len(records)
        scope = {"organization_id": organization_id}
        lock_organization(connection, organization_id, "landing")  # raw rows are as they were compared: nobody else writes them
        with joined_by_hash(connection):
            _keep_latest(connection, staging)
            vanished = _find_vanished(connection, staging, scope) if sweep else 0
        changed = staging.compare(scope, delete_missing=False)
        lock_organization(connection, organization_id)
        if vanished:
            _mark_vanished(connection, staging.table, scope)
        difference = changed.write("landed_at")
        _move_watermark(connection, organization_id, resource, changed_through, sweep)
        changed.drop()
        connection.commit()
    return Landed(received, difference, vanished)


def _keep_latest(connection: Connection, staging: Staging) -> None:
    """A record that two lists of one resource hold (a practitioner who left meanwhile) is kept as it came last."""
    connection.execute(
        text(
            f"DELETE FROM {staging.name} AS earlier USING {staging.name} AS later "
            "WHERE earlier.cliniko_id = later.cliniko_id AND earlier.ctid < later.ctid"
        )
    )


def _find_vanished(connection: Connection, staging: Staging, scope: Mapping[str, Any]) -> int:
    """List the rows that a sweep lacks in a temporary table of the transaction; how many there are."""
    table = staging.table.fullname
    statement = f"""
        CREATE TEMPORARY TABLE {_VANISHED} ON COMMIT DROP AS SELECT cliniko_id FROM {table} AS target
        WHERE organization_id = :organization_id AND vanished_at IS NULL
          AND NOT EXISTS (SELECT FROM {staging.name} AS staged WHERE staged.cliniko_id = target.cliniko_id)
    """
    connection.execute(text(statement), scope)
    vanished = int(connection.execute(text(f"SELECT count(*) FROM {_VANISHED}")).scalar_one())
    if vanished <= VANISHED_FLOOR:
        return vanished
    statement = f"SELECT count(*) FROM {table} WHERE organization_id = :organization_id AND vanished_at IS NULL"
    known = connection.execute(text(statement), scope).scalar_one()
    if vanished > VANISHED_SHARE * known:
        raise SweepRefused(
            f"{scope['organization_id']}: a sweep of {staging.table.name} lacks {vanished} of {known} known records; "
            "nothing was changed. Check the Cliniko user's permissions and that the key is of the same account"
        )
    analyze(connection, _VANISHED, ["cliniko_id"])
    return vanished


def _mark_vanished(connection: Connection, table: Table, scope: Mapping[str, Any]) -> None:
    statement = f"""
        UPDATE {table.fullname} AS target SET vanished_at = now() FROM {_VANISHED} AS gone
        WHERE target.organization_id = :organization_id AND target.cliniko_id = gone.cliniko_id
    """
    connection.execute(text(statement), scope)


def _move_watermark(
    connection: Connection, organization_id: str, resource: str, changed_through: datetime, sweep: bool
) -> None:
    connection.execute(
        text("""
            INSERT INTO sync_states AS state (organization_id, resource, changed_through, imported_at, swept_at)
            VALUES (:organization_id, :resource, :changed_through, now(), CASE WHEN :sweep THEN now() END)
            ON CONFLICT (organization_id, resource) DO UPDATE SET
                changed_through = greatest(state.changed_through, excluded.changed_through),
                swept_at = coalesce(excluded.swept_at, state.swept_at)
        """),
        {
            "organization_id": organization_id,
            "resource": resource,
            "changed_through": changed_through,
            "sweep": sweep,
        },
    )
