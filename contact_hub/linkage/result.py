"""What a linkage found: clusters, pairs, the model, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage.blocking import BLOCK_CAP, candidate_pairs
from contact_hub.linkage.columns import People
from contact_hub.linkage.comparison import compare
from contact_hub.linkage.decisions import may_be_certain
from contact_hub.linkage.explanation import Explanation, explain
from contact_hub.linkage.fields import FIELDS
from contact_hub.linkage.model import LinkageModel
from contact_hub.linkage.scoring import Scores, field_weights, score

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Linkage:
    """Result of `deduplicate` or `link`.

    Attributes:
        clusters: Series record_id -> cluster id, sorted by record id; a cluster is named by its smallest record id.
        pairs: `left_id, right_id, probability, weight` (log2 of the odds that they are one person), `decision`
            (`certain` or `possible`), and one column a field: its weight in bits.
        model: what was estimated or given.
        statistics: candidate pairs by rule, blocks dropped by the cap and the pairs in them, placeholders, counts.
    """

    clusters: pd.Series[Any]
    pairs: pd.DataFrame
    model: LinkageModel
    statistics: dict[str, Any]
    people: People = field(repr=False)
    label: Array = field(repr=False)
    all_pairs: float = field(repr=False)
    certain: float
    possible: float

    def scored_candidates(self, block_cap: int = BLOCK_CAP) -> tuple[Array, Array, Array]:
        """All pairs that blocking gives, below the threshold too: rows of `clusters` left and right, and weights in bits.

        Found and scored anew, for `pairs` keeps none below the threshold; of linked tables, pairs within one are among them.
        """
        found = candidate_pairs(self.people, None, block_cap)
        levels = compare(self.people, found.left, found.right)
        scores = score(self.model, self.people, found.left, found.right, levels, self.all_pairs)
        return found.left, found.right, scores.log_odds / np.log(2)

    def explain(self, left_id: Any, right_id: Any) -> Explanation:
        """Why these two records are, may be or are not one person; any two records, not only candidates.

        Raises:
            KeyError: an id is not among the records.
        """
        rows = self.clusters.index.get_indexer(pd.Index([left_id, right_id], dtype=self.clusters.index.dtype))
        if (rows < 0).any() or left_id == right_id:
            raise KeyError(f"two different record ids of the linkage are needed, not {left_id!r} and {right_id!r}")
        left, right = rows[:1], rows[1:]
        levels = compare(self.people, left, right)
        scores = score(self.model, self.people, left, right, levels, self.all_pairs)
        together = bool(self.label[left[0]] == self.label[right[0]])
        return explain(
            self.model, scores, self.all_pairs, len(self.people), (left_id, right_id), together, self.certain, self.possible
        )


def pair_table(
    people: People, model: LinkageModel, scores: Scores, label: Array, certain: float, possible: float, side: Array | None
) -> pd.DataFrame:  # fmt: skip
    """The pairs whose probability reaches `possible`."""
    probability = 1 / (1 + np.exp(-np.clip(scores.log_odds, -700, 700)))
    kept = np.flatnonzero(probability >= possible)
    chosen = scores.of(kept)
    left, right = chosen.left, chosen.right
    sure = (probability[kept] >= certain) & may_be_certain(chosen.levels) & (label[left] == label[right])
    if side is not None:
        left, right = np.where(side[left] == 0, left, right), np.where(side[left] == 0, right, left)
    table = pd.DataFrame(
        {
            "left_id": people.ids[left],
            "right_id": people.ids[right],
            "probability": probability[kept],
            "weight": chosen.log_odds / np.log(2),
            "decision": np.where(sure, "certain", "possible").astype(object),
        }
    )
    weights = field_weights(model, chosen)
    for place, name in enumerate(FIELDS):
        table[name] = weights[:, place]
    return table
