"""Duplicates: quality and speed on synthetic clinics and febrl, against the naive rule and the peers.

python -m benchmarks.linkage [--records 632,10000] [--data clinic,febrl3] [--against splink,recordlinkage,dedupe] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.linkage.data import FEBRL, VARIANTS, load
from benchmarks.linkage.ways import OURS, PEERS, chosen, missing
from benchmarks.report import ROUNDS, medians

SHOWN = (
    "wall", "cpu", "peak rss", "pair precision", "pair recall", "pair f1", "cluster f1", "certain precision",
    "automatic false household merges", "false household merges", "pair completeness",
    "best pair f1", "best cluster f1",
)  # fmt: skip
HEADINGS = (
    "wall s", "CPU s", "RSS GB", "P", "R", "pair F1", "cluster F1", "certain P",
    "auto. family", "family", "blocking", "best F1", "best cl.",
)  # fmt: skip
DATA = (*VARIANTS, *FEBRL, *(f"{name}+ssn" for name in FEBRL))


def main() -> int:
    options = arguments()
    console, results = Console(width=180), []
    if lacking := missing(options.against):
        console.print(f"not installed: {', '.join(lacking)}. Install them with: pip install -c constraints.txt -e '.[bench]'")
        return 2
    for name, records in data_sets(options.data, options.records):
        figures = measure(name, records, options)
        console.print(table(name, figures), highlight=False)
        console.print(dropped(figures), highlight=False)
        results.append({"data": name, "records": records, "seed": options.seed, "ways": figures})
        if options.json is not None:
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps({"title": "Duplicates", "results": results}, indent=2) + "\n")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.linkage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--records", type=numbers, default=[632, 10_000, 100_000], help="sizes of the clinics (default: 632,10000,100000)"
    )
    parser.add_argument("--data", type=words(DATA), default=["clinic"], help=f"of {', '.join(DATA)} (default: clinic)")
    parser.add_argument("--against", type=words(PEERS), default=[], help=f"peers to measure too: {', '.join(PEERS)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each, in turn; medians are shown")
    parser.add_argument("--seed", type=int, default=1, help="of the clinics")
    parser.add_argument(
        "--errors", type=int, default=0, metavar="N", help="print N kinds of errors and the N worst pairs of each way"
    )
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    found = [int(part.replace("_", "")) for part in text.split(",")]
    if min(found) < 1:
        raise argparse.ArgumentTypeError("sizes are 1 or more")
    return found


def words(known: tuple[str, ...]) -> Any:
    def read(text: str) -> list[str]:
        found = [part for part in text.split(",") if part]
        if unknown := sorted(set(found) - set(known)):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
        return found

    return read


def data_sets(names: list[str], sizes: list[int]) -> Iterator[tuple[str, int]]:
    """Each clinic in every size, febrl once."""
    for name in names:
        yield from ((name, size) for size in (sizes if name in VARIANTS else [0]))


def measure(name: str, records: int, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Figures by way: medians of the rounds, in which the ways take turns; a way that breaks off has none."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.pickle"
        pd.to_pickle(load(name, records, options.seed), data)
        rounds: dict[str, dict[str, list[float]]] = {}
        broken: set[str] = set()
        for turn in range(options.rounds):
            for way in chosen(options.against):
                if way in broken:
                    continue
                run = one(way, data, Path(folder) / "out.json", options.errors if turn == 0 else 0)
                broken |= {way} if run is None else set()
                for figure, value in (run or {}).items():
                    rounds.setdefault(way, {}).setdefault(figure, []).append(value)
    return {way: medians(figures) for way, figures in rounds.items()}


def one(way: str, data: Path, out: Path, errors: int) -> dict[str, float] | None:
    """One run in a fresh process; None and the last line of its error where it broke off."""
    command = [sys.executable, "-m", "benchmarks.linkage.one", way, str(data), str(out), str(errors)]
    finished = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if finished.returncode:
        lines = finished.stderr.strip().splitlines() or [f"ended by signal {-finished.returncode}"]
        print(f"{way}: {lines[-1]}", file=sys.stderr)
        return None
    figures: dict[str, float] = json.loads(out.read_text())
    return figures


def table(name: str, figures: dict[str, dict[str, float]]) -> Table:
    """One row a way; the ratio is its wall time to ours."""
    size = next(iter(figures.values()))["records"] if figures else 0
    reach = f", recall {next(iter(figures.values()))['reachable recall']:.4f} by exact values" if figures else ""
    shown = Table("", *HEADINGS, "x ours", title=f"{name}, {size:,.0f} records{reach}", title_justify="left")
    ours = figures.get(OURS, {}).get("wall")
    for way, values in figures.items():
        ratio = f"{values['wall'] / ours:.1f}" if ours else ""
        shown.add_row(way, *(cell(values.get(figure)) for figure in SHOWN), ratio)
    return shown


def dropped(figures: dict[str, dict[str, float]]) -> str:
    """What the cap of our own blocking left out, rule by rule; another rule may have found the same pairs."""
    ours, head = figures.get(OURS, {}), "dropped blocks: "
    said = [
        f"{rule} {count:,.0f} ({ours['pairs in ' + head + rule]:,.0f} pairs)"
        for name, count in ours.items()
        if (rule := name.removeprefix(head)) != name
    ]
    return f"{OURS}, {ours.get('candidate pairs', 0):,.0f} candidate pairs; blocks above the cap: {', '.join(said) or 'none'}"


def cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) and value != 1 else f"{value:.4f}" if value < 1 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
