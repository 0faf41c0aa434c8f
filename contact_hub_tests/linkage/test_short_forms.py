"""Short forms that people make of given names, and names that are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.linkage import deduplicate
from contact_hub.linkage.names import name_table
from contact_hub.linkage.short_forms import is_short_form, may_be_short, short_forms
from contact_hub_tests.linkage.people import ANNA, clinic, model

_NAMES = st.lists(st.text("abcerzoy", min_size=1, max_size=8), min_size=2, max_size=12, unique=True)
_ONLY = {"date_of_birth": None, "email": None, "address": None, "suburb": None, "postcode": None, "state": None}


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("chris", "christopher"), ("chrissy", "christine"), ("nicko", "nicholas"), ("robbo", "robert"), ("davo", "david"),
        ("xander", "alexander"), ("liv", "olivia"), ("livvy", "olivia"),
        ("shazza", "sharon"), ("bazza", "barry"), ("daz", "darren"), ("johannes", "johannespieter"),
    ],
)  # fmt: skip
def test_a_short_form(short: str, full: str) -> None:
    assert is_short_form(short, full)
    assert not is_short_form(full, short)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna", "joanne"),
        ("jo", "joanne"),
        ("peter", "petra"),
        ("ian", "brian"),
        ("maria", "marina"),
        ("mia", "miami"),
        ("liz", "olivia"),
        ("", "anna"),
    ],
)
def test_another_name(one: str, other: str) -> None:
    assert not is_short_form(one, other)
    assert not is_short_form(other, one)


@given(_NAMES)
def test_the_quick_look_misses_none(keys: list[str]) -> None:
    names = name_table(keys)
    a, b = (side.ravel() for side in np.meshgrid(np.arange(len(keys)), np.arange(len(keys))))
    said = np.array([is_short_form(keys[x], keys[y]) or is_short_form(keys[y], keys[x]) for x, y in zip(a, b, strict=True)])
    assert not (said & ~may_be_short(names, a, b)).any()
    assert (short_forms(names, a, b) == said).all()


def test_who_is_called_so_and_shares_a_phone_is_proposed() -> None:
    assert _decided({"given_name": "Xander", "family_name": None, **_ONLY}, {"given_name": "Alexander"}) == "possible"
    assert _decided({"given_name": "Vivienne", "family_name": None, **_ONLY}, {"given_name": "Alexander"}) == "none"


def test_twins_who_are_named_so_are_never_merged() -> None:
    assert _decided({"given_name": "Alexander"}, {"given_name": "Xander"}) == "possible"


def _decided(one: dict[str, Any], other: dict[str, Any]) -> str:
    """What two records of a family are said to be, which are alike but for this."""
    records = pd.concat(
        [clinic().head(300), pd.DataFrame([{**ANNA, "record_id": "a", **one}, {**ANNA, "record_id": "b", **other}])]
    )
    return deduplicate(records, model=model()).explain("a", "b").decision
