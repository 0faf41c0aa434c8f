"""What seven sources make of a person: which fields each has, how it writes them, and what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.linkage import mistakes
from benchmarks.linkage.names import Codes
from benchmarks.linkage.people import People, Random
from benchmarks.linkage.places import STREET_TYPES, Texts

SOURCES = ("cliniko", "csv", "web_form", "whatsapp", "phone", "email", "instagram")
FIRST_SHARES = (0.76, 0.12, 0.04, 0.04, 0.02, 0.01, 0.01)
LATER_SHARES = (0.24, 0.17, 0.17, 0.17, 0.12, 0.08, 0.05)
"""Sources of a person's first record, and of the others."""
FIELDS = ("given_name", "family_name", "date_of_birth", "phone", "email", "address")
HAS: Mapping[str, tuple[float, ...]] = {
    "cliniko": (1, 1, 0.96, 0.93, 0.76, 0.85),
    "csv": (1, 0.99, 0.8, 0.85, 0.5, 0.8),
    "web_form": (1, 0.98, 0.55, 0.92, 0.96, 0.35),
    "whatsapp": (0.93, 0.62, 0, 1, 0.03, 0),
    "phone": (0.97, 0.8, 0.3, 0.96, 0.08, 0.05),
    "email": (0.97, 0.85, 0.04, 0.3, 1, 0.03),
    "instagram": (0.97, 0.6, 0.02, 0.6, 0.45, 0),
}
"""How often a source has each of ``FIELDS``."""
CARE = {"cliniko": 0.6, "csv": 1.2, "web_form": 1.2, "whatsapp": 0.7, "phone": 2.5, "email": 0.6, "instagram": 0.7}
"""Mistakes of a source, as a multiple of the usual."""
CALLED = {"cliniko": 0.05, "csv": 0.05, "web_form": 0.12, "whatsapp": 0.4, "phone": 0.3, "email": 0.25, "instagram": 0.4}
"""How often it holds what friends call the person instead of the given name."""
RATES = {
    "given_name": 0.025, "family_name": 0.03, "date_of_birth": 0.018, "phone": 0.014, "email": 0.014, "address": 0.05,
    "swapped": 0.009, "middle": 0.02, "initial": 0.012, "half of a double name": 0.3, "unsplit": 0.02,
}  # fmt: skip
"""Mistakes a record, at ``errors`` = 1."""
NO_EMAIL = ("noemail@noemail.com", "na@na.com", "none@none.com", "noemail@gmail.com", "reception@bondiphysio.com.au")
NO_PHONE = {"AU": ("0400 000 000", "0000000000", "02 9130 1234"), "GB": ("07000 000000", "0000000000", "020 7946 0123")}
"""What staff enter where they have none; the last is the clinic's own."""
CHILD = 14
"""Younger children do not write, telephone or fill in forms themselves."""
FORMER = 0.45
"""How often a record beside the first has details from before a move, marriage or new number."""


@dataclass
class Draft:
    """Records as columns of text under way; None = missing."""

    person: Codes
    source: Codes
    columns: dict[str, Texts]

    def care(self, table: Mapping[str, float]) -> Texts:
        return np.array([table[name] for name in SOURCES])[self.source]


def records(
    source: Random, who: People, counts: Codes, errors: float, region: str, as_typed: bool
) -> tuple[pd.DataFrame, Codes]:
    """``counts`` records of each person, in no order: the frame, and the person of each row."""
    person = np.repeat(np.arange(len(counts)), counts)
    first = np.r_[True, person[1:] != person[:-1]]
    draft = Draft(person, _sources(source, who.age[person], first), {})
    _fill(source, who, draft, ~first & (source.random(len(person)) < FORMER))
    typist = random.Random(int(source.integers(2**62)))
    _names(source, who, draft, errors)
    _mistakes(source, draft, errors, typist)
    _leave_out(source, draft)
    _placeholders(source, draft, errors, region)
    if as_typed:
        _as_typed(source, draft, region)
    order = source.permutation(len(person))
    frame = pd.DataFrame({name: np.where(pd.isna(column), None, column)[order] for name, column in draft.columns.items()})
    frame["source"] = np.array(SOURCES, dtype=object)[draft.source[order]]
    return frame, person[order]


def _sources(source: Random, age: Codes, first: Codes) -> Codes:
    n = len(age)
    chosen = np.where(first, source.choice(7, n, p=FIRST_SHARES), source.choice(7, n, p=LATER_SHARES))
    return np.where((age < CHILD) & (chosen > 2), source.choice(3, n, p=(0.6, 0.2, 0.2)), chosen)


def _fill(source: Random, who: People, draft: Draft, former: Codes) -> None:
    """The truth of each record, present or former."""
    person = draft.person
    called = source.random(len(person)) < draft.care(CALLED)
    wired = (who.landline[person] > 0) & np.isin(draft.source, (0, 1)) & (source.random(len(person)) < 0.12)
    phone = np.where(wired, who.landline[person], np.where(former, who.former_phone[person], who.phone[person]))
    home, places = np.where(former, who.former_home[person], who.home[person]), who.places
    draft.columns = {
        "given_name": np.where(called, who.called[person], who.given[person]),
        "family_name": np.where(former, who.former_family[person], who.family[person]),
        "date_of_birth": np.datetime_as_string(who.birth[person], unit="D").astype(object),
        "phone": ("0" + pd.Series(phone).astype(str)).to_numpy(dtype=object),
        "email": np.where(former, who.former_email[person], who.email[person]),
        "address": _streets(source, home, who),
        "suburb": places.suburb[home],
        "postcode": places.postcode[home],
        "state": places.state[home],
    }


def _streets(source: Random, home: Codes, who: People) -> Texts:
    """Units as 3/12, Unit 3, 12 or left out; the street's type in full or short."""
    n, places = len(home), who.places
    unit, number = places.unit[home].astype(str).astype(object), places.number[home].astype(str).astype(object)
    shapes = [unit + "/", "Unit " + unit + ", ", "U" + unit + " ", np.full(n, "", dtype=object)]
    front = np.choose(source.choice(4, n, p=(0.55, 0.25, 0.1, 0.1)), shapes)
    kinds = places.kind[home]
    short = pd.Series(kinds).map(STREET_TYPES).to_numpy(dtype=object)
    front = np.where(places.unit[home] > 0, front, "")
    return front + number + " " + places.street[home] + " " + np.where(source.random(n) < 0.5, short, kinds)


def _names(source: Random, who: People, draft: Draft, errors: float) -> None:
    """Middle names, initials, halves of double names, swapped columns, and whole names in one column."""
    columns, n = draft.columns, len(draft.person)

    def hit(kind: str) -> Codes:
        return source.random(n) < RATES[kind] * errors

    given, family = columns["given_name"], columns["family_name"]
    given = np.where(hit("middle"), given + " " + who.middle[draft.person], given)
    given = np.where(hit("initial"), pd.Series(given).str[0].to_numpy(dtype=object), given)
    halves = pd.Series(family).str.split(r"[- ]", regex=True)
    one = np.where(source.random(n) < 0.5, halves.str[0], halves.str[-1])
    family = np.where(hit("half of a double name"), one, family)
    swapped = hit("swapped") & (draft.source != 0)
    columns["given_name"], columns["family_name"] = np.where(swapped, family, given), np.where(swapped, given, family)
    unsplit = hit("unsplit") & (draft.source > 2)
    columns["given_name"] = np.where(unsplit, columns["given_name"] + " " + columns["family_name"], columns["given_name"])
    columns["family_name"] = np.where(unsplit, None, columns["family_name"])


def _mistakes(source: Random, draft: Draft, errors: float, typist: random.Random) -> None:
    """One mistake in the fields that chance picks; two fields of a careless source may both be hit."""
    care = draft.care(CARE)
    telephone = draft.source == SOURCES.index("phone")
    typed = draft.source != SOURCES.index("whatsapp")  # where the network gives the number
    for field in FIELDS:
        how: Callable[[str, random.Random], str] = {
            "phone": mistakes.wrong_digit, "date_of_birth": mistakes.wrong_date, "address": _wrong_address,
        }.get(field, mistakes.mistaken)  # fmt: skip
        wrong = source.random(len(care)) < RATES[field] * errors * care * (typed if field == "phone" else True)
        column = draft.columns[field]
        for row in np.flatnonzero(wrong):
            if column[row]:
                heard = telephone[row] and how is mistakes.mistaken
                column[row] = mistakes.mistaken(column[row], typist, heard=0.85) if heard else how(column[row], typist)
    elsewhere = np.flatnonzero(source.random(len(care)) < 0.012 * errors)
    draft.columns["suburb"][elsewhere] = [mistakes.mistaken(text, typist) for text in draft.columns["suburb"][elsewhere]]


def _wrong_address(text: str, source: random.Random) -> str:
    number, _, rest = text.partition(" ")
    draw = source.random()
    if draw < 0.35:
        return f"{number} {mistakes.mistaken(rest, source)}"
    if draw < 0.6:
        return f"{number[:-1] + source.choice('0123456789')} {rest}" if number[-1:].isdigit() else text
    return text.rsplit(" ", 1)[0] if draw < 0.85 else f"{number} {rest.replace(' ', '', 1)}"


def _leave_out(source: Random, draft: Draft) -> None:
    table = np.array([HAS[name] for name in SOURCES])[draft.source]
    for place, field in enumerate(FIELDS):
        kept = source.random(len(draft.person)) < table[:, place]
        draft.columns[field] = np.where(kept, draft.columns[field], None)
    local = pd.notna(draft.columns["address"])
    near = local | (source.random(len(local)) < np.where(np.isin(draft.source, (0, 1, 2)), 0.4, 0.03))
    for field in ("suburb", "postcode", "state"):
        draft.columns[field] = np.where(near & (source.random(len(local)) < 0.97), draft.columns[field], None)


def _placeholders(source: Random, draft: Draft, errors: float, region: str) -> None:
    """What staff and spreadsheets enter where a form wants a value."""
    kept_by_staff = np.isin(draft.source, (0, 1))
    first = {"email": NO_EMAIL, "phone": NO_PHONE[region], "date_of_birth": ("1900-01-01", "1970-01-01", "2000-01-01")}
    rates = {"email": 0.15, "phone": 0.2, "date_of_birth": 0.15}
    for field, values in first.items():
        column = draft.columns[field]
        empty = np.flatnonzero(pd.isna(column) & kept_by_staff & (source.random(len(column)) < rates[field] * errors))
        column[empty] = np.array(values, dtype=object)[source.integers(0, len(values), len(empty))]


def _as_typed(source: Random, draft: Draft, region: str) -> None:
    """Case, spaces and punctuation of each source."""
    n, columns = len(draft.person), draft.columns
    style = source.random(n)
    shouted = (draft.source == 1) & (style < 0.5)
    small = np.isin(draft.source, (2, 3, 5, 6)) & (style < 0.25)
    for field in ("given_name", "family_name", "address", "suburb", "email"):
        text = pd.Series(columns[field], dtype=object)
        keeps = shouted & (source.random(n) < 0.9) if field != "email" else shouted & (style < 0.2)
        columns[field] = np.where(keeps, text.str.upper(), np.where(small, text.str.lower(), text))
        spaced = pd.notna(columns[field]) & (source.random(n) < 0.02)
        columns[field][spaced] = columns[field][spaced] + " "
    emoji = (draft.source == SOURCES.index("whatsapp")) & (source.random(n) < 0.06) & pd.notna(columns["given_name"])
    columns["given_name"][emoji] = (
        columns["given_name"][emoji] + np.array([" 🌸", " ✨", "🏄", " ❤️"], dtype=object)[source.integers(0, 4, emoji.sum())]
    )
    columns["date_of_birth"] = _dates(source, columns["date_of_birth"], draft.source)
    columns["phone"] = _phones(source, columns["phone"], draft.source, region)


def _dates(source: Random, dates: Texts, by: Codes) -> Texts:
    text = pd.Series(dates, dtype=object)
    year, month, day = text.str[:4], text.str[5:7], text.str[8:10]
    slashed, dashed = day + "/" + month + "/" + year, day + "-" + month + "-" + year
    bare = day.str.lstrip("0") + "/" + month.str.lstrip("0") + "/" + year
    style = np.where(by == 0, 0, source.choice(4, len(dates), p=(0.1, 0.5, 0.15, 0.25)))
    return np.asarray(np.select([style == 0, style == 1, style == 2], [text, slashed, dashed], bare), dtype=object)


def _phones(source: Random, phones: Texts, by: Codes, region: str) -> Texts:
    text = pd.Series(phones, dtype=object)
    code, cut = ("61", 4) if region == "AU" else ("44", 5)
    plain = text.str.fullmatch(r"0\d+").eq(True).to_numpy(dtype=bool)
    spaced = text.str[:cut] + " " + text.str[cut : cut + 3] + " " + text.str[cut + 3 :]
    e164, wide = "+" + code + text.str[1:], "+" + code + " " + text.str[1:4] + " " + text.str[4:7] + " " + text.str[7:]
    dashed = text.str[:cut] + "-" + text.str[cut : cut + 3] + "-" + text.str[cut + 3 :]
    lost_zero = text.str[1:]
    style = source.choice(6, len(phones), p=(0.3, 0.4, 0.08, 0.1, 0.06, 0.06))
    style = np.where(np.isin(by, (3, 4)), 2, np.where((style == 5) & (by != 1), 1, style))
    return np.asarray(
        np.select(
            [~plain | (style == 0), style == 1, style == 2, style == 3, style == 4],
            [text, spaced, e164, wide, dashed],
            lost_zero,
        ),
        dtype=object,
    )
