"""Scoring an organization: people in, clusters, pairs and the model out."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd

from contact_hub.linkage import Linkage, Model, deduplicate

CLUSTER_COLUMNS = ("contact_id", "cluster_id", "size", "decision")
PAIR_COLUMNS = ("left_id", "right_id", "probability", "weight", "decision", "fields", "model_version")
REFIT_SHARE = 0.1
"""A model serves until an organization has grown or shrunk by this share since it was fitted. A new one on every change would
move every weight a little, and with it every row."""
_PAIR_FIELDS = ("left_id", "right_id", "probability", "weight", "decision")

Pair = tuple[UUID, UUID]


@dataclass(frozen=True)
class FittedModel:
    """A model, and how many people it was fitted on."""

    model: Model
    people: int

    def serves(self, people: int) -> bool:
        return abs(people - self.people) <= REFIT_SHARE * self.people


def score(people: pd.DataFrame, region: str, *, distinct: Collection[Pair], fitted: FittedModel | None) -> Linkage:
    """Who may be whom.

    Args:
        people: as :func:`contact_hub.duplicates.people.people` gives them.
        distinct: contacts that somebody decided are two people; never a pair, never in one cluster.
        fitted: the model in use; a new one is fitted where it serves no more.
    """
    model = fitted.model if fitted is not None and fitted.serves(len(people)) else None
    apart = [(str(left), str(right)) for left, right in distinct]
    return deduplicate(people, region=region, model=model, distinct=apart)


def pair_rows(linkage: Linkage) -> Iterator[tuple[Any, ...]]:
    """Rows of ``duplicate_pairs`` in the order of :data:`PAIR_COLUMNS`; the smaller id is left."""
    pairs = linkage.pairs
    fields = [column for column in pairs.columns if column not in _PAIR_FIELDS]
    weights = pairs[fields].round(4).to_dict("records")
    scalars = pairs[list(_PAIR_FIELDS)].itertuples(index=False)
    for (left, right, probability, weight, decision), by_field in zip(scalars, weights, strict=True):
        ends = sorted((left, right))
        yield (*ends, round(probability, 9), round(weight, 4), decision, by_field, linkage.model.version)


def cluster_rows(linkage: Linkage) -> Iterator[tuple[Any, ...]]:
    """Rows of ``duplicate_clusters`` in the order of :data:`CLUSTER_COLUMNS`: contacts that have company.

    A cluster is certain where certain pairs alone hold it together.
    """
    sizes = linkage.clusters.map(linkage.clusters.value_counts())
    shared = linkage.clusters[sizes > 1]
    certain = _certain_clusters(linkage)
    decisions = np.where(shared.isin(certain), "certain", "possible")
    yield from zip(shared.index, shared, sizes[sizes > 1].tolist(), decisions.tolist(), strict=True)


def _certain_clusters(linkage: Linkage) -> set[Any]:
    raise NotImplementedError
