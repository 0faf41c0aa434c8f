"""The resources that are read from Cliniko, as data.

Lists leave out archived, cancelled and deleted records unless the filter ``<timestamp>:*`` switches that off for each
such timestamp; a filter on a timestamp that the resource does not have is a 400 (official OpenAPI, filterable fields).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    """What one Cliniko resource is called, and which of its timestamps hide records by default.

    Attributes:
        name: in messages, logs and metadata.
        path: of its list, below the base URL.
        key: under which the list's envelope holds the records; also the path of a single record.
        hidden_by: timestamps whose hiding has to be switched off.
    """

    name: str
    path: str
    key: str
    hidden_by: tuple[str, ...] = ()

    def filters(self) -> list[tuple[str, str]]:
        """Query parameters that bring the records that are hidden by default."""
        return [("q[]", f"{timestamp}:*") for timestamp in self.hidden_by]


PATIENTS = Resource("patients", "patients", "patients", ("archived_at",))
INDIVIDUAL_APPOINTMENTS = Resource(
    "individual_appointments",
    "individual_appointments",
    "individual_appointments",
    ("archived_at", "cancelled_at", "deleted_at"),
)
GROUP_APPOINTMENTS = Resource("group_appointments", "group_appointments", "group_appointments", ("archived_at", "deleted_at"))
ATTENDEES = Resource("attendees", "attendees", "attendees", ("archived_at", "cancelled_at", "deleted_at"))
BUSINESSES = Resource("businesses", "businesses", "businesses", ("archived_at", "deleted_at"))
PRACTITIONERS = Resource("practitioners", "practitioners", "practitioners")
INACTIVE_PRACTITIONERS = Resource("inactive_practitioners", "practitioners/inactive", "practitioners")
APPOINTMENT_TYPES = Resource("appointment_types", "appointment_types", "appointment_types", ("archived_at",))

RESOURCES = (
    PATIENTS,
    INDIVIDUAL_APPOINTMENTS,
    GROUP_APPOINTMENTS,
    ATTENDEES,
    BUSINESSES,
    PRACTITIONERS,
    INACTIVE_PRACTITIONERS,
    APPOINTMENT_TYPES,
)
