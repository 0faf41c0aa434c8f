"""The directory: who is this, in real time. Same rules and functions as the batch, for one record and all it can reach."""

from contact_hub.directory.answering import Found, LookedUp
from contact_hub.directory.deciding import Made
from contact_hub.directory.directory import ContactDirectory
from contact_hub.directory.errors import (
    DecisionConflict,
    DirectoryError,
    InvalidDecision,
    InvalidIdentifier,
    LinkRefused,
    UnknownContact,
    UnknownDecision,
    UnknownPatient,
)
from contact_hub.directory.history import Timeline
from contact_hub.directory.merging import Merge

__all__ = [
    "ContactDirectory",
    "DecisionConflict",
    "DirectoryError",
    "Found",
    "InvalidDecision",
    "InvalidIdentifier",
    "LinkRefused",
    "LookedUp",
    "Made",
    "Merge",
    "Timeline",
    "UnknownContact",
    "UnknownDecision",
    "UnknownPatient",
]
