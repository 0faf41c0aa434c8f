"""The peers, each as its own documentation uses it: Splink on DuckDB, recordlinkage's ECM classifier, dedupe with labels.

"guard" is what an expert adds for clinics: a pair whose first names are totally different is dropped.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import JaroWinkler

from benchmarks.linkage.found import Found, filled
from benchmarks.linkage.metrics import Codes, components

SPLINK_THRESHOLD = 0.95
GUARD = 0.7
"""Jaro-Winkler similarity of first names under which the guard drops a pair."""
DEDUPE_LABELS = 400
DEDUPE_LIMIT = 2_000
"""Records up to which dedupe stays within a few GB and minutes."""


def splink(frame: pd.DataFrame, person: Codes, *, fast: bool, guard: bool) -> Found:
    """Splink: u by random sampling, m by EM over two blocks, clusters at 0.95."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    rules = _blocks(frame)
    settings = SettingsCreator(
        link_type="link_only" if is_linked(frame) else "dedupe_only",
        unique_id_column_name="record_id",
        comparisons=_comparisons(cl, frame, fast),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
        retain_matching_columns=False,
    )
    api = DuckDBAPI()
    table = frame[[*dict.fromkeys(["record_id", "source", *filled(frame, *_COLUMNS)])]].assign(row=np.arange(len(frame)))
    parts = [part for _, part in table.groupby("source")] if is_linked(frame) else [table]
    linker = Linker([api.register(part.drop(columns="source")) for part in parts], settings, log_level=None)
    training = linker.training
    certain = [rule for rule in _DETERMINISTIC if len(filled(frame, *rule)) == len(rule)]
    training.estimate_probability_two_random_records_match([block_on(*rule) for rule in certain], recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=1e5 if fast else 1e6, seed=1)
    for rule in (("given_name", "family_name"), ("date_of_birth",), ("phone",))[: 2 if fast else 3]:
        if len(filled(frame, *rule)) == len(rule):
            proportion = 1.0 if len(frame) < 100_000 else 0.1 if len(frame) < 500_000 else 0.01
            training.estimate_parameters_using_expectation_maximisation(block_on(*rule), record_sample_proportion=proportion)
    pairs = linker.inference.predict(threshold_match_probability=0.2).as_pandas_dataframe()
    return _clustered(frame, pairs, SPLINK_THRESHOLD, guard, rules)


_COLUMNS = ("given_name", "family_name", "date_of_birth", "phone", "email", "address", "suburb", "postcode", "identity_number")
_BLOCKS = (
    ("phone",), ("email",), ("family_name", "date_of_birth"), ("given_name", "date_of_birth"), ("given_name", "family_name"),
    ("address", "given_name"), ("identity_number",),
)  # fmt: skip
_WIDE_BLOCKS = (
    ("given_name",), ("family_name",), ("date_of_birth",), ("postcode",), ("address",), ("identity_number",),
)  # fmt: skip
"""Where there is neither phone nor e-mail. Splink's febrl3 example has these but the address, its febrl4 example both names
together, birth date, address, postcode and number; recordlinkage's examples have the given name alone. So nobody has less."""
_DETERMINISTIC = (
    ("given_name", "family_name", "date_of_birth"),
    ("given_name", "family_name", "phone"),
    ("email", "given_name"),
)


def _blocks(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    rules: tuple[tuple[str, ...], ...] = _BLOCKS if filled(frame, "phone", "email") else _WIDE_BLOCKS
    return [rule for rule in rules if len(filled(frame, *rule)) == len(rule)]


def _comparisons(cl: Any, frame: pd.DataFrame, fast: bool) -> list[Any]:
    """The library's own comparisons for names, dates and e-mails; in the fast set-up one fuzzy level each."""
    levels = [0.9] if fast else [0.92, 0.88]
    made: dict[str, Callable[[], Any]] = {
        "date_of_birth": lambda: (
            cl.LevenshteinAtThresholds("date_of_birth", 1)
            if fast
            else cl.DateOfBirthComparison("date_of_birth", input_is_string=True)
        ),
        "phone": lambda: cl.ExactMatch("phone") if fast else cl.LevenshteinAtThresholds("phone", [1, 2]),
        "email": lambda: cl.ExactMatch("email") if fast else cl.EmailComparison("email"),
        "address": lambda: cl.JaroWinklerAtThresholds("address", levels),
        "postcode": lambda: cl.ExactMatch("postcode").configure(term_frequency_adjustments=not fast),
        "identity_number": lambda: cl.LevenshteinAtThresholds("identity_number", 1),
    }
    if fast:
        names = [
            cl.JaroWinklerAtThresholds(name, levels).configure(term_frequency_adjustments=True)
            for name in ("given_name", "family_name")
        ]
    else:
        names = [cl.ForenameSurnameComparison("given_name", "family_name")]
    return names + [made[column]() for column in filled(frame, *made)]


def _clustered(frame: pd.DataFrame, pairs: pd.DataFrame, threshold: float, guard: bool, rules: list[tuple[str, ...]]) -> Found:
    place = pd.Series(np.arange(len(frame)), index=frame["record_id"])
    left, right = (place.loc[pairs[f"record_id_{side}"]].to_numpy() for side in "lr")
    probability = pairs["match_probability"].to_numpy()
    kept = allowed(frame, left, right) & (_guarded(frame, left, right) if guard else True)
    left, right, probability = left[kept], right[kept], probability[kept]
    over = probability >= threshold
    weight = pairs["match_weight"].to_numpy()[kept]
    return Found(components(left[over], right[over], len(frame)), left, right, weight, blocks=rules)


def is_linked(frame: pd.DataFrame) -> bool:
    """Whether these are two tables to be linked, in one."""
    return bool(frame["source"].isin(["left", "right"]).all() and frame["source"].nunique() == 2)


def allowed(frame: pd.DataFrame, left: Codes, right: Codes) -> np.ndarray:
    """In two tables to be linked only pairs across them."""
    source = frame["source"].to_numpy()
    return np.asarray(source[left] != source[right]) if is_linked(frame) else np.ones(len(left), dtype=bool)


def _guarded(frame: pd.DataFrame, left: Codes, right: Codes) -> np.ndarray:
    """Pairs whose first names are not totally different."""
    codes, values = pd.factorize(frame["given_name"])
    a, b = codes[left], codes[right]
    known = (a >= 0) & (b >= 0)
    a, b = a[known], b[known]
    pair = a.astype(np.int64) * len(values) + b
    distinct, back = np.unique(pair, return_inverse=True)
    first, second = distinct // len(values), distinct % len(values)
    alike = [
        i == j or _initial(values[i], values[j]) or JaroWinkler.similarity(values[i], values[j]) >= GUARD
        for i, j in zip(first.tolist(), second.tolist(), strict=True)
    ]
    allowed = ~known
    allowed[known] = np.array(alike, dtype=bool)[back]
    return allowed


def _initial(a: str, b: str) -> bool:
    return min(len(a), len(b)) == 1 and a[0] == b[0]


def recordlinkage(frame: pd.DataFrame, person: Codes, *, guard: bool) -> Found:
    """recordlinkage: blocks on the same keys, its Compare with Jaro-Winkler at .85, its ECM classifier."""
    import recordlinkage as rl

    table = frame.reset_index(drop=True)
    index = rl.Index()
    for rule in _blocks(frame):
        index.block(list(rule))
    candidates = _without_missing(index, table)
    compare = rl.Compare()
    for column in filled(frame, "given_name", "family_name", "address"):
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    reached = filled(frame, "phone", "email")
    for column in filled(frame, "date_of_birth", "phone", "email", "postcode", "identity_number") + (
        [] if reached else filled(frame, "suburb", "state")
    ):  # without phone and e-mail as in its febrl examples
        compare.exact(column, column, label=column)
    vectors = compare.compute(candidates, table)
    classifier = rl.ECMClassifier()
    classifier.fit(vectors)
    left, right = (vectors.index.get_level_values(level).to_numpy(dtype=np.int64) for level in (0, 1))
    probability = classifier.prob(vectors).to_numpy()
    if guard:
        kept = _guarded(frame, left, right)
        left, right, probability = left[kept], right[kept], probability[kept]
    over = probability >= 0.5
    return Found(components(left[over], right[over], len(frame)), left, right, probability, blocks=_blocks(frame))


def _without_missing(index: Any, table: pd.DataFrame) -> pd.MultiIndex:
    """Candidate pairs, rule by rule: a missing value joins nobody."""
    pairs: pd.MultiIndex | None = None
    for algorithm in index.algorithms:
        rows = table.dropna(subset=list(np.atleast_1d(algorithm.left_on)))
        found = algorithm.index(rows)
        pairs = found if pairs is None else pairs.union(found)
    assert pairs is not None
    left, right = (pairs.get_level_values(level).to_numpy(dtype=np.int64) for level in (0, 1))
    return pairs[allowed(table, left, right)]


def dedupe(frame: pd.DataFrame, person: Codes) -> Found:
    """dedupe: active learning with labels from the truth, half of them matches, then its own partition."""
    import dedupe as library
    from dedupe import variables

    if len(frame) > DEDUPE_LIMIT:
        raise ValueError(f"dedupe is measured up to {DEDUPE_LIMIT:,} records: beyond, it takes many GB and minutes")
    columns = filled(frame, *_COLUMNS)
    data = {row: dict(zip(columns, values, strict=True)) for row, values in enumerate(frame[columns].to_numpy(dtype=object))}
    deduper = library.Dedupe([variables.String(column, has_missing=True) for column in columns], num_cores=1)
    deduper.prepare_training(data, training_file=io.StringIO(_labels(data, person)), sample_size=1_500)
    deduper.train(recall=0.9)
    cluster = np.arange(len(frame))
    for rows, _ in deduper.partition(data, threshold=0.5):
        cluster[list(rows)] = min(rows)
    return Found(cluster.astype(np.int64))


def _labels(data: dict[int, dict[str, Any]], person: Codes) -> str:
    """Labelled pairs as dedupe's training file: true pairs, and false ones that share a phone or a surname where there are."""
    import json

    source = np.random.default_rng(1)
    table = pd.DataFrame({"person": person, "row": np.arange(len(person)), "phone": [d.get("phone") for d in data.values()]})
    table["surname"] = [d.get("family_name") for d in data.values()]

    def joined(key: str) -> pd.DataFrame:
        both = table.dropna(subset=[key]).merge(table.dropna(subset=[key]), on=key)
        return both[both["row_x"] < both["row_y"]]

    match = joined("person")[["row_x", "row_y"]].to_numpy()
    near = pd.concat([found for key in ("phone", "surname") if len(found := _of_others(joined(key)))])[
        ["row_x", "row_y"]
    ].to_numpy()
    picked = {
        kind: [[data[a], data[b]] for a, b in rows[source.permutation(len(rows))[: DEDUPE_LABELS // 2]]]
        for kind, rows in (("match", match), ("distinct", near))
    }
    tuples = {kind: [{"__class__": "tuple", "__value__": pair} for pair in pairs] for kind, pairs in picked.items()}
    return json.dumps(tuples)


def _of_others(pairs: pd.DataFrame) -> pd.DataFrame:
    """Those of different people."""
    return pairs[pairs["person_x"] != pairs["person_y"]]
