"""A column of texts as codes over its distinct texts, and these in the form in which they are compared.

Most texts of a table that was normalized before are in that form already. Where one expression can tell that of a text, its
reader in `values` need not be asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd

from contact_hub.identity.dates import PLACEHOLDER_DATES
from contact_hub.identity.emails import PLAIN_EMAIL
from contact_hub.identity.phones import e164_pattern
from contact_hub.identity.placeholders import LIKE_A_PLACEHOLDER_EMAIL, WITHHELD_CALLERS
from contact_hub.linkage.spelling import Spelling, spelling
from contact_hub.linkage.values import read_birth_date, read_email, read_phone

Array = np.ndarray[Any, Any]

_LONGEST = 200
"""Characters of a text that are read."""


class Column(Protocol):
    """One column of a table: a code a record (-1 = missing) and the distinct compared forms."""

    @property
    def codes(self) -> Array: ...
    @property
    def keys(self) -> Array: ...
    def __len__(self) -> int:
        """How many distinct forms there are."""


@dataclass(frozen=True)
class Coded:
    """A `Column` whose forms are compared by their spelling too."""

    codes: Array
    keys: Array

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def spelling(self) -> Spelling:
        return spelling(self.keys)


def as_texts(records: pd.DataFrame, name: str, order: Array) -> tuple[Array, list[str]]:
    """Codes (-1 = missing) of the rows in this order, and the distinct texts, of a column of any dtype; no texts if the table
    has no such column.

    Texts are numbered by their first row in this order. They are found in the order in which they lie in memory, twice as
    fast; not so other values, of which equal ones (1 and 1.0) can be different texts.

    Raises:
        ValueError: the column holds lists or other things that are no values.
    """
    if name not in records.columns:
        return np.full(len(order), -1, dtype=np.int32), []
    typed = records[name].to_numpy(dtype=object)
    try:
        codes, found = pd.factorize(typed, use_na_sentinel=True)
        if set(map(type, found)) <= {str}:
            codes, first = _renumbered(codes.take(order), len(found))
            return _shortened(codes, found[first].tolist())
        codes, found = pd.factorize(typed[order], use_na_sentinel=True)
    except TypeError as error:
        raise ValueError(f"column {name!r} holds values that are no text, number or date; make text of them") from error
    return _distinct(codes, [_as_text(value, name) for value in found])


def _shortened(codes: Array, texts: list[str]) -> tuple[Array, list[str]]:
    """The same without what is behind the first characters of a text: nobody's name or address goes on for pages."""
    if max(map(len, texts), default=0) <= _LONGEST:
        return codes, texts
    return _distinct(codes, [text[:_LONGEST] for text in texts])


def _distinct(codes: Array, texts: list[str]) -> tuple[Array, list[str]]:
    """The same where two texts may be equal: of a day as a date and as text, or of texts that were cut."""
    second, found = pd.factorize(objects([*(text[:_LONGEST] for text in texts), None]), use_na_sentinel=True)
    return second.astype(np.int32).take(codes), found.tolist()


def _renumbered(codes: Array, count: int) -> tuple[Array, Array]:
    """The same codes numbered in the order of their first rows, and the old number of each new one."""
    known = np.flatnonzero(codes >= 0)
    of_known = codes.take(known)
    first_row = np.empty(count, dtype=np.int64)
    first_row[of_known[::-1]] = known[::-1]  # of several values for one place numpy keeps the last
    old = of_known[first_row.take(of_known) == known]
    number = np.full(count + 1, -1, dtype=np.int32)
    number[old] = np.arange(count, dtype=np.int32)
    return number.take(codes), old


def _as_text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (datetime, np.datetime64)):
        return str(pd.Timestamp(value).date())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (dict, list, set, tuple)):
        raise ValueError(f"column {name!r} holds values that are no text, number or date; make text of them")
    return str(value)


def read_distinct(records: pd.DataFrame, name: str, order: Array, read: Callable[[list[str]], Iterable[str | None]]) -> Coded:
    """A column, its rows in this order; `read` gives the compared forms of all its distinct texts."""
    codes, texts = as_texts(records, name, order)
    forms = list(read(texts))
    if forms == texts:  # normalized before
        return Coded(codes, objects(texts))
    return recode(codes, forms)


def recode(codes: Array, forms: Iterable[str | None]) -> Coded:
    """The column of the distinct forms, from codes over what was typed and the form of each."""
    second, keys = pd.factorize(objects([*forms, None]), use_na_sentinel=True)
    return Coded(second.astype(np.int32).take(codes), keys)


def objects(values: Iterable[Any]) -> Array:
    """An array of these objects, whatever they are."""
    return np.fromiter(values, dtype=object)


def read_phones(texts: list[str], region: str) -> list[str | None]:
    """`read_phone` of each."""
    pattern = e164_pattern(region)
    if pattern is None:
        return [read_phone(text, region) for text in texts]
    fits = pattern.fullmatch
    return [
        text if fits(text) is not None and text[-1] != text[-2] and text not in WITHHELD_CALLERS else read_phone(text, region)
        for text in texts
    ]


_ISO_DAY = re.compile(
    r"(?:18[89]|19\d|20\d)\d-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)",
    re.ASCII,
)
"""Days of the calendar in ISO 8601; of those that `read_birth_date` takes, 29 February and the year 2100 are missing."""
_NO_DAYS = frozenset(day.isoformat() for day in PLACEHOLDER_DATES)


def read_birth_dates(texts: list[str]) -> list[str | None]:
    """`read_birth_date` of each."""
    fits = _ISO_DAY.fullmatch
    return [text if fits(text) is not None and text not in _NO_DAYS else read_birth_date(text) for text in texts]


_SOMEONES_EMAIL = re.compile(rf"(?!{LIKE_A_PLACEHOLDER_EMAIL}){PLAIN_EMAIL.pattern}", re.ASCII)


def read_emails(texts: list[str]) -> list[str | None]:
    """`read_email` of each."""
    fits = _SOMEONES_EMAIL.fullmatch
    return [text if fits(text) is not None else read_email(text) for text in texts]


_BETWEEN = str.maketrans("", "", "._-")


def mailbox_names(emails: Array) -> list[str]:
    """What is before the @ or the + of each, without dots, underscores and dashes."""
    if not len(emails):
        return []
    before = "\n".join([email.partition("@")[0] for email in emails])  # no email holds a space of any kind
    return [name.partition("+")[0] if "+" in name else name for name in before.translate(_BETWEEN).split("\n")]
