"""The ways that are compared, by name; each takes a frame (and the truth, which only dedupe's labels use)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.linkage import peers
from benchmarks.linkage.found import Found
from benchmarks.linkage.metrics import Codes, Weights, naive_clusters

OURS = "contact_hub"
NAIVE = "naive rule"


def ours(frame: pd.DataFrame, person: Codes) -> Found:
    """contact_hub with its shipped defaults; febrl4 by ``link``."""
    from contact_hub import linkage

    columns = frame.drop(columns=["source"])
    if peers.is_linked(frame):
        parts = [columns[frame["source"] == side].reset_index(drop=True) for side in ("left", "right")]
        result = linkage.link(*parts)
    else:
        result = linkage.deduplicate(columns)
    place = pd.Series(np.arange(len(frame)), index=frame["record_id"])
    cluster = pd.factorize(result.clusters.reindex(frame["record_id"]))[0]
    pairs = result.pairs
    left, right = (place.loc[pairs[f"{side}_id"]].to_numpy() for side in ("left", "right"))
    certain = (pairs["decision"] == "certain").to_numpy()
    counted = result.statistics
    dropped = {rule: (blocks, counted["dropped_pairs"].get(rule, 0)) for rule, blocks in counted["dropped_blocks"].items()}
    facts = {
        "candidate pairs": counted["candidate_pairs"],
        "dropped blocks": sum(blocks for blocks, _ in dropped.values()),
        "pairs in dropped blocks": sum(inside for _, inside in dropped.values()),
    }

    def candidates() -> tuple[Codes, Codes, Weights]:
        row = place.loc[result.clusters.index].to_numpy()
        one, other, weight = result.scored_candidates()
        a, b = row[one], row[other]
        kept = peers.allowed(frame, a, b)
        return a[kept], b[kept], weight[kept]

    weights = pairs["weight"].to_numpy(dtype=float)
    return Found(cluster, left, right, weights, certain, candidates, facts=facts, dropped=dropped)


def naive(frame: pd.DataFrame, person: Codes) -> Found:
    return Found(naive_clusters(frame))


WAYS: dict[str, Callable[[pd.DataFrame, Codes], Found]] = {
    OURS: ours,
    NAIVE: naive,
    "splink": partial(peers.splink, fast=False, guard=False),
    "splink fast+guard": partial(peers.splink, fast=True, guard=True),
    "recordlinkage": partial(peers.recordlinkage, guard=False),
    "recordlinkage+guard": partial(peers.recordlinkage, guard=True),
    "dedupe": peers.dedupe,
}
PEERS = ("splink", "recordlinkage", "dedupe")


def chosen(against: list[str]) -> list[str]:
    """Our own (where it is there), the naive rule, and every set-up of the named peers."""
    own = [OURS] if importlib.util.find_spec("contact_hub.linkage") else []
    return own + [NAIVE] + [name for name in WAYS if any(name.startswith(peer) for peer in against)]


def missing(against: list[str]) -> list[str]:
    """Peers that are not installed."""
    return [peer for peer in against if importlib.util.find_spec(peer) is None]
