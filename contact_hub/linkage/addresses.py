"""Distinct addresses by their parts: number and unit, and the street that many share, are read once each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage.spelling import Spelling, spelling
from contact_hub.linkage.texts import objects
from contact_hub.linkage.values import read_address

Array = np.ndarray[Any, Any]

_ASK = -2
"""What a part alone does not tell: the whole address is read."""


@dataclass(frozen=True)
class Addresses:
    """The addresses of a table.

    Attributes:
        codes: the address of each record, -1 where it is missing.
        number, street: of each distinct address, places in `numbers` and `streets`; two of one number and street differ in
            the unit, or in the spaces of the street.
        streets: without spaces.
    """

    codes: Array
    number: Array
    street: Array
    numbers: Array
    streets: Array

    @cached_property
    def spelling(self) -> Spelling:
        """Of `streets`."""
        return spelling(self.streets)

    @cached_property
    def houses(self) -> Houses:
        house, packed = _factorized(self.number, self.street)
        codes = np.append(house, -1).astype(np.int32)[self.codes]
        return Houses(codes, self.numbers, self.streets, packed >> 32, packed & 0xFFFFFFFF)


@dataclass(frozen=True)
class Houses:
    """The `Column` of houses: units and spaces are left out, 'Smith Street' and 'Smithstreet' are one. Its forms are made only
    where they are asked for."""

    codes: Array
    numbers: Array
    streets: Array
    number: Array
    street: Array

    def __len__(self) -> int:
        return len(self.number)

    @cached_property
    def keys(self) -> Array:
        return objects(map("{}|{}".format, self.numbers[self.number], self.streets[self.street]))


class _Numbered(dict[str, int]):
    """Texts numbered as they come."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def read_addresses(codes: Array, texts: list[str]) -> Addresses:
    """The addresses of records from their codes over distinct texts. What is compared is what `read_address` gives.

    Most addresses are a number, a space, and a street that others share.
    """
    numbers, streets, units = _Numbered(), _Numbered(), _Numbered()
    parts = [text.partition(" ") for text in texts]
    front, fronts = pd.factorize(objects(part[0] for part in parts))
    behind, rests = pd.factorize(objects(part[2] for part in parts))
    doors = [_door(text) for text in fronts]
    number = _coded(_ASK if door is None else numbers[door[0]] for door in doors)[front]
    unit = _coded(_ASK if door is None else units[door[1]] for door in doors)[front]
    forms = map(_behind_the_number, rests)
    street = _coded(-1 if form is None else streets[form] if form else _ASK for form in forms)[behind]
    for place in np.flatnonzero((number == _ASK) | (street == _ASK)).tolist():
        form = read_address(texts[place])
        street[place] = -1
        if form is not None:
            door, way, flat = form.split("|")
            number[place], street[place], unit[place] = numbers[door], streets[way], units[flat]
    return _distinct(codes, number, street, unit, numbers, streets)


def _door(front: str) -> tuple[str, str] | None:
    """Number and unit of the first word of an address; None if it is anything else."""
    unit, slash, number = front.rpartition("/")
    return (number, unit) if number.isdecimal() and (unit.isdecimal() or not slash) else None


def _behind_the_number(rest: str) -> str | None:
    """The street in what stands behind the first word; '' where it depends on that word, or there are further numbers."""
    if any(map(str.isdigit, rest)):
        return ""
    form = read_address(f"0 {rest}")
    return form and ("" if form.endswith("|po box|") else form[2:-1])


def _distinct(
    codes: Array, number: Array, street: Array, unit: Array, numbers: Iterable[str], streets: Iterable[str]
) -> Addresses:
    """Addresses from the parts of each distinct text (street -1: it is none); they and their streets are numbered in the
    order in which they come."""
    count, known = len(street), np.flatnonzero(street >= 0)
    number, street, unit = number[known], street[known], unit[known]
    home, pairs = _factorized(_factorized(number, street)[0], unit)
    first = np.empty(len(pairs), dtype=np.int64)
    first[home[::-1]] = np.arange(len(home))[::-1]  # of several values for one place numpy keeps the last
    of_text = np.full(count + 1, -1, dtype=np.int32)
    of_text[known] = home
    joined, names = pd.factorize(objects(name.replace(" ", "") for name in streets))
    way, order = pd.factorize(joined[street[first]])
    return Addresses(of_text[codes], number[first].astype(np.int32), way.astype(np.int32), objects(numbers), names[order])


def _factorized(high: Array, low: Array) -> tuple[Array, Array]:
    """The number of each pair of codes, in the order in which they come, and the distinct pairs, packed."""
    return pd.factorize(high.astype(np.int64) << 32 | low)


def _coded(codes: Iterable[int]) -> Array:
    return np.fromiter(codes, np.int64)
