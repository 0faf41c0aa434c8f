"""Addresses that are read by their parts are what each alone is read as."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.linkage.addresses import read_addresses
from contact_hub.linkage.values import read_address

_FRONTS = st.sampled_from([*"12 5/12 12a 1/2/3 /7 5/ ٣ ² unit u3 PO 12. -".split(), "", "12 "])
_BEHIND = st.sampled_from(
    [
        "Smith St",
        "smith street",
        "Smithstreet",
        "St Kilda Road",
        "Box 12",
        "po box",
        "unknown",
        "3 Hill Rd",
        "",
        "the old mill",
        "Straße",
    ]
)
_TEXTS = st.lists(st.builds("{} {}".format, _FRONTS, _BEHIND) | _FRONTS | _BEHIND | st.text("1a/ |.", max_size=6), max_size=12)


@given(_TEXTS)
def test_addresses_are_what_each_is_read_as(typed: list[str]) -> None:
    codes, distinct = pd.factorize(np.array([*typed, None], dtype=object))
    found = read_addresses(codes.astype(np.int32), list(distinct))
    forms = [read_address(text) for text in typed] + [None]
    expected, keys = pd.factorize(np.array(forms, dtype=object))
    assert found.codes.tolist() == expected.tolist()
    parts = [key.split("|") for key in keys]
    assert found.numbers[found.number].tolist() == [part[0] for part in parts]
    assert found.streets[found.street].tolist() == [part[1].replace(" ", "") for part in parts]
    order = pd.factorize(np.array([part[1].replace(" ", "") for part in parts], dtype=object))[0]
    assert found.street.tolist() == order.tolist()
    spaceless = [None if form is None else form.rpartition("|")[0].replace(" ", "") for form in forms]
    assert [None if code < 0 else found.houses.keys[code] for code in found.houses.codes] == spaceless
