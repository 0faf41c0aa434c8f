"""What the channels' tests share: a time, and a short way to say what an event should hold."""

from datetime import UTC, datetime

from contact_hub.channels import PARSERS, ChannelEvent, Parsed
from contact_hub.channels.event import Provider

RECEIVED_AT = datetime(2025, 6, 2, 5, 0, tzinfo=UTC)
SECONDS = "1748836800"  # 2025-06-02T04:00:00Z
MILLISECONDS = 1748836800000
SENT_AT = datetime(2025, 6, 2, 4, 0, tzinfo=UTC)


def parsed(provider: Provider, payload: object, region: str = "AU") -> Parsed:
    return PARSERS[provider](payload, region=region, received_at=RECEIVED_AT)


def only(provider: Provider, payload: object, region: str = "AU") -> ChannelEvent:
    """The one event of a payload in which nothing is wrong."""
    found = parsed(provider, payload, region)
    assert found.problems == ()
    (event,) = found.events
    return event


def identifiers(event: ChannelEvent) -> list[tuple[str, str, str]]:
    return [(one.channel, one.value, one.claim) for one in event.identifiers]
