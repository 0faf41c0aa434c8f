"""People as the linkage takes them: one row a contact, fields as its golden record has them."""

import io
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
    SELECT {person} FROM contacts
    WHERE organization_id = {organization_id} AND status = 'active' AND contact_type <> 'household' {among}
"""


def people(connection: Psycopg[Any], organization_id: str, contact_ids: list[UUID] | None = None) -> pd.DataFrame:
    """The contacts in use that are a person each, or those of some ids: text columns :data:`PEOPLE_COLUMNS`, '' is missing."""
    among = sql.SQL("") if contact_ids is None else sql.SQL("AND id = ANY({})").format(sql.Literal(contact_ids))
    statement = sql.SQL(_PEOPLE).format(person=sql.SQL(PERSON), organization_id=sql.Literal(organization_id), among=among)
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(statement)) as copy:
        for block in copy:
            buffer.write(block)
    buffer.seek(0)
    return pd.read_csv(buffer, names=list(PEOPLE_COLUMNS), dtype=str, keep_default_na=False, na_filter=False)
