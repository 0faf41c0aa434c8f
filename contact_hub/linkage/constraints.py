"""What people decided about pairs: known to be the same, known to be distinct. Decisions outweigh every score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage.clustering import components, smallest_rows

Array = np.ndarray[Any, Any]
Pairs = Iterable[tuple[Any, Any]] | pd.DataFrame


@dataclass(frozen=True)
class Constraints:
    """Pairs of rows; `label` numbers the groups that *same* makes by their smallest row."""

    same: Array
    distinct: Array
    label: Array


def read_constraints(ids: Array, same: Pairs = (), distinct: Pairs = ()) -> Constraints:
    """The decisions as rows. A pair with an id that is not among the records has nothing to decide and is left out.

    Args:
        same, distinct: pairs of ids, or a table with `left_id` and `right_id` such as `Linkage.pairs`.

    Raises:
        ValueError: they are no pairs; a pair is called distinct, and the same (itself, or through others).
    """
    same, distinct = _listed("same", same), _listed("distinct", distinct)
    decided = {record for pair in (*same, *distinct) for record in pair}
    row = {record: place for place, record in enumerate(ids) if record in decided} if decided else {}
    equal, apart = _rows(row, same), _rows(row, distinct)
    label = smallest_rows(components(equal[:, 0], equal[:, 1], len(ids))) if len(equal) else np.arange(len(ids))
    clash = apart[label[apart[:, 0]] == label[apart[:, 1]]]
    if len(clash):
        a, b = clash[0]
        raise ValueError(
            f"{len(clash)} pairs are called distinct and also the same, directly or through others: {ids[a]!r} and {ids[b]!r}"
        )
    return Constraints(equal, apart, label)


def _listed(name: str, pairs: Pairs) -> list[tuple[Any, Any]]:
    if isinstance(pairs, pd.DataFrame) and {"left_id", "right_id"} <= set(pairs.columns):
        pairs = zip(pairs["left_id"], pairs["right_id"], strict=True)
    listed: list[Any] = list(pairs)
    if not all(isinstance(pair, (tuple, list, np.ndarray)) and len(pair) == 2 for pair in listed):
        raise ValueError(f"{name} takes pairs of record ids such as [('a', 'b')], or a table of them with left_id and right_id")
    return [(pair[0], pair[1]) for pair in listed]


def _rows(row: dict[Any, int], pairs: list[tuple[Any, Any]]) -> Array:
    listed = [(row[a], row[b]) for a, b in pairs if a in row and b in row]
    found = np.array(sorted({(min(pair), max(pair)) for pair in listed}), dtype=np.int64)
    return found.reshape(-1, 2)
