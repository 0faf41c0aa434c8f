"""What the clinic's team sees beside a conversation: attributes of Chatwoot's contact. Customers do not see them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from contact_hub.context import Context
from contact_hub.context.zones import local
from contact_hub.store.database import Database

CONTACT = "contact_hub_id"
PATIENT = "cliniko_patient_id"
NEXT = "next_appointment"

_PATIENT_OF = text("""
    SELECT cliniko_patient_id FROM contacts
    WHERE organization_id = :organization_id AND id = :contact_id AND contact_type = 'cliniko_patient'
""")


def attributes_of(database: Database, organization_id: str, context: Context) -> dict[str, str]:
    """The attributes, empty where there is nothing to show.

    ``next_appointment`` only for who is exactly one patient and may be told; it is left out where Cliniko could not be asked,
    so that what stands there stays.
    """
    patient_id = None
    if context.linked:
        with database.reading() as connection:
            where = {"organization_id": organization_id, "contact_id": context.contact_id}
            patient_id = connection.execute(_PATIENT_OF, where).scalar()
    found = {CONTACT: str(context.contact_id or ""), PATIENT: patient_id or ""}
    if patient_id is None or context.disclosure.level != "full":
        return {**found, NEXT: ""}
    if context.freshness != "live":
        return found
    ahead = context.next_appointment
    return {**found, NEXT: "" if ahead is None else f"{local(ahead.starts_at, ahead.time_zone):%Y-%m-%d %H:%M}"}


def changed(known: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str]:
    """Those that Chatwoot does not have yet; an empty one that it never had is none."""
    return {name: value for name, value in wanted.items() if (known.get(name) or "") != value}
