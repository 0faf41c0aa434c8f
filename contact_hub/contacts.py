"""Who is this? The directory of this installation, as functions.

from contact_hub import find_or_create_contact

found = find_or_create_contact("whatsapp", "0412 345 678", name="Anna Smith", org_id="org_surf_rehab")
found.contact["name"], found.match, found.created
"""

import os
from functools import lru_cache
from typing import Any
from uuid import UUID

from contact_hub.directory import ContactDirectory, Found
from contact_hub.errors import ConfigurationError
from contact_hub.store.database import Database, open_database
from contact_hub.store.organizations import organizations


def find_or_create_contact(
    channel: str, identifier: str, name: str | None = None, email: str | None = None, org_id: str | None = None
) -> Found:
    """The contact of an identifier; made if there is none. Safe under any concurrency, across processes.

    Args:
        channel: ``whatsapp``, ``phone``, ``sms``, ``email``, ``instagram``, ``messenger``, ``web``, ...
        identifier: as the channel writes it, or as people do ('0412 345 678').
        name: what the person calls themselves; chooses within a family, never finds anybody.
        email: an address that the person gave.
        org_id: the organization; may be left out where only one is registered.

    Raises:
        InvalidIdentifier: it names nobody: not well-formed, a placeholder, a withheld caller.
        ConfigurationError: there is no such organization, or several and none was named.
    """
    return _directory().find_or_create(_organization(org_id), channel, identifier, name, email)


def link_to_cliniko_patient(
    contact_id: UUID | str,
    cliniko_patient_id: str,
    org_id: str | None = None,
    *,
    decided_by: str = "python",
    reason: str | None = None,
) -> dict[str, Any]:
    """Decide that a contact is a Cliniko patient; the contact that it then is, by column. Again changes nothing.

    Raises:
        UnknownContact, UnknownPatient: there is none.
        LinkRefused: the contact is another patient already.
        ConfigurationError: there is no such organization, or several and none was named.
    """
    organization_id = _organization(org_id)
    wanted = contact_id if isinstance(contact_id, UUID) else UUID(contact_id)
    return _directory().link_to_cliniko_patient(
        organization_id, wanted, str(cliniko_patient_id), decided_by=decided_by, reason=reason
    )


@lru_cache(maxsize=1)
def _opened(process: int) -> tuple[Database, ContactDirectory]:
    """Connections belong to the process that made them; a forked one makes its own."""
    database = open_database()
    return database, ContactDirectory(database)


def _directory() -> ContactDirectory:
    return _opened(os.getpid())[1]


def _organization(org_id: str | None) -> str:
    if org_id is not None:
        return org_id
    with _opened(os.getpid())[0].reading() as connection:
        known = [one.organization_id for one in organizations(connection)]
    if len(known) != 1:
        raise ConfigurationError(f"{len(known)} organizations are registered: name one with org_id")
    return known[0]
