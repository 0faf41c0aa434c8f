"""Instagram webhooks -> events; the shapes are those of :mod:`contact_hub.channels.meta`."""

from __future__ import annotations

from datetime import datetime

from contact_hub.channels import meta
from contact_hub.channels.event import Parsed

_PLATFORM = meta.Platform("instagram", "instagram")


def parse(payload: object, *, region: str = "AU", received_at: datetime) -> Parsed:
    """The events of a webhook delivery. Never raises."""
    return meta.parse(payload, _PLATFORM, region, received_at)
