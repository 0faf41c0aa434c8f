"""Scoring an organization: people in; clusters, pairs, keys and counts out. No SQL."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd

from contact_hub.linkage import Linkage, LinkageModel, deduplicate
from contact_hub.linkage.blocking import BLOCK_CAP, RULES, KeyMatrix, key_matrix

REFIT_SHARE = 0.1
"""A model serves until an organization has grown or shrunk by this share since it was fitted. A new one on every change would
move every weight a little, and with it every row."""
_STRONG = {rule for rule, cap in RULES.items() if cap == BLOCK_CAP}


@dataclass(frozen=True)
class FittedModel:
    """A model, and how many people it was fitted on."""

    model: LinkageModel
    people: int

    def serves(self, people: int) -> bool:
        return abs(people - self.people) <= REFIT_SHARE * self.people


@dataclass(frozen=True)
class Scored:
    """A linkage, whether its model is a new one, and the keys by which one person's partners are found."""

    linkage: Linkage
    refitted: bool
    keys: KeyMatrix


def score(people: pd.DataFrame, region: str, *, distinct: Collection[tuple[UUID, UUID]], fitted: FittedModel | None) -> Scored:
    """Who may be whom.

    Args:
        people: as :func:`contact_hub.duplicates.people.people` gives them.
        distinct: contacts that somebody decided are two people; never a pair, never in one cluster.
        fitted: the model in use; a new one is fitted where it serves no more.
    """
    model = fitted.model if fitted is not None and fitted.serves(len(people)) else None
    known = set(people["record_id"])
    apart = [(str(left), str(right)) for left, right in distinct if str(left) in known and str(right) in known]
    linkage = deduplicate(people, region=region, model=model, distinct=apart)
    return Scored(_without(linkage, apart), model is None, key_matrix(linkage.people))


def _without(linkage: Linkage, apart: Collection[tuple[str, str]]) -> Linkage:
    """What was said to be distinct is no pair, however alike."""
    if not apart:
        return linkage
    pairs = linkage.pairs
    said = pd.MultiIndex.from_tuples({pair for one in apart for pair in (one, one[::-1])})
    pairs.drop(pairs.index[pd.MultiIndex.from_frame(pairs[["left_id", "right_id"]]).isin(said)], inplace=True)
    pairs.reset_index(drop=True, inplace=True)
    return linkage


def statistics(scored: Scored) -> dict[str, Any]:
    """The row of ``duplicate_statistics``."""
    counted, pairs = scored.linkage.statistics, scored.linkage.pairs
    decided = pairs["decision"].value_counts()
    return {
        "people": counted["records"],
        "candidate_pairs": counted["candidate_pairs"],
        "certain": int(decided.get("certain", 0)),
        "possible": int(decided.get("possible", 0)),
        "clusters": int((np.bincount(scored.linkage.label) > 1).sum()),
        "blocks": sum(count for rule, count in scored.keys.blocks.items() if rule in _STRONG),
        "dropped_blocks": sum(count for rule, count in counted["dropped_blocks"].items() if rule in _STRONG),
        "lost_pairs": sum(counted["dropped_pairs"].values()),
        "model_version": scored.linkage.model.version,
    }
