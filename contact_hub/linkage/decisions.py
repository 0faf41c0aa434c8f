"""When a pair may be merged without a person's look: what a high probability must not overrule.

Relatives of one birth date, one home and one name are rarer than any threshold can learn from a clinic. So *certain* asks for
more than a weight: a given name that cannot be a twin's, and no field that speaks against it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from contact_hub.linkage.fields import BIRTH, EMAIL, FAMILY, FIELDS, GIVEN, IDENTITY, PHONE, PLACE

Array = np.ndarray[Any, Any]

_GIVEN, _FAMILY, _BIRTH, _PHONE, _EMAIL, _PLACE, _IDENTITY = range(len(FIELDS))

REASONS = {
    "weight": "the probability is below the threshold for certain",
    "given": "the given names differ in a way that a twin's, brother's or sister's would",
    "given typo": "the given names are a slip apart, which twins' can be, and nothing that one person alone has is equal",
    "birth": "the birth dates contradict each other",
    "little": "too few independent fields agree: a birth date and something else, or phone and email with the whole name",
    "family": "the family names are different, and no birth date with phone or email outweighs it",
    "identity": "the identity numbers are different",
    "cluster": "the two are not in one cluster: other records speak against it, or a person said that they are distinct",
}


def objections(levels: Array) -> dict[str, Array]:
    """For each reason but weight and cluster, whether it keeps a pair from being certain."""
    given, family, birth = levels[:, _GIVEN], levels[:, _FAMILY], levels[:, _BIRTH]
    phone, email, place = levels[:, _PHONE] == PHONE["exact"], levels[:, _EMAIL] == EMAIL["exact"], levels[:, _PLACE]
    home = place == PLACE["exact"]
    number = levels[:, _IDENTITY] == IDENTITY["exact"]
    born = birth == BIRTH["exact"]
    named = np.isin(given, (GIVEN["exact"], GIVEN["nickname"], GIVEN["swapped"]))
    typo = given == GIVEN["typo"]
    family_fits = np.isin(family, (FAMILY["exact"], FAMILY["double"], FAMILY["typo"])) | (given == GIVEN["swapped"])
    reached = phone.astype(int) + email + home
    whole_name = (given == GIVEN["exact"]) & (family == FAMILY["exact"]) | (given == GIVEN["swapped"])
    enough = (born & (family_fits | (reached > 0))) | number
    enough |= (birth == BIRTH["near"]) & family_fits & (reached > 0)
    enough |= (birth == 0) & whole_name & phone & email
    return {
        "given": ~(named | typo),
        "given typo": typo & ~number,
        "birth": np.isin(birth, (BIRTH["close"], BIRTH["different"])),
        "little": ~enough,
        "family": ~family_fits & (family > 0) & ~(born & (phone | email)) & ~number,
        "identity": levels[:, _IDENTITY] == IDENTITY["different"],
    }


def contradictory(levels: Array) -> Array:
    """Whether what a person keeps for life is not the same: the given name, the birth date or the identity number."""
    given = np.isin(levels[:, _GIVEN], (GIVEN["similar"], GIVEN["different"]))
    birth = np.isin(levels[:, _BIRTH], (BIRTH["close"], BIRTH["different"]))
    return np.asarray(given | birth | (levels[:, _IDENTITY] == IDENTITY["different"]))


def may_be_certain(levels: Array) -> Array:
    """Whether nothing but the weight decides."""
    blocked = np.zeros(len(levels), dtype=bool)
    for objection in objections(levels).values():
        blocked |= objection
    return ~blocked
