"""Phone numbers as people type them, to E.164: exactly what the `phonenumbers` library gives, several times faster.

Why the fast path is equal to the library. A text of ASCII digits, at most one leading `+` and the separators below is
read by the library through its digits and that `+` alone: every separator is valid punctuation inside a number, none
of them can begin an extension, and `parse` drops them all before it looks at a digit. So the separators can be removed
first, and what is left is matched against two expressions made of the library's own metadata: `_typed_pattern` accepts
only forms whose way through `parse` and `is_valid_number` leads to one known national number; `_refused_pattern` refuses
only digits in which the library cannot arrive at a valid number whatever it strips. All else the library decides itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, PhoneNumberType

if TYPE_CHECKING:
    import pandas as pd

_Metadata = Any  # a PhoneMetadata, every field of which is declared optional

_MAX_INPUT = 250  # phonenumberutil._MAX_INPUT_STRING_LENGTH: longer texts are refused unread
_MAX_TEXT = 1000  # the library's text search is slow and a phone field is short
_MAX_INTEGER = 10**20  # beyond any E.164 number
_SEPARATORS = str.maketrans("", "", " ()-./[]\u00a0")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_PARTS = re.compile(r"[;,]")
_FRACTION = re.compile(r"(?<=\d)\.0+\Z", re.ASCII)  # what a table's column of floats leaves behind a number
_ABROAD = re.compile(r"(?:\A|(?<=[^\d\s+]))\s*0 ?0(?=[1-9 (-])", re.ASCII)  # 00 where a number may begin
_MIN_SECOND_NUMBER = 8  # fewer digits behind ';' or ',' are an extension
_TWO_NUMBERS = 14  # digits of two numbers, at least one of which has an area code
_MOBILE_TYPES = frozenset((PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE))

# The order in which phonenumberutil._number_type_helper asks, before it comes to fixed lines and mobiles.
_SPECIAL_TYPES = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip
_TYPES = ("mobile", "fixed_line", *_SPECIAL_TYPES)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the metadata of one region says, as expressions over texts without separators."""

    prefix: str  # '+61'
    typed: re.Pattern[str]  # every form of a valid number that is surely read alike; group 'nsn'
    international: re.Pattern[str]  # the same for E.164 alone
    refused: re.Pattern[str]  # digits that surely hold no valid number
    mobile: re.Pattern[str]  # E.164 of a number whose type is mobile, or fixed line or mobile


def normalize_phone(raw: object, region: str = "AU") -> str | None:
    """E.164 of a number typed in `region`, or None.

    Equal to `phonenumbers.parse(raw, region)`, `is_valid_number` and E.164 formatting for every text. An integer, or a
    float without a fraction (a spreadsheet's work), is read by its digits; anything else that is no text gives None.
    As in the library, an unknown region (also one in lower case) leaves only numbers with a `+` readable.
    """
    text = raw if type(raw) is str else _as_text(raw)
    if text is None or len(text) > _MAX_INPUT:
        return None
    plan = _plan(region)
    if plan is not None:
        match = plan.typed.fullmatch(text.replace(" ", ""))  # three times as fast as `translate`, and mostly enough
        if match is None:
            digits = text.translate(_SEPARATORS)
            if plan.refused.fullmatch(digits) is not None:
                return None
            match = plan.typed.fullmatch(digits)
        if match is not None:
            return plan.prefix + match["nsn"]
    return _by_library(text, region)


def e164_pattern(region: str) -> re.Pattern[str] | None:
    """What fits is a valid number of the region in E.164, which `normalize_phone` leaves as it is; None for regions of which
    only the library can tell."""
    plan = _plan(region)
    return None if plan is None else plan.international


@overload
def normalize_phones(values: Sequence[object], region: str = "AU") -> list[str | None]: ...
@overload
def normalize_phones(values: pd.Series[Any] | np.ndarray[Any, Any], region: str = "AU") -> np.ndarray[Any, Any]: ...
def normalize_phones(values: Any, region: str = "AU") -> list[str | None] | np.ndarray[Any, Any]:
    """`normalize_phone` of every value, each distinct value once: a list, or for a Series or an array an object array."""
    if not hasattr(values, "dtype"):
        return _each_once(values, region)
    objects = values.to_numpy(dtype=object) if hasattr(values, "to_numpy") else values.astype(object)
    out = np.empty(len(objects), dtype=object)
    out[:] = _each_once(objects, region)
    return out


@lru_cache(maxsize=1 << 16)
def is_mobile(e164: str) -> bool:
    """Whether the library types this E.164 number as mobile, or as fixed line or mobile (where it cannot tell, as in the
    US). False for what is no valid number."""
    plan = _plan_of_number(e164[:4])
    if plan is not None:
        if plan.mobile.fullmatch(e164) is not None:
            return True
        if plan.international.fullmatch(e164) is not None:
            return False
    try:
        return phonenumbers.number_type(phonenumbers.parse(e164, None)) in _MOBILE_TYPES
    except phonenumbers.NumberParseException:
        return False


def find_phones(raw: object, region: str = "AU") -> list[str]:
    """Every number that a phone field holds, as E.164, in order, each once.

    The field as a whole if that is a number; else what the library's matcher finds in the text ('0412 345 678 / 02 9123
    4567', '0412 345 678 (mum)'). Digits without a word that are too few for two numbers are one number with a slip, and not
    searched for a part that happens to be valid. The library takes what stands behind ';' or ',' for an extension; where
    that is a valid number of at least eight digits, it is a second number.

    Where nothing is found, the field is read as people abroad and programs write: 00 for the plus (the prefix that ITU-T
    E.164 recommends, whatever the region dials), any white space between the digits, '.0' behind them.
    """
    text = _as_text(raw)
    if text is None:
        return []
    found = _found(text, region)
    if found:
        return found
    rewritten = _ABROAD.sub("+", _FRACTION.sub("", " ".join(text.split())))
    return _found(rewritten, region) if rewritten != text else []


def _found(text: str, region: str) -> list[str]:
    whole = normalize_phone(text, region)
    if whole is not None:
        return list(dict.fromkeys([whole, *_behind_separators(text, region)]))
    if len(_DIGIT.findall(text)) < (_TWO_NUMBERS if _LETTER.search(text) is None else _MIN_SECOND_NUMBER):
        return []
    matches = phonenumbers.PhoneNumberMatcher(text[:_MAX_TEXT], region)
    return list(dict.fromkeys(_e164(match.number) for match in matches))


def _behind_separators(text: str, region: str) -> list[str]:
    """The numbers between ';' or ',', if there is more than one candidate."""
    if ";" not in text and "," not in text:
        return []
    parts = [part for part in _PARTS.split(text) if len(_DIGIT.findall(part)) >= _MIN_SECOND_NUMBER]
    return [number for part in parts if (number := normalize_phone(part, region))] if len(parts) > 1 else []


class _Known(dict[Any, "str | None"]):
    """The numbers of one region, by what was typed."""

    def __init__(self, region: str) -> None:
        super().__init__()
        self._region = region

    def __missing__(self, typed: object) -> str | None:
        number = self[typed] = normalize_phone(typed, self._region)
        return number


def _each_once(values: Iterable[object], region: str) -> list[str | None]:
    known = _Known(region)
    try:
        return [known[value] for value in values]
    except TypeError:  # a value that cannot be hashed
        return [normalize_phone(value, region) for value in values]


def _as_text(raw: object) -> str | None:
    if isinstance(raw, str):
        return str(raw)
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, (int, np.integer)) and not isinstance(raw, bool) and 0 <= raw < _MAX_INTEGER:
        return str(int(raw))
    return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _by_library(text: str, region: str) -> str | None:
    if _DIGIT.search(text) is None:  # the library wants two digits at least, and says no much more slowly
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return _e164(number) if phonenumbers.is_valid_number(number) else None


@lru_cache(maxsize=512)
def _plan(region: str) -> _Plan | None:
    """The fast path of a region, or None where only the library can tell.

    Only for the main region of a calling code that claims its numbers by their types and not by leading digits: a number
    that it knows is then a valid one, whatever the other regions of the code (Cocos and Christmas Island for Australia)
    would say, because the library asks the main region first.
    """
    metadata: _Metadata = PhoneMetadata.metadata_for_region(region, None) if region in SUPPORTED_REGIONS else None
    if metadata is None or metadata.leading_digits is not None or not metadata.general_desc.national_number_pattern:
        return None
    lengths, local = set(metadata.general_desc.possible_length), set(metadata.general_desc.possible_length_local_only)
    if COUNTRY_CODE_TO_REGION_CODE[metadata.country_code][0] != region or min(lengths, default=0) < 3 or lengths & local:
        return None  # of two digits, and of lengths that are also local, `parse` thinks differently
    code = f"+{metadata.country_code}"
    valid, mobile = _valid_pattern(metadata), _mobile_pattern(metadata)
    return _Plan(
        prefix=code,
        typed=re.compile(_typed_pattern(metadata, valid), re.ASCII),
        refused=re.compile(_refused_pattern(metadata), re.ASCII),
        international=re.compile(re.escape(code) + valid, re.ASCII),
        mobile=re.compile(re.escape(code) + mobile, re.ASCII),
    )


@lru_cache(maxsize=4096)
def _plan_of_number(start: str) -> _Plan | None:
    """The plan of the calling code that these first four characters of an E.164 number hold."""
    for size in (2, 3, 4):
        digits = start[1:size]
        if start[:1] == "+" and digits.isascii() and digits.isdigit():
            regions = COUNTRY_CODE_TO_REGION_CODE.get(int(digits))
            if regions is not None and len(digits) == size - 1:
                return _plan(regions[0])
    return None


def _whole(pattern: str, lengths: set[int] | None = None) -> str:
    """`pattern` up to the end of the text, of one of these lengths."""
    guard = "(?=(?:" + "|".join(f"[0-9]{{{length}}}" for length in sorted(lengths)) + r")\Z)" if lengths else ""
    return rf"{guard}(?:{pattern})\Z"


def _types(metadata: _Metadata, names: Iterable[str]) -> list[str]:
    """An expression a type, for the numbers that phonenumberutil._is_number_matching_desc gives it and that have a length
    possible in the region."""
    possible = set(metadata.general_desc.possible_length)
    described = [description for name in names if (description := getattr(metadata, name)) is not None]
    return [
        _whole(description.national_number_pattern, lengths)
        for description in described
        if description.national_number_pattern and (lengths := possible.intersection(description.possible_length or possible))
    ]


def _any(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(dict.fromkeys(patterns)) or '(?!)'})"


def _unprefixed(metadata: _Metadata) -> str:
    """Lookaheads: a national number that fits the region's general description and that `parse` leaves as it is."""
    prefix = metadata.national_prefix_for_parsing
    return (f"(?!{prefix})" if prefix else "") + f"(?={_whole(metadata.general_desc.national_number_pattern)})"


def _valid_pattern(metadata: _Metadata) -> str:
    return _unprefixed(metadata) + _any(_types(metadata, _TYPES))


def _mobile_pattern(metadata: _Metadata) -> str:
    special = _any(_types(metadata, _SPECIAL_TYPES))
    kind = "fixed_line" if metadata.same_mobile_and_fixed_line_pattern else "mobile"
    return f"{_unprefixed(metadata)}(?!{special}){_any(_types(metadata, [kind]))}"


def _national_prefix(metadata: _Metadata) -> str | None:
    """An expression for the national prefix (0), where `parse` surely strips just that; else None.

    The metadata hold an expression of what may be stripped. Understood here are '0', '0|others' and 'others|0': of the
    last, the others must not match. A transform rule, or a prefix that could be the start of the calling code (1 in the
    US), makes the reading depend on more than that.
    """
    prefix, parsing = metadata.national_prefix, metadata.national_prefix_for_parsing
    code = str(metadata.country_code)
    if not prefix or not parsing or not prefix.isdigit() or metadata.national_prefix_transform_rule:
        return None
    if code.startswith(prefix) or prefix.startswith(code):
        return None
    if parsing == prefix or parsing.startswith(f"{prefix}|"):
        return str(prefix)
    others = parsing.removesuffix(f"|{prefix}")
    try:
        re.compile(others)  # compiles only if the '|' was at the top level
    except re.error:
        return None
    return f"(?!{others}){prefix}" if others != parsing else None


def _no_international_prefix(metadata: _Metadata) -> str:
    return f"(?!{metadata.international_prefix})" if metadata.international_prefix else ""


def _typed_pattern(metadata: _Metadata, valid: str) -> str:
    """All forms that the fast path reads, NSN being a number that `valid` accepts, for Australia:

    - '+61 NSN' and '+61 0 NSN'. The library takes the calling code off, strips the national prefix if the rest is a
      possible number, and finds NSN valid.
    - '0 NSN' and 'NSN', if no international prefix (0011) begins it. No calling code is looked for in '0 NSN'; in 'NSN' it
      is looked for only in what is no possible number.
    - '61 NSN' and '61 0 NSN', likewise, and if the whole does not match the general description: the library then strips
      the calling code because the rest does match.
    """
    prefix = _national_prefix(metadata)
    code = str(metadata.country_code)
    trunk = f"(?:{prefix})?" if prefix else ""
    not_national = f"(?!{_whole(metadata.general_desc.national_number_pattern)})"
    bare = [prefix] if prefix else []
    bare += [f"(?={code}){not_national}{code}{trunk}", ""]
    return rf"(?:\+{code}{trunk}|{_no_international_prefix(metadata)}(?:{'|'.join(bare)}))(?P<nsn>{valid})"


def _refused_pattern(metadata: _Metadata) -> str:
    """Digits in which the library finds no valid number.

    With '+61', or without a '+' and an international prefix, the calling code is 61 for certain. The national number is
    then what is left when the library has stripped, at most, the calling code once and the national prefix twice. Refused
    is what fits no type of any region of that code whichever of these are stripped.
    """
    if metadata.national_prefix_transform_rule:
        return "(?!)"
    code, prefix = str(metadata.country_code), metadata.national_prefix_for_parsing
    stripped = f"(?:{prefix}){{0,2}}" if prefix else ""
    regions = [PhoneMetadata.metadata_for_region(region, None) for region in COUNTRY_CODE_TO_REGION_CODE[int(code)]]
    some = _any(pattern for region in regions for pattern in _types(region, _TYPES))
    bare = f"{_no_international_prefix(metadata)}(?!(?:{code})?{stripped}{some})"
    return rf"(?:\+{code}(?!{stripped}{some})|(?=[0-9]){bare})[0-9]*"
