"""Many texts read at once are read as each alone is."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.identity.dates import PLACEHOLDER_DATES
from contact_hub.identity.emails import PLAIN_EMAIL
from contact_hub.identity.names import TITLES
from contact_hub.identity.phones import e164_pattern, normalize_phone
from contact_hub.identity.placeholders import (
    _PLACEHOLDER_DOMAINS,
    _PLACEHOLDER_LOCALS,
    WITHHELD_CALLERS,
    WORDS_OF_NOBODY,
    is_placeholder_email,
)
from contact_hub.linkage.names import name_table
from contact_hub.linkage.texts import _SOMEONES_EMAIL, mailbox_names, read_birth_dates, read_emails, read_phones
from contact_hub.linkage.values import read_birth_date, read_email, read_name, read_phone

_REGIONS = ("AU", "GB", "US", "NZ", "IE", "IT", "LS", "CX", "AR")
_CODES = ("+61", "+44", "+1", "+64", "+353", "+39", "+266", "+54")


def _numbers() -> st.SearchStrategy[str]:
    """Numbers, most of them like valid ones, some of one digit again and again."""
    digits = st.text("0123456789", min_size=3, max_size=11) | st.sampled_from(["4", "2", "7400 "]).map(lambda one: one * 9)
    australian = st.from_regex(r"\+614[0-9]{8}", fullmatch=True)
    return australian | st.builds("".join, st.tuples(st.sampled_from((*_CODES, "0", "")), digits)) | st.text(max_size=6)


@given(st.lists(_numbers() | st.sampled_from(sorted(WITHHELD_CALLERS)), max_size=12), st.sampled_from(_REGIONS))
def test_phones(texts: list[str], region: str) -> None:
    assert read_phones(texts, region) == [read_phone(text, region) for text in texts]


@given(st.sampled_from(_REGIONS), st.data())
def test_what_fits_a_regions_expression_is_e164_already(region: str, data: st.DataObject) -> None:
    pattern = e164_pattern(region)
    if pattern is None:
        return
    text = data.draw(_numbers())
    if pattern.fullmatch(text) is not None:
        assert normalize_phone(text, region) == text


_PARTS = st.sampled_from(sorted(_PLACEHOLDER_LOCALS)) | st.sampled_from(
    "no do-not reply x xx bounce mailer daemon jane 88 7".split()
)
_LOCALS = st.lists(_PARTS, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from(["", ".", "-", "_", "'", "+", "--"]).map(lambda between: between.join(parts))
)
_WITH_MARKS = _LOCALS.flatmap(
    lambda local: st.integers(0, len(local)).flatmap(
        lambda place: st.sampled_from(["", ".", "_", "-", "'", "+"]).map(lambda mark: local[:place] + mark + local[place:])
    )
)
_DOMAINS = st.sampled_from(
    [*sorted(_PLACEHOLDER_DOMAINS), "gmail.com", "none.com.br", "a.noemail.com", "x.invalid", "EXAMPLE.net"]
)
_EMAILS = st.builds("{}@{}".format, _WITH_MARKS | st.text("abnox.+_-'1", max_size=8), _DOMAINS)


@given(st.lists(_EMAILS | st.emails() | st.text("ab@. \n'é", max_size=8), max_size=12))
def test_emails(texts: list[str]) -> None:
    assert read_emails(texts) == [read_email(text) for text in texts]


@pytest.mark.parametrize("local", sorted(_PLACEHOLDER_LOCALS))
def test_no_placeholder_passes_for_someones_email(local: str) -> None:
    for typed in (local, f"{local}77", f"{local}+1", "-".join(local), f"_{local}", f"{local[:1]}.{local[1:]}"):
        address = f"{typed}@clinic.com.au"
        assert not (is_placeholder_email(address) and _SOMEONES_EMAIL.fullmatch(address))


def test_most_emails_are_told_without_their_reader() -> None:
    emails = [
        f"{name}.smith{place}@mail.com" for place, name in enumerate("anna mary deborah norman nathan xavier teresa".split())
    ]
    assert all(PLAIN_EMAIL.fullmatch(email) for email in emails)
    assert sum(_SOMEONES_EMAIL.fullmatch(email) is not None for email in emails) >= 6


@given(st.lists(_EMAILS, max_size=8))
def test_mailbox_names(emails: list[str]) -> None:
    expected = ["".join(char for char in email.partition("@")[0].partition("+")[0] if char not in "._-") for email in emails]
    assert mailbox_names(np.array([*emails, None], dtype=object)[:-1]) == expected


_STAND_INS = st.sampled_from(sorted(map(date.isoformat, PLACEHOLDER_DATES)))
_DAYS = st.dates(date(1870, 1, 1), date(2110, 12, 31)).map(date.isoformat) | _STAND_INS
_ALMOST_DAYS = st.builds("{:04}-{:02}-{:02}".format, st.integers(1878, 2102), st.integers(0, 13), st.integers(0, 32))


@given(st.lists(_DAYS | _ALMOST_DAYS | _DAYS.map(lambda day: f"{day[8:]}/{day[5:7]}/{day[:4]}"), max_size=20))
def test_birth_dates(texts: list[str]) -> None:
    assert read_birth_dates(texts) == [read_birth_date(text) for text in texts]


def test_every_day_of_a_month_is_read_as_it_is() -> None:
    days = [f"{year}-{month:02}-{day:02}" for year in (1959, 1960) for month in range(14) for day in range(33)]
    assert read_birth_dates(days) == [read_birth_date(day) for day in days]


@given(st.lists(st.text("abø ", min_size=1, max_size=6).map(lambda text: " ".join(text.split())).filter(bool), unique=True))
def test_names_know_their_first_and_last_words(keys: list[str]) -> None:
    table = name_table(keys)
    assert table.keys[: len(keys)] == keys
    assert len(set(table.keys)) == len(table.keys)
    for place, key in enumerate(table.keys):
        words = key.split(" ")
        assert table.keys[table.first[place]] == words[0]
        assert table.keys[table.last[place]] == words[-1]
        assert (table.words[place], table.joined[place]) == (len(words), "".join(words))
        assert table.sound[place] == table.sound[table.first[place]]


_WORDS = st.sampled_from(
    [
        *sorted(TITLES),
        *sorted(WORDS_OF_NOBODY),
        *"do not use please call duplicated dup old new record patient client account walk in no first last sur name".split(),
        *"boy of twin one and et mum nee jr phd iii na nil nan x xx van der de la mac st O'Brien d'Arcy Anna Yi Ng".split(),
    ]
)
_CASED = st.builds(lambda word, case: case(word), _WORDS, st.sampled_from([str.lower, str.upper, str.title, str]))


@given(st.lists(st.tuples(_CASED, st.sampled_from([" ", "-"])), min_size=1, max_size=3))
def test_a_space_behind_a_name_changes_nothing(words: list[tuple[str, str]]) -> None:
    """What is typed cleanly is read by a shorter way."""
    name = "".join(word + between for word, between in words)[:-1]
    assert read_name(name) == read_name(name + " ")
