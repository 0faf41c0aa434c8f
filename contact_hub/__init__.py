"""One contact per person, for every clinic, in every channel.

The functions that users know by name are here; each is loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contact_hub.contacts import find_or_create_contact, link_to_cliniko_patient
    from contact_hub.identity.patients import cliniko_patient_to_contact
    from contact_hub.identity.phones import normalize_phone

__all__ = ["cliniko_patient_to_contact", "find_or_create_contact", "link_to_cliniko_patient", "normalize_phone"]

_MODULES = {
    "cliniko_patient_to_contact": "contact_hub.identity.patients",
    "find_or_create_contact": "contact_hub.contacts",
    "link_to_cliniko_patient": "contact_hub.contacts",
    "normalize_phone": "contact_hub.identity.phones",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
