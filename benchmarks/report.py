"""What benchmarks report: figures beside their targets, as one table and as JSON."""

import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
ROUNDS = 3

Rounds = dict[str, list[float]]


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes; the garbage of what came before is not its."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def take_turns(ways: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> Rounds:
    """What each way measures in each round. The ways take turns, so that a slow minute of the machine hits them all."""
    measured: Rounds = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            measured[name].append(way())
    return measured


def medians(rounds: Rounds) -> dict[str, float]:
    return {name: statistics.median(values) for name, values in rounds.items()}


@dataclass(frozen=True)
class Target:
    """A bound that a figure has to keep; ``sign`` is ``>=`` or ``<=``."""

    sign: str
    bound: float

    def met(self, value: float) -> bool:
        return value >= self.bound if self.sign == ">=" else value <= self.bound


def at_least(bound: float) -> Target:
    return Target(">=", bound)


def at_most(bound: float) -> Target:
    return Target("<=", bound)


@dataclass(frozen=True)
class Line:
    """One row of the table.

    Attributes:
        name: its key in the JSON.
        ratio: to the peer that ``label`` names.
        target: of the ratio, or of the value where there is none.
    """

    name: str
    label: str
    value: float
    unit: str
    ratio: float | None = None
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.target.met(self.value if self.ratio is None else self.ratio)

    def cells(self) -> tuple[str, str, str, str, str]:
        verdict = {None: "", True: "[green]met", False: "[red]missed"}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        target = "" if self.target is None else f"{self.target.sign} {self.target.bound:,g}"
        return self.label, f"{_rounded(self.value)} {self.unit}", ratio, target, verdict

    def as_json(self) -> dict[str, Any]:
        target = self.target and f"{self.target.sign} {self.target.bound:g}"
        return {"value": self.value, "unit": self.unit, "ratio": self.ratio, "target": target, "met": self.met}


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


@dataclass
class Report:
    """The lines of one benchmark, and what each round measured, by name; the lines show medians."""

    title: str
    lines: list[Line] = field(default_factory=list)
    rounds: Rounds = field(default_factory=dict)

    def print(self) -> None:
        table = Table("", "figure", "ratio", "target", "", title=self.title, title_justify="left")
        for column in table.columns[1:4]:
            column.justify = "right"
        for line in self.lines:
            table.add_row(*line.cells())
        Console().print(table)

    def write(self, path: Path) -> None:
        """The figures by name, the rounds behind them, and the machine."""
        content = {
            "title": self.title,
            "machine": {"python": platform.python_version(), "system": platform.platform(), "cpus": os.cpu_count()},
            "figures": {line.name: line.as_json() for line in self.lines},
            "rounds": self.rounds,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n")
