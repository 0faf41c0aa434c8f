"""Why our own linkage errs: what no method could have known, and what this one got wrong.

python -m benchmarks.linkage.causes [RECORDS] [SEED] [REFERENCE RECORDS]

How a pair is judged: by all candidates with the same levels in every field, in another and larger clinic (the reference). Where
half or more of them are one person, a careful person who sees these fields says yes; where fewer are, no.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.linkage.data import load
from benchmarks.linkage.errors import false_and_missed
from benchmarks.linkage.metrics import Codes
from contact_hub.linkage import Linkage, deduplicate
from contact_hub.linkage.comparison import compare
from contact_hub.linkage.fields import FIELDS, LEVELS

LEAST_SEEN = 5
"""Reference pairs below which a pattern is judged by what is in common alone."""
MORE_THAN_A_NAME = {
    "date_of_birth": ("exact", "near"), "phone": ("exact", "typo"), "email": ("exact", "typo"), "address": ("exact", "near"),
}  # fmt: skip


def found(records: int, seed: int) -> tuple[Linkage, Codes]:
    """Our linkage of a clinic, and the person of each of its rows."""
    frame, person = load("clinic", records, seed)
    result = deduplicate(frame.drop(columns="source"))
    place = pd.Series(np.arange(len(frame)), index=frame["record_id"])
    return result, person[place.loc[result.clusters.index].to_numpy()]


def patterns(result: Linkage, left: Codes, right: Codes) -> pd.MultiIndex:
    levels = compare(result.people, left.astype(np.int32), right.astype(np.int32))
    return pd.MultiIndex.from_arrays(list(levels.T), names=list(FIELDS))


def judge(records: int, seed: int) -> pd.DataFrame:
    """Per pattern of the reference: ``share`` that are one person, and ``seen``."""
    result, person = found(records, seed)
    left, right, _ = result.scored_candidates()
    same = pd.Series(person[left] == person[right], index=patterns(result, left, right))
    grouped = same.groupby(level=list(range(len(FIELDS))))
    return pd.DataFrame({"share": grouped.mean(), "seen": grouped.size()})


def causes(result: Linkage, person: Codes, judged: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """``misses`` and ``false merges``: a row a pair with its rows, weight, what it has in common, and cause."""
    left, right, weight = result.scored_candidates()
    weights = pd.Series(weight, index=pd.MultiIndex.from_arrays([left, right]))
    cluster = pd.factorize(result.clusters)[0].astype(np.int64)
    wrong, missed = false_and_missed(cluster, person)
    tables = {}
    for name, (a, b) in (("misses", missed), ("false merges", wrong)):
        a, b = np.minimum(a, b), np.maximum(a, b)
        table = _table(result, a, b, weights, judged)
        cause = _of_misses(table) if name == "misses" else _of_merges(table)
        tables[name] = table.assign(cause=cause)
    return tables


def _table(result: Linkage, a: Codes, b: Codes, weights: pd.Series[Any], judged: pd.DataFrame) -> pd.DataFrame:
    pattern = patterns(result, a, b)
    known = judged.reindex(pattern)
    more = np.zeros(len(a), dtype=bool)
    for field, levels in MORE_THAN_A_NAME.items():
        more |= pattern.get_level_values(field).isin([LEVELS[field][level] for level in levels])
    seen = known["seen"].fillna(0).to_numpy() >= LEAST_SEEN
    yes = np.where(seen, known["share"].fillna(0).to_numpy() >= 0.5, more)
    says = [
        " ".join(f"{f.split('_')[0]}:{w}" for f, w in zip(FIELDS, map(_word, FIELDS, row), strict=True) if w) for row in pattern
    ]
    weight = weights.reindex(pd.MultiIndex.from_arrays([a, b])).to_numpy()
    return pd.DataFrame({"left": a, "right": b, "weight": weight, "more": more, "yes": yes, "seen": seen, "says": says})


def _word(field: str, level: int) -> str:
    return "" if level == 0 else list(LEVELS[field])[level]


def _of_misses(table: pd.DataFrame) -> Any:
    candidate = table["weight"].notna()
    return np.select(
        [
            ~candidate & ~table["more"], ~candidate & ~table["yes"], ~candidate,
            ~table["more"], ~table["yes"], table["weight"] > 0,
        ],
        [
            "a1 no candidate: a name in common at most", "a2 no candidate: more in common, most such are two people",
            "a3 no candidate: a careful person would say yes", "b1 candidate: nothing but a name in common",
            "b2 candidate: more in common, but most such pairs are two people", "c2 above the threshold, cut by clustering",
        ],
        "c1 candidate scored too low: a careful person would say yes",
    )  # fmt: skip


def _of_merges(table: pd.DataFrame) -> Any:
    return np.select(
        [table["weight"].isna(), table["weight"] <= 0, table["yes"]],
        ["a1 joined through others, no candidate", "a2 joined through others, scored as two people",
         "b scored above: most such pairs are one person"],
        "c scored too high: a careful person would say no",
    )  # fmt: skip


def main(records: int = 10_000, seed: int = 1, reference: int = 100_000) -> None:
    judged = judge(reference, seed + 1)
    result, person = found(records, seed)
    sizes = np.bincount(pd.factorize(person)[0])
    true = int((sizes * (sizes - 1) // 2).sum())
    print(f"{records:,} records, {true:,} pairs of one person; judged by {judged['seen'].sum():,} pairs of {reference:,}")
    for name, table in causes(result, person, judged).items():
        print(f"\n{name}: {len(table):,} pairs, {table['seen'].mean():.0%} of a pattern seen {LEAST_SEEN} times or more")
        for cause, rows in table.groupby("cause"):
            print(f"  {len(rows):5,} {len(rows) / true:7.2%} of true pairs  {cause}")
            for says, count in rows["says"].value_counts().head(4).items():
                print(f"            {count:4,}  {says or '(nothing to compare)'}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
