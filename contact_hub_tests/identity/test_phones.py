"""Phone numbers: equal to the library in every case, whatever is typed and wherever."""

import random
from collections.abc import Iterator

import numpy as np
import pandas as pd
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, PhoneNumberType

from benchmarks.phones import SPECIAL, by_library, messy_strings, typical_strings
from contact_hub.identity.phones import find_phones, is_mobile, normalize_phone, normalize_phones

NEAR_PHONES = st.text(alphabet="0123456789+ ()-./xX#;,*~\u00a0\u200b０４１２²٤abcEXT[]\n\t", max_size=30)
NATIONAL = st.from_regex(r"(\+|0|00|0011|61|\+61|\+610|610|\+64|64|\+44|44|1|8)?[0-9 ]{0,14}", fullmatch=True)
REGIONS = st.sampled_from(["AU", "NZ", "GB", "US", "IT", "CC", "CX", "AR", "ZZ", "001", "au", ""])
MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("0412 345 678", "+61412345678"),
        ("(04) 1234 5678", "+61412345678"),
        ("+61 (0)412 345 678", "+61412345678"),
        ("61412345678", "+61412345678"),
        ("610412345678", "+61412345678"),
        ("412345678", "+61412345678"),
        ("0011 61 412 345 678", "+61412345678"),
        ("０４１２ ３４５ ６７８", "+61412345678"),
        ("0412\u00a0345\u00a0678", "+61412345678"),
        ("wk 02 9123 4567", "+61291234567"),
        ("02 9123 4567 ext 12", "+61291234567"),
        ("1300 975 707", "+611300975707"),
        ("13 11 14", "+61131114"),
        ("+64 21 123 456", "+6421123456"),
        ("+61 8 9162 1234", "+61891621234"),
        (412345678, "+61412345678"),
        (412345678.0, "+61412345678"),
        (np.int64(412345678), "+61412345678"),
        ("9123 4567", None),
        ("0061 412 345 678", None),
        ("0412 345 67", None),
        ("", None),
        ("n/a", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (10**400, None),
        (["0412345678"], None),
        (b"0412345678", None),
    ],
)
def test_examples(raw: object, number: str | None) -> None:
    assert normalize_phone(raw) == number


@pytest.mark.parametrize("region", ["AU", "NZ", "GB", "US", "CC", "ZZ", "au"])
def test_equals_the_library_on_special_strings(region: str) -> None:
    assert [normalize_phone(raw, region) for raw in SPECIAL] == [by_library(raw, region) for raw in SPECIAL]


@pytest.mark.parametrize(("region", "n"), [("AU", 20_000), ("NZ", 3_000), ("GB", 3_000)])
def test_equals_the_library_on_messy_strings(region: str, n: int) -> None:
    strings = messy_strings(n, seed=11)
    assert sum(by_library(raw, region) is not None for raw in strings[:2000]) > 100
    assert [raw for raw in strings if normalize_phone(raw, region) != by_library(raw, region)] == []


def test_equals_the_library_on_typical_strings() -> None:
    strings = typical_strings(3_000, seed=12)
    assert [raw for raw in strings if normalize_phone(raw) != by_library(raw)] == []


def _near_examples(region: str, source: random.Random, n: int) -> Iterator[str]:
    """The library's example numbers of a region with digits changed, behind every kind of prefix."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    assert metadata is not None
    kinds = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan")
    described = [getattr(metadata, kind) for kind in kinds]
    examples = [description.example_number for description in described if description and description.example_number]
    code, trunk = str(metadata.country_code), metadata.national_prefix or "0"
    prefixes = ("", code, trunk, f"+{code}", f"+{code}{trunk}", code + trunk, "00" + code, code + code, "+", "0", "1", "8")
    for _ in range(n):
        digits = list(source.choice(examples))
        for _ in range(source.choice((0, 0, 1, 1, 2, 8))):
            digits[source.randrange(len(digits))] = source.choice("0123456789")
        digits = digits[: source.choice((None, None, None, -1, -2))] + source.choices(
            "0123456789", k=source.choice((0, 0, 0, 1))
        )
        yield source.choice(prefixes) + "".join(digits)


def test_equals_the_library_in_every_region() -> None:
    source = random.Random(13)
    for region in sorted(SUPPORTED_REGIONS):
        for raw in _near_examples(region, source, 30):
            number = by_library(raw, region)
            assert normalize_phone(raw, region) == number, (region, raw)
            if number is not None:
                assert is_mobile(number) == (phonenumbers.number_type(phonenumbers.parse(number)) in MOBILE), number


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=40), NEAR_PHONES, NATIONAL), REGIONS)
def test_equals_the_library_on_any_text(raw: str, region: str) -> None:
    assert normalize_phone(raw, region) == by_library(raw, region)


@settings(max_examples=100, deadline=None)
@given(NATIONAL, REGIONS)
def test_a_normalized_number_stays(raw: str, region: str) -> None:
    number = normalize_phone(raw, region)
    if number is not None:
        assert normalize_phone(number, region) == number
        assert normalize_phone(number, "ZZ") == number


def test_calling_codes_are_prefix_free() -> None:
    """What the fast path and is_mobile rely on when they take a calling code from the front of a number."""
    codes = sorted(map(str, COUNTRY_CODE_TO_REGION_CODE))
    assert not [code for code in codes for other in codes if other != code and other.startswith(code)]


def test_many_at_once_give_what_each_gives() -> None:
    values: list[object] = [*typical_strings(500), None, 412345678, float("nan"), "0412 345 678", "0412 345 678"]
    each = [normalize_phone(value) for value in values]
    assert normalize_phones(values) == each
    assert normalize_phones(tuple(values)) == each
    series = normalize_phones(pd.Series(values, dtype=object))
    assert isinstance(series, np.ndarray)
    assert series.dtype == object
    assert series.tolist() == each
    assert normalize_phones(np.array(["0412 345 678", "x"])).tolist() == ["+61412345678", None]
    assert normalize_phones(pd.Series(["0412345678", pd.NA], dtype="string")).tolist() == ["+61412345678", None]
    assert normalize_phones(pd.Series([], dtype=object)).tolist() == []
    assert normalize_phones([["unhashable"], "0412345678"]) == [None, "+61412345678"]
    assert normalize_phones(["021 123 4567"], "NZ") == ["+64211234567"]


@pytest.mark.parametrize(
    ("e164", "mobile"),
    [
        ("+61412345678", True), ("+61291234567", False), ("+611300975707", False), ("+61147101234", False),
        ("+16502530000", True), ("+447400123456", True), ("+6421123456", True), ("+80012345678", False),
        ("+61891621234", False), ("+6141234567", False), ("", False), ("+", False), ("61412345678", False),
        ("+\u0661", False), ("no number", False), ("+999", False),
    ],
)  # fmt: skip
def test_is_mobile(e164: str, mobile: bool) -> None:
    assert is_mobile(e164) is mobile


@pytest.mark.parametrize(
    ("raw", "numbers"),
    [
        ("0412 345 678", ["+61412345678"]),
        ("0412 345 678 / 02 9123 4567", ["+61412345678", "+61291234567"]),
        ("0412 345 678 or 0413 345 678", ["+61412345678", "+61413345678"]),
        ("0412345678, 0413345678", ["+61412345678", "+61413345678"]),
        ("02 9123 4567; 0412 345 678", ["+61291234567", "+61412345678"]),
        ("02 9123 4567; 0412 345 678; 0291234567", ["+61291234567", "+61412345678"]),
        ("02 9123 4567, 123", ["+61291234567"]),
        ("wk 02 9123 4567", ["+61291234567"]),
        ("0412 345 678 (mum)", ["+61412345678"]),
        ("Mum 0412345678 Dad 0413345678", ["+61412345678", "+61413345678"]),
        ("0061 412 345 678", ["+61412345678"]),
        ("mum 0044 7911 123456", ["+447911123456"]),
        ("999 00 61 412 345 678", []),
        ("412345678.0", ["+61412345678"]),
        ("0412\t345\u2009678", ["+61412345678"]),
        ("0412 345 67", []),
        ("0412 345 678 9", []),
        ("", []),
        ("none", []),
        (None, []),
        ({}, []),
        ("7 " * 5000, []),
    ],
)
def test_find_phones(raw: object, numbers: list[str]) -> None:
    assert find_phones(raw) == numbers


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=60), NEAR_PHONES), REGIONS)
def test_found_numbers_are_normalized(raw: str, region: str) -> None:
    numbers = find_phones(raw, region)
    assert len(set(numbers)) == len(numbers)
    assert [normalize_phone(number) for number in numbers] == numbers
    whole = normalize_phone(raw, region)
    assert whole is None or numbers[0] == whole
