"""Records as integer codes: every distinct value is read once, and nothing later touches a text twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from phonenumbers import SUPPORTED_REGIONS

from contact_hub.identity.names import normalize_name
from contact_hub.linkage import texts, values
from contact_hub.linkage.addresses import Addresses, read_addresses
from contact_hub.linkage.grouping import text_order
from contact_hub.linkage.headings import IDENTITY_COLUMNS, with_our_names
from contact_hub.linkage.names import NameTable, name_table
from contact_hub.linkage.texts import Coded

Array = np.ndarray[Any, Any]

CALLED_ALIKE = 0.25
"""A given name that a greater part of the records has is a stand-in, or a title: no parents choose one name so often."""
SHARED_BY_MANY = 12
"""A phone or email with more different first names than this is nobody's: the practice's own, or a stand-in."""
HEAPED_SHARE = 0.005
"""The usual birth date has no greater part of the names: in a table of few dates every one is a stand-in."""
HEAPED = 6
"""A birth date of so many times more different first names than the usual date is a stand-in (1 January 1970, or today)."""


@dataclass(frozen=True)
class People:
    """Records in the order of their ids, as codes.

    Attributes:
        placeholders: by column, how many values count as missing because too many have them.
        stand_in_names: given names of that kind, hashed -> their share of the records.
    """

    ids: Array
    names: NameTable
    given: Array
    family: Array
    birth: Coded
    phone: Coded
    email: Coded
    local: Coded
    address: Addresses
    suburb: Coded
    postcode: Coded
    state: Coded
    identity: Coded
    placeholders: dict[str, int]
    stand_in_names: dict[int, float]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def birth_days(self) -> Array:
        """A number a distinct birth date: its year, month and day (7 bits each: 99 of both are possible)."""
        digits = np.array([int(key.replace("-", "")) for key in self.birth.keys], dtype=np.int32)
        return digits // 10_000 << 14 | digits // 100 % 100 << 7 | digits % 100

    @cached_property
    def phone_numbers(self) -> Array:
        """The digits of each distinct phone as a number."""
        return np.fromiter(map(int, self.phone.keys), np.int64, len(self.phone.keys))


def read_people(records: pd.DataFrame, region: str = "AU", stand_ins: Mapping[int, float] | None = None) -> People:
    """The records as codes, sorted by `record_id`, so that no result depends on their order.

    Args:
        stand_ins: given names (hashed) that count as missing, for records that were chosen because they share something; None
            finds them among these.

    Raises:
        ValueError: as of `with_our_names`, a missing or a repeated id, an unknown region, or a column of things that are
            no values.
    """
    records = with_our_names(records)
    if region not in SUPPORTED_REGIONS:
        raise ValueError(f"region is an ISO 3166 code in capitals such as AU or GB, not {region!r}")
    ids, order = _sorted_ids(records)
    identity = next((name for name in IDENTITY_COLUMNS if name in records.columns), IDENTITY_COLUMNS[0])

    def coded(name: str, read: Callable[[list[str]], Iterable[str | None]]) -> Coded:
        return texts.read_distinct(records, name, order, read)

    names, given, family = _names(records, order)
    placeholders: dict[str, int] = {}
    birth = coded("date_of_birth", texts.read_birth_dates)
    stand_ins = _stand_ins(names, given, family, birth) if stand_ins is None else stand_ins
    if stand_ins:
        given = np.where(np.isin(np.append(names.hashes, 0)[given], list(stand_ins)), -1, given).astype(np.int32)
    placeholders["given_name"] = len(stand_ins)
    phone = _personal("phone", coded("phone", partial(texts.read_phones, region=region)), given, placeholders)
    email = _personal("email", coded("email", texts.read_emails), given, placeholders)
    return People(
        ids=ids, names=names, given=given, family=family, phone=phone, email=email, placeholders=placeholders,
        birth=_personal("date_of_birth", birth, given, placeholders, heaps=HEAPED),
        local=_local_parts(email),
        address=read_addresses(*texts.as_texts(records, "address", order)),
        suburb=coded("suburb", partial(map, values.read_suburb)),
        postcode=coded("postcode", partial(map, values.read_postcode)),
        state=coded("state", partial(map, values.read_suburb)),
        identity=coded(identity, partial(map, values.read_identity)),
        stand_in_names=dict(stand_ins),
    )  # fmt: skip


def _sorted_ids(records: pd.DataFrame) -> tuple[Array, Array]:
    ids = records["record_id"]
    if ids.isna().any():
        raise ValueError(f"{int(ids.isna().sum())} records have no record_id")
    listed = ids.to_numpy(dtype=object)
    order = text_order(listed)
    if order is None:
        if ids.duplicated().any():
            raise ValueError(f"record_id must be unique; {int(ids.duplicated().sum())} records repeat one")
        try:
            order = np.argsort(listed if ids.dtype == object else ids.to_numpy(), kind="stable")
        except TypeError:
            order = np.argsort(np.array(list(map(str, listed))), kind="stable")
    return listed[order], order


def _names(records: pd.DataFrame, order: Array) -> tuple[NameTable, Array, Array]:
    first, first_texts = texts.as_texts(records, "given_name", order)
    last, last_texts = texts.as_texts(records, "family_name", order)
    read: dict[str, str | None] = {}
    for text in (*first_texts, *last_texts):
        if text not in read:
            read[text] = values.read_name(text)
    forms = [*(read[text] for text in first_texts), *(read[text] for text in last_texts)]
    nothing = pd.isna(np.array([*forms[len(first_texts) :], None], dtype=object))[last]  # '' and '-' are missing too
    lonely = np.zeros(len(first_texts) + 1, dtype=bool)
    lonely[first[nothing]] = True
    first_parts: list[tuple[str | None, str | None]] = [(None, None)] * len(first_texts)
    for place in np.flatnonzero(lonely[:-1]).tolist():
        first_parts[place] = _split(first_texts[place])
    forms += [part[0] for part in first_parts] + [part[1] for part in first_parts]
    codes, keys = pd.factorize(np.array([*forms, None], dtype=object), use_na_sentinel=True)
    n, m = len(first_texts), len(last_texts)
    coded_given = np.append(codes[:n], -1)[first]
    coded_family = np.append(codes[n : n + m], -1)[last]
    alone = nothing & (coded_given >= 0)
    coded_family = np.where(alone, np.append(codes[2 * n + m : 3 * n + m], -1)[first], coded_family)
    coded_given = np.where(alone, np.append(codes[n + m : 2 * n + m], -1)[first], coded_given)
    return name_table(list(keys)), coded_given.astype(np.int32), coded_family.astype(np.int32)


def _split(text: str) -> tuple[str | None, str | None]:
    """Given and family name of a text that stands alone in the column of given names."""
    if " " not in text.strip() and "," not in text:
        return values.read_name(text), None
    if words := values.plain_words(text):
        return words[0], words[-1] if len(words) > 1 else None
    named = normalize_name(text, None)
    if named.family_name:
        return values.read_name(named.given_name or ""), values.read_name(named.family_name)
    words = (values.read_name(text) or "").split(" ")
    return (words[0] or None, words[-1]) if len(words) > 1 else (words[0] or None, None)


def _stand_ins(names: NameTable, given: Array, family: Array, birth: Coded) -> dict[int, float]:
    """Given names, hashed, that too many have, of different family names or birth dates; and their share of the records."""
    known = given[given >= 0]
    counts = np.bincount(known, minlength=len(names))
    many = np.flatnonzero(counts > max(CALLED_ALIKE * len(known), SHARED_BY_MANY))
    held = {name: [codes[(given == name) & (codes >= 0)] for codes in (family, birth.codes)] for name in many.tolist()}
    found = [name for name, kinds in held.items() if max(len(np.unique(codes)) for codes in kinds) > SHARED_BY_MANY]
    return {int(names.hashes[name]): counts[name] / len(known) for name in found}


def _personal(name: str, column: Coded, given: Array, placeholders: dict[str, int], *, heaps: int = 0) -> Coded:
    """The column without values that too many differently named people have."""
    known = (column.codes >= 0) & (given >= 0)
    if not known.any():
        return column
    width = int(given.max()) + 1
    pairs = pd.unique(column.codes[known].astype(np.int64) * width + given[known])
    people = np.bincount(pairs // width, minlength=len(column.keys))
    usual = min(float(np.median(people[people > 0])), HEAPED_SHARE * people.sum())
    return _without(name, column, people > SHARED_BY_MANY + heaps * usual, placeholders)


def _without(name: str, column: Coded, dropped: Array, placeholders: dict[str, int]) -> Coded:
    placeholders[name] = int(dropped.sum())
    if not dropped.any():
        return column
    return Coded(np.where(np.append(dropped, False)[column.codes], -1, column.codes).astype(np.int32), column.keys)


def _local_parts(email: Coded) -> Coded:
    """The part before the @, where it is long enough to tell people apart."""
    names = texts.mailbox_names(email.keys)
    return texts.recode(email.codes, [name if len(name) > 3 else None for name in names])
