"""Clusters from signed pairs: what holds of every result, and the shapes that would take a round a pair."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.linkage.clustering import NEVER, cluster

ROWS = 9
signed_pairs = st.dictionaries(
    st.sampled_from(list(itertools.combinations(range(ROWS), 2))),
    st.one_of(st.integers(-20, 20).map(float), st.just(20.0), st.just(NEVER)),
)


def clustered(pairs: dict[tuple[int, int], float], count: int = ROWS) -> list[int]:
    ends = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    weights = np.array([pairs[tuple(pair)] for pair in ends.tolist()], dtype=float)
    return cluster(count, ends[:, 0], ends[:, 1], weights).tolist()


@given(signed_pairs)
def test_no_two_clusters_that_pairs_speak_for_joining_are_left_apart(pairs: dict[tuple[int, int], float]) -> None:
    label = clustered(pairs)
    between: dict[tuple[int, ...], float] = {}
    for (a, b), weight in pairs.items():
        if label[a] != label[b]:
            ends = tuple(sorted((label[a], label[b])))
            between[ends] = between.get(ends, 0.0) + weight
    assert all(weight <= 0 for weight in between.values())


@given(signed_pairs)
def test_never_is_never_and_a_cluster_is_named_by_its_smallest_row(pairs: dict[tuple[int, int], float]) -> None:
    label = clustered(pairs)
    assert all(label[a] != label[b] for (a, b), weight in pairs.items() if weight == NEVER)
    assert all(name == label.index(name) for name in label)


@given(signed_pairs)
def test_whom_no_pair_divides_is_with_all_whom_pairs_connect(pairs: dict[tuple[int, int], float]) -> None:
    label = clustered({pair: abs(weight) for pair, weight in pairs.items()})
    assert all(label[a] == label[b] for (a, b), weight in pairs.items() if weight)


def test_long_chains_and_large_crowds_come_to_one_cluster() -> None:
    chain = {(row, row + 1): 20.0 for row in range(5_000)}
    assert set(clustered(chain, 5_001)) == {0}
    divided = {**chain, (0, 5_000): NEVER}
    assert len(set(clustered(divided, 5_001))) == 2
    crowd = dict.fromkeys(itertools.combinations(range(200), 2), 20.0)
    assert set(clustered(crowd, 200)) == {0}
