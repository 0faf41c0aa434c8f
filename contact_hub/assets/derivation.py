"""Deriving an organization's rows while others write: read a snapshot, compute, then write under the lock what differs.

Real-time callers write the same rows by the same rules. So what has changed since the snapshot is settled again in the
transaction of the write, and no caller ever waits for a computation.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table

from contact_hub.directory.settlement import Clinic, forget_news, settle_since
from contact_hub.store.changes import move_watermark, seen_through, taken_in
from contact_hub.store.database import Database, lock_organization
from contact_hub.store.difference import Difference, Staging, joined_by_hash
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
    _staged: list[Staging] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def stage(self, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """All rows that the organization's part of ``table`` is to have, values in the order of ``columns``."""
        organization_id = self.clinic.organization_id
        staging = Staging(self._writer, table, ("organization_id", *columns))
        staging.copy((organization_id, *row) for row in rows)
        self._staged.append(staging)

    def fill(self, table: Table, columns: Sequence[str], select: str, **parameters: Any) -> None:
        """The same by a SELECT, which sees at least what the snapshot does; ``:organization_id`` is given."""
        staging = Staging(self._writer, table, ("organization_id", *columns))
        with joined_by_hash(self._writer):
            staging.fill(select, {"organization_id": self.clinic.organization_id, **parameters})
        self._staged.append(staging)

    def write(self) -> None:
        scope = {"organization_id": self.clinic.organization_id}
        self.differences += [staging.merge(scope, delete_missing=True) for staging in self._staged]


@contextmanager
def derivation(database: Database, clinic: Clinic, asset: str) -> Iterator[Derivation]:
    """Derive in the block, write at its end; the asset's watermark moves in the transaction of the rows."""
    with database.engine.connect() as writer:
        with database.reading() as snapshot:
            derived = Derivation(snapshot, seen_through(snapshot, clinic.organization_id, asset), clinic, writer)
            yield derived
        writer.commit()
        lock_organization(writer, clinic.organization_id)
        derived.write()
        after_writing(writer, derived, asset)
        writer.commit()


def after_writing(connection: Connection, derived: Derivation, asset: str) -> None:
    """What follows from the rows, what has changed since the snapshot, and how far the asset now is."""
    organization_id = derived.clinic.organization_id
    if asset == "normalized_contacts":
        follow_patient_statements(connection, organization_id)
    settle_since(connection, derived.clinic, derived.number)
    move_watermark(connection, organization_id, asset, derived.number)
    if asset == "contacts":
        forget_news(connection, derived.clinic, taken_in(connection, organization_id))
