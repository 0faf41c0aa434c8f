"""Whether a request is the provider's own. Pure: secret and request in, yes or no out; never raises, compares in constant time.

An empty secret verifies nothing: with an empty key anyone can sign.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

_PREFIX = "sha256="
_MAX_TIMESTAMP = 12
_PORTS = {"https": 443, "http": 80}

Params = Mapping[str, str | Sequence[str]]


def verify_chatwoot(
    secret: str, timestamp: str | None, body: bytes, signature: str | None, now: datetime, tolerance_s: float = 300
) -> bool:
    """``X-Chatwoot-Signature``: 'sha256=' + hex HMAC-SHA256 of timestamp + '.' + raw body (APIS §2.2).

    The timestamp must be within the tolerance of `now`, in both directions: Chatwoot leaves replays to its receivers.
    """
    stamp = (timestamp or "").strip()
    if not secret or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _MAX_TIMESTAMP):
        return False
    if not abs(now.timestamp() - int(stamp)) <= tolerance_s:
        return False
    return _equal(_hex_of(signature), _sha256(secret, stamp.encode() + b"." + body))


def verify_meta(secret: str, body: bytes, header: str | None) -> bool:
    """``X-Hub-Signature-256``: 'sha256=' + hex HMAC-SHA256 of the raw body under the app secret (APIS §3.1)."""
    return bool(secret) and _equal(_hex_of(header), _sha256(secret, body))


def meta_handshake(params: Mapping[str, str], verify_token: str) -> str | None:
    """The challenge to answer Meta's subscription request with, as plain text; None if it is not for us."""
    token, challenge = params.get("hub.verify_token"), params.get("hub.challenge")
    if (
        not verify_token
        or params.get("hub.mode") != "subscribe"
        or not isinstance(token, str)
        or not isinstance(challenge, str)
    ):
        return None
    return challenge if challenge and _equal(token, verify_token) else None


def verify_twilio(auth_token: str, url: str, params: Params | bytes, signature: str | None) -> bool:
    """``X-Twilio-Signature``: base64 HMAC-SHA1 of the URL and, sorted by name, every parameter's name and value.

    `url` is the one that Twilio called, query included. `params` are the form's parameters, or the raw body: JSON, whose
    SHA-256 the URL then has as ``bodySHA256``, or a form. Twilio sometimes signs with the standard port written out and
    sometimes without, so both count.
    """
    if not auth_token or not isinstance(signature, str):
        return False
    if isinstance(params, bytes):
        stated = _body_sha256(url)
        if stated is not None and not _equal(stated.lower(), hashlib.sha256(params).hexdigest()):
            return False
        pairs = "" if stated is not None else _joined(_form(params))
    else:
        pairs = _joined(params)
    given = signature.strip()
    matches = [_equal(given, _sha1(auth_token, candidate + pairs)) for candidate in _urls(url)]
    return any(matches)


def _hex_of(header: str | None) -> str:
    """The hex digits of 'sha256=...', in lower case; without the prefix it is no signature."""
    given = header.strip().lower() if isinstance(header, str) else ""
    return given.removeprefix(_PREFIX).strip() if given.startswith(_PREFIX) else ""


def _sha256(secret: str, signed: bytes) -> str:
    return hmac.new(_bytes(secret), signed, hashlib.sha256).hexdigest()


def _sha1(secret: str, signed: str) -> str:
    return base64.b64encode(hmac.new(_bytes(secret), _bytes(signed), hashlib.sha1).digest()).decode()


def _equal(one: str, other: str) -> bool:
    """As bytes: `compare_digest` takes text only of ASCII."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _joined(params: Params) -> str:
    """Name and value of each, nothing between; of a name that comes several times, each distinct value."""
    return "".join(f"{name}{value}" for name in sorted(params) for value in _values(params[name]))


def _values(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else sorted(set(value))


def _form(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(body.decode("utf-8", "surrogateescape"), keep_blank_values=True)
    except ValueError:
        return {}


def _body_sha256(url: str) -> str | None:
    try:
        return next((value for name, value in parse_qsl(urlsplit(url).query) if name == "bodySHA256"), None)
    except ValueError:
        return None


def _urls(url: str) -> Iterator[str]:
    """The URL as given, and with the standard port added or taken away."""
    yield url
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.netloc
    except ValueError:
        return
    standard = _PORTS.get(parts.scheme)
    if standard is None or not host:
        return
    if port is None:
        yield urlunsplit(parts._replace(netloc=f"{host}:{standard}"))
    elif port == standard:
        yield urlunsplit(parts._replace(netloc=host.removesuffix(f":{standard}")))
