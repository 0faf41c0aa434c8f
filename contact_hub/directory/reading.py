"""Reading the directory: one indexed statement for an identifier. The hot path: plain psycopg."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from contact_hub.channels.records import identifier_of
from contact_hub.directory.asked import Asked
from contact_hub.directory.errors import UnknownContact
from contact_hub.identity.golden_records import CONTACT_COLUMNS

CONTACT_FIELDS = (*CONTACT_COLUMNS[:4], "organization_id", *CONTACT_COLUMNS[4:])
"""A contact as callers see it: the columns of the table ``contacts``."""

_CONTACT = ", ".join(f"contact.{field}" for field in CONTACT_FIELDS)
# One row a contact that holds the identifier, or a single row without one; and whether news about it waits to be settled.
# Without news the name that an account's record has is the one that normalized_contacts has.
_HOLDERS = f"""
    SELECT EXISTS (SELECT FROM unsettled_records AS unsettled
                   WHERE unsettled.organization_id = %(organization_id)s AND unsettled.identifier = %(value)s
                     AND unsettled.source = ANY(string_to_array(%(sources)s, ' '))) AS news,
           account.source_id AS record_id, account.name AS record_name, link.method, link.role, {_CONTACT}
    FROM (VALUES (1)) AS one_row
    LEFT JOIN channel_identity_links AS link
         ON link.organization_id = %(organization_id)s AND link.channel = %(channel)s AND link.identifier = %(value)s
    LEFT JOIN contacts AS contact ON contact.organization_id = link.organization_id AND contact.id = link.contact_id
    LEFT JOIN LATERAL (
        SELECT source_id, name FROM channel_records AS account
        WHERE account.organization_id = %(organization_id)s AND account.identifier = %(value)s AND account.source = %(channel)s
        ORDER BY account.last_at DESC LIMIT 1
    ) AS account ON true
"""
_STATED_EMAIL = """
    SELECT EXISTS (SELECT FROM identifier_statements
                   WHERE organization_id = %(organization_id)s AND source = %(channel)s AND source_id = %(record_id)s
                     AND kind = 'email' AND value = %(email)s)
"""
_RECORD = f"""
    SELECT {_CONTACT}
    FROM channel_records AS account
    JOIN source_record_links AS record USING (organization_id, source, source_id)
    JOIN contacts AS contact ON contact.organization_id = account.organization_id AND contact.id = record.contact_id
    WHERE account.organization_id = %(organization_id)s AND account.identifier = %(value)s
      AND account.source = ANY(string_to_array(%(sources)s, ' '))
      AND NOT EXISTS (SELECT FROM number_changes AS change
                      WHERE change.organization_id = %(organization_id)s AND change.kind = %(kind)s
                        AND change.value = %(value)s AND change.changed_at BETWEEN account.last_at AND now())
    ORDER BY account.source = %(channel)s DESC, account.last_at DESC LIMIT 1
"""


@dataclass(frozen=True)
class Holders:
    """Who holds an identifier.

    Attributes:
        contacts: the owner first; household contacts among them.
        is_claimed: nobody but who typed it has it; whose it is shows when somebody writes from it.
        has_news: something about it has landed that no contact has taken in yet.
        is_recorded: there is a channel record of the identifier.
        is_all_known: the record says already what the question tells of the person.
    """

    contacts: Sequence[dict[str, Any]]
    is_claimed: bool
    has_news: bool
    is_recorded: bool
    is_all_known: bool

    @property
    def sole(self) -> dict[str, Any] | None:
        """The one contact that it can only be."""
        people = self.people
        is_household = len(people) < len(self.contacts) and any(one["contact_type"] == "household" for one in self.contacts)
        return self.contacts[0] if len(self.contacts) == 1 else people[0] if len(people) == 1 and not is_household else None

    @property
    def people(self) -> list[dict[str, Any]]:
        """The contacts that are a person each; archived ones where there is nobody else."""
        people = [contact for contact in self.contacts if contact["contact_type"] != "household"]
        return [person for person in people if person["status"] == "active"] or people


def holders(connection: Connection[Any], organization_id: str, asked: Asked) -> Holders:
    """Who holds an identifier now."""
    rows = connection.execute(_HOLDERS, _parameters(organization_id, asked)).fetchall()
    rows.sort(key=itemgetter(slice(4, 6)))  # by role, the owner first, then by id
    has_news, record_id, record_name, method = rows[0][:4]
    contacts = [dict(zip(CONTACT_FIELDS, row[5:], strict=True)) for row in rows if row[5] is not None]
    is_known = asked.name is None or asked.name == record_name
    if is_known and asked.email is not None and asked.channel != "email":
        is_known = _states_email(connection, organization_id, asked, record_id)
    return Holders(contacts, method == "claimed", has_news, record_id is not None, is_known)


def _states_email(connection: Connection[Any], organization_id: str, asked: Asked, record_id: str | None) -> bool:
    parameters = {"organization_id": organization_id, "channel": asked.channel, "record_id": record_id, "email": asked.email}
    row = connection.execute(_STATED_EMAIL, parameters).fetchone() if record_id is not None else None
    return bool(row and row[0])


def contact_of_record(connection: Connection[Any], organization_id: str, asked: Asked) -> dict[str, Any] | None:
    """The contact of the identifier's own channel record, of its latest tenure; None if there is none of this tenure."""
    row = connection.execute(_RECORD, _parameters(organization_id, asked)).fetchone()
    return None if row is None else dict(zip(CONTACT_FIELDS, row, strict=True))


def contact(connection: Connection[Any], organization_id: str, contact_id: UUID) -> dict[str, Any]:
    """A contact by id; an id that was merged away gives its survivor.

    Raises:
        UnknownContact: there is none.
    """
    return contacts(connection, organization_id, [contact_id])[contact_id]


def contacts(connection: Connection[Any], organization_id: str, contact_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Contacts by the id that was asked for; one that was merged away gives its survivor.

    Raises:
        UnknownContact: there is none of one of them.
    """
    statement = f"SELECT {_CONTACT} FROM contacts AS contact WHERE contact.organization_id = %s AND contact.id = ANY(%s)"
    cursor = connection.cursor(row_factory=dict_row)
    asked, known = set(contact_ids), dict[UUID, dict[str, Any]]()
    ahead = asked
    while ahead:
        rows = cursor.execute(statement, (organization_id, list(ahead))).fetchall()
        known |= {row["id"]: row for row in rows}
        if missing := ahead - set(known):
            raise UnknownContact(f"{organization_id} has no such contact: {', '.join(sorted(map(str, missing)))}")
        ahead = {_survivor(known, one) for one in asked} - set(known)
    found = {one: known[_survivor(known, one)] for one in asked}
    if any(row["status"] == "merged" for row in found.values()):
        raise UnknownContact(f"{organization_id} has no such contact")
    return found


def _survivor(known: Mapping[UUID, dict[str, Any]], contact_id: UUID) -> UUID:
    """Whom an id leads to as far as is known; one that leads in a circle is led to nobody."""
    seen = set()
    while contact_id in known and known[contact_id]["status"] == "merged" and contact_id not in seen:
        seen.add(contact_id)
        contact_id = UUID(known[contact_id]["metadata"]["merged_into"])
    return contact_id


def patient(connection: Connection[Any], organization_id: str, patient_id: str) -> dict[str, Any] | None:
    """The contact of a Cliniko patient, merged ones included; None if no such patient is known."""
    statement = (
        "SELECT contact_id FROM source_record_links WHERE organization_id = %s AND source = 'cliniko' AND source_id = %s"
    )
    row = connection.execute(statement, (organization_id, patient_id)).fetchone()
    return None if row is None else contact(connection, organization_id, row[0])


def _parameters(organization_id: str, asked: Asked) -> dict[str, Any]:
    return {
        "organization_id": organization_id,
        "channel": asked.channel,
        "kind": identifier_of(asked.identifiers[0])[0],
        "value": asked.value,
        "sources": " ".join(asked.sources),
    }
