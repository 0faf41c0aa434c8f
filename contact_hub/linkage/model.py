"""The model as data: four classes, their sizes, the chance of every level in each, and the frequency of names.

Estimated by expectation maximization over the distinct patterns of levels (Dempster, Laird and Rubin 1977; Winkler 1988),
with Dirichlet priors that keep it sane where a clinic has few records.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from contact_hub.linkage.fields import FIELDS, LEVELS, SIZES
from contact_hub.linkage.grouping import chunks

Array = np.ndarray[Any, Any]

CLASSES = ("same", "household", "namesake", "unrelated")
SAME, HOUSEHOLD, NAMESAKE, UNRELATED = range(4)
FORMAT = 1

# What is known before any data: chances of the levels of each field in each class, in the order of `fields`, without
# *missing*. They describe people and their relatives, not a data set.
_PRIORS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "same": {
        "given_name": (0.78, 0.07, 0.02, 0.015, 0.06, 0.015, 0.02, 0.02),
        "family_name": (0.88, 0.02, 0.05, 0.02, 0.03),
        "date_of_birth": (0.95, 0.035, 0.005, 0.01),
        "phone": (0.75, 0.03, 0.22),
        "email": (0.70, 0.06, 0.04, 0.20),
        "address": (0.54, 0.11, 0.03, 0.14, 0.08, 0.10),
        "identity_number": (0.93, 0.055, 0.015),
    },
    "household": {
        "given_name": (0.006, 0.004, 0.004, 0.01, 0.01, 0.04, 0.921, 0.005),
        "family_name": (0.78, 0.03, 0.02, 0.02, 0.15),
        "date_of_birth": (0.03, 0.01, 0.24, 0.72),
        "phone": (0.55, 0.01, 0.44),
        "email": (0.30, 0.03, 0.10, 0.57),
        "address": (0.70, 0.05, 0.01, 0.16, 0.03, 0.05),
        "identity_number": (0.001, 0.004, 0.995),
    },
    "namesake": {
        "given_name": (0.83, 0.08, 0.03, 0.005, 0.03, 0.01, 0.01, 0.005),
        "family_name": (0.94, 0.01, 0.02, 0.02, 0.01),
        "date_of_birth": (0.0003, 0.006, 0.1437, 0.85),
        "phone": (0.0005, 0.0005, 0.999),
        "email": (0.0005, 0.005, 0.05, 0.9445),
        "address": (0.002, 0.002, 0.001, 0.05, 0.05, 0.895),
        "identity_number": (0.0002, 0.0008, 0.999),
    },
    "unrelated": {
        "given_name": (0.005, 0.004, 0.002, 0.003, 0.003, 0.025, 0.948, 0.00002),
        "family_name": (0.003, 0.0005, 0.001, 0.005, 0.99),
        "date_of_birth": (0.00005, 0.003, 0.12, 0.87695),
        "phone": (0.000002, 0.00001, 0.999988),
        "email": (0.000001, 0.0002, 0.004, 0.995799),
        "address": (0.00002, 0.00005, 0.0005, 0.02, 0.03, 0.94943),
        "identity_number": (0.000001, 0.00002, 0.999979),
    },
}  # fmt: skip
_MOST: Mapping[tuple[str, str], tuple[float, ...]] = {
    ("same", "given_name"): (1.0, 0.3, 0.1, 0.1, 0.25, 0.1, 0.12, 0.1),
    ("same", "date_of_birth"): (1.0, 0.2, 0.04, 0.1),
    ("same", "identity_number"): (1.0, 0.15, 0.06),
    ("household", "given_name"): (0.012, 0.012, 0.012, 0.03, 0.015, 0.08, 1.0, 0.002),
    ("household", "date_of_birth"): (0.04, 0.02, 0.5, 1.0),
    ("household", "identity_number"): (0.002, 0.01, 1.0),
    ("namesake", "date_of_birth"): (0.001, 0.02, 0.25, 1.0),
    ("namesake", "phone"): (0.002, 0.002, 1.0),
    ("namesake", "email"): (0.01, 0.3, 0.2, 1.0),
    ("namesake", "address"): (0.005, 0.01, 0.02, 0.5, 0.5, 1.0),
    ("namesake", "identity_number"): (0.001, 0.005, 1.0),
    ("unrelated", "date_of_birth"): (0.005, 0.05, 0.5, 1.0),
    ("unrelated", "phone"): (0.005, 0.01, 1.0),
    ("unrelated", "email"): (0.005, 0.1, 0.2, 1.0),
    ("unrelated", "identity_number"): (0.0005, 0.005, 1.0),
}  # fmt: skip
"""What no data may teach: one birth in some 60 is of twins, parents name few children after themselves. Without these limits a
table without families would teach that a household is one person with a wrong name, one of few first names that a person has
any birth date, and one of copies of one record that strangers share everything. What is cut off goes to the level with the
limit 1."""
_LEAST: Mapping[tuple[str, str], tuple[float, ...]] = {
    ("unrelated", "phone"): (0.0, 1e-6, 0.0),
    ("namesake", "phone"): (0.0, 1e-6, 0.0),
    ("unrelated", "identity_number"): (0.0, 1e-5, 0.0),
    ("namesake", "identity_number"): (0.0, 1e-5, 0.0),
}
"""What chance alone gives, and no sample shows: of a hundred million mobile numbers some 75 are one digit away from one.
No rule looks for such pairs, so the data would teach that strangers never have them, and a slip would outweigh the number."""
_TWIN_SHARE = 0.015
_TWINS: Mapping[str, tuple[float, ...]] = {
    "given_name": (0.0003, 0.0002, 0.003, 0.002, 0.006, 0.06, 0.92849, 0.00001),
    "family_name": (0.93, 0.02, 0.02, 0.01, 0.02),
    "date_of_birth": (0.985, 0.010, 0.003, 0.002),
    "phone": (0.90, 0.005, 0.095),
    "email": (0.80, 0.02, 0.05, 0.13),
    "address": (0.88, 0.05, 0.01, 0.03, 0.01, 0.02),
    "identity_number": (0.001, 0.004, 0.995),
}
"""Twins, among the pairs of a household: who shares the birth date shares the rest too, which fields that are taken one by one
do not say. Too few to be learned from a clinic; one birth in some 65 is of twins."""
_STRENGTH = (60.0, 60.0, 200.0, 2000.0)
"""What the prior of each class weighs, in pairs."""
_FIRST_RATES = (0.2, 0.4)
"""Pairs of one person and of one household, a record, before any data."""
_FIRST_CHANCES = (1.5e-5,)
"""Namesakes among all pairs, before any data."""
_RATE_WEIGHT = 20.0  # records
_ROUNDS, _STILL = 60, 1e-4
_TINY = 1e-9


@dataclass(frozen=True)
class LinkageModel:
    """What was learned, enough to score any pair again.

    Attributes:
        chances: a field -> (classes, levels) array of P(level | class); the column of *missing* is 1.
        rates: pairs a class: of one person and of one household a record, of namesakes and unrelated a pair of records.
        records: how many there were.
        frequencies: 'given_name' and 'family_name' -> name -> its share of records, hashed; `ordinary` the chance that two
            records agree on one.
    """

    chances: Mapping[str, Array]
    rates: Array
    records: int
    names: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    ordinary: Mapping[str, float] = field(default_factory=dict)

    def sizes(self, pairs: float, records: int) -> Array:
        """Expected pairs of each class among `pairs` pairs of `records` records."""
        people = np.minimum(self.rates[:2] * records, 0.4 * pairs)
        alike = self.rates[2] * pairs
        return np.maximum(np.array([*people, alike, pairs - people.sum() - alike]), _TINY)

    @property
    def version(self) -> str:
        """A name for exactly these numbers: equal models, equal versions."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The model as JSON: numbers and hashes, no value of any record."""
        return json.dumps(
            {
                "format": FORMAT,
                "fields": {name: list(LEVELS[name]) for name in FIELDS},
                "classes": list(CLASSES),
                "chances": {name: chance.tolist() for name, chance in self.chances.items()},
                "rates": self.rates.tolist(),
                "records": self.records,
                "names": {name: {str(key): share for key, share in table.items()} for name, table in self.names.items()},
                "ordinary": dict(self.ordinary),
            },
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str) -> LinkageModel:
        """The model that `to_json` wrote.

        Raises:
            ValueError: it is none, or one of other fields or levels than this version compares.
        """
        try:
            data = json.loads(text)
            fits = data["format"] == FORMAT and data["fields"] == {name: list(LEVELS[name]) for name in FIELDS}
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError("this is no linkage model") from error
        if not fits:
            raise ValueError("this model was made with other fields or levels; make a new one with deduplicate()")
        return cls(
            chances={name: np.array(chance) for name, chance in data["chances"].items()},
            rates=np.array(data["rates"]),
            records=data["records"],
            names={name: {int(key): share for key, share in table.items()} for name, table in data["names"].items()},
            ordinary=data["ordinary"],
        )

    def save(self, path: str | Path) -> None:
        Path(path).write_text(self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> LinkageModel:
        return cls.from_json(Path(path).read_text())


def prior_model(records: int = 1000) -> LinkageModel:
    """What is known before any data."""
    chances = {name: _with_missing(np.array([_PRIORS[kind][name] for kind in CLASSES])) for name in FIELDS}
    return LinkageModel(chances, np.array([*_FIRST_RATES, *_FIRST_CHANCES, 1.0]), records)


def _with_missing(chances: Array) -> Array:
    return np.hstack([np.ones((len(chances), 1)), chances])


@dataclass(frozen=True)
class Patterns:
    """Distinct rows of levels, how often each occurs, and which one each pair has."""

    levels: Array
    counts: Array
    of_pair: Array


def patterns(levels: Array) -> Patterns:
    packed = np.empty(len(levels), dtype=np.int32)
    counts = np.zeros(math.prod(SIZES), dtype=np.int64)
    for here in chunks(len(levels)):
        part = np.zeros(here.stop - here.start, dtype=np.int32)
        for place, size in enumerate(SIZES):
            part = part * size + levels[here, place]
        packed[here] = part
        counts += np.bincount(part, minlength=len(counts))
    present = np.flatnonzero(counts)
    number = np.zeros(len(counts), dtype=np.int32)
    number[present] = np.arange(len(present))
    rest, columns = present.copy(), []
    for size in reversed(SIZES):
        columns.append(rest % size)
        rest //= size
    return Patterns(np.stack(columns[::-1], axis=1).astype(np.uint8), counts[present].astype(float), number[packed])


def log_chances(model: LinkageModel, levels: Array) -> Array:
    """log P(levels | class): (rows, classes)."""
    total = np.zeros((len(levels), len(CLASSES)))
    twins = np.full(len(levels), np.log(_TWIN_SHARE))
    for place, name in enumerate(FIELDS):
        total += np.log(model.chances[name]).T[levels[:, place]]
        twins += np.log((1.0, *_TWINS[name]))[levels[:, place]]
    total[:, HOUSEHOLD] = np.logaddexp(total[:, HOUSEHOLD], twins)
    return total


def estimate(seen: Patterns, elsewhere: Patterns, all_pairs: float, records: int) -> LinkageModel:
    """The model of these candidate pairs, and of the rest of `all_pairs`, of which `elsewhere` is a random sample."""
    model = prior_model(records)
    if not len(seen.counts):
        return model
    rest = max(all_pairs - seen.counts.sum(), 0.0)
    sampled = elsewhere.counts * (rest / max(elsewhere.counts.sum(), 1.0))
    before = np.inf
    for _ in range(_ROUNDS):
        logs = log_chances(model, seen.levels) + np.log(model.sizes(all_pairs, records))
        top = logs.max(axis=1, keepdims=True)
        shares = np.exp(logs - top)
        total = shares.sum(axis=1, keepdims=True)
        shares *= seen.counts[:, None] / total
        likelihood = float(((np.log(total) + top)[:, 0] * seen.counts).sum())
        model = _maximized(seen, shares, elsewhere, sampled, all_pairs, records)
        if abs(likelihood - before) <= _STILL * max(1.0, abs(likelihood)) * 1e-3:
            break
        before = likelihood
    return model


def _maximized(
    seen: Patterns, shares: Array, elsewhere: Patterns, sampled: Array, all_pairs: float, records: int
) -> LinkageModel:
    chances = {}
    for place, name in enumerate(FIELDS):
        size = SIZES[place]
        rows = []
        for kind, label in enumerate(CLASSES):
            counts = np.bincount(seen.levels[:, place], shares[:, kind], size)[1:]
            if kind == UNRELATED:
                counts = counts + np.bincount(elsewhere.levels[:, place], sampled, size)[1:]
            prior = np.array(_PRIORS[label][name])
            chance = (counts + prior * _STRENGTH[kind]) / (counts.sum() + _STRENGTH[kind])
            limited = _limited(chance, _MOST.get((label, name)))
            rows.append(np.maximum(limited, _LEAST.get((label, name), 0.0)))
        chances[name] = _with_missing(np.maximum(np.array(rows), _TINY))
    found = shares.sum(axis=0)
    people = (found[:2] + np.array(_FIRST_RATES) * _RATE_WEIGHT) / (records + _RATE_WEIGHT)
    alike = (found[NAMESAKE] + 0.5) / (all_pairs + 0.5 / _FIRST_CHANCES[0])
    return LinkageModel(chances, np.array([*people, alike, 1.0]), records)


def _limited(chance: Array, most: tuple[float, ...] | None) -> Array:
    if most is None:
        return chance
    limited = np.minimum(chance, most)
    limited[most.index(1.0)] += 1.0 - limited.sum()
    return limited
