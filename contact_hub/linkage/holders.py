"""Whom a phone or email is known of: of one person, as far as names tell, or of several."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage.columns import Coded, People
from contact_hub.linkage.comparison import compare_names
from contact_hub.linkage.fields import EMAIL, FIELDS, GIVEN, PHONE

Array = np.ndarray[Any, Any]

_ONE_NAME_OF_ONE, _ONE_NAME_OF_A_HOUSEHOLD = 0.75, 0.15
"""How often all names that a phone is known by can be one person's: of a phone that one person uses, and of a shared one."""
_OF_ONE = float(np.log(_ONE_NAME_OF_A_HOUSEHOLD / _ONE_NAME_OF_ONE))
_OF_SEVERAL = float(np.log((1 - _ONE_NAME_OF_A_HOUSEHOLD) / (1 - _ONE_NAME_OF_ONE)))
_MOST_NAMES = 24
"""Different names of one phone; of more it is not asked whose they are."""


def household_terms(people: People, left: Array, right: Array, levels: Array) -> Array:
    """What to add to log P(levels | household) of these pairs, by who else is known by the phone or email they share.

    Only where a given name is missing, or may be a family name: otherwise the names of the two say more than others' names.
    """
    terms = np.zeros(len(left))
    nameless = levels[:, 0] == 0
    shared = [
        (column, np.flatnonzero(nameless & (levels[:, FIELDS.index(name)] == exact)))
        for name, column, exact in (("phone", people.phone, PHONE["exact"]), ("email", people.email, EMAIL["exact"]))
    ]
    for column, rows in shared:
        several = np.where(of_several(people, column, column.codes[left[rows]]), _OF_SEVERAL, _OF_ONE)
        terms[rows] = np.where(terms[rows] == 0, several, np.maximum(terms[rows], several))
    return terms


def of_several(people: People, column: Coded, asked: Array) -> Array:
    """Of each of these codes whether two records that have the value have names of two people.

    Two given names that are similar or different are two people; a lone name that is the other's family name is not.
    """
    if not len(asked):
        return np.zeros(0, dtype=bool)
    wanted = np.zeros(len(column.keys) + 1, dtype=bool)
    wanted[asked] = True
    rows = np.flatnonzero(wanted[column.codes] & (people.given >= 0))
    names = pd.DataFrame({"code": column.codes[rows], "given": people.given[rows], "family": people.family[rows], "row": rows})
    names = names.drop_duplicates(["code", "given", "family"])
    several = np.bincount(names["code"], minlength=len(wanted)) > _MOST_NAMES
    names = names[~several[names["code"]]]
    both = names.merge(names, on="code", suffixes=("", "_other"))
    both = both[both["row"] < both["row_other"]]
    if len(both):
        levels = compare_names(people, both["row"].to_numpy(), both["row_other"].to_numpy())
        unlike = np.isin(levels[:, 0], (GIVEN["similar"], GIVEN["different"]))
        several[both["code"].to_numpy()[unlike]] = True
    return np.asarray(several[asked])
