"""recordlinkage's classes with our kernels, and around them.

`PersonIndex` is an index algorithm for `recordlinkage.Index`, `features` a table of agreement for its classifiers, so that its
index, compare and classifier classes can replace a part of the method, or be measured against it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler
from recordlinkage.base import BaseCompareFeature, BaseIndexAlgorithm

from contact_hub.linkage.blocking import candidate_pairs
from contact_hub.linkage.columns import read_people
from contact_hub.linkage.comparison import compare
from contact_hub.linkage.fields import LEVELS

_AGREEMENT = {
    "exact": 1.0, "nickname": 0.95, "short": 0.85, "swapped": 0.95, "double": 0.9,
    "initial": 0.7, "typo": 0.9, "near": 0.9, "similar": 0.6,
    "street": 0.6, "suburb": 0.5, "suburb only": 0.3, "close": 0.2, "different": 0.0, "missing": 0.0,
}  # fmt: skip


class PersonIndex(BaseIndexAlgorithm):
    """The candidate pairs of our blocking rules; the frame's index is the record id."""

    def __init__(self, region: str = "AU", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.region = region

    def _dedup_index(self, df_a: pd.DataFrame) -> pd.MultiIndex:
        people = read_people(df_a.assign(record_id=np.arange(len(df_a))), self.region)
        found = candidate_pairs(people)
        # recordlinkage wants the later record first
        return pd.MultiIndex.from_arrays([df_a.index[found.right], df_a.index[found.left]])

    def _link_index(self, df_a: pd.DataFrame, df_b: pd.DataFrame) -> pd.MultiIndex:
        both = pd.concat([df_a.astype(object), df_b.astype(object)], ignore_index=True)
        people = read_people(both.assign(record_id=np.arange(len(both))), self.region)
        found = candidate_pairs(people, np.arange(len(both)) >= len(df_a))
        return pd.MultiIndex.from_arrays([df_a.index[found.left], df_b.index[found.right - len(df_a)]])


class JaroWinklerFeature(BaseCompareFeature):
    """Jaro-Winkler of one column by rapidfuzz, for `recordlinkage.Compare.add`; a missing value compares as NaN."""

    def __init__(self, left_on: str, right_on: str, label: str | None = None) -> None:
        super().__init__(left_on, right_on, label=label)

    def _compute_vectorized(self, left: pd.Series[Any], right: pd.Series[Any]) -> pd.Series[Any]:
        found = process.cpdist(left.to_numpy(object), right.to_numpy(object), scorer=JaroWinkler.similarity, dtype=np.float64)
        return pd.Series(found, index=left.index).mask(left.isna() | right.isna())


def features(pairs: pd.MultiIndex, records: pd.DataFrame, region: str = "AU") -> pd.DataFrame:
    """How far these pairs agree, 0 to 1, one column a field; as everywhere in recordlinkage a missing value is 0."""
    people = read_people(records.assign(record_id=np.arange(len(records))), region)
    left, right = (records.index.get_indexer(pairs.get_level_values(side)) for side in (0, 1))
    found = compare(people, left, right)
    columns = {
        name: np.array([_AGREEMENT[level] for level in levels])[found[:, place]]
        for place, (name, levels) in enumerate(LEVELS.items())
    }
    return pd.DataFrame(columns, index=pairs)
