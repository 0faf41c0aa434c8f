"""What a caller asks about: a channel and an identifier, read as a delivery from that channel would be."""

from dataclasses import dataclass

from contact_hub.channels.event import CHANNELS, StatedIdentifier
from contact_hub.channels.identifiers import channel_named, email, sender_on
from contact_hub.channels.records import identifier_of, sources_of
from contact_hub.channels.values import label
from contact_hub.directory.errors import InvalidIdentifier


@dataclass(frozen=True)
class Asked:
    """An identifier, normalized.

    Attributes:
        identifiers: its forms (a WhatsApp number may have two), the one that people dial first.
        name, email: what the caller says about the person; None where that says nothing.
    """

    identifiers: tuple[StatedIdentifier, ...]
    name: str | None = None
    email: str | None = None

    @property
    def channel(self) -> str:
        """The channel under which links have it; an SMS has a phone."""
        return self.identifiers[0].channel

    @property
    def value(self) -> str:
        return self.identifiers[0].value

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources of the channel records that have it for their own."""
        return sources_of(identifier_of(self.identifiers[0])[0])


def asked(channel: str, identifier: str, region: str, *, name: str | None = None, email_address: str | None = None) -> Asked:
    """Read a question.

    Raises:
        InvalidIdentifier: the channel is unknown, or the identifier names nobody.
    """
    known = channel_named(channel)
    if known is None:
        raise InvalidIdentifier(f"unknown channel; it must be one of {', '.join(sorted(CHANNELS))}")
    identifiers = sender_on(known, identifier, region)
    if not identifiers:
        raise InvalidIdentifier(f"this names nobody on {known}: not well-formed, a placeholder, or a withheld caller")
    return Asked(identifiers, label(name), email(email_address))
