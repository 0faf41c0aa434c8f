"""Who is who: normalization, resolution, survivorship. Pure: no Dagster, no SQL, no HTTP."""

from contact_hub.identity.patients import NormalizedContact, cliniko_patient_to_contact
from contact_hub.identity.phones import normalize_phone

__all__ = ["NormalizedContact", "cliniko_patient_to_contact", "normalize_phone"]
