"""Chatwoot over HTTP: an account, a client, and a walk that finds what webhooks have lost."""

from contact_hub.chatwoot.account import ChatwootAccount, InvalidAccount
from contact_hub.chatwoot.client import ChatwootClient
from contact_hub.chatwoot.errors import (
    ChatwootError,
    NotFound,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from contact_hub.chatwoot.reconcile import OVERLAP, Progress, missing_since
from contact_hub.chatwoot.retries import Patience

__all__ = [
    "OVERLAP",
    "ChatwootAccount",
    "ChatwootClient",
    "ChatwootError",
    "InvalidAccount",
    "NotFound",
    "Patience",
    "Progress",
    "RateLimited",
    "Refused",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "missing_since",
]
