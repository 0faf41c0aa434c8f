"""How good clusters are, against the truth. All arrays have one entry a record, in the order of the frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Codes = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
HOUSEHOLD = ("phone", "family_name", "address")


def pair_scores(cluster: Codes, person: Codes) -> dict[str, float]:
    """Precision, recall and F1 over all pairs of records that share a cluster or a person."""
    both = _pairs_within(pd.Series(cluster).groupby([cluster, person]).size())
    found, true = (_pairs_within(pd.Series(labels).value_counts()) for labels in (cluster, person))
    return _scores("pair", both, found, true)


def cluster_scores(cluster: Codes, person: Codes) -> dict[str, float]:
    """The same over whole clusters of two or more records: found is one only if it holds exactly a person's records."""
    sizes = (
        pd.DataFrame({"cluster": cluster, "person": person}).groupby(["cluster", "person"]).size().rename("both").reset_index()
    )
    of_cluster, of_person = pd.Series(cluster).value_counts(), pd.Series(person).value_counts()
    exact = (sizes["both"] == of_cluster.loc[sizes["cluster"]].to_numpy()) & (
        sizes["both"] == of_person.loc[sizes["person"]].to_numpy()
    )
    return _scores("cluster", int((exact & (sizes["both"] > 1)).sum()), int((of_cluster > 1).sum()), int((of_person > 1).sum()))


def naive_clusters(frame: pd.DataFrame) -> Codes:
    """The rule that a data set must not fall under: the same phone, or the same name and birth date."""
    keys = frame[["given_name", "family_name", "date_of_birth"]]
    named = keys.notna().all(axis=1)
    person = pd.Series(np.where(named, keys.astype(str).agg("|".join, axis=1), None), index=frame.index)
    edges = [_chained(column) for column in (frame["phone"], person)]
    left, right = (np.concatenate(side) for side in zip(*edges, strict=True))
    return components(left, right, len(frame))


def components(left: Codes, right: Codes, size: int) -> Codes:
    """The connected component of each of ``size`` records."""
    graph = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def pair_completeness(left: Codes, right: Codes, person: Codes) -> float:
    """Share of true pairs that are among candidate pairs (each given once)."""
    true = _pairs_within(pd.Series(person).value_counts())
    return float((person[left] == person[right]).sum() / true) if true else 1.0


def blocked_completeness(frame: pd.DataFrame, blocks: Sequence[Sequence[str]], person: Codes) -> float:
    """The same of rules that make candidates of records equal in all columns of one, none of them missing."""
    left, right = pairs_within(person)
    found = np.zeros(len(left), dtype=bool)
    for rule in blocks:
        equal = np.ones(len(left), dtype=bool)
        for column in rule:
            codes = pd.factorize(frame[column])[0]
            equal &= (codes[left] == codes[right]) & (codes[left] >= 0)
        found |= equal
    return float(found.mean()) if len(found) else 1.0


def pairs_within(labels: Codes) -> tuple[Codes, Codes]:
    """All pairs of rows with the same label, each once; labels of more than 200 rows are left out."""
    rows = pd.DataFrame({"label": labels, "row": np.arange(len(labels))})
    size = rows.groupby("label")["row"].transform("size")
    rows = rows[(size > 1) & (size <= 200)]
    both = rows.merge(rows, on="label")
    both = both[both["row_x"] < both["row_y"]]
    return both["row_x"].to_numpy(), both["row_y"].to_numpy()


def reachable_recall(frame: pd.DataFrame, person: Codes) -> float:
    """Pair recall of who knows the truth but joins only records that share an exact phone, email, birth date or address.

    What is above it needs evidence from names alone, or from values with mistakes: a bound to judge misses by, no limit.
    """
    edges = []
    for column in ("phone", "email", "date_of_birth", "address"):
        codes = pd.factorize(frame[column])[0]
        keys = pd.Series(np.where(codes >= 0, person * (codes.max() + 1) + codes, -1)).where(codes >= 0)
        edges.append(_chained(keys))
    left, right = (np.concatenate(side) for side in zip(*edges, strict=True))
    return pair_scores(components(left, right, len(frame)), person)["pair recall"]


def best_threshold(left: Codes, right: Codes, weight: Weights, person: Codes, steps: int = 12) -> dict[str, float]:
    """The best pair F1 of connected components over thresholds, chosen with the truth in hand, and the cluster F1 there."""
    best = {"best pair f1": 0.0, "best cluster f1": 0.0, "best threshold": 0.0}
    for threshold in np.unique(np.quantile(weight, np.linspace(0, 0.98, steps))) if len(weight) else ():
        kept = weight >= threshold
        cluster = components(left[kept], right[kept], len(person))
        score = pair_scores(cluster, person)["pair f1"]
        if score > best["best pair f1"]:
            exact = cluster_scores(cluster, person)["cluster f1"]
            best = {"best pair f1": score, "best cluster f1": exact, "best threshold": float(threshold)}
    return best


def false_household_merges(frame: pd.DataFrame, cluster: Codes, person: Codes) -> dict[str, int]:
    """Pairs of different people in one cluster who share phone, surname and address; ``twins`` share the birth date too."""
    table = frame[[*HOUSEHOLD, "date_of_birth"]].assign(cluster=cluster, person=person).dropna(subset=list(HOUSEHOLD))

    def different(*more: str) -> int:
        keys = ["cluster", *HOUSEHOLD, *more]
        rows = table.dropna(subset=list(more))
        return _pairs_within(rows.groupby(keys).size()) - _pairs_within(rows.groupby([*keys, "person"]).size())

    return {"false household merges": different(), "of them twins": different("date_of_birth")}


def evaluate(frame: pd.DataFrame, cluster: Codes, person: Codes) -> dict[str, float]:
    """All scores of one clustering."""
    scores: Mapping[str, float] = pair_scores(cluster, person) | cluster_scores(cluster, person)
    return dict(scores) | false_household_merges(frame, cluster, person)


def _pairs_within(sizes: pd.Series) -> int:
    counts = sizes.to_numpy(dtype=np.int64)
    return int((counts * (counts - 1) // 2).sum())


def _scores(name: str, both: int, found: int, true: int) -> dict[str, float]:
    """Nothing found is all right, and nothing to find is all found."""
    precision, recall = both / found if found else 1.0, both / true if true else 1.0
    total = precision + recall
    return {
        f"{name} precision": precision,
        f"{name} recall": recall,
        f"{name} f1": 2 * precision * recall / total if total else 0.0,
    }


def _chained(column: pd.Series) -> tuple[Codes, Codes]:
    """Edges that join the rows of each value, as a chain."""
    codes = pd.factorize(column)[0]
    order = np.argsort(codes, kind="stable")
    left, right = order[:-1], order[1:]
    same = (codes[left] == codes[right]) & (codes[left] >= 0)
    return left[same], right[same]
