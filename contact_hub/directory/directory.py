"""The directory: who is this? Find-or-create, lookup and links in real time, for any process and any number of them.

What is found is read without a lock. What is new is written under the organization's write lock if it still is new then, by
one thread for all of the process that wait. What is half known is landed and settled under that lock, where the question is
asked again first: whoever waited for the lock finds what another made.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from psycopg import Connection as Psycopg
from sqlalchemy import Connection

from contact_hub.channels.event import ChannelEvent, StatedIdentifier
from contact_hub.channels.records import RecordKey, identifier_of
from contact_hub.directory import answering, history, reading
from contact_hub.directory.answering import Found, LookedUp
from contact_hub.directory.asked import Asked, asked
from contact_hub.directory.clinic import Clinic, clinic_of, today
from contact_hub.directory.deciding import Author, Deciding, Made
from contact_hub.directory.errors import DecisionConflict, DirectoryError, InvalidDecision, LinkRefused, UnknownContact
from contact_hub.directory.linked_records import (
    contact_of_patient,
    decide_links,
    founding_record,
    live_contacts,
    own_records,
    records_of,
)
from contact_hub.directory.merging import Merge, merge_contacts
from contact_hub.directory.newcomers import Newcomer, newcomer_of, write_newcomers
from contact_hub.directory.pool import Pool
from contact_hub.directory.settlement import settle, settle_unsettled
from contact_hub.directory.together import Together
from contact_hub.store.changes import take_numbers
from contact_hub.store.database import Database
from contact_hub.store.decisions import listed
from contact_hub.store.events import land
from contact_hub.store.number_changes import note_changes

_CLINIC_SECONDS = 30
TOGETHER = 50
"""Merges in one transaction. Whoever writes to the same clinic waits for its end."""
T = TypeVar("T")


class ContactDirectory:
    """Questions about people, by organization. One for a process; safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Two, so that who waits for an organization's turn to write keeps nobody from reading.
        self._readers, self._writers = Pool(database), Pool(database)
        self._clinics: dict[str, tuple[float, Clinic]] = {}
        self._newcomers: dict[str, Together[Newcomer, dict[str, Any] | None]] = {}
        self._lock = threading.Lock()

    @property
    def database(self) -> Database:
        return self._database

    def close(self) -> None:
        self._readers.close()
        self._writers.close()

    def find_or_create(
        self, organization_id: str, channel: str, identifier: str, name: str | None = None, email: str | None = None
    ) -> Found:
        """The contact of an identifier; made if there is none.

        Args:
            channel: one of :data:`contact_hub.channels.event.CHANNELS`.
            identifier: as the channel writes it, or as people do ('0412 345 678').
            name: what the person calls themselves; chooses within a family, never finds anybody.
            email: an address that the person gave; what cannot be one is left aside.

        Raises:
            InvalidIdentifier: it names nobody.
            ConfigurationError: there is no such organization.
        """
        clinic = self._clinic(organization_id)
        question = asked(channel, identifier, clinic.region, name=name, email_address=email)
        found = self._read(lambda connection: answering.found(connection, clinic, question))
        return found or self._create(clinic, question)

    def lookup(self, organization_id: str, channel: str, identifier: str) -> LookedUp:
        """Who an identifier belongs to; makes nothing. On the channel ``cliniko`` it is a patient's id.

        Raises:
            InvalidIdentifier: it names nobody.
            ConfigurationError: there is no such organization.
        """
        clinic = self._clinic(organization_id)
        if channel.strip().lower() == "cliniko":
            patient = self._read(lambda connection: reading.patient(connection, organization_id, identifier.strip()))
            return LookedUp("owner" if patient else "none", patient, ())
        question = asked(channel, identifier, clinic.region)
        found = self._read(lambda connection: answering.looked_up(connection, clinic, question))
        if found is None:
            self._settle_own(clinic, question)
            found = self._read(lambda connection: answering.looked_up(connection, clinic, question, settled=True))
        assert found is not None, "what is settled has an answer"
        return found

    def contact(self, organization_id: str, contact_id: UUID) -> dict[str, Any]:
        """A contact by id; an id that was merged away gives its survivor.

        Raises:
            UnknownContact: there is none.
        """
        return self._read(lambda connection: reading.contact(connection, organization_id, contact_id))

    def timeline(
        self, organization_id: str, contact_id: UUID, *, limit: int = 100, before: datetime | None = None
    ) -> history.Timeline:
        """What was said on all channels, and the appointments; the latest first, from ``before`` back.

        Raises:
            UnknownContact: there is no such contact.
        """
        self.settle(organization_id)

        def read(connection: Psycopg[Any]) -> history.Timeline:
            found = reading.contact(connection, organization_id, contact_id)
            return history.timeline(connection, organization_id, found["id"], limit=limit, before=before)

        return self._read(read)

    def link_to_cliniko_patient(
        self, organization_id: str, contact_id: UUID, cliniko_patient_id: str, *, decided_by: str, reason: str | None = None
    ) -> dict[str, Any]:
        """Decide that a contact is a Cliniko patient; the contact that it then is. Again changes nothing.

        Raises:
            UnknownContact, UnknownPatient: there is none.
            LinkRefused: the contact is another patient already.
        """
        clinic = self._clinic(organization_id)
        with self._database.writing(organization_id) as connection:
            found = reading.contact(_psycopg(connection), organization_id, contact_id)
            patient = contact_of_patient(connection, organization_id, cliniko_patient_id)
            if found["id"] != patient:
                if found["contact_type"] == "cliniko_patient":
                    raise LinkRefused("the contact is another Cliniko patient; two patients are joined by a merge only")
                records = records_of(connection, organization_id, found["id"])
                decide_links(connection, organization_id, records, ("cliniko", cliniko_patient_id), decided_by, reason)
                settle(connection, clinic, records)
            return reading.contact(_psycopg(connection), organization_id, patient)

    def merge(self, organization_id: str, contact_ids: Sequence[UUID], author: Author) -> Made:
        """Decide that contacts are one person. A patient survives before others; again changes nothing.

        Raises:
            UnknownContact, InvalidDecision: there is none, or only one.
            DecisionConflict: a decision keeps them apart.
        """
        (made,) = self._merge(organization_id, [Merge(contact_ids, author)])
        return made

    def merge_many(self, organization_id: str, merges: Sequence[Merge]) -> Iterator[Made | DirectoryError]:
        """Merges, many in one transaction: the answers in their order, or why one was refused (see :meth:`merge`).

        The others are made all the same. Each is a decision of its own, and what was answered is kept, whatever comes after.
        """
        size = TOGETHER
        while merges:
            batch = merges[:size]
            try:
                answers: Sequence[Made | DirectoryError] = self._merge(organization_id, batch)
            except (DecisionConflict, InvalidDecision, UnknownContact) as refused:
                if len(batch) > 1:  # one of them: closer to it
                    size = len(batch) // 2
                    continue
                answers = [refused]
            yield from answers
            merges, size = merges[len(answers) :], min(2 * size, TOGETHER)

    def _merge(self, organization_id: str, merges: Sequence[Merge]) -> list[Made]:
        clinic = self._clinic(organization_id)
        self.settle(organization_id)
        with self._database.writing(organization_id) as connection:
            return merge_contacts(connection, clinic, merges)

    def split(self, organization_id: str, contact_id: UUID, records: Collection[RecordKey], author: Author) -> Made:
        """Decide that records of a contact are someone else's: nothing joins them to the rest again but a later decision.

        Raises:
            UnknownContact, InvalidDecision: there is none, it does not have these records, or no others.
            DecisionConflict: a decision holds them together.
        """
        return self._decide(organization_id, author, lambda deciding: deciding.split(contact_id, records))

    def distinct(self, organization_id: str, one: UUID, other: UUID, author: Author) -> Made:
        """Decide that two contacts are two people.

        Raises:
            UnknownContact, InvalidDecision: there is none, or only one.
            DecisionConflict: they are one contact.
        """
        return self._decide(organization_id, author, lambda deciding: deciding.distinct(one, other))

    def undo(self, organization_id: str, decision_id: UUID, author: Author) -> Made:
        """Take a decision away, as if it had never been made. Again changes nothing.

        Raises:
            UnknownDecision, InvalidDecision: there is none, or it is an undo.
        """
        return self._decide(organization_id, author, lambda deciding: deciding.undo(decision_id))

    def records(self, organization_id: str, contact_id: UUID) -> list[RecordKey]:
        """The records of a contact, sorted: what a split names.

        Raises:
            UnknownContact: there is none.
        """
        with self._database.reading() as connection:
            found = reading.contact(_psycopg(connection), organization_id, contact_id)
            return sorted(records_of(connection, organization_id, found["id"]))

    def decisions(self, organization_id: str, contact_id: UUID | None = None) -> list[dict[str, Any]]:
        """The decisions of an organization, or about a contact's records; the latest first.

        Columns of ``identity_decisions``, and ``undone_by``.

        Raises:
            UnknownContact: there is none.
        """
        self._clinic(organization_id)
        with self._database.reading() as connection:
            if contact_id is None:
                return listed(connection, organization_id)
            found = {reading.contact(_psycopg(connection), organization_id, contact_id)["id"], contact_id}
            keys = set().union(*(records_of(connection, organization_id, one) for one in found))
            founding = founding_record(connection, organization_id, contact_id)
            return listed(connection, organization_id, keys | ({founding} if founding else set()))

    def _decide(self, organization_id: str, author: Author, decide: Callable[[Deciding], Made]) -> Made:
        clinic = self._clinic(organization_id)
        self.settle(organization_id)
        with self._database.writing(organization_id) as connection:
            return decide(Deciding(connection, clinic, author))

    def release(self, organization_id: str, channel: str, identifier: str, *, since: datetime | None = None) -> bool:
        """Say that an identifier has changed hands: what comes after ``since`` (now) is from someone else.

        History before it stays with whoever had it. False if that was known.

        Raises:
            InvalidIdentifier: it names nobody.
        """
        clinic = self._clinic(organization_id)
        question = asked(channel, identifier, clinic.region)
        with self._database.writing(organization_id) as connection:
            held = reading.holders(_psycopg(connection), organization_id, question).people
            former = founding_record(connection, organization_id, held[0]["id"]) if len(held) == 1 else None
            kind, value = identifier_of(question.identifiers[0])
            change = {
                "kind": kind,
                "value": value,
                "changed_at": since or datetime.now(UTC),
                "reason": "released",
                "former_source": former[0] if former else None,
                "former_source_id": former[1] if former else None,
            }
            # A record of before may be another tenure's now: what it was called is settled, too, or its links would stay.
            before = own_records(connection, organization_id, question)
            noted = note_changes(connection, organization_id, [change], take_numbers(connection, organization_id, 1))
            settle(connection, clinic, before | own_records(connection, organization_id, question), {(kind, value)})
            return bool(noted)

    def settle(self, organization_id: str) -> int:
        """Take in what has landed and no contact knows of yet; how many channel records had news."""
        clinic = self._clinic(organization_id)
        settled = 0
        while self._has_unsettled(organization_id):
            with self._database.writing(organization_id) as connection:
                settled += settle_unsettled(connection, clinic)
        return settled

    def _has_unsettled(self, organization_id: str) -> bool:
        statement = "SELECT EXISTS (SELECT FROM unsettled_records WHERE organization_id = %s)"
        row = self._read(lambda connection: connection.execute(statement, (organization_id,)).fetchone())
        return bool(row and row[0])

    def _settle_own(self, clinic: Clinic, question: Asked) -> None:
        with self._database.writing(clinic.organization_id) as connection:
            settle(connection, clinic, own_records(connection, clinic.organization_id, question))

    def _create(self, clinic: Clinic, question: Asked) -> Found:
        introduction, now = _introduction(question), datetime.now(UTC)
        newcomer = newcomer_of(clinic, introduction, now)
        made = self._newcomers_of(clinic.organization_id).ask(newcomer)
        if made is not None:
            return Found(newcomer.contact_id, True, "new", (), made)
        found = self._read(lambda connection: answering.found(connection, clinic, question))
        return found or self._take_in(clinic, question, introduction, now)

    def _take_in(self, clinic: Clinic, question: Asked, introduction: ChannelEvent, now: datetime) -> Found:
        """The answer about an identifier of which something is known, by the way that every event goes."""
        organization_id = clinic.organization_id
        with self._database.writing(organization_id) as connection:
            found = answering.found(_psycopg(connection), clinic, question)
            if found is not None:
                return found
            before = set(live_contacts(connection, clinic, question))
            land(connection, organization_id, [introduction], received_at=now)
            settle(connection, clinic, own_records(connection, organization_id, question))
            return answering.created(_psycopg(connection), clinic, question, before)

    def _newcomers_of(self, organization_id: str) -> Together[Newcomer, dict[str, Any] | None]:
        """Where the newcomers of one organization are written."""

        def write(newcomers: Sequence[Newcomer]) -> Sequence[dict[str, Any] | None]:
            # May be done again: of those whom it has written it finds that they are known.
            return self._writers.use(lambda connection: write_newcomers(connection, organization_id, newcomers))

        with self._lock:
            return self._newcomers.setdefault(organization_id, Together(write))

    def _read(self, ask: Callable[[Psycopg[Any]], T]) -> T:
        return self._readers.use(ask)

    def _clinic(self, organization_id: str) -> Clinic:
        """What is known of an organization; asked anew every half minute, for its region may be corrected."""
        known = self._clinics.get(organization_id)
        now = time.monotonic()
        if known is not None and known[0] > now and known[1].today == today():
            return known[1]
        clinic = clinic_of(self._database, organization_id)
        self._clinics[organization_id] = (now + _CLINIC_SECONDS, clinic)
        return clinic


def _psycopg(connection: Connection) -> Psycopg[Any]:
    """The driver's connection of a transaction, for statements that both paths share."""
    return connection.connection.driver_connection  # type: ignore[return-value]


def _introduction(question: Asked) -> ChannelEvent:
    """Someone is there: what find-or-create knows, as an event like any other."""
    identifiers = question.identifiers
    if question.email is not None and question.channel != "email":
        identifiers = (*identifiers, StatedIdentifier("email", question.email, "stated"))
    return ChannelEvent(
        provider="contact_hub",
        channel=question.channel,  # type: ignore[arg-type]
        kind="introduction",
        direction="in",
        external_id=str(uuid4()),
        identifiers=identifiers,
        name=question.name,
        email=question.email,
    )
