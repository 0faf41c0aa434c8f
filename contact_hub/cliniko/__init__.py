"""Cliniko over HTTP: accounts, resources, and a client that reads them completely or fails saying what is missing."""

from contact_hub.cliniko.account import ClinikoAccount, InvalidAccount
from contact_hub.cliniko.client import DEFAULT_CONTACT, ClinikoClient
from contact_hub.cliniko.errors import (
    ClinikoError,
    Forbidden,
    InvalidKey,
    InvalidRequest,
    MalformedResponse,
    NotFound,
    RateLimited,
    Unavailable,
)
from contact_hub.cliniko.limiter import Limiter, SlidingWindowLimiter, Unlimited
from contact_hub.cliniko.paging import Page
from contact_hub.cliniko.records import related_id, text
from contact_hub.cliniko.resources import (
    APPOINTMENT_TYPES,
    ATTENDEES,
    BUSINESSES,
    GROUP_APPOINTMENTS,
    INACTIVE_PRACTITIONERS,
    INDIVIDUAL_APPOINTMENTS,
    PATIENTS,
    PRACTITIONERS,
    RESOURCES,
    Resource,
)
from contact_hub.cliniko.retries import Patience

__all__ = [
    "APPOINTMENT_TYPES",
    "ATTENDEES",
    "BUSINESSES",
    "DEFAULT_CONTACT",
    "GROUP_APPOINTMENTS",
    "INACTIVE_PRACTITIONERS",
    "INDIVIDUAL_APPOINTMENTS",
    "PATIENTS",
    "PRACTITIONERS",
    "RESOURCES",
    "ClinikoAccount",
    "ClinikoClient",
    "ClinikoError",
    "Forbidden",
    "InvalidAccount",
    "InvalidKey",
    "InvalidRequest",
    "Limiter",
    "MalformedResponse",
    "NotFound",
    "Page",
    "Patience",
    "RateLimited",
    "Resource",
    "SlidingWindowLimiter",
    "Unavailable",
    "Unlimited",
    "related_id",
    "text",
]
