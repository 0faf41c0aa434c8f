"""One way on one data set, in a process of its own: python -m benchmarks.linkage.one WAY DATA.pickle OUT.json [ERRORS]"""

from __future__ import annotations

import gc
import importlib
import json
import resource
import sys
import time
import warnings
from pathlib import Path

import pandas as pd

from benchmarks.linkage import errors, metrics
from benchmarks.linkage.ways import WAYS


def main(way: str, data: Path, out: Path, worst: int) -> None:
    """Measure the way, then its quality; imports and loading are not its time, but the process's peak memory is."""
    warnings.simplefilter("ignore")
    frame, person = pd.read_pickle(data)
    for library in ("splink", "recordlinkage", "dedupe"):
        if way.startswith(library):
            importlib.import_module(library)
    if way == "contact_hub":
        importlib.import_module("contact_hub.linkage")
    gc.collect()
    loaded, cpu, wall = _peak(), time.process_time(), time.perf_counter()
    found = WAYS[way](frame, person)
    figures: dict[str, float] = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    figures |= {"peak rss": _peak(), "loaded rss": loaded, "records": len(frame)}
    figures |= metrics.evaluate(frame, found.cluster, person) | found.facts
    figures["reachable recall"] = metrics.reachable_recall(frame, person)
    if found.certain is not None:
        sure = found.certain
        same = person[found.left[sure]] == person[found.right[sure]]
        figures |= {"certain pairs": int(sure.sum()), "certain precision": float(same.mean()) if sure.any() else 1.0}
        merged = metrics.components(found.left[sure], found.right[sure], len(frame))
        automatic = {f"automatic {name}": value for name, value in metrics.evaluate(frame, merged, person).items()}
        figures |= automatic
    if len(found.left):
        figures["pair completeness of scored pairs"] = metrics.pair_completeness(found.left, found.right, person)
        figures |= _best(metrics.best_threshold(found.left, found.right, found.weight, person), figures)
    if found.candidates is not None:
        left, right, _ = found.candidates()
        figures["pair completeness"] = metrics.pair_completeness(left, right, person)
    elif found.blocks:
        figures["pair completeness"] = metrics.blocked_completeness(frame, found.blocks, person)
    for rule, (blocks, inside) in found.dropped.items():
        figures |= {f"dropped blocks: {rule}": blocks, f"pairs in dropped blocks: {rule}": inside}
    if worst:
        errors.print_errors(frame, found, person, worst, way)
    out.write_text(json.dumps(figures))


def _best(best: dict[str, float], own: dict[str, float]) -> dict[str, float]:
    """The way's own threshold counts among the thresholds."""
    if best["best pair f1"] >= own["pair f1"]:
        return best
    return {"best pair f1": own["pair f1"], "best cluster f1": own["cluster f1"]}


def _peak() -> float:
    """GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 0)
