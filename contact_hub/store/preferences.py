"""How people want their reminders: what they said, and what follows for each contact."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, text

from contact_hub.store.answer_tables import REMINDERS


@dataclass(frozen=True)
class Preference:
    """How a contact wants reminders, and whose word that is.

    Attributes:
        reminders: one of :data:`~contact_hub.store.answer_tables.REMINDERS`.
        source, source_id: the record that says so.
        said_by: ``message``: the person; a source: the patient's file; else the token or command of who noted it.
    """

    reminders: str
    source: str
    source_id: str
    said_by: str
    said_at: datetime | None

    @property
    def is_own_word(self) -> bool:
        """Said by the person, or noted for them; not only in a patient's file."""
        return self.said_by != self.source


_READ = text("""
    SELECT reminders, source, source_id, said_by, said_at FROM contact_preferences
    WHERE organization_id = :organization_id AND contact_id = :contact_id
""")
_WRITE = text("""
    INSERT INTO reminder_statements
        (organization_id, source, source_id, said_at, reminders, said_by, event_id, recorded_at)
    VALUES (:organization_id, :source, :source_id, :said_at, :reminders, :said_by, :event_id, :recorded_at)
    ON CONFLICT DO NOTHING
""")


def preference_of(connection: Connection, organization_id: str, contact_id: UUID) -> Preference | None:
    """How a contact wants reminders; None where nobody has said."""
    row = connection.execute(_READ, {"organization_id": organization_id, "contact_id": contact_id}).one_or_none()
    return None if row is None else Preference(**row._mapping)


def state_preference(
    connection: Connection,
    organization_id: str,
    record: tuple[str, str],
    reminders: str,
    *,
    said_by: str,
    said_at: datetime | None = None,
    event_id: UUID | None = None,
) -> bool:
    """Write down what was said of a source record. False: it was written down before.

    Args:
        said_at: when; of several statements the latest counts, in whatever order they come (default: now).
    """
    assert reminders in REMINDERS
    now = datetime.now(UTC)
    values = {
        "organization_id": organization_id,
        "source": record[0],
        "source_id": record[1],
        "said_at": said_at or now,
        "reminders": reminders,
        "said_by": said_by,
        "event_id": event_id,
        "recorded_at": now,
    }
    return connection.execute(_WRITE, values).rowcount == 1
