"""What a way of finding duplicates gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from benchmarks.linkage.metrics import Codes, Weights


@dataclass(frozen=True)
class Found:
    """Clusters, and where a way tells them its scored pairs.

    Attributes:
        cluster: the cluster of each row.
        left, right: positions of scored pairs, each pair once.
        weight: the pair's score, on the way's own scale.
        certain: which pairs the way would merge by itself; None where it has one threshold only.
        candidates: gives all pairs that blocking gave, left and right with their weights, out of the measured time.
        blocks: the columns of each blocking rule, where exact equality in all of one makes a candidate.
        facts: further figures, such as candidate pairs.
        dropped: blocks that a cap dropped, by rule, and the pairs in them.
    """

    cluster: Codes
    left: Codes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    right: Codes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    weight: Weights = field(default_factory=lambda: np.zeros(0))
    certain: np.ndarray | None = None
    candidates: Callable[[], tuple[Codes, Codes, Weights]] | None = None
    blocks: Sequence[Sequence[str]] = ()
    facts: dict[str, float] = field(default_factory=dict)
    dropped: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def filled(frame: pd.DataFrame, *columns: str) -> list[str]:
    """Those of the columns that hold any value."""
    return [column for column in columns if column in frame and frame[column].notna().any()]
