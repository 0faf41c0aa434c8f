"""Whether a provider signed a delivery, under the secrets that the organization's connections name."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from fastapi import Request

from contact_hub import settings
from contact_hub.channels.signatures import meta_handshake, verify_chatwoot, verify_meta, verify_twilio
from contact_hub.errors import ConfigurationError
from contact_hub.store.connections import ChannelConnection

logger = logging.getLogger(__name__)

VERIFY_TOKEN = "verify_token_env"
PUBLIC_URL = "public_url"
TRUST_FORWARDED = "trust_forwarded"
_YES = frozenset(("true", "yes", "1", "on"))
_META_SIGNATURE = "x-hub-signature-256"
_SIGNATURES = {
    "chatwoot": "x-chatwoot-signature",
    "whatsapp": _META_SIGNATURE,
    "instagram": _META_SIGNATURE,
    "messenger": _META_SIGNATURE,
    "twilio": "x-twilio-signature",
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came.

    Attributes:
        headers: names in lower case; of a name that comes several times the first.
        origin: scheme and host as the request has them, ``http://127.0.0.1:8000``.
        target: path and query as called, ``/v1/org/webhooks/twilio?x=1``.
        received_at: aware.
    """

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    origin: str
    target: str = field(repr=False)
    received_at: datetime

    @classmethod
    def of(cls, request: Request, body: bytes, received_at: datetime) -> "Incoming":
        headers: dict[str, str] = {}
        for name, value in request.headers.items():
            headers.setdefault(name, value)
        query = request.scope["query_string"].decode("latin-1")
        target = request.url.path + (f"?{query}" if query else "")
        return cls(headers, body, f"{request.url.scheme}://{headers.get('host', '')}", target, received_at)


def bears_signature(provider: str, incoming: Incoming) -> bool:
    """Whether there is anything to verify."""
    header = _SIGNATURES.get(provider)
    return header is not None and header in incoming.headers


def is_signed(provider: str, connections: Iterable[ChannelConnection], incoming: Incoming) -> bool:
    """Whether any of these connections of the provider vouches for the request.

    Every secret is tried, so that the time taken does not tell which one fits.
    """
    verify = _VERIFIERS.get(provider)
    if verify is None:
        return False
    secrets = [(connection, _secret(connection.secret_env)) for connection in connections]
    verdicts = [secret is not None and verify(secret, connection, incoming) for connection, secret in secrets]
    return any(verdicts)


def challenge_of(connections: Iterable[ChannelConnection], parameters: Mapping[str, str]) -> str | None:
    """The challenge to answer Meta's handshake with; None if no connection's verify token is the one given."""
    variables = [variable for one in connections if (variable := one.settings.get(VERIFY_TOKEN)) is not None]
    tokens = [_secret(variable) for variable in variables]
    answers = [meta_handshake(parameters, token) for token in tokens if token is not None]
    return next((answer for answer in answers if answer is not None), None)


def _chatwoot(secret: str, connection: ChannelConnection, incoming: Incoming) -> bool:
    stamp, signature = incoming.headers.get("x-chatwoot-timestamp"), incoming.headers.get(_SIGNATURES["chatwoot"])
    return verify_chatwoot(secret, stamp, incoming.body, signature, incoming.received_at)


def _meta(secret: str, connection: ChannelConnection, incoming: Incoming) -> bool:
    return verify_meta(secret, incoming.body, incoming.headers.get(_META_SIGNATURE))


def _twilio(secret: str, connection: ChannelConnection, incoming: Incoming) -> bool:
    url = called_url(connection.settings, incoming)
    return verify_twilio(secret, url, incoming.body, incoming.headers.get(_SIGNATURES["twilio"]))


def called_url(connection_settings: Mapping[str, str], incoming: Incoming) -> str:
    """The URL that Twilio called: behind a proxy it is not the one that arrives here.

    A proxy's ``X-Forwarded-Proto`` and ``-Host`` count only where the connection says that there is a proxy which sets them.
    """
    public = connection_settings.get(PUBLIC_URL)
    if public:
        return public.rstrip("/") + incoming.target
    if connection_settings.get(TRUST_FORWARDED, "").lower() not in _YES:
        return incoming.origin + incoming.target
    scheme, _, host = incoming.origin.partition("://")
    scheme = _first(incoming.headers.get("x-forwarded-proto")) or scheme
    host = _first(incoming.headers.get("x-forwarded-host")) or host
    return f"{scheme}://{host}{incoming.target}"


def _first(header: str | None) -> str:
    """Of a header that every proxy on the way adds to, the outermost's value."""
    return (header or "").split(",")[0].strip()


def _secret(variable: str) -> str | None:
    try:
        return settings.secret(variable, purpose="a signing secret")
    except ConfigurationError:
        _warn_of(variable)
        return None


@cache
def _warn_of(variable: str) -> None:
    """Once a process: anyone can make the gateway look for the secret."""
    logger.warning("environment variable %s is not set: what it should verify is refused", variable)


_VERIFIERS: dict[str, Callable[[str, ChannelConnection, Incoming], bool]] = {
    "chatwoot": _chatwoot,
    "whatsapp": _meta,
    "instagram": _meta,
    "messenger": _meta,
    "twilio": _twilio,
}
