"""Deriving an organization's rows while others write: read a snapshot, compute and compare, write what differs under the lock.

Real-time callers write the same rows by the same rules, and no caller ever waits for a computation or a comparison. The
rows are compared with those of the snapshot that they were computed from. So what is written is what this derivation has to
correct, and what callers have written since is left as it is, save where it is corrected too. Either is right in the end:

- Of a row that no change after the snapshot concerns, callers can only have written what was computed here.
- The others are among those of the records that have changed since the snapshot, which are settled again in the transaction
  of the write, whatever they are then.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, text

from contact_hub.directory.settlement import Clinic, forget_news, settle_since
from contact_hub.store.changed_rows import ChangedRows, Difference, joined_by_hash
from contact_hub.store.changes import move_watermark, seen_through, taken_in
from contact_hub.store.database import Database, lock_organization
from contact_hub.store.difference import Staging
from contact_hub.store.patient_statements import follow_patient_statements


@dataclass
class Derivation:
    """One derivation under way.

    Attributes:
        snapshot: what is read; nothing that commits meanwhile is seen.
        number: the latest change that the snapshot takes in.
        differences: what was written, by table; there once the block has ended.
    """

    snapshot: Connection
    number: int
    clinic: Clinic
    _writer: Connection
    changed: list[ChangedRows] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def stage(self, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """All rows that the organization's part of ``table`` is to have, values in the order of ``columns``."""
        staging = Staging(self._writer, table, ("organization_id", *columns))
        staging.copy((self.clinic.organization_id, *row) for row in rows)
        self._compare(staging)

    def fill(self, table: Table, columns: Sequence[str], select: str, **parameters: Any) -> None:
        """The same by a SELECT, which sees what the snapshot does; ``:organization_id`` is given."""
        staging = Staging(self._writer, table, ("organization_id", *columns))
        with joined_by_hash(self._writer):
            staging.fill(select, {"organization_id": self.clinic.organization_id, **parameters})
        self._compare(staging)

    def _compare(self, staging: Staging) -> None:
        self.changed.append(staging.compare({"organization_id": self.clinic.organization_id}, delete_missing=True))

    def write(self) -> None:
        self.differences += [changed.write() for changed in self.changed]


@contextmanager
def derivation(database: Database, clinic: Clinic, asset: str) -> Iterator[Derivation]:
    """Derive in the block, write at its end; the asset's watermark moves in the transaction of the rows."""
    with database.engine.connect() as writer:
        with database.reading() as snapshot:
            number = seen_through(snapshot, clinic.organization_id, asset)
            _see_the_same(writer, snapshot)
            derived = Derivation(snapshot, number, clinic, writer)
            yield derived
        writer.commit()
        lock_organization(writer, clinic.organization_id)
        derived.write()
        after_writing(writer, derived, asset)
        for changed in derived.changed:
            changed.drop()
        writer.commit()


def _see_the_same(writer: Connection, snapshot: Connection) -> None:
    """Have the writer compare with what the snapshot sees, to the end of its transaction."""
    name = snapshot.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    writer.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    writer.execute(text(f"SET TRANSACTION SNAPSHOT '{name}'"))


def after_writing(connection: Connection, derived: Derivation, asset: str) -> None:
    """What follows from the rows, what has changed since the snapshot, and how far the asset now is."""
    organization_id = derived.clinic.organization_id
    if asset == "normalized_contacts":
        for changed in derived.changed:
            with changed.joined():
                follow_patient_statements(connection, organization_id, changed.name)
    settle_since(connection, derived.clinic, derived.number)
    move_watermark(connection, organization_id, asset, derived.number)
    if asset == "contacts":
        forget_news(connection, derived.clinic, taken_in(connection, organization_id))
