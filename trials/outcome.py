"""What a trial comes to: counts by row and column, what went wrong, and the exit code."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

SHOWN = 20
"""Faults that are printed; all are counted."""
WIDTH = 140
"""Of tables, also where a terminal is narrower."""


@dataclass
class Outcome:
    """Counts of a trial and its faults; a fault holds ids, codes and counts, no personal data."""

    title: str
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, row: str, column: str, times: int = 1) -> None:
        self.counts[row, column] += times

    def print(self) -> int:
        """Print the table and the faults; the exit code."""
        console = Console(width=max(WIDTH, Console().width))
        columns = sorted({column for _, column in self.counts})
        table = Table("", *columns, title=self.title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
        for column in table.columns[1:]:
            column.justify, column.no_wrap = "right", True
        for row in sorted({row for row, _ in self.counts}):
            table.add_row(row, *(f"{self.counts[row, column]:,}" for column in columns))
        console.print(table)
        for note in self.notes:
            console.print(note, highlight=False)
        for fault in self.faults[:SHOWN]:
            console.print(f"[red]fault:[/] {fault}", highlight=False, soft_wrap=True)
        console.print(f"{len(self.faults)} faults", style="red" if self.faults else "green", highlight=False)
        return 1 if self.faults else 0


@contextmanager
def progress(what: str, total: int) -> Iterator[Progress]:
    """A bar for one task, whose id is 0."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        bar.add_task(what, total=total)
        yield bar
