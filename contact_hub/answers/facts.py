"""Facts: what the store knows of an identifier and of the patient behind it. Three indexed statements; plain psycopg."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor
from psycopg.rows import dict_row

from contact_hub.channels.records import identifier_of
from contact_hub.context import Facts, Person, identifier_form, name_says
from contact_hub.context.disclosure import Link, NameSays, Unasked, Voucher
from contact_hub.directory.asked import Asked
from contact_hub.identity.resolve import ADULT_AGE

UNASKED: Unasked = "allow"
"""Somebody who asks about their own appointment gets an answer, asked about the policy or not: that is no marketing. Who has
declined the policy gets none."""

Row = dict[str, Any]

# The contacts that hold the identifier by their links, and those whose own patient record states it. A number that was moved or
# released is not stated by the record that had it before; one that another file dropped is (channels/tenures.py). An arrival
# is somebody else's account that has moved to this number: by WhatsApp's word it changed hands, whatever the file says.
_HOLDERS = """
    WITH change AS (
        SELECT changed_at, reason FROM number_changes
        WHERE organization_id = %(organization_id)s AND kind = %(kind)s AND value = ANY(%(values)s)
    ),
    arrival AS (
        SELECT moved.changed_at, record.contact_id AS came_from
        FROM unnest(%(values)s) AS own(value)
        JOIN channel_records AS account
             ON account.organization_id = %(organization_id)s AND account.source = 'whatsapp' AND account.identifier = own.value
        JOIN number_changes AS moved
             ON moved.organization_id = %(organization_id)s AND moved.former_source = account.source
             AND moved.former_source_id = account.source_id AND moved.reason = 'moved'
        JOIN identifier_statements AS statement
             ON statement.organization_id = %(organization_id)s AND statement.kind = moved.kind
             AND statement.value = moved.value AND statement.claim = 'record'
             AND (statement.since <= moved.changed_at) IS NOT FALSE AND (statement.until > moved.changed_at) IS NOT FALSE
        JOIN source_record_links AS record ON record.organization_id = %(organization_id)s
             AND record.source = statement.source AND record.source_id = statement.source_id
    ),
    stated AS (
        SELECT record.contact_id, max(statement.since) AS since
        FROM identifier_statements AS statement
        JOIN source_record_links AS record USING (organization_id, source, source_id)
        JOIN normalized_contacts AS patient USING (organization_id, source, source_id)
        WHERE statement.organization_id = %(organization_id)s AND statement.kind = %(kind)s
          AND statement.value = ANY(%(values)s) AND statement.claim = 'record' AND statement.until IS NULL
          AND patient.status <> 'merged'
          AND NOT patient.phones @> jsonb_build_array(jsonb_build_object('number', statement.value, 'others', true))
          AND NOT EXISTS (SELECT FROM change
                          WHERE change.reason <> 'dropped' AND (statement.since > change.changed_at) IS NOT TRUE)
        GROUP BY record.contact_id
    ),
    held AS (
        SELECT contact_id, array_agg(DISTINCT method) AS methods FROM channel_identity_links
        WHERE organization_id = %(organization_id)s AND channel = %(channel)s AND identifier = ANY(%(values)s)
        GROUP BY contact_id
    )
    SELECT contact.id, contact.status, contact.contact_type, contact.cliniko_patient_id, held.methods,
           stated.contact_id IS NOT NULL AS is_stated, stated.since,
           (SELECT max(changed_at) FROM (SELECT changed_at FROM change UNION ALL
                                         SELECT changed_at FROM arrival WHERE came_from <> contact.id) AS moment) AS changed_at
    FROM held FULL JOIN stated USING (contact_id)
    JOIN contacts AS contact ON contact.organization_id = %(organization_id)s AND contact.id = contact_id
    WHERE contact.status <> 'merged'
    ORDER BY contact.id
"""
_PATIENTS = """
    SELECT patient.source_id, patient.status, patient.given_name, patient.family_name, patient.preferred_name,
           patient.date_of_birth, patient.accepted_privacy_policy
    FROM source_record_links AS record
    JOIN normalized_contacts AS patient USING (organization_id, source, source_id)
    WHERE record.organization_id = %(organization_id)s AND record.contact_id = %(contact_id)s AND record.source = 'cliniko'
    ORDER BY patient.source_id
"""
# The channel records for which their channel vouches that the identifier is theirs, as long as it has been with its holder
# of now: what each is called, whether something else in it points at someone else, and when a person decided whose it is.
_RECORDS = """
    SELECT account.name,
           EXISTS (SELECT FROM identity_reviews AS review
                   WHERE review.organization_id = statement.organization_id AND review.source = statement.source
                     AND review.source_id = statement.source_id) AS disagrees,
           CASE WHEN account.identifier = ANY(%(values)s) AND record.contact_id = %(contact_id)s
                     AND target.contact_id = %(contact_id)s AND decision.target_source = 'cliniko'
                THEN decision.decided_at END AS decided_at
    FROM identifier_statements AS statement
    LEFT JOIN channel_records AS account USING (organization_id, source, source_id)
    LEFT JOIN source_record_links AS record USING (organization_id, source, source_id)
    LEFT JOIN LATERAL (
        SELECT target_source, target_source_id, decided_at FROM identity_decisions AS decided
        WHERE decided.organization_id = statement.organization_id AND decided.kind = 'link'
          AND NOT EXISTS (SELECT FROM identity_decisions AS undo WHERE undo.organization_id = decided.organization_id
                          AND undo.undoes = decided.decision_id)
          AND decided.source = statement.source AND decided.source_id = statement.source_id
        ORDER BY decided.number DESC LIMIT 1
    ) AS decision ON true
    LEFT JOIN source_record_links AS target ON target.organization_id = statement.organization_id
         AND target.source = decision.target_source AND target.source_id = decision.target_source_id
    WHERE statement.organization_id = %(organization_id)s AND statement.kind = %(kind)s
      AND statement.value = ANY(%(values)s) AND statement.claim = 'account' AND statement.until IS NULL
      AND NOT EXISTS (SELECT FROM number_changes AS change
                      WHERE change.organization_id = statement.organization_id AND change.kind = statement.kind
                        AND change.value = statement.value AND change.changed_at >= statement.last_at)
"""


@dataclass(frozen=True)
class Known:
    """What the store knows.

    Attributes:
        current_ids: of the person's patient ids, those that Cliniko has not merged into another.
    """

    facts: Facts
    person: Person
    current_ids: frozenset[str] = field(default=frozenset(), repr=False)


def known(
    connection: Connection[Any], organization_id: str, channel: str, asked: Asked, *, contact_id: UUID | None, today: date
) -> Known:
    """The facts about an identifier.

    Args:
        channel: on which the answer would go.
        contact_id: whose it is, as the directory says; for an identifier that is not one patient's.
        today: on which ages are taken.
    """
    parameters: Row = {
        "organization_id": organization_id,
        "channel": asked.channel,
        "kind": identifier_of(asked.identifiers[0])[0],
        "values": [one.value for one in asked.identifiers],
    }
    cursor = connection.cursor(row_factory=dict_row)
    rows = cursor.execute(_HOLDERS, parameters).fetchall()
    held = _Held.of(rows)
    patient = held.patient
    patients: list[Row] = []
    if patient is not None:
        parameters["contact_id"] = contact_id = patient["id"]
        patients = cursor.execute(_PATIENTS, parameters).fetchall()
    records = cursor.execute(_RECORDS, {"contact_id": None, **parameters}).fetchall() if rows else []
    current = [one for one in patients if one["status"] != "merged"]
    reminders = _reminders(cursor, organization_id, patient["id"] if patient else None)
    vouched_by, changed_hands = _vouched(held, records)
    facts = Facts(
        channel=channel,
        form=identifier_form(channel, asked.value),
        claim=asked.identifiers[0].claim,
        read_by_others=False,
        link=held.link,
        vouched_by=vouched_by,
        holders=held.count,
        disagreement=any(record["disagrees"] for record in records),
        changed_hands=changed_hands,
        name=_name_of_sender([record["name"] for record in records], patients),
        patient_in_use=all(one["status"] == "active" for one in held.people) if held.people else None,
        minor=(minor := _is_minor(current, today)),
        # Whose mobile a child's is, nobody has said.
        adults_number=True if minor is False else None,
        accepted_privacy_policy=_all_of(one["accepted_privacy_policy"] for one in current),
        unasked_privacy_policy=UNASKED,
    )
    person = Person(
        contact_id=contact_id,
        patient_ids=frozenset(one["source_id"] for one in patients),
        name=_name_of(patient, patients),
        preferred_channel=_PREFERRED.get(reminders),
        reminders=reminders,
    )
    return Known(facts, person, frozenset(one["source_id"] for one in current))


_PREFERRED: Mapping[str | None, str] = {
    "whatsapp": "whatsapp",
    "email": "email",
    "sms": "sms",
    "both": "whatsapp",
    "sms_and_email": "sms",
}
"""The channel to reach somebody on who wants reminders so."""


def _reminders(cursor: Cursor[Row], organization_id: str, contact_id: UUID | None) -> str | None:
    """How a contact wants reminders (:data:`contact_hub.store.answer_tables.CONTACT_PREFERENCES_VIEW`)."""
    if contact_id is None:
        return None
    found = cursor.execute(_REMINDERS, {"organization_id": organization_id, "contact_id": contact_id}).fetchone()
    return found["reminders"] if found else None


_REMINDERS = """
    SELECT reminders FROM contact_preferences
    WHERE organization_id = %(organization_id)s AND contact_id = %(contact_id)s
"""


@dataclass(frozen=True)
class _Held:
    """Whose identifier it is.

    Attributes:
        people: who holds it by links: those in use, others where there is nobody else. An archived file beside one in use is
            mostly a duplicate of the same person, and no member of a family.
        count: of these, and of those in use whose records state it though no link says so yet.
    """

    link: Link
    people: Sequence[Row]
    count: int

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "_Held":
        linked = [row for row in rows if row["methods"] is not None]
        people = _in_use(row for row in linked if row["contact_type"] != "household")
        shared = any(row["contact_type"] == "household" and row["status"] == "active" for row in linked)
        patients = [row for row in people if row["contact_type"] == "cliniko_patient"]
        count = len(_in_use(row for row in rows if row["contact_type"] != "household"))
        # 'possible' is for links of which only the model is sure; there are none yet.
        link: Link = "household" if shared or len(patients) > 1 else "patient" if patients else "none"
        return cls(link, people, count)

    @property
    def patient(self) -> Row | None:
        """The patient whose it is."""
        patients = [row for row in self.people if row["contact_type"] == "cliniko_patient"]
        return patients[0] if self.link == "patient" else None


def _in_use(rows: Iterable[Row]) -> list[Row]:
    everybody = list(rows)
    return [row for row in everybody if row["status"] == "active"] or everybody


def _vouched(held: _Held, records: Sequence[Row]) -> tuple[Voucher | None, bool]:
    """Who says that the identifier is theirs, the strongest who has said so since it last changed hands; and whether nobody
    has."""
    said: list[tuple[Voucher, datetime | None]] = []
    said += [("person", record["decided_at"]) for record in records if record["decided_at"] is not None]
    said += [("patient_record", row["since"]) for row in held.people if row["is_stated"] and "stated" in row["methods"]]
    changed_at = max((row["changed_at"] for row in held.people if row["changed_at"] is not None), default=None)
    if changed_at is not None:
        later = [one for one in said if one[1] is not None and one[1] > changed_at]
        if not later:
            return (said[0][0] if said else _weakly_vouched(held)), True
        said = later
    return (said[0][0] if said else _weakly_vouched(held)), False


def _weakly_vouched(held: _Held) -> Voucher | None:
    methods = {method for row in held.people for method in row["methods"]}
    # A number in a file that was merged away is nobody's word either: the survivor's file, which is kept, has another.
    return "channel" if methods & {"account", "stated"} else "statement" if methods else None


def _name_of_sender(names: Iterable[str | None], patients: Sequence[Row]) -> NameSays:
    """What the names on the identifier's accounts say: one that is not the patient's is enough to doubt."""
    says = {_fits(name, patients) for name in names if name}
    return "disagrees" if "disagrees" in says else "agrees" if "agrees" in says else "silent"


def _fits(name: str, patients: Sequence[Row]) -> NameSays:
    """A married name may be in one file, the birth name in another that was merged into it."""
    says = {name_says(name, (one["given_name"], one["family_name"], one["preferred_name"])) for one in patients}
    return "agrees" if "agrees" in says else "silent" if "silent" in says or not says else "disagrees"


def _is_minor(patients: Iterable[Row], today: date) -> bool | None:
    born = [one["date_of_birth"] for one in patients if one["date_of_birth"] is not None]
    return (max(born).year + ADULT_AGE, max(born).month, max(born).day) > (today.year, today.month, today.day) if born else None


def _all_of(said: Iterable[bool | None]) -> bool | None:
    """What several files say together: one no is a no."""
    answers = {one for one in said if one is not None}
    return False if False in answers else True if answers else None


def _name_of(patient: Row | None, patients: Sequence[Row]) -> str | None:
    own = next((one for one in patients if patient and one["source_id"] == patient["cliniko_patient_id"]), None)
    return (own["preferred_name"] or own["given_name"]) if own else None
