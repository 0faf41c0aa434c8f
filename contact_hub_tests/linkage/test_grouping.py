"""Grouping, ordering and pairing by radix and by counting give what general sorts give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.linkage.grouping import chunks, dense, distinct_pairs, each, grouped, text_order

_NUMBERS = st.integers(0, 3)


@given(st.integers(1, 3).flatmap(lambda parts: st.lists(st.tuples(*[_NUMBERS] * parts), min_size=1, max_size=40)))
def test_rows_of_equal_keys_are_neighbours_in_ascending_order(keys: list[tuple[int, ...]]) -> None:
    rows, starts = grouped([np.array(part, dtype=np.int32) for part in zip(*keys, strict=True)])
    groups = [part.tolist() for part in np.split(rows, starts[1:])] if len(rows) else []
    complete = {key for key in keys if all(key)}
    assert sorted(groups) == sorted([place for place, other in enumerate(keys) if other == key] for key in complete)


@given(st.lists(st.integers(0, 2**40) | st.integers(0, 5), max_size=20))
def test_dense_numbers_are_small_and_differ_where_the_numbers_do(numbers: list[int]) -> None:
    found = dense(np.array(numbers, dtype=np.uint64)).tolist()
    assert len(set(zip(numbers, found, strict=True))) == len(set(numbers)) == len(set(found))
    assert all((old == 0) == (new == 0) and new <= 2 * len(numbers) for old, new in zip(numbers, found, strict=True))


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
