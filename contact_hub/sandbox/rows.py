"""The clinic's records: what is filtered, linked or counted as attributes, the rest in ``fields``.

``fields`` holds values as they are served; a name in ``absent`` is left out of the payload altogether (Cliniko's
payloads mix null, ``""`` and missing keys). Moments are aware UTC datetimes of whole seconds.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_NO_ATTRIBUTE = object()


@dataclass(slots=True, kw_only=True)
class Row:
    """What every record has."""

    id: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    absent: tuple[str, ...] = ()

    def value(self, name: str) -> Any:
        """What a filter or a sort on ``name`` looks at."""
        value = getattr(self, name, _NO_ATTRIBUTE)
        return self.fields.get(name) if value is _NO_ATTRIBUTE else value


@dataclass(slots=True, kw_only=True)
class Patient(Row):
    """A patient's record; ``person`` and ``household`` say who it truly stands for, and are never served."""

    deleted_at: datetime | None = None
    merged_at: datetime | None = None
    merged_with: int | None = None
    person: int
    household: int

    @property
    def is_live(self) -> bool:
        """Neither archived, merged nor deleted."""
        return self.archived_at is None and self.merged_at is None and self.deleted_at is None


@dataclass(slots=True, kw_only=True)
class Booking(Row):
    """What one-to-one appointments and classes share; both draw their ids from one sequence."""

    starts_at: datetime
    ends_at: datetime
    deleted_at: datetime | None = None
    business_id: int
    practitioner_id: int
    appointment_type_id: int
    repeated_from_id: int | None = None


@dataclass(slots=True, kw_only=True)
class IndividualAppointment(Booking):
    """A one-to-one appointment."""

    patient_id: int
    cancelled_at: datetime | None = None
    did_not_arrive: bool | None = False
    patient_arrived: bool | None = False


@dataclass(slots=True, kw_only=True)
class GroupAppointment(Booking):
    """A class; ``patient_ids`` lists everybody who was ever put into it, cancelled or not."""

    max_attendees: int
    patient_ids: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Attendee(Row):
    """One patient in one booking: the only place of a cancellation or an arrival in a class."""

    booking_id: int
    patient_id: int
    arrived: bool | None = None
    cancelled_at: datetime | None = None
    deleted_at: datetime | None = None
    patient_case_id: int | None = None

    @property
    def appointment_id(self) -> int:
        """The older name of ``booking_id``, still filterable."""
        return self.booking_id


@dataclass(slots=True, kw_only=True)
class Business(Row):
    """A place of the clinic; ``zone`` is its true time zone, however little of it the payload says."""

    zone: ZoneInfo
    deleted_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Practitioner(Row):
    """Somebody who treats; ``user_id`` is their login."""

    active: bool
    user_id: int
    business_id: int


@dataclass(slots=True, kw_only=True)
class AppointmentType(Row):
    """A service; more than one ``max_attendees`` makes it a class."""

    max_attendees: int
    minutes: int
