"""Rows of ``normalized_contacts`` from what a source sent."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from contact_hub.identity.patients import NormalizedContact, cliniko_patient_to_contact

NORMALIZED_COLUMNS = (*NormalizedContact.__annotations__, "original")

ORIGINAL_FIELDS = (
    "id",
    "title",
    "first_name",
    "last_name",
    "preferred_first_name",
    "date_of_birth",
    "email",
    "patient_phone_numbers",
    "address_1",
    "address_2",
    "address_3",
    "city",
    "state",
    "post_code",
    "country",
    "country_code",
    "created_at",
    "updated_at",
    "archived_at",
    "deleted_at",
    "merged_at",
)
"""What a contact keeps of a patient as typed: identity and life cycle. Notes and government numbers stay in ``raw``."""


def patient_rows(patients: Iterable[tuple[Mapping[str, Any], bool]], *, region: str, today: date) -> Iterator[tuple[Any, ...]]:
    """One row a Cliniko patient, in the order of :data:`NORMALIZED_COLUMNS`.

    Args:
        patients: the payload of each patient, and whether it has vanished from Cliniko.
    """
    for payload, vanished in patients:
        contact = cliniko_patient_to_contact(payload, region=region, today=today)
        if vanished and contact["status"] == "active":
            contact["status"] = "archived"
        original = {field: payload[field] for field in ORIGINAL_FIELDS if field in payload}
        yield (*contact.values(), original)
