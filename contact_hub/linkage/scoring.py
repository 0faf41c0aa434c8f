"""Log odds of 'same person' for pairs of rows, by a model: against household, namesake and unrelated together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage.columns import People
from contact_hub.linkage.fields import FAMILY, FIELDS, GIVEN
from contact_hub.linkage.model import HOUSEHOLD, NAMESAKE, SAME, UNRELATED, LinkageModel, log_chances, patterns

Array = np.ndarray[Any, Any]

_RARE, _COMMON = 0.02, 50.0  # bounds of what a name's frequency may multiply the odds by
_RAREST = 0.005  # of both together: rare given and family names go together
_NAME_FIELDS = ("given_name", "family_name")
_KEPT = 3  # records that share a name before the model keeps its frequency


@dataclass(frozen=True)
class Scores:
    """One row a pair.

    Attributes:
        log_odds: natural logarithm of the odds of *same* against the rest.
        against: log P(levels | same) - log P(levels | household or namesake, whichever explains them better).
        name_terms: (pairs, 2): what the frequency of equal given and family names adds to the weight.
    """

    levels: Array
    log_odds: Array
    against: Array
    name_terms: Array


def with_names(model: LinkageModel, people: People) -> LinkageModel:
    """The model with the frequencies of names in these records."""
    keys = pd.util.hash_array(np.array(people.names.keys, dtype=object)) if len(people.names) else np.empty(0, np.uint64)
    tables, ordinary = {}, {}
    for name, codes in zip(_NAME_FIELDS, (people.given, people.family), strict=True):
        known = codes[codes >= 0]
        counts = np.bincount(known, minlength=len(people.names)).astype(float)
        total = max(len(known), 1)
        frequent = np.flatnonzero(counts >= _KEPT)
        tables[name] = {int(keys[row]): (counts[row] - 1) / total for row in frequent}
        ordinary[name] = max(float((counts * (counts - 1)).sum()) / max(total * (total - 1.0), 1.0), 1e-5)
    return replace(model, names=tables, ordinary=ordinary)


def name_factors(model: LinkageModel, people: People) -> dict[str, Array]:
    """Per distinct name, log of (its frequency / the ordinary one); above 0 for names that many have."""
    keys = pd.util.hash_array(np.array(people.names.keys, dtype=object)) if len(people.names) else np.empty(0, np.uint64)
    factors = {}
    for name in _NAME_FIELDS:
        table, ordinary = model.names.get(name, {}), model.ordinary.get(name)
        if ordinary is None:
            factors[name] = np.zeros(len(keys) + 1)
            continue
        rare = 1.0 / max(model.records, 100)
        share = np.array([table.get(int(key), rare) for key in keys])
        factors[name] = np.append(np.log(np.clip(share / ordinary, _RARE, _COMMON)), 0.0)
    return factors


def score(
    model: LinkageModel, people: People, left: Array, right: Array, levels: Array, all_pairs: float, records: int | None = None
) -> Scores:
    """Scores of pairs whose levels are known, among `all_pairs` that there could be."""
    found = patterns(levels)
    base = log_chances(model, found.levels)
    sized = base + np.log(model.sizes(all_pairs, records or len(people)))
    factors = name_factors(model, people)
    terms = np.zeros((len(left), 2))
    for place, (name, codes, exact) in enumerate(
        zip(_NAME_FIELDS, (people.given, people.family), (GIVEN["exact"], FAMILY["exact"]), strict=True)
    ):
        equal = np.flatnonzero((levels[:, place] == exact) & (codes[left] == codes[right]))
        terms[equal, place] = factors[name][codes[left[equal]]]
    swapped = np.flatnonzero(levels[:, 0] == GIVEN["swapped"])
    terms[swapped, 0] = (
        factors["given_name"][people.given[left[swapped]]] + factors["family_name"][people.family[left[swapped]]]
    )
    term = np.maximum(terms.sum(axis=1), np.log(_RAREST))
    rows = found.of_pair
    by_chance = np.logaddexp(sized[:, NAMESAKE], sized[:, UNRELATED])
    others = np.logaddexp(sized[rows, HOUSEHOLD], by_chance[rows] + term)
    return Scores(
        levels, sized[rows, SAME] - others, (base[:, SAME] - np.maximum(base[:, HOUSEHOLD], base[:, NAMESAKE]))[rows], -terms
    )


def field_weights(model: LinkageModel, scores: Scores) -> Array:
    """What each field adds to the weight, in bits: log2 P(level | same) / P(level | unrelated), with the name's frequency."""
    weights = np.empty((len(scores.levels), len(FIELDS)))
    for place, name in enumerate(FIELDS):
        chances = model.chances[name]
        weights[:, place] = np.log2(chances[SAME] / chances[UNRELATED])[scores.levels[:, place]]
    weights[:, :2] += scores.name_terms / np.log(2)
    return weights
