"""Anna Smith, an adult patient of Surf Rehab, writes on WhatsApp from the mobile that her own Cliniko record states."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from contact_hub.context import Appointment, Facts, Person

ANNA: dict[str, Any] = {
    "channel": "whatsapp",
    "form": "mobile",
    "claim": "sender",
    "read_by_others": False,
    "link": "patient",
    "vouched_by": "patient_record",
    "holders": 1,
    "disagreement": False,
    "changed_hands": False,
    "name": "agrees",
    "patient_in_use": True,
    "minor": False,
    "adults_number": True,
    "accepted_privacy_policy": True,
    "unasked_privacy_policy": "refuse",
}
"""Everything is known, and nothing speaks against it."""

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
"""Noon in Sydney, on a Tuesday."""


def facts(**but: Any) -> Facts:
    """Anna's, but for what is named."""
    return Facts(**{**ANNA, **but})


def anna(**but: Any) -> Person:
    return Person(
        **{
            "contact_id": UUID(int=1),
            "patient_ids": frozenset(("1",)),
            "name": "Annabel",
            "preferred_channel": "whatsapp",
            "reminders": "both",
            **but,
        }
    )


def at(text: str) -> datetime:
    """A moment in UTC, as '2026-12-02 03:00'."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def appointment(starts: str = "2026-12-02 03:00", ends: str | None = None, **but: Any) -> Appointment:
    """Anna's: tomorrow at 2 pm in Sydney, with Doctor Quill."""
    fields: dict[str, Any] = {
        "id": "100",
        "patient_id": "1",
        "kind": "individual",
        "starts_at": at(starts),
        "ends_at": at(ends) if ends else None,
        "time_zone": "Australia/Sydney",
        "practitioner": "Quill",
        "type": "Kneeling",
        "place": "Bondi",
    }
    return Appointment(**{**fields, **but})
