"""What kind of thing an identifier is, as far as it matters for who reads an answer."""

from typing import Literal, get_args

from contact_hub.channels.identifiers import bsuid
from contact_hub.identity.emails import normalize_email
from contact_hub.identity.phones import is_mobile, normalize_phone
from contact_hub.identity.placeholders import is_placeholder_email, is_placeholder_phone, is_withheld_caller

Form = Literal[
    "mobile",
    "landline",  # a home, an office, an aged-care home: whoever picks up
    "address",  # of email
    "account",  # of a person with Instagram, Messenger, ...: the clinic's records do not hold it
    "user_id",  # WhatsApp's, where it keeps the number to itself (a business-scoped or a privacy id)
    "session",  # of a browser: whoever sits there
    "withheld",  # a caller without a number, or a made-up value in place of one
    "other",  # leads to nobody: an id inside some system, or not what the channel has
]
FORMS: frozenset[str] = frozenset(get_args(Form))

_LINES = ("whatsapp", "phone", "sms")
_ACCOUNTS = ("instagram", "messenger", "telegram", "line", "tiktok")
REPLY_PATHS = frozenset((*_LINES, *_ACCOUNTS, "email", "web"))
"""Channels on which an answer goes to the identifier itself. An id of Chatwoot's is none: its contacts merge unannounced."""


def identifier_form(channel: str, identifier: str | None) -> Form:
    """The form of an identifier that an answer on this channel would go to.

    Args:
        identifier: normalized: E.164, a lower-cased address, an id of the channel's; None: there is none.
    """
    if identifier is None or is_withheld_caller(identifier):
        return "withheld"
    if channel in _LINES:
        return _form_of_line(channel, identifier)
    if channel == "email":
        return _form_of_address(identifier)
    if channel == "web":
        return "session"
    return "account" if channel in _ACCOUNTS and identifier else "other"


def _form_of_line(channel: str, identifier: str) -> Form:
    if channel == "whatsapp" and (identifier.endswith("@lid") or bsuid(identifier) is not None):
        return "user_id"
    if not identifier.startswith("+") or normalize_phone(identifier) is None:
        return "other"
    if is_placeholder_phone(identifier):
        return "withheld"
    return "mobile" if is_mobile(identifier) else "landline"


def _form_of_address(identifier: str) -> Form:
    address = normalize_email(identifier)
    if address is None:
        return "other"
    return "withheld" if is_placeholder_email(address) else "address"
