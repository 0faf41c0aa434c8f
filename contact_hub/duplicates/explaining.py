"""Two contacts side by side, and why they are, may be or are not one person; patients that Cliniko has twice."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pandas as pd
from sqlalchemy import Connection, text

from contact_hub.directory import UnknownContact
from contact_hub.directory.errors import InvalidDecision
from contact_hub.duplicates.decided import distinct_pairs
from contact_hub.duplicates.people import people
from contact_hub.duplicates.search import fitted_model
from contact_hub.linkage import Explanation, match
from contact_hub.store.database import Database
from contact_hub.store.organizations import organization


@dataclass(frozen=True)
class Compared:
    """
    Attributes:
        people: both sides, columns as :func:`contact_hub.duplicates.people.people` gives them.
        is_distinct: somebody said that they are two people.
    """

    people: pd.DataFrame
    explanation: Explanation
    is_distinct: bool


def compare_contacts(database: Database, organization_id: str, left: UUID, right: UUID) -> Compared:
    """Compare two contacts in use with the organization's model.

    Raises:
        UnknownContact: one of them is not there, merged away, archived, or a household.
        InvalidDecision: they are one contact.
    """
    if left == right:
        raise InvalidDecision("two different contacts are needed")
    with database.reading() as connection:
        region = organization(connection, organization_id).region
        both = people(connection.connection.driver_connection, organization_id, [left, right])  # type: ignore[arg-type]
        fitted = fitted_model(connection, organization_id)
        apart = distinct_pairs(connection, organization_id)
    if len(both) < 2:
        raise UnknownContact(f"{organization_id} does not have both as contacts in use that are a person each")
    both = both.set_index("record_id", drop=False).loc[[str(left), str(right)]].reset_index(drop=True)
    person = {str(name): value for name, value in both.iloc[0].drop("record_id").items()}
    (explanation,) = match(person, both.iloc[1:].reset_index(drop=True), fitted.model if fitted else None, region)
    return Compared(both, explanation, (min(left, right), max(left, right)) in set(apart))


_TWICE = """
    SELECT patients, probability, is_merged FROM (
        SELECT array_agg(record.source_id ORDER BY record.source_id) AS patients, 1.0 AS probability, true AS is_merged
        FROM source_record_links AS link
        JOIN normalized_contacts AS record USING (organization_id, source, source_id)
        WHERE link.organization_id = :organization_id AND record.source = 'cliniko' AND record.status = 'active'
        GROUP BY link.contact_id HAVING count(*) > 1
        UNION ALL
        SELECT ARRAY[one.cliniko_patient_id, other.cliniko_patient_id], pair.probability, false
        FROM duplicate_pairs AS pair
        JOIN contacts AS one ON one.organization_id = pair.organization_id AND one.id = pair.left_id
        JOIN contacts AS other ON other.organization_id = pair.organization_id AND other.id = pair.right_id
        WHERE pair.organization_id = :organization_id AND one.status = 'active' AND other.status = 'active'
          AND one.cliniko_patient_id IS NOT NULL AND other.cliniko_patient_id IS NOT NULL
    ) AS twice ORDER BY is_merged DESC, probability DESC, patients
"""


def patients_twice(connection: Connection, organization_id: str) -> list[Any]:
    """Patient files of one person: ``patients`` (ids), ``probability``, ``is_merged`` (one contact here)."""
    return list(connection.execute(text(_TWICE), {"organization_id": organization_id}))
