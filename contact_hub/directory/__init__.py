"""The directory: who is this, in real time. Same rules and functions as the batch, for one record and all it can reach."""

from contact_hub.directory.directory import ContactDirectory, Found, LookedUp
from contact_hub.directory.errors import DirectoryError, InvalidIdentifier, LinkRefused, UnknownContact, UnknownPatient
from contact_hub.directory.history import Timeline

__all__ = [
    "ContactDirectory",
    "DirectoryError",
    "Found",
    "InvalidIdentifier",
    "LinkRefused",
    "LookedUp",
    "Timeline",
    "UnknownContact",
    "UnknownPatient",
]
