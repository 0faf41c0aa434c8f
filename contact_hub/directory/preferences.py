"""How somebody wants reminders: asked and noted, by contact."""

from uuid import UUID

from contact_hub.directory.directory import ContactDirectory
from contact_hub.directory.linked_records import founding_record
from contact_hub.store.database import Database
from contact_hub.store.preferences import Preference, preference_of, state_preference


def reminders_of(database: Database, directory: ContactDirectory, organization_id: str, contact_id: UUID) -> Preference | None:
    """How a contact wants reminders; None where nobody has said.

    Raises:
        UnknownContact: there is no such contact.
    """
    current = directory.contact(organization_id, contact_id)["id"]
    with database.reading() as connection:
        return preference_of(connection, organization_id, current)


def note_reminders(
    database: Database, directory: ContactDirectory, organization_id: str, contact_id: UUID, reminders: str, *, said_by: str
) -> Preference:
    """Note how a contact wants reminders from now on; what they then are.

    The same again is noted again, with its time: it is a statement, and the latest counts.

    Raises:
        UnknownContact: there is no such contact.
    """
    current = directory.contact(organization_id, contact_id)["id"]
    with database.transaction() as connection:
        record = founding_record(connection, organization_id, current)
        assert record is not None, "a live contact is founded by a record"
        state_preference(connection, organization_id, record, reminders, said_by=said_by)
        found = preference_of(connection, organization_id, current)
    assert found is not None, "it was noted in this transaction"
    return found
