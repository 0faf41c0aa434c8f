"""The resources that the sandbox serves: what one may filter by, what they hide, how a row is rendered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contact_hub.sandbox import payloads
from contact_hub.sandbox.clinic import Tables
from contact_hub.sandbox.filters import Kind
from contact_hub.sandbox.tables import Table


@dataclass(frozen=True)
class Resource:
    """One collection of the API.

    ``hidden_by`` names the moments whose presence hides a row from lists and by id, unless a filter on that very field
    says otherwise; by id those are the only filters. ``only`` limits the list (never the single record).
    """

    name: str
    table: Callable[[Tables], Table[Any]]
    filterable: dict[str, Kind]
    hidden_by: tuple[str, ...]
    render: Callable[[Any, str], dict[str, Any]]
    envelope: str
    only: Callable[[Any], bool] | None = None


def _kinds(**fields_of_kind: str) -> dict[str, Kind]:
    """Field -> kind, from the fields' names by kind."""
    return {name: Kind[kind.upper()] for kind, names in fields_of_kind.items() for name in names.split()}


def _resource(
    name: str,
    render: Callable[[Any, str], dict[str, Any]],
    filterable: dict[str, Kind],
    *hidden_by: str,
    path: str | None = None,
    only: Callable[[Any], bool] | None = None,
) -> Resource:
    kinds = filterable | _kinds(number="id", moment="created_at updated_at")
    return Resource(path or name, lambda tables: getattr(tables, name), kinds, hidden_by, render, name, only)


_PRACTITIONER_KINDS = _kinds(flag="active show_in_online_bookings", number="user_id")

RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (
        _resource(
            "patients",
            payloads.patient_payload,
            _kinds(
                flag="accepted_privacy_policy",
                moment="archived_at",
                date="date_of_birth",
                text="email first_name last_name old_reference_id preferred_first_name",
            ),
            "archived_at",
        ),
        _resource(
            "individual_appointments",
            payloads.individual_appointment_payload,
            _kinds(
                number="appointment_type_id business_id patient_id practitioner_id repeated_from_id",
                moment="archived_at cancelled_at deleted_at ends_at starts_at",
                flag="did_not_arrive",
            ),
            "archived_at",
            "cancelled_at",
            "deleted_at",
        ),
        _resource(
            "group_appointments",
            payloads.group_appointment_payload,
            _kinds(
                number="appointment_type_id business_id practitioner_id repeated_from_id",
                moment="archived_at deleted_at ends_at starts_at",
                numbers="patient_ids",
            ),
            "archived_at",
            "deleted_at",
        ),
        _resource(
            "attendees",
            payloads.attendee_payload,
            _kinds(
                number="appointment_id booking_id patient_case_id patient_id",
                moment="archived_at cancelled_at deleted_at",
            ),
            "archived_at",
            "cancelled_at",
            "deleted_at",
        ),
        _resource(
            "businesses",
            payloads.business_payload,
            _kinds(numbers="appointment_type_ids", moment="archived_at deleted_at", flag="show_in_online_bookings"),
            "archived_at",
            "deleted_at",
        ),
        _resource("practitioners", payloads.practitioner_payload, _PRACTITIONER_KINDS, only=lambda row: row.active),
        _resource(
            "practitioners",
            payloads.practitioner_payload,
            _PRACTITIONER_KINDS,
            path="practitioners/inactive",
            only=lambda row: not row.active,
        ),
        _resource(
            "appointment_types",
            payloads.appointment_type_payload,
            _kinds(moment="archived_at", text="category", flag="show_in_online_bookings"),
            "archived_at",
        ),
    )
}
"""Path below ``/v1`` -> resource."""
