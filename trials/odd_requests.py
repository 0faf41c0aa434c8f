"""Requests to every route that takes something, gone wrong in body, headers, path or framing; some of them sound."""

import copy
import hashlib
import hmac
import json
import random
import re
import time
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from contact_hub.channels.event import Provider
from contact_hub.gateway.webhooks import WEBHOOKS
from contact_hub_tests.channels.test_properties import SEEDS
from trials.damage import CANARY, HOSTILE, as_bytes, damaged

SECRET = "the signing secret of trials"
SECRETS = {
    provider: f"{provider.upper()}_SECRET_OF_TRIALS"
    for provider in ("chatwoot", "whatsapp", "instagram", "messenger", "twilio")
}
"""By provider that signs, the environment variable of its secret."""
IDS = frozenset(("id", "mid", "MessageSid", "CallSid", "external_id", "messageId", "message-id", "source_id", "submittedAt"))
FORM = "application/x-www-form-urlencoded"
CONTENT_TYPES = (
    "", "text/plain", "text/xml", "multipart/form-data; boundary=x", "application/json; charset=utf-16", FORM,
    "a/" + "b" * 4000, "application/json, text/html", f"text/{CANARY}", "\xff\xfe", "application/vnd.api+json",
)  # fmt: skip
HEADERS = (
    {"Content-Encoding": "gzip"}, {"Content-Encoding": CANARY}, {"X-HTTP-Method-Override": "DELETE"},
    {"X-Forwarded-For": CANARY},
    {"Authorization": f"Bearer {CANARY}"}, {"Authorization": "Basic Og=="}, {"Authorization": "Bearer " + "x" * 6000},
    {"Accept": CANARY}, {"Cookie": f"a={CANARY}"}, {"Range": "bytes=0-"}, {"X-Chatwoot-Timestamp": "9" * 400},
    {"Origin": "null"}, {"X-Long": "x" * 60_000},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        number: with the trial's seed it makes the same request again.
        route: for people: the path with its places unfilled.
        way: how it went wrong.
        provider: of a webhook.
    """

    number: int
    route: str
    way: str
    method: str
    path: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    provider: Provider | None = None


@dataclass
class Known:
    """What answers have told: ids for later requests to name."""

    contact_ids: deque[str] = field(default_factory=lambda: deque([str(uuid4())], maxlen=4000))
    decision_ids: deque[str] = field(default_factory=lambda: deque([str(uuid4())], maxlen=4000))


class Requests:
    """Makes the requests of a trial, each by its number.

    Args:
        port: of the gateway: Twilio signs the URL.
    """

    def __init__(self, organization_id: str, token: str, port: int, seed: int, known: Known) -> None:
        self._base, self._token, self._port, self._seed = f"/v1/{organization_id}", token, port, seed
        self._known = known

    def make(self, number: int) -> Request:
        chance = random.Random(f"{self._seed}:{number}")
        kind = chance.random()
        if kind < 0.6:
            return self._webhook(number, chance)
        return self._question(number, chance) if kind > 0.9 else self._command(number, chance)

    def _webhook(self, number: int, chance: random.Random) -> Request:
        webhook = chance.choice(WEBHOOKS)
        seeds = [payload for provider, payload in SEEDS if provider == webhook.provider]
        payload = numbered(chance.choice(seeds), number, chance)
        way, body = damaged(payload, chance)
        content_type = "application/json"
        is_flat = isinstance(payload, dict) and not any(isinstance(value, dict | list) for value in payload.values())
        if webhook.provider in ("twilio", "web_form") and is_flat and chance.random() < 0.5:
            way, body, content_type = f"{way}, a form", _form_of(body), FORM
        path = self._base + webhook.path
        headers, path, signed = self._authority(webhook.provider, path, body, chance)
        request = Request(
            number, webhook.path, way + signed, "POST", path, body, {"Content-Type": content_type, **headers}, webhook.provider
        )
        return self._odd(request, chance)

    def _authority(self, provider: Provider, path: str, body: bytes, chance: random.Random) -> tuple[dict[str, str], str, str]:
        """Headers that let a delivery in, the path that Twilio signs; now and then a wrong signature."""
        if provider not in SECRETS or chance.random() < 0.3:
            return {"Authorization": f"Bearer {self._token}"}, path, ""
        wrong = chance.random() < 0.06
        secret = (SECRET + (" of others" if wrong else "")).encode()
        said = ", wrongly signed" if wrong else ""
        if provider == "twilio":
            path += f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
            url = f"http://127.0.0.1:{self._port}{path}"
            return {"X-Twilio-Signature": b64encode(hmac.new(secret, url.encode(), hashlib.sha1).digest()).decode()}, path, said
        if provider == "chatwoot":
            stamp = str(int(time.time()))
            digest = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
            return {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={digest}"}, path, said
        return {"X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"}, path, said

    def _command(self, number: int, chance: random.Random) -> Request:
        method, route, payload = chance.choices(COMMANDS, [weight for *_, weight in COMMANDS])[0][:3]
        filled = self._filled(copy.deepcopy(payload), number, chance)
        way, body = ("sound", as_bytes(filled)) if chance.random() < 0.3 else damaged(filled, chance)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        return self._odd(Request(number, route, way, method, self._path(route, chance), body, headers), chance)

    def _question(self, number: int, chance: random.Random) -> Request:
        route, names = chance.choice(QUESTIONS)
        query = {name: chance.choice((SOUND[name], chance.choice(HOSTILE))) for name in names if chance.random() < 0.9}
        path = self._path(route, chance) + (f"?{urlencode(query, errors='surrogatepass')}" if query else "")
        return self._odd(Request(number, route, "query", "GET", path, b"", {"Authorization": f"Bearer {self._token}"}), chance)

    def _path(self, route: str, chance: random.Random) -> str:
        hostile = quote(chance.choice(HOSTILE)[:200], safe="/.:@", errors="surrogatepass") or "%00"
        is_odd = chance.random() < 0.08
        contact = hostile if is_odd else chance.choice(tuple(self._known.contact_ids))
        decision = hostile if is_odd else chance.choice(tuple(self._known.decision_ids))
        base = f"/v1/{hostile}" if chance.random() < 0.01 else self._base
        return base + route.replace("{contact}", contact).replace("{decision}", decision)

    def _filled(self, payload: Any, number: int, chance: random.Random) -> Any:
        """Its places filled with ids of this trial and numbers of this request."""
        if isinstance(payload, dict):
            return {name: self._filled(value, number, chance) for name, value in payload.items()}
        if isinstance(payload, list):
            return [self._filled(value, number, chance) for value in payload]
        if payload == "{contact}":
            return chance.choice(tuple(self._known.contact_ids))
        return payload.replace("{number}", f"{number if chance.random() < 0.7 else number % 50:06}") if payload else payload

    def _odd(self, request: Request, chance: random.Random) -> Request:
        """What is not about the body: another content type, hostile headers, another method."""
        kind = chance.random()
        changes: dict[str, Any] = {}
        if kind < 0.04:
            stated = chance.choice(CONTENT_TYPES)
            others = {name: value for name, value in request.headers.items() if name != "Content-Type"}
            changes = {"way": "content type", "headers": {**others, **({"Content-Type": stated} if stated else {})}}
        elif kind < 0.06:
            changes = {"way": "headers", "headers": {**request.headers, **chance.choice(HEADERS)}}
        elif kind < 0.07:
            changes = {"way": "method", "method": chance.choice(("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"))}
        return Request(**{**{name: getattr(request, name) for name in Request.__slots__}, **changes})


STATED = "jo{number}@example.org"
COMMANDS: tuple[tuple[str, str, Any, int], ...] = (
    ("POST", "/contacts/find-or-create", {"channel": "whatsapp", "identifier": "0412{number}", "name": "Jo Marsh"}, 8),
    ("POST", "/contacts/find-or-create", {"channel": "email", "identifier": "jo{number}@example.com", "email": STATED}, 6),
    ("POST", "/contacts/match", {"given_name": "Jo", "phone": "0412{number}", "date_of_birth": "1980-05-06"}, 6),
    ("POST", "/contacts/merge", {"contact_ids": ["{contact}", "{contact}"], "by": "Kim", "reason": "same"}, 4),
    ("POST", "/contacts/distinct", {"contact_ids": ["{contact}", "{contact}"], "by": "Kim", "reason": "not same"}, 4),
    ("POST", "/contacts/{contact}/split", {"records": [{"source": "whatsapp", "source_id": "+61412{number}"}], "by": "Kim"}, 3),
    ("POST", "/decisions/{decision}/undo", {"by": "Kim", "reason": "no"}, 3),
    ("POST", "/contacts/{contact}/link", {"cliniko_patient_id": "{number}", "reason": "said so"}, 2),
    ("PUT", "/contacts/{contact}/preference", {"reminders": "email"}, 3),
)  # fmt: skip
"""Method, route, a sound body with places to fill, how often. What people decide in a review is a merge or distinct."""

SOUND = {
    "channel": "phone", "identifier": "0412000001", "limit": "10", "before": "2026-01-01T00:00:00+00:00", "key": "k",
    "hub.mode": "subscribe", "hub.verify_token": "t", "hub.challenge": "1",
}  # fmt: skip
QUESTIONS = (
    ("/contacts/lookup", ("channel", "identifier")),
    ("/context", ("channel", "identifier")),
    ("/contacts/{contact}/timeline", ("limit", "before")),
    ("/contacts/{contact}", ()),
    ("/contacts/{contact}/decisions", ()),
    ("/contacts/{contact}/preference", ()),
    ("/webhooks/whatsapp", ("hub.mode", "hub.verify_token", "hub.challenge")),
    ("/reports/2026-01-01", ("key",)),
)


def numbered(payload: Any, number: int, chance: random.Random) -> Any:
    """A copy under ids and identifiers of its own; now and then those of one of a hundred: what comes again, from whom it came.

    With one person in all payloads, each would be settled with all others.
    """
    serial = number if chance.random() < 0.85 else number % 100
    said = _NUMBER.sub(lambda found: found[1] + f"{serial + 10**6 * int(found[2]):08}", json.dumps(payload))
    own = json.loads(_ADDRESS.sub(f"jo{serial}@example.com", said))

    def walk(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {inner: walk(one, inner) for inner, one in value.items()}
        if isinstance(value, list):
            return [walk(one, name) for one in value]
        if name in IDS and isinstance(value, str):
            return str(int(value) + serial * 1000) if value.isdecimal() else f"{value}-{serial}"
        if name == "user_id" and isinstance(value, str):
            return f"{value}{serial}"
        return value + serial * 1000 if name in IDS and isinstance(value, int) and not isinstance(value, bool) else value

    return walk(own)


_NUMBER = re.compile(r"((?:61|0)4)([19])\d ?\d{3} ?\d{3}\b")
_ADDRESS = re.compile(r"\bjo@example\.com\b", re.IGNORECASE)


def _form_of(body: bytes) -> bytes:
    """JSON that has become an object, as a form; what has not, as it is."""
    try:
        payload = json.loads(body)
        return urlencode(payload, doseq=True, errors="surrogatepass").encode() if isinstance(payload, dict) else body
    except (ValueError, RecursionError):
        return body
