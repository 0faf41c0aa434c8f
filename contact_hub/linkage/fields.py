"""The fields that are compared and the levels of their comparison: the vocabulary of the whole package.

Level 0 of every field is *missing*: no evidence either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

GIVEN: Final[Mapping[str, int]] = {
    "missing": 0, "exact": 1, "nickname": 2, "short": 3, "initial": 4, "typo": 5, "similar": 6, "different": 7, "swapped": 8,
}  # fmt: skip
FAMILY: Final[Mapping[str, int]] = {"missing": 0, "exact": 1, "double": 2, "typo": 3, "similar": 4, "different": 5}
BIRTH: Final[Mapping[str, int]] = {"missing": 0, "exact": 1, "near": 2, "close": 3, "different": 4}
PHONE: Final[Mapping[str, int]] = {"missing": 0, "exact": 1, "typo": 2, "different": 3}
EMAIL: Final[Mapping[str, int]] = {"missing": 0, "exact": 1, "typo": 2, "similar": 3, "different": 4}
PLACE: Final[Mapping[str, int]] = {
    "missing": 0, "exact": 1, "near": 2, "street": 3, "suburb": 4, "suburb only": 5, "different": 6,
}  # fmt: skip
IDENTITY: Final[Mapping[str, int]] = {"missing": 0, "exact": 1, "typo": 2, "different": 3}

LEVELS: Final[Mapping[str, Mapping[str, int]]] = {
    "given_name": GIVEN, "family_name": FAMILY, "date_of_birth": BIRTH, "phone": PHONE, "email": EMAIL,
    "address": PLACE, "identity_number": IDENTITY,
}  # fmt: skip
FIELDS: Final = tuple(LEVELS)
SIZES: Final = tuple(len(levels) for levels in LEVELS.values())

IN_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "given_name": (
        "missing", "the same", "a nickname or a part of the other", "formed like a short form of the other",
        "an initial of the other", "a slip apart", "similar", "different", "given and family name swapped",
    ),
    "family_name": ("missing", "the same", "part of a double name", "a slip apart", "similar", "different"),
    "date_of_birth": (
        "missing", "the same", "two of three parts the same, or day and month swapped", "within five years", "different",
    ),
    "phone": ("missing", "the same", "one digit off", "different"),
    "email": ("missing", "the same", "same mailbox name or a slip apart", "similar", "different"),
    "address": (
        "missing", "the same", "nearly the same", "same street, another house number or none",
        "same suburb or postcode, an address missing",
        "same suburb or postcode, another address", "elsewhere",
    ),
    "identity_number": ("missing", "the same", "one character off", "different"),
}  # fmt: skip
