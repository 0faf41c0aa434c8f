"""Which fields of a Cliniko record are landed as columns of their own, beside the payload, and how they are read.

Only what later steps filter or join by. Reading never fails: a field that cannot be read becomes None, and the payload
beside it still says what was sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from contact_hub.cliniko.records import related_id
from contact_hub.cliniko.time_zones import business_time_zone
from contact_hub.identity.dates import parse_timestamp

Record = Mapping[str, Any]
ColumnType = Literal["text", "timestamptz", "boolean"]


@dataclass(frozen=True)
class Field:
    """One landed column: its name, PostgreSQL type, what it holds, and how it is read from a record."""

    name: str
    type: ColumnType
    description: str
    read: Callable[[Record], str | bool | datetime | None]


def _link(relation: str, description: str) -> Field:
    return Field(f"{relation}_id", "text", description, lambda record: related_id(record, relation))


def _moment(name: str, description: str) -> Field:
    return Field(name, "timestamptz", description, lambda record: parse_timestamp(record.get(name)))


def _flag(name: str, description: str) -> Field:
    def read(record: Record) -> bool | None:
        value = record.get(name)
        return value if isinstance(value, bool) else None

    return Field(name, "boolean", description, read)


_SCHEDULED = (
    _link("business", "Where"),
    _link("practitioner", "With whom"),
    _link("appointment_type", "What for"),
    _moment("starts_at", "When it starts"),
    _moment("ends_at", "When it ends"),
)
_ARCHIVED = _moment("archived_at", "When it was archived in Cliniko; empty: it is not")
_DELETED = _moment("deleted_at", "When it was deleted in Cliniko; empty: it is not")
_CANCELLED = _moment("cancelled_at", "When it was cancelled; empty: it is not")

LANDED_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "patients": (_ARCHIVED, _moment("merged_at", "When Cliniko merged it into another patient; empty: it did not")),
    "individual_appointments": (
        _link("patient", "Who comes"),
        *_SCHEDULED,
        _flag("did_not_arrive", "True: the patient did not come"),
        _CANCELLED,
        _ARCHIVED,
        _DELETED,
    ),
    "group_appointments": (*_SCHEDULED, _ARCHIVED, _DELETED),
    "attendees": (
        _link("patient", "Who comes"),
        _link("booking", "The appointment, individual or group"),
        _flag("arrived", "False: the patient did not come"),
        _CANCELLED,
        _ARCHIVED,
        _DELETED,
    ),
    "businesses": (
        Field("time_zone", "text", "IANA zone, from the identifier or the label", business_time_zone),
        _ARCHIVED,
        _DELETED,
    ),
    "practitioners": (_flag("active", "False: the practitioner no longer works here"),),
    "appointment_types": (_ARCHIVED,),
}
"""Landed columns by resource name."""
