"""Rows that differ from what a table has, found before anybody has to wait, and written in a short transaction.

Comparing all rows of an organization takes as long as there are rows. So that is done first, and what is left to do under the
organization's write lock takes only as long as there are rows to write.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from sqlalchemy import Connection, Table, text

WORTH_ANALYZING = 1_000
"""Rows written at once after which a table is analyzed. The server does so by itself, but maybe in the middle of the write:
it then sees a table without rows, and the planner believes it (see :func:`joined_by_hash`) until the next time."""


MANY = 0.1
"""Of all rows, the share of changed ones from which on both sides are read in full."""


@dataclass(frozen=True)
class Difference:
    """Rows that a write found new, changed, gone and as they were."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int

    @property
    def written(self) -> int:
        return self.inserted + self.updated + self.deleted

    @property
    def rows(self) -> int:
        """Rows of the scope after the write."""
        return self.inserted + self.updated + self.unchanged


class ChangedRows:
    """Rows of a table to be written and keys of rows to be deleted, in two temporary tables of the connection.

    Somebody may have written the same rows since they were compared. They become as they are here all the same; rows that are
    not here stay as they were left.

    Attributes:
        name: the temporary table of the rows, with ``columns``.
        gone: the temporary table of the keys of rows to be deleted.
        columns: those that are written, the keys among them.
        staged: of how many rows these are the ones that differ.
    """

    def __init__(self, connection: Connection, table: Table, columns: Sequence[str], staged: int) -> None:
        self.table, self.columns, self.staged = table, list(columns), staged
        self.name, self.gone = f"changed_{table.name}", f"gone_{table.name}"
        self._connection, self._rows = connection, 0
        make_temporary(connection, self.name, table, self.columns)
        make_temporary(connection, self.gone, table, keys_of(table))

    def analyzed(self) -> "ChangedRows":
        """Itself, once all rows are in: the planner is told how many there are."""
        self._rows = 0
        for name in (self.name, self.gone):
            analyze(self._connection, name, keys_of(self.table))
            self._rows += self._connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
        return self

    def write(self, touch: str | None = None) -> Difference:
        """Write and delete the rows; such as are in the table already are left alone.

        Args:
            touch: a column set to ``now()`` on rows that change.
        """
        with self.joined():
            return self._write(touch)

    @property
    def are_many(self) -> bool:
        """Whether reading the whole table takes no longer than finding each row by its key. The planner cannot tell: it may
        believe that a table is empty which is being filled."""
        return self._rows >= max(WORTH_ANALYZING, MANY * self.staged)

    def joined(self) -> AbstractContextManager[None]:
        """How these rows are to be joined with the table, for a while of a transaction."""
        return joined_by_hash(self._connection) if self.are_many else nullcontext()

    def _write(self, touch: str | None) -> Difference:
        deleted = self._do(
            f"DELETE FROM {self.table.fullname} AS target USING {self.gone} AS gone WHERE {same_key(self.table, 'gone')}"
        )
        updated = self._do(self._update(touch))
        inserted = self._do(self._insert())
        difference = Difference(inserted, updated, deleted, self.staged - inserted - updated)
        if difference.written >= WORTH_ANALYZING:
            analyze(self._connection, self.table.fullname, keys_of(self.table))
        return difference

    def drop(self) -> None:
        """Forget the rows: a connection that goes back to its pool keeps nothing of anybody."""
        self._connection.execute(text(f"DROP TABLE {self.name}, {self.gone}"))

    def _do(self, statement: str) -> int:
        return self._connection.execute(text(statement)).rowcount

    def _update(self, touch: str | None) -> str:
        keys = keys_of(self.table)
        assignments = [f"{column} = changed.{column}" for column in self.columns if column not in keys]
        return f"""
            UPDATE {self.table.fullname} AS target SET {", ".join(assignments + ([f"{touch} = now()"] if touch else []))}
            FROM {self.name} AS changed
            WHERE {same_key(self.table, "changed")} AND ({differs(self.table, self.columns, "changed")})
        """

    def _insert(self) -> str:
        return f"""
            INSERT INTO {self.table.fullname} ({", ".join(self.columns)})
            SELECT {", ".join(f"changed.{column}" for column in self.columns)} FROM {self.name} AS changed
            WHERE NOT EXISTS (SELECT FROM {self.table.fullname} AS target WHERE {same_key(self.table, "changed")})
        """


def keys_of(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def make_temporary(connection: Connection, name: str, table: Table, columns: Sequence[str]) -> None:
    """An empty temporary table with these columns of ``table``, in place of an earlier one of the name."""
    connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{name}"))
    listed = ", ".join(columns)
    connection.execute(text(f"CREATE TEMPORARY TABLE {name} AS SELECT {listed} FROM {table.fullname} WITH NO DATA"))


def analyze(connection: Connection, name: str, keys: Sequence[str]) -> None:
    """Tell the planner how many rows there are. The keys are what rows are joined by; documents take long to sample."""
    connection.execute(text(f"ANALYZE {name} ({', '.join(keys)})"))


def same_key(table: Table, other: str) -> str:
    """SQL: ``target`` and ``other`` have one key. The organization is compared like the rest, not with a constant: the planner
    may believe that it has no rows, and would then read all of them for each of the other side."""
    return " AND ".join(f"target.{key} = {other}.{key}" for key in keys_of(table))


def differs(table: Table, columns: Sequence[str], other: str) -> str:
    """SQL: two rows of one key are not the same."""
    compared = [column for column in columns if column not in keys_of(table)]
    return " OR ".join(f"target.{column} IS DISTINCT FROM {other}.{column}" for column in compared) or "false"


@contextmanager
def joined_by_hash(connection: Connection) -> Iterator[None]:
    """No nested loops, for a while of a transaction.

    They are what the planner takes where it believes a table to be empty. It may believe so of one that this very
    transaction fills, and each row would be compared with all rows: an import of 100,000 that takes seconds takes minutes.
    """
    connection.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    connection.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))
