"""How alike two records are: a level a field, computed once a distinct pair of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage.columns import People
from contact_hub.linkage.fields import BIRTH, EMAIL, FAMILY, FIELDS, GIVEN, IDENTITY, PHONE, PLACE
from contact_hub.linkage.grouping import chunks, each
from contact_hub.linkage.names import NameTable
from contact_hub.linkage.short_forms import may_be_short, short_forms
from contact_hub.linkage.spelling import Spelling, one_edit, similarity

Array = np.ndarray[Any, Any]
Test = Callable[[Array, Array], Array]
"""Something about pairs of codes."""

_TYPO, _TYPO_ONE_EDIT, _SIMILAR = 0.95, 0.75, 0.84
_SAME_SUBURB, _SAME_STREET = 0.93, 0.9
_CLOSE_YEARS = 5


def compare(people: People, left: Array, right: Array) -> Array:
    """Levels of these pairs of rows: an array (pairs, `FIELDS`) of uint8, each field's levels lying together."""
    levels = np.zeros((len(left), len(FIELDS)), dtype=np.uint8, order="F")
    if not len(left):
        return levels

    def fill(field: tuple[slice, Callable[[People, Array, Array], Array]]) -> None:
        places, compared = field
        levels[:, places] = compared(people, left, right).reshape(len(left), -1)

    longest_first = (
        (slice(0, 2), compare_names), (slice(4, 5), _email), (slice(5, 6), _place), (slice(3, 4), _phone),
        (slice(2, 3), _birth), (slice(6, 7), _identity),
    )  # fmt: skip
    each(fill, longest_first, len(left))
    return levels


def _by_distinct(a: Array, b: Array, level: Test) -> Array:
    """`level` of pairs of codes, asked once a distinct unordered pair."""
    packed = np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b)
    codes, pairs = pd.factorize(packed)
    return np.asarray(level(pairs >> 32, pairs & 0xFFFFFFFF)[codes])


def _levels(a: Array, b: Array, exact: int, different: int, level: Test, unlike: Test | None = None) -> Array:
    """0 where a code is missing, `exact` where they are equal, `different` where they are `unlike`, else what `level` says."""
    out = np.zeros(len(a), dtype=np.uint8)
    doubtful = []
    for here in chunks(len(a)):
        x, y = a[here], b[here]
        known = (x >= 0) & (y >= 0)
        out[here] = np.where(known, np.where(x == y, np.uint8(exact), np.uint8(different)), np.uint8(0))
        rows = np.flatnonzero(known & (x != y))
        if unlike is not None:
            rows = rows[~unlike(x[rows], y[rows])]
        doubtful.append(rows + here.start)
    rows = np.concatenate(doubtful)
    if len(rows):
        out[rows] = _by_distinct(a[rows], b[rows], level)
    return out


def compare_names(people: People, left: Array, right: Array) -> Array:
    """Of given and family name: (pairs, 2)."""
    names = people.names
    a, b, c, d = people.given[left], people.given[right], people.family[left], people.family[right]
    given = _given(names, a, b, GIVEN["exact"])
    family = _levels(
        c, d, FAMILY["exact"], FAMILY["different"],
        lambda x, y: _family_pairs(names, x, y),
        lambda x, y: names.spelling.unlike(x, y, _SIMILAR) & (names.sound[x] != names.sound[y]),
    )  # fmt: skip
    _swap(names, a, b, c, d, given, family)
    return np.stack((given, family), axis=1)


def _given(names: NameTable, a: Array, b: Array, exact: int) -> Array:
    def unlike(x: Array, y: Array) -> Array:
        out = names.spelling.unlike(x, y, _SIMILAR)
        rows = np.flatnonzero(out & names.has_nickname[x] & names.has_nickname[y])
        out[rows] = ~names.same_person(x[rows], y[rows])
        rows = np.flatnonzero(out)
        out[rows] = ~may_be_short(names, x[rows], y[rows])
        return out

    return _levels(a, b, exact, GIVEN["different"], lambda x, y: _given_pairs(names, x, y), unlike)


def _swap(names: NameTable, a: Array, b: Array, c: Array, d: Array, given: Array, family: Array) -> None:
    """Changes the levels where given and family name are swapped, of names (a, c) and (b, d)."""
    rows = np.concatenate(
        [
            _swap_equal(names, a[here], b[here], c[here], d[here], given[here], family[here]) + here.start
            for here in chunks(len(a))
        ]
    )
    for one, other in ((a, d), (b, c)):
        if len(rows):
            level = _given(names, one[rows], other[rows], GIVEN["exact"])
            rows = rows[(level <= GIVEN["similar"]) & (level != GIVEN["short"])]
    given[rows] = GIVEN["swapped"]
    family[rows] = 0


def _swap_equal(names: NameTable, a: Array, b: Array, c: Array, d: Array, given: Array, family: Array) -> Array:
    """Changes the levels where the swapped names are equal. Returns the rows where they may be alike."""
    crossed = (a >= 0) & (a == d) & (b >= 0) & (b == c) & (a != b)
    one = ((c < 0) | (d < 0)) & (a >= 0) & (b >= 0) & (a != b) & (((c < 0) & (a == d)) | ((d < 0) & (b == c)))
    different = (given == GIVEN["different"]) & (family == FAMILY["different"]) & ~crossed
    given[crossed] = GIVEN["swapped"]
    family[crossed] = 0
    given[one] = 0  # one name, and it is the other's family name
    rows = np.flatnonzero(different)
    begins = names.begins
    return rows[(begins[a[rows]] == begins[d[rows]]) & (begins[b[rows]] == begins[c[rows]])]


def _text_levels(texts: Array, a: Array, b: Array, typo: int, similar: int, different: int) -> Array:
    score = similarity(texts, a, b)
    slip = (score >= _TYPO) | one_edit(texts, a, b, (score >= _TYPO_ONE_EDIT) & (score < _TYPO))
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
    rows = np.flatnonzero(whole >= GIVEN["similar"])
    whole[rows[short_forms(names, a[rows], b[rows])]] = GIVEN["short"]
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


def _birth(people: People, left: Array, right: Array) -> Array:
    codes, days = people.birth.codes, people.birth_days
    out = np.zeros(len(left), dtype=np.uint8)
    for here in chunks(len(left)):
        a, b = codes[left[here]], codes[right[here]]
        rows = np.flatnonzero((a >= 0) & (b >= 0) & (a != b))
        level = np.where((a >= 0) & (a == b), np.uint8(BIRTH["exact"]), np.uint8(0))
        level[rows] = _birth_level(days[a[rows]], days[b[rows]])
        out[here] = level
    return out


def _birth_level(a: Array, b: Array) -> Array:
    """The level of different days, as `People.birth_days` packs them."""
    (year_a, month_a, day_a), (year_b, month_b, day_b) = ((days >> 14, days >> 7 & 127, days & 127) for days in (a, b))
    year, month, day = year_a == year_b, month_a == month_b, day_a == day_b
    near = (year & month) | (year & day) | (month & day) | (year & (month_a == day_b) & (day_a == month_b))
    apart = np.abs((year_a - year_b) * 12 + month_a - month_b)
    return np.where(near, BIRTH["near"], np.where(apart <= 12 * _CLOSE_YEARS, BIRTH["close"], BIRTH["different"]))


_SLIPS = np.unique([step * 10**zeros for zeros in range(10) for step in (*range(1, 10), *range(18, 90, 9))])
"""How far two numbers are apart that differ in a digit (d times a power of ten) or in two neighbours' order (9d times it)."""


def _phone(people: People, left: Array, right: Array) -> Array:
    codes, numbers = people.phone.codes, people.phone_numbers
    out = np.zeros(len(left), dtype=np.uint8)
    for here in chunks(len(left)):
        a, b = codes[left[here]], codes[right[here]]
        rows = np.flatnonzero((a >= 0) & (b >= 0) & (a != b))
        level = np.where((a >= 0) & (a == b), np.uint8(PHONE["exact"]), np.uint8(0))
        gap = np.abs(numbers[a[rows]] - numbers[b[rows]])
        slip = _SLIPS[np.minimum(np.searchsorted(_SLIPS, gap), len(_SLIPS) - 1)] == gap
        level[rows] = np.where(slip, PHONE["typo"], PHONE["different"])
        out[here] = level
    return out


def _email(people: People, left: Array, right: Array) -> Array:
    email, local = people.email, people.local
    level = _levels(
        email.codes[left], email.codes[right], EMAIL["exact"], EMAIL["different"],
        lambda a, b: _text_levels(email.keys, a, b, EMAIL["typo"], EMAIL["similar"], EMAIL["different"]),
        lambda a, b: email.spelling.unlike(a, b, _SIMILAR),
    )  # fmt: skip
    for here in chunks(len(left)):
        a, b = local.codes[left[here]], local.codes[right[here]]
        part = level[here]
        part[(a >= 0) & (a == b) & (part > EMAIL["typo"])] = EMAIL["typo"]
    return level


def _place(people: People, left: Array, right: Array) -> Array:
    """Address, where suburb or postcode do not contradict it; else these."""
    suburb = _alike(people.suburb.keys, people.suburb.spelling, _SAME_SUBURB)(
        people.suburb.codes[left], people.suburb.codes[right]
    )
    out = np.zeros(len(left), dtype=np.uint8)
    compared = []
    for here in chunks(len(left)):
        a, b = people.postcode.codes[left[here]], people.postcode.codes[right[here]]
        coded, near = (a >= 0) & (b >= 0), suburb[here]
        known = (near > 0) | coded
        same = (near == 1) | (coded & (a == b))
        a, b = people.address.codes[left[here]], people.address.codes[right[here]]
        addresses = (a >= 0) & (b >= 0)
        local = np.where(same, np.where(addresses, PLACE["suburb only"], PLACE["suburb"]), PLACE["different"])
        local = np.where(known, local, np.where(addresses, PLACE["different"], 0))
        local[addresses & known & ~same & (a == b)] = PLACE["suburb only"]  # a neighbouring suburb, or its slip
        out[here] = local
        compared.append(np.flatnonzero(addresses & (same | ~known)) + here.start)
    rows = np.concatenate(compared)
    if len(rows):
        out[rows] = np.minimum(_streets(people, left[rows], right[rows]), out[rows])
    return out


def _alike(texts: Array, spelled: Spelling, least: float) -> Test:
    """A test of codes: 0 where one is missing, 1 for equal texts or such of at least that Jaro-Winkler similarity, else 2."""
    return lambda a, b: _levels(
        a, b, 1, 2,
        lambda x, y: np.where(similarity(texts, x, y) >= least, 1, 2),
        lambda x, y: spelled.unlike(x, y, least),
    )  # fmt: skip


def _streets(people: People, left: Array, right: Array) -> Array:
    """Exact, or near: the same number in a street of about that name; or street: a number is another or missing."""
    homes = people.address
    a, b = homes.codes[left], homes.codes[right]
    alike = _alike(homes.streets, homes.spelling, _SAME_STREET)(homes.street[a], homes.street[b]) == 1
    level = np.where(alike, np.where(homes.number[a] == homes.number[b], PLACE["near"], PLACE["street"]), PLACE["suburb only"])
    return np.where(a == b, PLACE["exact"], level)


def _identity(people: People, left: Array, right: Array) -> Array:
    codes, keys = people.identity.codes, people.identity.keys
    if not len(keys):
        return np.zeros(len(left), dtype=np.uint8)

    def level(a: Array, b: Array) -> Array:
        return np.where(one_edit(keys, a, b, np.ones(len(a), dtype=bool)), IDENTITY["typo"], IDENTITY["different"])

    return _levels(codes[left], codes[right], IDENTITY["exact"], IDENTITY["different"], level)
