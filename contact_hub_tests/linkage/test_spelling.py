"""The bound that spares a comparison never rules out texts that are alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from contact_hub.linkage.spelling import spelling

_TEXTS = st.lists(
    st.text("abm.@1éΩ\0", max_size=9) | st.text("ab", min_size=60, max_size=70) | st.text("a", min_size=250, max_size=260),
    min_size=1,
    max_size=12,
)


@given(_TEXTS, st.sampled_from([0.75, 0.84, 0.9, 0.93]))
def test_unlike_texts_are_neither_similar_nor_an_edit_apart(texts: list[str], least: float) -> None:
    a, b = (side.ravel() for side in np.meshgrid(np.arange(len(texts)), np.arange(len(texts))))
    unlike = spelling(texts).unlike(a, b, least)
    for x, y in zip(a[unlike], b[unlike], strict=True):
        assert JaroWinkler.similarity(texts[x], texts[y]) < least
        assert OSA.distance(texts[x], texts[y]) > 1


@pytest.mark.parametrize(("one", "other"), [("margaret", "steve"), ("liz.castellano@gmail.com", "bob.ng@gmail.com")])
def test_most_texts_are_told_apart_unless_one_is_doubtful(one: str, other: str) -> None:
    first, second = np.array([0]), np.array([1])
    assert spelling([one, other]).unlike(first, second, 0.84).all()
    assert not spelling([one, other], np.array([False, True])).unlike(first, second, 0.84).any()
