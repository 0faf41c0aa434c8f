"""The parser of each provider."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from contact_hub.channels import chatwoot, email_n8n, generic, instagram, messenger, twilio, web_form, whatsapp
from contact_hub.channels.event import Parsed, Provider


class Parser(Protocol):
    """Payload -> events. Never raises on any JSON value, and gives the same for the same arguments.

    Args:
        region: where numbers without a country code are from (ISO 3166 alpha-2).
        received_at: aware; times a day after it are not believed.
    """

    def __call__(self, payload: object, *, region: str = "AU", received_at: datetime) -> Parsed: ...


PARSERS: Mapping[Provider, Parser] = {
    "chatwoot": chatwoot.parse,
    "whatsapp": whatsapp.parse,
    "instagram": instagram.parse,
    "messenger": messenger.parse,
    "twilio": twilio.parse,
    "email": email_n8n.parse,
    "web_form": web_form.parse,
    "generic": generic.parse,
}
