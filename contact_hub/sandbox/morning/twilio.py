"""What Twilio posts: forms."""

from datetime import UTC, datetime
from email.utils import format_datetime

from contact_hub.sandbox.morning.deliveries import FORM, Delivery, as_form

LINE = "+61255500002"
_ACCOUNT = "AC0000000000000000000000000000aaaa"
WITHHELD = "+266696687"
"""How a caller is shown who hides the number: the keypad's ANONYMOUS."""


def sms(number: str, said: str, sid: str) -> Delivery:
    """A text message. Twilio does not say when it was written."""
    return _posted(
        {"MessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "NumMedia": "0", "From": f"+{number}", "Body": said}
    )


def ended_call(caller: str, seconds: int, at: datetime, sid: str) -> Delivery:
    """A call's end, by which the call itself is told as well."""
    return _posted(
        {
            "CallSid": sid,
            "CallStatus": "completed",
            "Direction": "inbound",
            "CallDuration": str(seconds),
            "Timestamp": format_datetime(at.astimezone(UTC)),
            "From": caller if caller.startswith("+") else f"+{caller}",
        }
    )


def _posted(fields: dict[str, str]) -> Delivery:
    body = as_form({"AccountSid": _ACCOUNT, "To": LINE, "ApiVersion": "2010-04-01", **fields})
    return Delivery("twilio", "/webhooks/twilio", body, "twilio", FORM)
