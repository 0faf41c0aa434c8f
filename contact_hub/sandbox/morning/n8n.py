"""What a clinic's n8n workflows post, with a token: mail, a filled-in form, the generic event."""

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from contact_hub.sandbox.morning.deliveries import Delivery, as_json
from contact_hub.sandbox.registration import CLINIC_EMAIL


def mail(sender: str, name: str, subject: str, said: str, at: datetime, message_id: str, **headers: str) -> Delivery:
    """A mail as n8n's IMAP trigger hands it on; ``headers`` are further ones, with _ for -."""
    metadata = {"message-id": f"<{message_id}>", **{key.replace("_", "-"): value for key, value in headers.items()}}
    item = {
        "from": f'"{name}" <{sender}>' if name else sender,
        "to": CLINIC_EMAIL,
        "subject": subject,
        "date": format_datetime(at),
        "textPlain": said,
        "metadata": metadata,
    }
    return Delivery("email", "/webhooks/email", as_json(item), "token")


def form(name: str, email: str, said: str, at: datetime) -> Delivery:
    """A form of the website, as n8n's form trigger hands it on: its labels are people's words."""
    fields = {"Your name": name, "Email address": email, "How can we help?": said}
    return Delivery(
        "web_form",
        "/webhooks/web-form",
        as_json({**fields, "submittedAt": at.isoformat(timespec="milliseconds"), "formMode": "production"}),
        "token",
    )


def event(**members: Any) -> Delivery:
    """The generic event."""
    written = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in members.items()}
    return Delivery("generic", "/events", as_json(written), "token")
