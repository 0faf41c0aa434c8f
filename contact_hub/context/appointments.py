"""Appointments: what is booked for a patient, from Cliniko's individual appointments, and classes with their attendees.

Free text, patients' names and the links into video rooms stay behind in the payloads (``telehealth_url`` of an appointment
is the practitioner's door, APIS §1.9). Reading never fails: what has no id or no time of its own is left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from contact_hub.context.zones import zone
from contact_hub.errors import ConfigurationError
from contact_hub.identity.dates import parse_timestamp
from contact_hub.identity.names import clean_text

Payload = Mapping[str, Any]
Kind = Literal["individual", "group"]

_RECORD = re.compile(r"/[a-z_]+/([0-9]{1,19})$", re.ASCII)
_YEARS = range(1900, 9999)
"""Beyond these a local time may not exist."""
_OFF = ("cancelled_at", "deleted_at", "archived_at")


@dataclass(frozen=True, slots=True)
class Appointment:
    """One patient's place in the appointment book. Its ``repr`` says neither when nor with whom.

    Attributes:
        id: Cliniko's id of the appointment or class.
        patient_id: whose it is.
        starts_at, ends_at: aware, UTC.
        time_zone: IANA zone of the business where it takes place.
        practitioner, type, place: as the clinic displays them; None where it says nothing.
        cancelled: it does not take place for this patient: cancelled, deleted or archived.
        arrived: the clinic has seen the patient come.
        did_not_arrive: the clinic has noted that the patient did not.
        telehealth: its type can be held by video.
    """

    id: str
    patient_id: str = field(repr=False)
    kind: Kind
    starts_at: datetime = field(repr=False)
    ends_at: datetime | None = field(repr=False)
    time_zone: str
    practitioner: str | None = field(default=None, repr=False)
    type: str | None = field(default=None, repr=False)
    place: str | None = field(default=None, repr=False)
    cancelled: bool = False
    arrived: bool = False
    did_not_arrive: bool = False
    telehealth: bool = False

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or (self.ends_at is not None and self.ends_at.tzinfo is None):
            raise ValueError(f"appointment {self.id}: a moment needs its zone")
        zone(self.time_zone)

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended, or has begun and the patient has come or was noted as missing.

        Of a class under way nobody is missing yet: Cliniko has the same answer for not there and not yet there.
        """
        noted = self.arrived or (self.did_not_arrive and self.kind == "individual")
        return self.starts_at <= now and (noted or self.ends_at is None or self.ends_at <= now)


@dataclass(frozen=True)
class Practice:
    """What an appointment refers to: Cliniko's payloads by id.

    Attributes:
        time_zone: IANA zone of businesses that name none.
        time_zones: IANA zone by business, where the caller knows it (Cliniko may name it by a label).
    """

    time_zone: str
    businesses: Mapping[str, Payload] = field(default_factory=dict)
    practitioners: Mapping[str, Payload] = field(default_factory=dict)
    appointment_types: Mapping[str, Payload] = field(default_factory=dict)
    time_zones: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        zone(self.time_zone)

    def zone_of(self, business: str | None) -> str:
        """The IANA zone in which a business's clocks run."""
        stated = self.time_zones.get(business or ""), self.businesses.get(business or "", {}).get("time_zone_identifier")
        return next((name for name in stated if isinstance(name, str) and _is_zone(name)), self.time_zone)


def appointments_of(
    patient_ids: frozenset[str],
    practice: Practice,
    *,
    individual: Iterable[Payload] = (),
    group: Iterable[Payload] = (),
    attendees: Iterable[Payload] = (),
) -> list[Appointment]:
    """The appointments of one person, earliest first; those of others among the payloads are left out.

    A class counts through its attendees, for only they say whether a patient's place is cancelled. Who gave up a place in
    it and took another has one.
    """
    found = [one for payload in individual if (one := _individual(payload, practice)) and one.patient_id in patient_ids]
    classes = {class_id: payload for payload in group if (class_id := _id(payload)) is not None}
    places: dict[str, Appointment] = {}
    for place in _places(attendees, classes, practice):
        other = places.get(place.id)
        if place.patient_id in patient_ids and (other is None or other.cancelled):
            places[place.id] = place
    return sorted([*found, *places.values()], key=lambda one: (one.starts_at, one.id))


def next_and_last(appointments: Iterable[Appointment], now: datetime) -> tuple[Appointment | None, Appointment | None]:
    """The first appointment that is not over, and the last that is over and was attended; cancelled ones are neither.

    One under way is still the next, until the patient has come: who writes at five past two may be running late.
    """
    on = sorted((one for one in appointments if not one.cancelled), key=lambda one: (one.starts_at, one.id))
    ahead = [one for one in on if not one.is_over(now)]
    behind = [one for one in on if one.is_over(now) and not one.did_not_arrive]
    return (ahead[0] if ahead else None, behind[-1] if behind else None)


def _individual(payload: Payload, practice: Practice) -> Appointment | None:
    return _appointment(
        payload,
        practice,
        "individual",
        _related(payload, "patient"),
        cancelled=_is_off(payload),
        arrived=payload.get("patient_arrived") is True,
        did_not_arrive=payload.get("did_not_arrive") is True,
    )


def _places(attendees: Iterable[Payload], classes: Mapping[str, Payload], practice: Practice) -> Iterator[Appointment]:
    for attendee in attendees:
        payload = classes.get(_related(attendee, "booking") or "")
        place = payload and _appointment(
            payload,
            practice,
            "group",
            _related(attendee, "patient"),
            cancelled=_is_off(attendee) or _is_off(payload),
            arrived=attendee.get("arrived") is True,
            did_not_arrive=attendee.get("arrived") is False,
        )
        if place:
            yield place


def _appointment(
    payload: Payload,
    practice: Practice,
    kind: Kind,
    patient_id: str | None,
    *,
    cancelled: bool,
    arrived: bool,
    did_not_arrive: bool,
) -> Appointment | None:
    appointment_id, starts_at = _id(payload), _moment(payload.get("starts_at"))
    if appointment_id is None or patient_id is None or starts_at is None:
        return None
    business = _related(payload, "business")
    kind_of_visit = practice.appointment_types.get(_related(payload, "appointment_type") or "", {})
    return Appointment(
        id=appointment_id,
        patient_id=patient_id,
        kind=kind,
        starts_at=starts_at,
        ends_at=_moment(payload.get("ends_at")),
        time_zone=practice.zone_of(business),
        practitioner=_first(practice.practitioners.get(_related(payload, "practitioner") or "", {}), "display_name", "label"),
        type=_first(kind_of_visit, "name"),
        place=_first(practice.businesses.get(business or "", {}), "display_name", "business_name"),
        cancelled=cancelled,
        arrived=arrived,
        did_not_arrive=did_not_arrive,
        telehealth=kind_of_visit.get("telehealth_enabled") is True,
    )


def _is_off(payload: Payload) -> bool:
    """Anything but nothing in one of these fields means that it is off: an unreadable time too."""
    return any(payload.get(name) not in (None, "") for name in _OFF)


def _moment(raw: object) -> datetime | None:
    moment = parse_timestamp(raw)
    return moment.astimezone(UTC) if moment is not None and moment.year in _YEARS else None


def _id(payload: Payload) -> str | None:
    value = payload.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _related(payload: Payload, relation: str) -> str | None:
    """The id of the one record that a link points at; None for a link into a list."""
    link = payload.get(relation)
    links = link.get("links") if isinstance(link, Mapping) else None
    url = links.get("self") if isinstance(links, Mapping) else None
    found = _RECORD.search(url) if isinstance(url, str) and "?" not in url else None
    return found[1] if found else None


def _first(payload: Payload, *names: str) -> str | None:
    return next((text for name in names if (text := clean_text(payload.get(name)))), None)


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except ConfigurationError:
        return False
    return True
