"""What a careful person would decide, case by case."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from contact_hub.linkage import deduplicate
from contact_hub_tests.linkage.people import clinic, model, pair

ONLY_NAME = dict.fromkeys(("date_of_birth", "phone", "email", "address", "suburb", "postcode", "state"))
ELSEWHERE = {
    "phone": "0498 111 222",
    "email": "other.person@iinet.net.au",
    "address": "9 Ocean Road",
    "suburb": "Perth",
    "postcode": "6000",
    "state": "WA",
}

CERTAIN: list[tuple[str, dict[str, Any]]] = [
    ("everything equal", {}),
    (
        "a nickname, the same birth date and phone",
        {"given_name": "Liz", "email": None, "address": None, "suburb": None, "postcode": None},
    ),
    (
        "shouted, with a title, the date day first",
        {"given_name": "MRS ELIZABETH", "family_name": "CASTELLANO", "date_of_birth": "07/03/1984"},
    ),
    ("another phone and email, the same birth date and home", {"phone": "0498 111 222", "email": "ec84@iinet.net.au"}),
    ("the phone in another notation, no email", {"phone": "+61 (0)412-345-601", "email": None}),
    ("the unit written out", {"address": "Unit 5, 12 Smith St", "phone": None}),
    ("names swapped", {"given_name": "Castellano", "family_name": "Elizabeth"}),
    ("day and month swapped, phone and email the same", {"date_of_birth": "1984-07-03"}),
    ("half of a double name", {"family_name": "Castellano-Webb"}),
]
POSSIBLE_AT_MOST: list[tuple[str, dict[str, Any]]] = [
    ("twins who share phone, surname, address and email", {"given_name": "Margaret"}),
    ("twins whose names are a letter apart", {"given_name": "Elisabeta", "email": None}),
    ("twins of one initial, one record with the initial", {"given_name": "E", "email": None}),
    ("mother and daughter of one name", {"date_of_birth": "2012-09-21"}),
    ("phone and name alone", dict(ONLY_NAME, phone="0412 345 601")),
    ("name alone", ONLY_NAME),
    ("no given name, the phone of a family", {"given_name": None, "date_of_birth": None, "email": None}),
]
NONE: list[tuple[str, dict[str, Any]]] = [
    ("brother at home", {"given_name": "Marco", "date_of_birth": "1980-11-30", "email": "marco@gmail.com"}),
    ("husband: phone and address", {"given_name": "Robert", "date_of_birth": "1979-01-15", "email": None}),
    ("a namesake elsewhere", dict(ELSEWHERE, date_of_birth="1951-12-24")),
    (
        "the same phone only",
        {
            "given_name": "Robert",
            "family_name": "Okafor",
            "date_of_birth": "1951-12-24",
            "email": None,
            "address": None,
            "suburb": None,
            "postcode": None,
            "state": None,
        },
    ),
    ("a stranger", dict(ELSEWHERE, given_name="Robert", family_name="Okafor", date_of_birth="1951-12-24")),
]


def decided(changes: dict[str, Any]) -> str:
    records = pd.concat([clinic().head(300), pair(**changes)])
    return deduplicate(records, model=model()).explain("a", "b").decision


@pytest.mark.parametrize(("case", "changes"), CERTAIN, ids=[case for case, _ in CERTAIN])
def test_certain(case: str, changes: dict[str, Any]) -> None:
    assert decided(changes) == "certain"


@pytest.mark.parametrize(("case", "changes"), POSSIBLE_AT_MOST, ids=[case for case, _ in POSSIBLE_AT_MOST])
def test_never_merged_without_a_look(case: str, changes: dict[str, Any]) -> None:
    assert decided(changes) in ("possible", "none")


@pytest.mark.parametrize(("case", "changes"), NONE, ids=[case for case, _ in NONE])
def test_not_proposed(case: str, changes: dict[str, Any]) -> None:
    assert decided(changes) == "none"
