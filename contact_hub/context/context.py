"""The context of an identifier: what an answer to it may say, and the words for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from contact_hub.context.appointments import Appointment, next_and_last
from contact_hub.context.cases import Case
from contact_hub.context.disclosure import Disclosure, Facts, is_known_to_hold, judge
from contact_hub.context.templates import Reply, Templates
from contact_hub.context.wording import when
from contact_hub.errors import ConfigurationError
from contact_hub.identity.names import clean_text

Freshness = Literal["live", "unconfirmed"]
"""``live``: Cliniko was asked just now; ``unconfirmed``: it could not be, so no time is named."""


@dataclass(frozen=True)
class Clinic:
    """The clinic that answers: its name as people know it, the language it answers in, and its templates."""

    name: str
    language: str = "en"
    templates: Templates = field(default_factory=Templates)

    def __post_init__(self) -> None:
        if clean_text(self.name) is None:
            raise ConfigurationError("the clinic has no name that a reply could give")


@dataclass(frozen=True)
class Person:
    """The contact behind an identifier.

    Attributes:
        contact_id: None where there is no contact.
        patient_ids: Cliniko's ids of the patient, those merged into it included; none: linked to no patient.
        name: how to greet: the preferred, else the first name.
        language: which the person is known to prefer; None: the clinic's.
        preferred_channel: how they want to be reached, as they said.
        reminders: how they want reminders, as they or their file said.
    """

    contact_id: UUID | None = None
    patient_ids: frozenset[str] = frozenset()
    name: str | None = field(default=None, repr=False)
    language: str | None = None
    preferred_channel: str | None = None
    reminders: str | None = None


@dataclass(frozen=True)
class Told:
    """The appointment that this person was last told of by this identifier, and the time that they were told."""

    appointment_id: str
    starts_at: datetime


@dataclass(frozen=True)
class Context:
    """What an answer may say.

    Attributes:
        next_appointment, last_appointment: there only if they may be told.
        told: the appointment whose time the reply names; whoever sends it keeps that for the next one.
    """

    contact_id: UUID | None
    linked: bool
    disclosure: Disclosure
    next_appointment: Appointment | None
    last_appointment: Appointment | None
    preferred_channel: str | None
    reminders: str | None
    freshness: Freshness
    reply: Reply
    now: datetime
    told: Told | None = None

    def as_body(self) -> dict[str, Any]:
        """The body of the context route (DESIGN §11), in JSON's types. ``when`` is worded in the reply's language."""
        return {
            "contact_id": None if self.contact_id is None else str(self.contact_id),
            "linked": self.linked,
            "disclosure": self.disclosure.level,
            "reasons": list(self.disclosure.reasons),
            "next_appointment": self._told(self.next_appointment),
            "last_appointment": self._told(self.last_appointment),
            "preferred_channel": self.preferred_channel,
            "reminders": self.reminders,
            "freshness": self.freshness,
            "reply": self.reply.as_body(),
        }

    def _told(self, appointment: Appointment | None) -> dict[str, Any] | None:
        if appointment is None:
            return None
        return {
            "starts_at": appointment.starts_at.isoformat().replace("+00:00", "Z"),
            "when": when(appointment.starts_at, self.now, appointment.time_zone, self.reply.language),
            "practitioner": appointment.practitioner,
            "type": appointment.type,
            "place": appointment.place,
        }


def assemble(
    clinic: Clinic,
    person: Person,
    facts: Facts,
    appointments: Iterable[Appointment],
    *,
    freshness: Freshness,
    now: datetime,
    told: Told | None = None,
) -> Context:
    """The context of an identifier.

    Args:
        appointments: of the person; those of anybody else are left out here once more.
        freshness: ``live`` only if the appointments were read from Cliniko for this answer.
        now: the moment of answering; aware.
    """
    linked = bool(person.patient_ids) and facts.link == "patient"
    disclosure = judge(facts)
    if disclosure.level == "full" and not linked:
        disclosure = Disclosure("none", ("link_unknown",))
    tellable = disclosure.level == "full" and freshness == "live"
    theirs = [one for one in appointments if one.patient_id in person.patient_ids] if tellable else []
    ahead, behind = next_and_last(theirs, now)
    words = _Words(clinic, person, now)
    if disclosure.level == "none":
        reply, named = words.withheld(facts), None
    else:
        reply, named = words.told(freshness, theirs, ahead, told)
    return Context(
        contact_id=person.contact_id,
        linked=linked,
        disclosure=disclosure,
        next_appointment=ahead,
        last_appointment=behind,
        preferred_channel=person.preferred_channel,
        reminders=person.reminders,
        freshness=freshness,
        reply=reply,
        now=now,
        told=None if named is None else Told(named.id, named.starts_at),
    )


@dataclass(frozen=True)
class _Words:
    """Finds the case of a reply and puts its words together."""

    clinic: Clinic
    person: Person
    now: datetime

    def withheld(self, facts: Facts) -> Reply:
        """For somebody who may be told nothing: made of nothing but the clinic's name."""
        case: Case = "neutral" if is_known_to_hold(facts) else "stranger"
        return self.clinic.templates.render(case, self.clinic.language, {"clinic": self.clinic.name})

    def told(
        self, freshness: Freshness, theirs: list[Appointment], ahead: Appointment | None, told: Told | None
    ) -> tuple[Reply, Appointment | None]:
        """For the patient; with the appointment whose time it names."""
        if freshness != "live":
            return self._reply("unconfirmed"), None
        since = next((one for one in theirs if told is not None and one.id == told.appointment_id), None)
        if since is not None and told is not None and self._still_matters(since, told):
            if since.cancelled:
                return self._reply("cancelled", ahead, was=(told.starts_at, since.time_zone)), ahead
            if since.starts_at != told.starts_at and not since.is_over(self.now):
                return self._reply("moved", since, was=(told.starts_at, since.time_zone)), since
        return (self._reply("no_appointment") if ahead is None else self._reply("appointment", ahead)), ahead

    def _still_matters(self, since: Appointment, told: Told) -> bool:
        return max(told.starts_at, since.starts_at) > self.now

    def _reply(self, case: Case, appointment: Appointment | None = None, was: tuple[datetime, str] | None = None) -> Reply:
        language = self.person.language or self.clinic.language
        spoken = self.clinic.templates.language_of(case, language)
        values: dict[str, str | None] = {"clinic": self.clinic.name, "name": _greeted(self.person.name)}
        if appointment is not None:
            values["when"] = when(appointment.starts_at, self.now, appointment.time_zone, spoken)
            values |= {name: getattr(appointment, name) for name in ("practitioner", "type", "place")}
        if was is not None:
            values["was"] = when(was[0], self.now, was[1], spoken)
        return self.clinic.templates.render(case, language, values)


def _greeted(name: str | None) -> str | None:
    """A name that one can say: not '.', as forms that insist on one get it."""
    return name if name is not None and any(char.isalpha() for char in name) else None
