"""The figures of the linkage benchmark, on clusterings whose scores are known by hand."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.linkage import metrics
from benchmarks.linkage.errors import false_and_missed, kinds
from benchmarks.linkage.peers import _guarded

PERSON = np.array([0, 0, 0, 1, 1, 2, 3])


def test_the_truth_scores_one_and_one_big_cluster_has_full_recall() -> None:
    assert set(metrics.pair_scores(PERSON, PERSON).values()) == {1.0}
    assert set(metrics.cluster_scores(PERSON, PERSON).values()) == {1.0}
    lump = metrics.pair_scores(np.zeros(7, int), PERSON)
    assert lump["pair recall"] == 1
    assert lump["pair precision"] == pytest.approx(4 / 21)
    assert metrics.cluster_scores(np.zeros(7, int), PERSON)["cluster f1"] == 0


def test_a_split_and_a_false_merge() -> None:
    cluster = np.array([0, 0, 9, 1, 1, 5, 5])
    pairs = metrics.pair_scores(cluster, PERSON)
    assert (pairs["pair precision"], pairs["pair recall"]) == (pytest.approx(2 / 3), 0.5)
    whole = metrics.cluster_scores(cluster, PERSON)
    assert (whole["cluster precision"], whole["cluster recall"]) == (pytest.approx(1 / 3), 0.5)
    (a, b), (c, d) = false_and_missed(cluster, PERSON)
    assert list(zip(a, b, strict=True)) == [(5, 6)]
    assert sorted(zip(c, d, strict=True)) == [(0, 2), (1, 2)]


def test_nothing_found_among_people_without_duplicates_is_right() -> None:
    assert metrics.pair_scores(np.arange(3), np.arange(3))["pair f1"] == 1
    assert metrics.pair_scores(np.arange(7), PERSON)["pair f1"] == 0


def table(**columns: list[str | None]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    names = ("given_name", "family_name", "date_of_birth", "phone", "email", "address", "postcode", "source")
    return pd.DataFrame({name: columns.get(name, [None] * size) for name in names}, dtype=object)


def test_false_household_merges_count_people_who_share_all_three_and_twins_among_them() -> None:
    frame = table(
        phone=["1", "1", "1", "1", None],
        family_name=["lee"] * 5,
        address=["1 high st"] * 5,
        date_of_birth=["2020-01-01", "2020-01-01", "1980-01-01", "2020-01-01", "2020-01-01"],
    )
    person = np.array([0, 1, 2, 0, 4])
    merged = metrics.false_household_merges(frame, np.zeros(5, int), person)
    assert merged == {"false household merges": 5, "of them twins": 2}
    assert metrics.false_household_merges(frame, person, person) == {"false household merges": 0, "of them twins": 0}


def test_the_naive_rule_joins_a_phone_or_a_name_with_a_birth_date_and_no_missing_values() -> None:
    frame = table(
        given_name=["ann", "bob", "ann", "ann", None],
        family_name=["lee", "lee", "lee", "lee", None],
        date_of_birth=["1980-01-01", None, "1980-01-01", None, None],
        phone=["1", "1", None, None, None],
    )
    cluster = metrics.naive_clusters(frame)
    assert cluster[0] == cluster[1] == cluster[2]
    assert len(set(cluster)) == 3


def test_pair_completeness_and_the_best_threshold() -> None:
    left, right = np.array([0, 0, 3, 5]), np.array([1, 2, 4, 6])
    assert metrics.pair_completeness(left, right, PERSON) == 0.75
    best = metrics.best_threshold(left, right, np.array([9.0, 8.0, 7.0, 1.0]), PERSON)
    assert best["best pair f1"] == best["best cluster f1"] == 1
    assert 1 < best["best threshold"] <= 7


def test_kinds_say_what_agrees() -> None:
    frame = table(given_name=["ann", "ann"], phone=["1", "2"], email=["a@b.c", None])
    assert kinds(frame, np.array([0]), np.array([1])).tolist() == ["given= family. date. phonex email. address. postcode."]


def test_the_guard_drops_other_first_names_and_keeps_missing_ones() -> None:
    frame = table(given_name=["ann", "zoltan", None, "a", "anne"])
    assert _guarded(frame, np.array([0, 0, 0, 0]), np.array([1, 2, 3, 4])).tolist() == [False, True, True, True]


def test_reachable_recall_joins_a_persons_records_by_exact_values_only() -> None:
    frame = table(phone=["1", "1", None, "2", "3", "1", None])
    assert metrics.reachable_recall(frame, PERSON) == 0.25
