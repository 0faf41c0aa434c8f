"""Which pairs are looked at: blocking keys as stable 64-bit hashes, and the pairs that share one.

A rule gives a record a key, or none (0). The hashes depend on the compared values and the rule alone, so a store can index
them and find the partners of one record by the very same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage.columns import People
from contact_hub.linkage.grouping import dense, distinct_pairs, each, grouped
from contact_hub.linkage.texts import Coded, Column

Array = np.ndarray[Any, Any]
Parts = tuple[Array, ...]

BLOCK_CAP = 150
"""Records of one block at most: a block of n has n(n-1)/2 pairs, and one that large tells nobody apart."""
WEAK_CAP = 12
"""The same for rules whose keys strangers often share."""
RULES = {
    "identity number": BLOCK_CAP, "phone": BLOCK_CAP, "email": BLOCK_CAP, "family name + birth date": BLOCK_CAP,
    "given name + birth date": BLOCK_CAP, "both names": BLOCK_CAP, "both names + birth date": BLOCK_CAP,
    "address + given name": BLOCK_CAP, "address + birth date": BLOCK_CAP, "address + suburb": WEAK_CAP,
    "address + postcode": WEAK_CAP, "birth date + suburb": BLOCK_CAP, "birth date + postcode": BLOCK_CAP,
    "mailbox name + initial": BLOCK_CAP, "sound of names + postcode": BLOCK_CAP, "sound of names + suburb": BLOCK_CAP,
    "sound of names": WEAK_CAP, "sound of given name + birth date": BLOCK_CAP, "sound of family name + birth date": BLOCK_CAP,
    "sound of family name + postcode": WEAK_CAP, "sound of family name + postcode + initial": BLOCK_CAP,
    "given name + postcode": WEAK_CAP, "family name + suburb": WEAK_CAP,
    "address": WEAK_CAP, "birth date": WEAK_CAP, "initials + postcode": WEAK_CAP, "initials + suburb": WEAK_CAP,
}  # fmt: skip
"""Every rule with the size of its largest block."""
_HASH_KEY = "contact_hub.link"  # 16 characters, as pandas wants; another one changes every stored key
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass
class Candidates:
    """Pairs of rows (left < right, sorted, each once) and what was counted on the way."""

    left: Array
    right: Array
    pairs_by_rule: dict[str, int] = field(default_factory=dict)
    dropped_blocks: dict[str, int] = field(default_factory=dict)
    dropped_pairs: dict[str, int] = field(default_factory=dict)


Marks = Callable[[Array], Array]
"""Codes of a column to numbers that stand for its values in keys: never 0, but for the code -1."""


def _hashes(column: Column) -> Marks:
    """Stable hashes: the same on every machine, for a store."""
    if not len(column):
        return np.zeros(1, dtype=np.uint64).take
    found = pd.util.hash_array(np.asarray(column.keys, dtype=object), hash_key=_HASH_KEY, categorize=False)
    return np.append(np.maximum(found, np.uint64(1)), np.uint64(0)).take


def _numbers(column: Column) -> Marks:
    """The codes from 1 on: cheaper, and good for this table alone."""
    return lambda codes: codes + np.int32(1)


def rule_key(rule: str, parts: Parts) -> Array:
    """The rule's key a record, of its parts (uint64, 0 where one of them is missing), by splitmix64's finalizer."""
    key = np.full(len(parts[0]), list(RULES).index(rule) + 1, dtype=np.uint64) * _ODD
    present = np.ones(len(key), dtype=bool)
    for part in parts:
        present &= part != 0
        key = (key ^ part) * np.uint64(0xBF58476D1CE4E5B9)
        key ^= key >> np.uint64(29)
        key *= np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(32)
    return np.where(present, np.maximum(key, np.uint64(1)), np.uint64(0))


def rule_parts(people: People, marks: Callable[[Column], Marks] = _hashes) -> dict[str, Parts]:
    """Of each of `RULES` what its keys are made of: a number a record, 0 where the record lacks it.

    Args:
        marks: what stands for the values in the keys.
    """
    names = people.names
    first_of, last_of = np.append(names.first, -1), np.append(names.last, -1)
    sound_of, initial_of, begin_of = np.append(names.sound, -1), np.append(names.initial, 1), np.append(names.begins, 0)
    name = marks(Coded(names.first, np.array(names.keys, dtype=object)))
    sound = marks(Coded(names.sound, names.sounds))

    def of(column: Column) -> Array:
        return marks(column)(column.codes)

    first, last = first_of.take(people.given), last_of.take(people.family)
    given, family = name(first), name(last)
    given_long = np.where(initial_of.take(first) == 0, given, given.dtype.type(0))
    given_sound, family_sound = sound(sound_of.take(first)), sound(sound_of.take(last))
    low, high = np.minimum(given, family), np.maximum(given, family)
    low_sound, high_sound = np.minimum(given_sound, family_sound), np.maximum(given_sound, family_sound)
    birth, phone, email, local = of(people.birth), of(people.phone), of(people.email), of(people.local)
    address, suburb, postcode = of(people.address.houses), of(people.suburb), of(people.postcode)
    begin, end = begin_of.take(people.given), begin_of.take(people.family)
    begins, initials = begin.astype(given.dtype), _unordered(begin, end)
    parts: dict[str, Parts] = {
        "identity number": (of(people.identity),),
        "phone": (phone,),
        "email": (email,),
        "family name + birth date": (family, birth),
        "given name + birth date": (given_long, birth),
        "both names": (low, high),
        "both names + birth date": (low, high, birth),
        "address + given name": (address, given),
        "address + birth date": (address, birth),
        "address + suburb": (address, suburb),
        "address + postcode": (address, postcode),
        "birth date + suburb": (birth, suburb),
        "birth date + postcode": (birth, postcode),
        "mailbox name + initial": (local, begins),
        "sound of names + postcode": (low_sound, high_sound, postcode),
        "sound of names + suburb": (low_sound, high_sound, suburb),
        "sound of names": (low_sound, high_sound),
        "sound of given name + birth date": (given_sound, birth),
        "sound of family name + birth date": (family_sound, birth),
        "sound of family name + postcode": (family_sound, postcode),
        "sound of family name + postcode + initial": (family_sound, postcode, begins),
        "given name + postcode": (given, postcode),
        "family name + suburb": (family, suburb),
        "address": (address,),
        "birth date": (birth,),
        "initials + postcode": (initials, postcode),
        "initials + suburb": (initials, suburb),
    }
    return {rule: parts[rule] for rule in RULES}


def _unordered(begin: Array, end: Array) -> Array:
    """A number for two letters in either order, 0 where one is missing."""
    packed = np.minimum(begin, end).astype(np.uint64) << np.uint64(32) | np.maximum(begin, end).astype(np.uint64)
    return np.where((begin > 0) & (end > 0), packed, np.uint64(0))


def candidate_pairs(people: People, side: Array | None = None, cap: int = BLOCK_CAP) -> Candidates:
    """All pairs that share a key of a block no larger than `cap`; with `side`, only those across the two tables."""
    found = Candidates(np.empty(0, np.int32), np.empty(0, np.int32))

    def joined(rule_and_parts: tuple[str, Parts]) -> list[tuple[Array, Array]]:
        rule, parts = rule_and_parts
        rows, starts, sizes = _blocks([numbers[id(part)] for part in parts])
        large = sizes > min(cap, RULES[rule])
        found.dropped_blocks[rule] = int(large.sum())
        found.dropped_pairs[rule] = int((sizes[large] * (sizes[large] - 1) // 2).sum())
        pairs = _pairs(rows, starts[~large], sizes[~large])
        if side is not None:
            pairs = [(left[across], right[across]) for left, right in pairs for across in [side[left] != side[right]]]
        found.pairs_by_rule[rule] = sum(len(left) for left, _ in pairs)
        return pairs

    for counts in (found.pairs_by_rule, found.dropped_blocks, found.dropped_pairs):
        counts.update(dict.fromkeys(RULES, 0))  # in the order of the rules, whichever is done first
    rules = rule_parts(people, _numbers)
    numbers = _dense_parts(rules)
    pairs = [pair for part in each(joined, list(rules.items()), len(people)) for pair in part]
    if any(found.dropped_blocks.values()):
        pairs.append(_equal_neighbours(people, side))
    none = np.empty(0, np.int32)
    left, right = (np.concatenate([none, *(pair[place] for pair in pairs)]) for place in (0, 1))
    pairs.clear()
    found.left, found.right = distinct_pairs(left, right, len(people))
    return found


def _equal_neighbours(people: People, side: Array | None) -> tuple[Array, Array]:
    """Records that say the same in every field, each with the next: many copies of one record are in no block within a cap.

    The marks only spare records that nobody equals the sort.
    """
    columns = (people.birth, people.phone, people.email, people.address, people.suburb, people.postcode, people.identity)
    codes = np.stack((people.given, people.family, *(column.codes for column in columns)))
    mark = np.zeros(len(people), dtype=np.uint64)
    for code in codes:
        mark = (mark ^ code.astype(np.uint64)) * _ODD
        mark ^= mark >> np.uint64(32)
    rows = np.flatnonzero(pd.Series(mark).duplicated(keep=False).to_numpy() & (codes >= 0).any(axis=0))
    rows = rows[np.lexsort(codes[:, rows])]
    left, right = rows[:-1], rows[1:]
    same = (codes[:, left] == codes[:, right]).all(axis=0)
    if side is not None:
        same &= side[left] != side[right]
    left, right = left[same], right[same]
    return np.minimum(left, right).astype(np.int32), np.maximum(left, right).astype(np.int32)


def _dense_parts(rules: dict[str, Parts]) -> dict[int, Array]:
    """By the identity of a part, which rules share, its numbers as `grouped` takes them."""
    return {id(part): dense(part) for parts in rules.values() for part in parts}


def _blocks(parts: Sequence[Array]) -> tuple[Array, Array, Array]:
    """Rows of equal keys as neighbours, in ascending order; where each block of several begins, and its size."""
    rows, starts = grouped(parts)
    sizes = np.diff(np.append(starts, len(rows)))
    several = sizes > 1
    return rows, starts[several], sizes[several]


def _pairs(rows: Array, starts: Array, sizes: Array) -> list[tuple[Array, Array]]:
    """All pairs within blocks: first the neighbours, then those two places apart, and so on."""
    pairs: list[tuple[Array, Array]] = []
    position = np.repeat(starts - np.r_[0, np.cumsum(sizes)[:-1]], sizes) + np.arange(sizes.sum())
    left_over = np.repeat(starts + sizes, sizes) - position - 1  # places behind this one in its block
    step = 1
    while True:
        position = position[left_over >= step]
        left_over = left_over[left_over >= step]
        if not len(position):
            return pairs
        pairs.append((rows.take(position), rows.take(position + step)))
        step += 1


def key_table(people: People) -> pd.DataFrame:
    """`record_id`, `rule`, `key` (int64, as PostgreSQL's bigint holds it): one row a record and rule that applies."""
    keys = np.stack([rule_key(rule, parts) for rule, parts in rule_parts(people).items()])
    place, row = np.nonzero(keys)
    rules = np.array(list(RULES), dtype=object)
    return pd.DataFrame({"record_id": people.ids[row], "rule": rules[place], "key": keys[place, row].view(np.int64)})


@dataclass(frozen=True)
class KeyMatrix:
    """The keys of all records.

    Attributes:
        ids: of the records, in the order of the columns of `keys`.
        keys: a row a rule, a column a record (uint64); 0 where the record has none, or its block is above the rule's cap.
        blocks: by rule, the blocks of more than one record, those above the cap among them.
    """

    ids: Array
    keys: Array
    blocks: dict[str, int]


def key_matrix(people: People) -> KeyMatrix:
    """The keys of `key_table` by which somebody can be found: without those of blocks that are too large."""
    parts = rule_parts(people)
    numbers = _dense_parts(parts)
    matrix = np.zeros((len(parts), len(people)), dtype=np.uint64)

    def kept(place_and_rule: tuple[int, str]) -> int:
        place, rule = place_and_rule
        keys = rule_key(rule, parts[rule])
        rows, starts, sizes = _blocks([numbers[id(part)] for part in parts[rule]])
        large = sizes > RULES[rule]
        for start, size in zip(starts[large].tolist(), sizes[large].tolist(), strict=True):
            keys[rows[start : start + size]] = 0
        matrix[place] = keys
        return len(sizes)

    counts = each(kept, list(enumerate(parts)), len(people))
    return KeyMatrix(people.ids, matrix, dict(zip(parts, counts, strict=True)))
