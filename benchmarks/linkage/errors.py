"""Why pairs went wrong: kinds of false merges and misses with their counts, and the worst pairs. Synthetic data only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from rich.console import Console

from benchmarks.linkage.found import Found
from benchmarks.linkage.metrics import Codes, pairs_within

FIELDS = ("given_name", "family_name", "date_of_birth", "phone", "email", "address", "postcode")
LIMIT = 2_000_000


def false_and_missed(cluster: Codes, person: Codes) -> tuple[tuple[Codes, Codes], tuple[Codes, Codes]]:
    """Pairs of different people in one cluster, and pairs of one person in two."""
    a, b = pairs_within(cluster)
    wrong = person[a] != person[b]
    c, d = pairs_within(person)
    missed = cluster[c] != cluster[d]
    return (a[wrong], b[wrong]), (c[missed], d[missed])


def kinds(frame: pd.DataFrame, left: Codes, right: Codes) -> pd.Series:
    """How the fields of each pair compare, as text: ``=`` the same, ``x`` different, ``.`` one is missing."""
    signs = pd.Series("", index=range(len(left)))
    for field in FIELDS:
        a, b = (frame[field].to_numpy(dtype=object)[side] for side in (left, right))
        sign = np.where(pd.isna(a) | pd.isna(b), ".", np.where(a == b, "=", "x"))
        signs = signs + f" {field.split('_')[0]}" + pd.Series(sign)
    return signs.str.strip()


def print_errors(frame: pd.DataFrame, found: Found, person: Codes, worst: int) -> None:
    console = Console(width=180, highlight=False)
    weights = pd.Series(found.weight, index=pd.MultiIndex.from_arrays([found.left, found.right]))
    for title, (left, right) in zip(("false merges", "misses"), false_and_missed(found.cluster, person), strict=True):
        console.print(f"\n{title}: {len(left):,} pairs")
        if not len(left):
            continue
        names = kinds(frame, left, right)
        for kind, count in names.value_counts().head(worst).items():
            console.print(f"  {count:7,}  {kind}")
        weight = weights.reindex(pd.MultiIndex.from_arrays([left, right])).to_numpy()
        order = np.argsort(np.nan_to_num(-weight if title == "false merges" else weight, nan=np.inf), kind="stable")[:worst]
        for place in order:
            console.print(f"  weight {weight[place]:.2f}", markup=False)
            columns = [*FIELDS, "suburb", "source"]
            for row in (left[place], right[place]):
                values = ["-" if pd.isna(value) else str(value) for value in frame.loc[row, columns]]
                console.print("    " + " | ".join(values), markup=False)
