"""The context of an identifier, live."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection as Psycopg
from sqlalchemy import Connection

from contact_hub.answers.clinics import clinic_that_answers
from contact_hub.answers.facts import known
from contact_hub.answers.fresh import FreshAppointments, NotConfirmed, Wanted
from contact_hub.answers.landed import booked_ahead, practice
from contact_hub.channels.identifiers import channel_named
from contact_hub.context import Appointment, Context, Reply, Told, appointments_of, assemble, judge
from contact_hub.context.cases import Case
from contact_hub.context.context import Freshness
from contact_hub.directory import ContactDirectory
from contact_hub.directory.asked import asked
from contact_hub.directory.clinic import today
from contact_hub.store.database import Database
from contact_hub.store.organizations import organization


class Answers:
    """What may be said to whom. One for a process; safe to use from many threads.

    Args:
        directory: its owner closes it.
        fresh: made for this database unless given; closed with this.
    """

    def __init__(self, database: Database, directory: ContactDirectory, *, fresh: FreshAppointments | None = None) -> None:
        self._database = database
        self._directory = directory
        self._fresh = fresh or FreshAppointments(database)

    def close(self) -> None:
        self._fresh.close()

    def context_of(
        self, organization_id: str, channel: str, identifier: str, *, told: Told | None = None, anew: bool = False
    ) -> Context:
        """What an answer to an identifier may say now.

        Whatever is wrong with Cliniko, there is an answer: one that names no time. Who may be told nothing costs it no request.

        Args:
            told: the appointment that they were last told of by this identifier; if it was moved or cancelled since, the reply
                says so.
            anew: what Cliniko said seconds ago does not do.

        Raises:
            InvalidIdentifier: it names nobody.
            ConfigurationError: there is no such organization.
        """
        channel = channel_named(channel) or channel
        found = self._directory.lookup(organization_id, channel, identifier)  # takes in what has landed about it
        contact_id = found.contact["id"] if found.contact is not None else None
        now = datetime.now(UTC)
        with self._database.reading() as connection:
            clinic = organization(connection, organization_id)
            answers = clinic_that_answers(connection, clinic)
            question = asked(channel, identifier, clinic.region)
            of = known(_psycopg(connection), organization_id, channel, question, contact_id=contact_id, today=today())
            tellable = judge(of.facts).level == "full" and bool(of.person.patient_ids)
            ahead = booked_ahead(_psycopg(connection), organization_id, of.person.patient_ids, now) if tellable else frozenset()
        appointments: Sequence[Appointment] = ()
        freshness: Freshness = "unconfirmed"
        if tellable:
            try:
                fresh = self._fresh.read(Wanted(clinic, of.person.patient_ids, of.current_ids, ahead), anew=anew)
            except NotConfirmed:
                pass
            else:
                with self._database.reading() as connection:
                    refers_to = practice(_psycopg(connection), organization_id, clinic.time_zone)
                appointments = appointments_of(
                    of.person.patient_ids,
                    refers_to,
                    individual=fresh.individual,
                    group=fresh.group,
                    attendees=fresh.attendees,
                )
                freshness = "live"
        return assemble(answers, of.person, of.facts, appointments, freshness=freshness, now=datetime.now(UTC), told=told)

    def say(self, organization_id: str, case: Case, *, reminders: Callable[[str], str | None] | None = None) -> Reply:
        """The clinic's words for a case that needs no appointment.

        Args:
            reminders: what the case says of reminders, in the language that it is given.

        Raises:
            ConfigurationError: there is no such organization.
        """
        with self._database.reading() as connection:
            clinic = clinic_that_answers(connection, organization(connection, organization_id))
        spoken = clinic.templates.language_of(case, clinic.language)
        values = {"clinic": clinic.name, "reminders": reminders(spoken) if reminders else None}
        return clinic.templates.render(case, clinic.language, values)


def _psycopg(connection: Connection) -> Psycopg[Any]:
    """The driver's connection of a transaction."""
    return connection.connection.driver_connection  # type: ignore[return-value]
