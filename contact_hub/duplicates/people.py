"""People as the linkage takes them: one row a contact, fields as its golden record has them."""

from typing import Any
from uuid import UUID

import pandas as pd
from psycopg import Connection as Psycopg
from psycopg import sql

PEOPLE_COLUMNS = (
    "record_id",
    "given_name",
    "family_name",
    "date_of_birth",
    "phone",
    "email",
    "address",
    "suburb",
    "postcode",
    "state",
)
# The number of a family is on one of its contacts only; the others hold it among their identifiers.
PERSON = """
    id, metadata ->> 'given_name', metadata ->> 'family_name', metadata ->> 'date_of_birth',
    coalesce(phone, external_ids #>> '{channels,phone,0}'), email, metadata ->> 'address_street',
    metadata ->> 'address_suburb', metadata ->> 'address_postcode', metadata ->> 'address_state'
"""
"""Columns of ``contacts`` in the order of :data:`PEOPLE_COLUMNS`."""
_PEOPLE = """
    SELECT json_agg(record_id), {texts} FROM (
        SELECT {person} FROM contacts
        WHERE organization_id = {organization_id} AND status = 'active' AND contact_type <> 'household' {among}
    ) AS person ({columns})
"""


def people(connection: Psycopg[Any], organization_id: str, contact_ids: list[UUID] | None = None) -> pd.DataFrame:
    """The contacts in use that are a person each, or those of some ids: text columns :data:`PEOPLE_COLUMNS`, '' is missing."""
    among = sql.SQL("") if contact_ids is None else sql.SQL("AND id = ANY({})").format(sql.Literal(contact_ids))
    texts = (sql.SQL("json_agg(coalesce({}, ''))").format(sql.Identifier(name)) for name in PEOPLE_COLUMNS[1:])
    statement = sql.SQL(_PEOPLE).format(
        texts=sql.SQL(", ").join(texts),
        person=sql.SQL(PERSON),
        organization_id=sql.Literal(organization_id),
        among=among,
        columns=sql.SQL(", ").join(map(sql.Identifier, PEOPLE_COLUMNS)),
    )
    # A list a column: a message a row, and quoting undone value by value, take twice as long.
    lists = connection.execute(statement).fetchone() or ()
    return pd.DataFrame({name: values or [] for name, values in zip(PEOPLE_COLUMNS, lists, strict=True)}, dtype=object)
