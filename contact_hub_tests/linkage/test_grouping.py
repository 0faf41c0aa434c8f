"""Grouping, ordering and pairing by radix and by counting give what general sorts give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.linkage.grouping import chunks, distinct_pairs, each, grouped, text_order

_HALVES = st.integers(0, 2)


@given(st.lists(st.tuples(_HALVES, _HALVES), max_size=40))
def test_equal_keys_are_neighbours_in_ascending_order_also_where_halves_are_equal(halves: list[tuple[int, int]]) -> None:
    keys = np.array([high << 32 | low for high, low in halves], dtype=np.uint64)
    order, starts = grouped(keys)
    assert sorted(order.tolist()) == list(range(len(keys)))
    groups = [part.tolist() for part in np.split(order, starts[1:])] if len(keys) else []
    assert sorted(groups) == sorted(np.flatnonzero(keys == key).tolist() for key in np.unique(keys))


@given(st.lists(st.text(st.characters(max_codepoint=127), max_size=20), min_size=1, max_size=30, unique=True))
def test_short_texts_are_in_the_order_that_comparing_gives(texts: list[str]) -> None:
    listed = np.array([*texts, None], dtype=object)[:-1]
    order = text_order(listed)
    assert order is None or listed[order].tolist() == sorted(texts)
    if not any("\0" in text for text in texts):
        assert order is not None


@pytest.mark.parametrize("ids", [["a", "b", "a"], ["a", 1], ["é", "a"], ["x" * 65, "y"], ["a", "a\0"]])
def test_texts_that_need_comparing_are_left_alone(ids: list[object]) -> None:
    assert text_order(np.array([*ids, None], dtype=object)[:-1]) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=40))
def test_pairs_are_sorted_and_distinct(pairs: list[tuple[int, int]]) -> None:
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int32) for side in (0, 1))
    found = distinct_pairs(left, right, 6)
    assert list(zip(*(side.tolist() for side in found), strict=True)) == sorted(set(pairs))


@pytest.mark.parametrize("rows", [0, 1, 1 << 17, 300_000])
def test_chunks_cover_all_rows_and_each_keeps_the_order(rows: int) -> None:
    covered = [place for here in chunks(rows) for place in (here.start, here.stop)]
    assert covered[:1] + covered[-1:] == ([0, rows] if rows else [])
    assert covered[1:-1:2] == covered[2::2]
    assert each(lambda item: item * 2, range(50), rows) == [item * 2 for item in range(50)]
