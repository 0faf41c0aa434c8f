"""Records for the tests of linkage: a person of reference, and a clinic around them that the model can learn from."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage import LinkageModel, deduplicate

ANNA: dict[str, Any] = {
    "given_name": "Elizabeth", "family_name": "Castellano", "date_of_birth": "1984-03-07", "phone": "0412 345 601",
    "email": "liz.castellano@gmail.com", "address": "5/12 Smith Street", "suburb": "Bondi", "postcode": "2026", "state": "NSW",
}  # fmt: skip

_FIRST = "James Olivia Noah Grace Lucas Chloe Henry Ruby Thomas Zoe Samuel Ella Arthur Mia Oscar Isla Peter Diana Victor Paula"
_LAST = (
    "Nguyen Smith Jones Singh Brown Wilson Taylor Martin White Walker Harris Ryan Kelly King Wood Scott Green Baker Hill Ford"
)
_SUBURBS = "Bondi Coogee Randwick Maroubra Newtown Manly Penrith Orange Chatswood Hurstville Parramatta Cabramatta".split()


@cache
def clinic(size: int = 600, seed: int = 5) -> pd.DataFrame:
    """Families of one to four; a quarter of the people have a second record with slips."""
    source = np.random.default_rng(seed)
    first, last = _FIRST.split(), _LAST.split()
    rows: list[dict[str, Any]] = []
    while len(rows) < size:
        family = last[source.integers(20)] + ("" if source.random() < 0.3 else "aeiou"[source.integers(5)] + "son")
        phone, number = f"04{source.integers(10**7, 10**8)}", source.integers(1, 300)
        street = f"{number} {last[source.integers(20)]} St"
        suburb = source.integers(12)
        for given in source.choice(first, source.integers(1, 5), replace=False):
            own = phone if source.random() < 0.6 else f"04{source.integers(10**7, 10**8)}"
            birth = f"{source.integers(1940, 2020)}-{source.integers(1, 13):02}-{source.integers(1, 29):02}"
            row: dict[str, Any] = {
                "given_name": given,
                "family_name": family,
                "date_of_birth": birth,
                "phone": own,
                "email": f"{given}.{family}{source.integers(100)}@example.net".lower(),
                "address": street,
                "suburb": _SUBURBS[suburb],
                "postcode": f"{2020 + suburb}",
            }
            rows.append(row)
            if source.random() < 0.25:
                missing = ("email", "address", "date_of_birth", "phone")[source.integers(4)]
                rows.append({**row, missing: None})
    table = pd.DataFrame(rows[:size])
    table.insert(0, "record_id", [f"r{place:04}" for place in range(len(table))])
    return table


@cache
def model() -> LinkageModel:
    """What a clinic teaches."""
    return deduplicate(clinic()).model


def pair(**changes: Any) -> pd.DataFrame:
    """The person of reference, and a second record with changes."""
    return pd.DataFrame([{"record_id": "a", **ANNA}, {"record_id": "b", **ANNA, **changes}])
