"""The names of columns: ours, and what others call them."""

from __future__ import annotations

import pandas as pd

COLUMNS = (
    "record_id", "given_name", "family_name", "date_of_birth", "phone", "email", "address", "suburb", "postcode", "state",
)  # fmt: skip
IDENTITY_COLUMNS = ("identity_number", "soc_sec_id")
"""Optional further columns: a number that belongs to one person alone. The first one present is used."""
OTHER_NAMES = {
    "given_name": ("first_name", "forename", "given_names", "full_name", "name"),
    "family_name": ("surname", "last_name"),
    "date_of_birth": ("dob", "birth_date", "birthday"),
    "phone": ("mobile", "mobile_phone", "phone_number", "mobile_number", "telephone", "cell_phone", "cell"),
    "email": ("email_address", "mail"),
    "address": ("street_address", "address_1", "address_line_1"),
    "suburb": ("city", "town"),
    "postcode": ("zip", "zip_code", "postal_code", "post_code"),
    "state": ("province",),
}
"""What others call a column, the more telling name first. A whole name is read from the column of given names."""


def with_our_names(records: pd.DataFrame) -> pd.DataFrame:
    """The same table; columns that are missing are taken from those that others call so, in any case and with any marks.

    Raises:
        ValueError: it is no table with a column `record_id`, two columns have one name, or none can be compared.
    """
    if not isinstance(records, pd.DataFrame):
        raise ValueError(f"records must be a DataFrame, not {type(records).__name__}")
    if not records.columns.is_unique:
        raise ValueError("two columns of the records have one name")
    known = {*COLUMNS, *IDENTITY_COLUMNS}
    theirs = {_plain(name): name for name in reversed(records.columns) if name not in known}
    missing = [column for column in COLUMNS if column not in records.columns]
    found = {column: [theirs.get(_plain(name)) for name in (column, *OTHER_NAMES.get(column, ()))] for column in missing}
    ours = {next(name for name in names if name is not None): column for column, names in found.items() if any(names)}
    renamed = records.rename(columns=ours) if ours else records
    if "record_id" not in renamed.columns:
        raise ValueError(
            "records must have a column 'record_id': rename yours with records.rename(columns={...}), or make one of the index"
            " with records.rename_axis('record_id').reset_index()"
        )
    if len(renamed.columns) > 1 and not known & set(renamed.columns) - {"record_id"}:
        raise ValueError(f"no column to compare: rename yours to any of {', '.join(COLUMNS[1:])}")
    return renamed


def _plain(name: object) -> str:
    return "".join(filter(str.isalnum, str(name).casefold()))
