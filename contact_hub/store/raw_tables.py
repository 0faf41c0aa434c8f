"""Schema ``raw``: payloads as Cliniko sent them, one table a resource, all made from one description."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, Column, Index, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from contact_hub.cliniko.fields import LANDED_FIELDS, Field
from contact_hub.store.tables import MOMENT, belongs_to_organization, metadata, organization_column

SCHEMA = "raw"
_TYPES: Mapping[str, TypeEngine[Any] | type[TypeEngine[Any]]] = {"text": Text, "timestamptz": MOMENT, "boolean": Boolean}
_INDEXED = {
    "individual_appointments": ("starts_at",),
    "group_appointments": ("starts_at",),
    "attendees": ("booking_id",),
}


def _landed_column(field: Field) -> Column[Any]:
    return Column(field.name, _TYPES[field.type], comment=field.description)


def _raw_table(resource: str) -> Table:
    return Table(
        f"cliniko_{resource}",
        metadata,
        organization_column(),
        Column("cliniko_id", Text, primary_key=True, comment="The record's id in Cliniko"),
        Column("payload", JSONB, nullable=False, comment="The record as Cliniko sent it"),
        *(_landed_column(field) for field in LANDED_FIELDS[resource]),
        Column("vanished_at", MOMENT, comment="When a sweep no longer found it in Cliniko; empty: it is there"),
        Column(
            "landed_at",
            MOMENT,
            nullable=False,
            server_default=func.now(),
            comment="When this payload was first seen here",
        ),
        belongs_to_organization(),
        *(Index(None, "organization_id", column) for column in _INDEXED.get(resource, ())),
        schema=SCHEMA,
        comment=f"Cliniko's {resource.replace('_', ' ')}, as its API sent them last",
    )


RAW_TABLES = {resource: _raw_table(resource) for resource in LANDED_FIELDS}
"""Tables of raw payloads by resource name."""
