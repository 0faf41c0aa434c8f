"""What can be wrong with a question to the directory. Messages hold no identifier and no name."""

from contact_hub.errors import ContactHubError


class DirectoryError(ContactHubError):
    """A question to the directory that cannot be answered as it was asked."""


class InvalidIdentifier(DirectoryError, ValueError):
    """The channel is unknown, or the identifier names nobody: not well-formed, a placeholder, a withheld caller."""


class UnknownContact(DirectoryError, LookupError):
    """The organization has no such contact."""


class UnknownPatient(DirectoryError, LookupError):
    """The organization has no such Cliniko patient."""


class LinkRefused(DirectoryError):
    """The contact cannot be linked to this patient, for it is another one already."""


class UnknownDecision(DirectoryError, LookupError):
    """The organization has no such decision."""


class InvalidDecision(DirectoryError, ValueError):
    """It says nothing that can be decided: one contact with itself, a record that the contact does not have."""


class DecisionConflict(DirectoryError):
    """A stronger or earlier decision says otherwise; the message names what to undo."""
