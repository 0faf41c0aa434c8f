"""How alike two records are: a level a field, computed once a distinct pair of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from contact_hub.linkage.columns import Coded, People
from contact_hub.linkage.fields import BIRTH, EMAIL, FAMILY, FIELDS, GIVEN, IDENTITY, PHONE, PLACE
from contact_hub.linkage.names import NameTable

Array = np.ndarray[Any, Any]

_TYPO, _TYPO_ONE_EDIT, _SIMILAR = 0.95, 0.75, 0.84
_CLOSE_YEARS = 5


def compare(people: People, left: Array, right: Array) -> Array:
    """Levels of these pairs of rows: an array (pairs, `FIELDS`) of uint8."""
    levels = np.zeros((len(left), len(FIELDS)), dtype=np.uint8)
    if not len(left):
        return levels
    given, family = _names(people, left, right)
    levels[:, 0], levels[:, 1] = given, family
    levels[:, 2] = _birth(people.birth, left, right)
    levels[:, 3] = _phone(people.phone, left, right)
    levels[:, 4] = _email(people, left, right)
    levels[:, 5] = _place(people, left, right)
    levels[:, 6] = _identity(people.identity, left, right)
    return levels


def _by_distinct(a: Array, b: Array, width: int, level: Callable[[Array, Array], Array]) -> Array:
    """`level` of pairs of codes, asked once a distinct unordered pair."""
    packed = np.minimum(a, b).astype(np.int64) * width + np.maximum(a, b)
    codes, pairs = pd.factorize(packed)
    return np.asarray(level((pairs // width).astype(np.int64), (pairs % width).astype(np.int64))[codes])


def _levels(a: Array, b: Array, width: int, exact: int, level: Callable[[Array, Array], Array]) -> Array:
    """0 where a code is missing, `exact` where they are equal, else what `level` says of the pair."""
    out = np.zeros(len(a), dtype=np.uint8)
    known = (a >= 0) & (b >= 0)
    out[known & (a == b)] = exact
    other = np.flatnonzero(known & (a != b))
    if len(other):
        out[other] = _by_distinct(a[other], b[other], width, level)
    return out


def _similarity(texts: Array, a: Array, b: Array) -> Array:
    return np.asarray(process.cpdist(texts[a], texts[b], scorer=JaroWinkler.similarity, dtype=np.float32))


def _one_edit(texts: Array, a: Array, b: Array, near: Array) -> Array:
    """Whether texts are one insertion, deletion, change or swap of neighbours apart; asked only where they are `near`."""
    out = np.zeros(len(a), dtype=bool)
    rows = np.flatnonzero(near)
    if len(rows):
        out[rows] = process.cpdist(texts[a[rows]], texts[b[rows]], scorer=OSA.distance, score_cutoff=1, dtype=np.int32) <= 1
    return out


def _names(people: People, left: Array, right: Array) -> tuple[Array, Array]:
    names = people.names
    a, b, c, d = people.given[left], people.given[right], people.family[left], people.family[right]
    given = _levels(a, b, len(names), GIVEN["exact"], lambda x, y: _given_pairs(names, x, y))
    family = _levels(c, d, len(names), FAMILY["exact"], lambda x, y: _family_pairs(names, x, y))
    crossed = (a >= 0) & (a == d) & (b >= 0) & (b == c) & (a != b)
    one = (a >= 0) & (c < 0) & (b >= 0) & (a == d) & (a != b)  # one name, and it is the other's family name
    rows = np.flatnonzero((given == GIVEN["different"]) & (family == FAMILY["different"]))
    rows = rows[(names.begins[a[rows]] == names.begins[d[rows]]) & (names.begins[b[rows]] == names.begins[c[rows]])]
    if len(rows):
        one_way = _levels(a[rows], d[rows], len(names), 1, lambda x, y: _given_pairs(names, x, y))
        other_way = _levels(b[rows], c[rows], len(names), 1, lambda x, y: _given_pairs(names, x, y))
        crossed[rows[(one_way <= GIVEN["similar"]) & (other_way <= GIVEN["similar"])]] = True
    given[crossed] = GIVEN["swapped"]
    family[crossed] = 0
    given[one | ((b >= 0) & (d < 0) & (a >= 0) & (b == c) & (a != b))] = 0
    return given, family


def _text_levels(texts: Array, a: Array, b: Array, typo: int, similar: int, different: int) -> Array:
    score = _similarity(texts, a, b)
    slip = (score >= _TYPO) | _one_edit(texts, a, b, (score >= _TYPO_ONE_EDIT) & (score < _TYPO))
    return np.where(slip, typo, np.where(score >= _SIMILAR, similar, different))


def _given_pairs(names: NameTable, a: Array, b: Array) -> Array:
    first_a, first_b = names.first[a], names.first[b]
    whole = _text_levels(names.joined, a, b, GIVEN["typo"], GIVEN["similar"], GIVEN["different"])
    several = (names.words[a] > 1) | (names.words[b] > 1)
    rows = np.flatnonzero(several & (first_a != first_b))
    if len(rows):
        by_word = _text_levels(names.joined, first_a[rows], first_b[rows], GIVEN["typo"], GIVEN["similar"], GIVEN["different"])
        whole[rows] = np.minimum(whole[rows], by_word)
    one_of_two = (names.words[a] == 1) != (names.words[b] == 1)
    part = one_of_two & ((first_a == first_b) | (first_a == names.last[b]) | (first_b == names.last[a]))
    both = (names.words[a] > 1) & (names.words[b] > 1) & (first_a == first_b)
    whole = np.where(both, np.minimum(whole, GIVEN["similar"]), whole)
    whole = np.where(
        part | names.same_person(first_a, first_b) | (names.joined[a] == names.joined[b]), GIVEN["nickname"], whole
    )
    initial_a, initial_b = names.initial[a], names.initial[b]
    letter = (initial_a > 0) | (initial_b > 0)
    fits = letter & (names.begins[a] == names.begins[b])
    return np.where(letter, np.where(fits, GIVEN["initial"], GIVEN["different"]), whole)


def _family_pairs(names: NameTable, a: Array, b: Array) -> Array:
    level = _text_levels(names.joined, a, b, FAMILY["typo"], FAMILY["similar"], FAMILY["different"])
    sound = (names.sound[a] == names.sound[b]) & (names.words[a] == 1) & (names.words[b] == 1)
    level = np.where(sound & (level == FAMILY["different"]), FAMILY["similar"], level)
    first_a, last_a, first_b, last_b = names.first[a], names.last[a], names.first[b], names.last[b]
    several = (names.words[a] > 1) | (names.words[b] > 1)
    part = several & ((first_a == first_b) | (first_a == last_b) | (last_a == first_b) | (last_a == last_b))
    level = np.where(part, FAMILY["double"], level)
    letter = (names.initial[a] > 0) | (names.initial[b] > 0)
    level = np.where(letter, np.where(names.begins[a] == names.begins[b], FAMILY["double"], FAMILY["different"]), level)
    return np.where(names.joined[a] == names.joined[b], FAMILY["exact"], level)


def _birth(birth: Coded, left: Array, right: Array) -> Array:
    year, month, day = (
        np.array([int(key[part]) for key in birth.keys] or [0], dtype=np.int32)
        for part in (slice(0, 4), slice(5, 7), slice(8, 10))
    )

    def level(a: Array, b: Array) -> Array:
        same = (year[a] == year[b]).astype(int) + (month[a] == month[b]) + (day[a] == day[b])
        crossed = (year[a] == year[b]) & (month[a] == day[b]) & (day[a] == month[b])
        apart = np.abs((year[a] - year[b]) * 12 + month[a] - month[b])
        near = crossed | (same == 2)
        return np.where(near, BIRTH["near"], np.where(apart <= 12 * _CLOSE_YEARS, BIRTH["close"], BIRTH["different"]))

    a, b = birth.codes[left], birth.codes[right]
    out = np.zeros(len(a), dtype=np.uint8)
    known = (a >= 0) & (b >= 0)
    out[known] = np.where(a[known] == b[known], BIRTH["exact"], level(a[known], b[known]))
    return out


def _phone(phone: Coded, left: Array, right: Array) -> Array:
    """A digit off, or two neighbours swapped: the numbers' difference is then d or 9d times a power of ten."""
    number = np.array([int(key[1:]) for key in phone.keys] or [0], dtype=np.int64)
    a, b = phone.codes[left], phone.codes[right]
    out = np.zeros(len(a), dtype=np.uint8)
    known = (a >= 0) & (b >= 0)
    gap = np.abs(number[a[known]] - number[b[known]])
    level = np.where(gap == 0, PHONE["exact"], PHONE["different"])
    for _ in range(9):
        gap = np.where((gap % 10 == 0) & (gap > 0), gap // 10, gap)
    slip = (gap > 0) & ((gap <= 9) | ((gap % 9 == 0) & (gap <= 81)))
    out[known] = np.where(slip, PHONE["typo"], level)
    return out


def _email(people: People, left: Array, right: Array) -> Array:
    email, local = people.email, people.local
    level = _levels(
        email.codes[left], email.codes[right], max(len(email.keys), 1), EMAIL["exact"],
        lambda a, b: _text_levels(email.keys, a, b, EMAIL["typo"], EMAIL["similar"], EMAIL["different"]),
    )  # fmt: skip
    a, b = local.codes[left], local.codes[right]
    level[(a >= 0) & (a == b) & (level > EMAIL["typo"])] = EMAIL["typo"]
    return level


def _place(people: People, left: Array, right: Array) -> Array:
    suburb, postcode = people.suburb, people.postcode
    near = _levels(
        suburb.codes[left], suburb.codes[right], max(len(suburb.keys), 1), 1, lambda x, y: _spelled(suburb.keys, x, y)
    )
    a, b = postcode.codes[left], postcode.codes[right]
    coded = (a >= 0) & (b >= 0)
    known = (near > 0) | coded
    same = (near == 1) | (coded & (a == b))
    a, b = people.address.codes[left], people.address.codes[right]
    addresses = (a >= 0) & (b >= 0)
    local = np.where(same, np.where(addresses, PLACE["suburb only"], PLACE["suburb"]), PLACE["different"])
    out = np.where(known, local, np.where(addresses, PLACE["different"], 0)).astype(np.uint8)
    rows = np.flatnonzero(addresses & (same | ~known))
    keys = people.address.keys
    street = _levels(a[rows], b[rows], max(len(keys), 1), PLACE["exact"], lambda x, y: _streets(keys, x, y))
    out[rows] = np.where(street > 0, np.minimum(street, out[rows]), out[rows])
    moved = addresses & known & ~same & (a == b)  # a neighbouring suburb, or its slip
    out[moved] = PLACE["suburb only"]
    return out


def _spelled(texts: Array, a: Array, b: Array) -> Array:
    """1 for texts a slip apart, else 2."""
    return np.where(_similarity(texts, a, b) >= 0.93, 1, 2)


def _streets(keys: Array, a: Array, b: Array) -> Array:
    """Near: the same number in a street of about that name; street: a number is another or missing."""
    parts = [key.split("|") for key in keys]
    number, _ = pd.factorize(np.array([part[0] for part in parts], dtype=object))
    street_codes, streets = pd.factorize(np.array([part[1].replace(" ", "") for part in parts], dtype=object))
    streets = np.asarray(streets, dtype=object)
    score = np.ones(len(a), dtype=np.float32)
    other = np.flatnonzero(street_codes[a] != street_codes[b])
    if len(other):
        x, y = street_codes[a[other]], street_codes[b[other]]
        score[other] = _by_distinct(x, y, len(streets), lambda p, q: _similarity(streets, p, q))
    alike = score >= 0.9
    near = alike & (number[a] == number[b])
    return np.where(near, PLACE["near"], np.where(alike, PLACE["street"], PLACE["suburb only"]))


def _identity(identity: Coded, left: Array, right: Array) -> Array:
    keys = identity.keys

    def level(a: Array, b: Array) -> Array:
        return np.where(_one_edit(keys, a, b, np.ones(len(a), dtype=bool)), IDENTITY["typo"], IDENTITY["different"])

    return _levels(identity.codes[left], identity.codes[right], max(len(keys), 1), IDENTITY["exact"], level)
