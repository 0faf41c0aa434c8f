"""Why pairs went wrong: kinds of false merges and misses with their counts, and the worst pairs. Synthetic data only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.linkage.found import Found
from benchmarks.linkage.metrics import Codes, Weights, pairs_within

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


def print_errors(frame: pd.DataFrame, found: Found, person: Codes, worst: int, way: str) -> None:
    """The commonest kinds of errors, and the worst pairs: false merges the way is surest of, misses it scores lowest."""
    console = Console(width=180, highlight=False)
    left, right, weight = found.candidates() if found.candidates is not None else (found.left, found.right, found.weight)
    weights = pd.Series(weight, index=pd.MultiIndex.from_arrays([np.minimum(left, right), np.maximum(left, right)]))
    for title, (one, other) in zip(("false merges", "misses"), false_and_missed(found.cluster, person), strict=True):
        console.print(f"\n{way}, {title}: {len(one):,} pairs")
        for kind, count in kinds(frame, one, other).value_counts().head(worst).items():
            console.print(f"  {count:7,}  {kind}")
        weight = weights.reindex(pd.MultiIndex.from_arrays([one, other])).to_numpy()
        order = np.argsort(np.nan_to_num(-weight if title == "false merges" else weight, nan=np.inf), kind="stable")[:worst]
        if len(order):
            console.print(_side_by_side(frame, one[order], other[order], weight[order]))


def _side_by_side(frame: pd.DataFrame, left: Codes, right: Codes, weight: Weights) -> Table:
    """Two rows a pair; its weight, or that none is known (no candidate, or under the least score that the way tells)."""
    columns = [*FIELDS, "suburb", "source"]
    table = Table("weight", *(column.replace("_", " ") for column in columns), show_lines=False)
    for one, other, bits in zip(left, right, weight, strict=True):
        for row, said in ((one, "unscored" if np.isnan(bits) else f"{bits:.2f}"), (other, "")):
            values = ["-" if pd.isna(value) else str(value) for value in frame.loc[row, columns]]
            table.add_row(said, *map(Text, values), end_section=row == other)
    return table
