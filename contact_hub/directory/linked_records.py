"""Which records and contacts an identifier, a patient or a contact has: what the directory asks before it writes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from contact_hub.channels.records import RecordKey
from contact_hub.directory.asked import Asked
from contact_hub.directory.clinic import Clinic
from contact_hub.directory.errors import UnknownPatient
from contact_hub.store.changes import take_numbers
from contact_hub.store.channel_tables import identity_decisions, source_record_links
from contact_hub.store.difference import json_text
from contact_hub.store.rows import insert_new, recordset
from contact_hub.store.tables import channel_identity_links


def own_records(connection: Connection, organization_id: str, question: Asked) -> set[RecordKey]:
    """The channel records that have the identifier for their own."""
    rows = connection.execute(
        text("""
            SELECT source, source_id FROM channel_records
            WHERE organization_id = :organization_id AND identifier = :value AND source = ANY(:sources)
        """),
        {"organization_id": organization_id, "value": question.value, "sources": list(question.sources)},
    )
    return {(row.source, row.source_id) for row in rows}


def live_contacts(connection: Connection, clinic: Clinic, question: Asked) -> list[UUID]:
    """The contacts that the identifier's records found already, and those that hold what the question states."""
    keys = own_records(connection, clinic.organization_id, question) | {(question.channel, question.value)}
    stated = {(one.channel, one.value) for one in question.identifiers} | {("email", question.email or "")}
    statement = text(f"""
        SELECT id FROM contacts AS contact
        WHERE organization_id = :organization_id AND status <> 'merged' AND (
            id = ANY(:founds)
            OR id IN (SELECT contact_id FROM {recordset(channel_identity_links, ("channel", "identifier"))}
                      JOIN channel_identity_links AS link USING (channel, identifier)
                      WHERE link.organization_id = :organization_id))
    """)
    parameters = {
        "organization_id": clinic.organization_id,
        "founds": [clinic.contact_ids(*key) for key in keys],
        "rows": json_text([{"channel": channel, "identifier": value} for channel, value in stated]),
    }
    return list(connection.execute(statement, parameters).scalars())


def contact_of_patient(connection: Connection, organization_id: str, cliniko_patient_id: str) -> UUID:
    statement = text("""
        SELECT contact_id FROM source_record_links
        WHERE organization_id = :organization_id AND source = 'cliniko' AND source_id = :patient_id
    """)
    parameters = {"organization_id": organization_id, "patient_id": cliniko_patient_id}
    found = connection.execute(statement, parameters).scalar()
    if found is None:
        raise UnknownPatient(f"{organization_id} has no such Cliniko patient; if it is new, sync first")
    return found


def records_of(connection: Connection, organization_id: str, contact_id: UUID) -> set[RecordKey]:
    return records_by_contact(connection, organization_id, [contact_id])[contact_id]


def records_by_contact(connection: Connection, organization_id: str, contact_ids: Iterable[UUID]) -> dict[UUID, set[RecordKey]]:
    """The records of each of these contacts; none of one that has none."""
    statement = text("""
        SELECT contact_id, source, source_id FROM source_record_links
        WHERE organization_id = :organization_id AND contact_id = ANY(:contact_ids)
    """)
    found: dict[UUID, set[RecordKey]] = {contact_id: set() for contact_id in contact_ids}
    for row in connection.execute(statement, {"organization_id": organization_id, "contact_ids": list(found)}):
        found[row.contact_id].add((row.source, row.source_id))
    return found


def contacts_of(connection: Connection, organization_id: str, keys: Iterable[RecordKey]) -> dict[RecordKey, UUID]:
    """The contact of each record; those in none (nobody has used them yet, or they are called otherwise now) are left out."""
    statement = text(f"""
        SELECT source, source_id, link.contact_id FROM {recordset(source_record_links, ("source", "source_id"))}
        JOIN source_record_links AS link USING (source, source_id)
        WHERE organization_id = :organization_id AND link.contact_id IS NOT NULL
    """)
    rows = json_text([{"source": source, "source_id": source_id} for source, source_id in sorted(set(keys))])
    found = connection.execute(statement, {"organization_id": organization_id, "rows": rows})
    return {(row.source, row.source_id): row.contact_id for row in found}


def founding_record(connection: Connection, organization_id: str, contact_id: UUID) -> RecordKey | None:
    return founding_records(connection, organization_id, [contact_id]).get(contact_id)


def founding_records(connection: Connection, organization_id: str, contact_ids: Iterable[UUID]) -> dict[UUID, RecordKey]:
    """The record that founded each of these contacts, or would."""
    statement = text("""
        SELECT founds, source, source_id FROM source_record_links
        WHERE organization_id = :organization_id AND founds = ANY(:contact_ids)
    """)
    rows = connection.execute(statement, {"organization_id": organization_id, "contact_ids": list(contact_ids)})
    return {row.founds: (row.source, row.source_id) for row in rows}


def decide_links(
    connection: Connection,
    organization_id: str,
    records: set[RecordKey],
    target: RecordKey,
    decided_by: str,
    reason: str | None,
) -> None:
    first = take_numbers(connection, organization_id, len(records))
    rows = [
        {
            "decision_id": uuid4(),
            "number": first + place,
            "kind": "link",
            "source": source,
            "source_id": source_id,
            "target_source": target[0],
            "target_source_id": target[1],
            "decided_by": decided_by,
            "reason": reason,
            "decided_at": datetime.now(UTC),
        }
        for place, (source, source_id) in enumerate(sorted(records))
    ]
    insert_new(connection, identity_decisions, organization_id, rows)
