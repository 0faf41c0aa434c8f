"""Run benchmarks: all of them, or those named; each in a process of its own.

python -m benchmarks [NAME ...]
"""

import argparse
import subprocess
import sys

from rich.console import Console

from benchmarks.report import RESULTS

BENCHMARKS = (
    "phones",
    "sync",
    "dagster_run",
    "directory",
    "events",
    "context",
    "many_organizations",
    "linkage",
    "match",
    "merging",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)} (default: all)")
    names = parser.parse_args().names or BENCHMARKS
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    RESULTS.mkdir(exist_ok=True)
    failed = [name for name in names if not run(name)]
    return 1 if failed else 0


def run(name: str) -> bool:
    """Run one benchmark; it prints its table itself. False: it broke off (a missed target is a result, no failure)."""
    console, path = Console(), RESULTS / f"{name}.json"
    console.print(f"\n[bold]{name}[/] (python -m benchmarks.{name} --help)", highlight=False)
    finished = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", "--json", str(path)]).returncode == 0
    console.print(f"figures: {path}" if finished else f"[red]{name} broke off", highlight=False, soft_wrap=True)
    return finished


if __name__ == "__main__":
    sys.exit(main())
