"""Log odds of 'same person' for pairs of rows, by a model: against household, namesake and unrelated together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from contact_hub.linkage.columns import People
from contact_hub.linkage.fields import FAMILY, FIELDS, GIVEN
from contact_hub.linkage.grouping import chunks, each
from contact_hub.linkage.holders import household_terms
from contact_hub.linkage.model import HOUSEHOLD, NAMESAKE, SAME, UNRELATED, LinkageModel, Patterns, log_chances, patterns

Array = np.ndarray[Any, Any]

_RARE, _COMMON = 0.02, 50.0  # bounds of what a name's frequency may multiply the odds by
_RAREST = 0.005  # of both together: rare given and family names go together
_NAME_FIELDS = ("given_name", "family_name")
_KEPT = 3  # records that share a name before the model keeps its frequency


class NameFactors:
    """What the frequency of equal names adds to the log odds against *same*: above 0 for names that many have."""

    def __init__(self, model: LinkageModel, people: People) -> None:
        self._given, self._family = people.given, people.family
        self._of_given, self._of_family = (_factors(model, people, name) for name in _NAME_FIELDS)

    def terms(self, left: Array, right: Array, levels: Array) -> Array:
        """Of these pairs: (pairs, 2), of the given and of the family name."""
        terms = np.zeros((len(left), 2))
        fields = ((self._given, self._of_given, GIVEN["exact"]), (self._family, self._of_family, FAMILY["exact"]))
        for place, (codes, factors, exact) in enumerate(fields):
            rows = np.flatnonzero(levels[:, place] == exact)
            rows = rows[codes[left[rows]] == codes[right[rows]]]
            terms[rows, place] = factors[codes[left[rows]]]
        rows = np.flatnonzero(levels[:, 0] == GIVEN["swapped"])
        terms[rows, 0] = self._of_given[self._given[left[rows]]] + self._of_family[self._family[left[rows]]]
        return terms


def _factors(model: LinkageModel, people: People, name: str) -> Array:
    """Per distinct name, log of (its frequency / the ordinary one); a last 0 for the code -1."""
    table, ordinary = model.names.get(name, {}), model.ordinary.get(name)
    if ordinary is None:
        return np.zeros(len(people.names) + 1)
    rare = 1.0 / max(model.records, 100)
    share = np.array([table.get(key, rare) for key in people.names.hashes.tolist()])
    return np.append(np.log(np.clip(share / ordinary, _RARE, _COMMON)), 0.0)


@dataclass(frozen=True)
class Scores:
    """One row a pair.

    Attributes:
        left, right, levels: the pairs.
        log_odds: natural logarithm of the odds of *same* against the rest.
        against: log P(levels | same) - log P(levels | household or namesake, whichever explains them better).
    """

    left: Array
    right: Array
    levels: Array
    log_odds: Array
    against: Array
    factors: NameFactors

    @cached_property
    def name_terms(self) -> Array:
        """(pairs, 2): what the frequency of equal given and family names adds to the weight."""
        return -self.factors.terms(self.left, self.right, self.levels)

    def of(self, rows: Array | list[int]) -> Scores:
        """The scores of some of the pairs."""
        return Scores(
            self.left[rows], self.right[rows], self.levels[rows], self.log_odds[rows], self.against[rows], self.factors
        )


def with_names(model: LinkageModel, people: People) -> LinkageModel:
    """The model with the frequencies of names in these records."""
    keys = people.names.hashes
    tables, ordinary = {}, {}
    for name, codes in zip(_NAME_FIELDS, (people.given, people.family), strict=True):
        known = codes[codes >= 0]
        counts = np.bincount(known, minlength=len(people.names)).astype(float)
        total = max(len(known), 1)
        frequent = np.flatnonzero(counts >= _KEPT)
        tables[name] = {int(keys[row]): (counts[row] - 1) / total for row in frequent}
        ordinary[name] = max(float((counts * (counts - 1)).sum()) / max(total * (total - 1.0), 1.0), 1e-5)
    tables["given_name"] |= people.stand_in_names
    return replace(model, names=tables, ordinary=ordinary)


def score(
    model: LinkageModel, people: People, left: Array, right: Array, levels: Array, all_pairs: float, records: int | None = None,
    found: Patterns | None = None,
) -> Scores:  # fmt: skip
    """Scores of pairs whose levels are known, among `all_pairs` that there could be; `found`: their patterns, if known."""
    found = found or patterns(levels)
    base = log_chances(model, found.levels)
    sized = base + np.log(model.sizes(all_pairs, records or len(people)))
    by_chance = np.logaddexp(sized[:, NAMESAKE], sized[:, UNRELATED])
    ordinary = sized[:, SAME] - np.logaddexp(sized[:, HOUSEHOLD], by_chance)
    factors = NameFactors(model, people)
    shared = household_terms(people, left, right, levels)
    log_odds = np.empty(len(left))

    def fill(here: slice) -> None:
        of_pattern = found.of_pair[here]
        odds = ordinary[of_pattern]
        term = np.maximum(factors.terms(left[here], right[here], levels[here]).sum(axis=1), np.log(_RAREST))
        relatives = shared[here]
        rows = np.flatnonzero((term != 0) | (relatives != 0))
        kind = of_pattern[rows]
        others = np.logaddexp(sized[kind, HOUSEHOLD] + relatives[rows], by_chance[kind] + term[rows])
        odds[rows] = sized[kind, SAME] - others
        log_odds[here] = odds

    each(fill, list(chunks(len(left))), len(left))
    against = (base[:, SAME] - np.maximum(base[:, HOUSEHOLD], base[:, NAMESAKE]))[found.of_pair]
    rows = np.flatnonzero(shared)
    kind = found.of_pair[rows]
    against[rows] = base[kind, SAME] - np.maximum(base[kind, HOUSEHOLD] + shared[rows], base[kind, NAMESAKE])
    return Scores(left, right, levels, log_odds, against, factors)


def field_weights(model: LinkageModel, scores: Scores) -> Array:
    """What each field adds to the weight, in bits: log2 P(level | same) / P(level | unrelated), with the name's frequency."""
    weights = np.empty((len(scores.levels), len(FIELDS)))
    for place, name in enumerate(FIELDS):
        chances = model.chances[name]
        weights[:, place] = np.log2(chances[SAME] / chances[UNRELATED])[scores.levels[:, place]]
    weights[:, :2] += scores.name_terms / np.log(2)
    return weights
