"""Webhooks as Chatwoot sends them: signed, once, with five seconds to answer, and nothing done about a failure."""

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

Payload = dict[str, Any]
TIMEOUT_S = 5.0


@dataclass
class Delivery:
    """One webhook and what became of it.

    Attributes:
        status: of the receiver's answer; None where none came or nothing was sent.
        failure: why none came: the exception's type, or ``dropped``.
    """

    event: str
    payload: Payload = field(repr=False)
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    status: int | None = None
    failure: str | None = None


class Webhooks:
    """The account's one webhook.

    A payload is built when it is sent, as in Chatwoot: what has been held back shows the state of the moment of its release.

    Attributes:
        url: where to; None: webhooks are made and logged, and go nowhere.
        secret: what they are signed with; empty: they are not.
        dropping: whether they are lost on the way.
        copies: how often each one is sent.
        deliveries: all so far, in the order in which they were sent.
    """

    def __init__(self, url: str | None, secret: str) -> None:
        self.url = url
        self.secret = secret
        self.dropping = False
        self.copies = 1
        self.deliveries: list[Delivery] = []
        self._held: list[tuple[str, Callable[[], Payload]]] | None = None
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._session.trust_env = False

    def fire(self, event: str, build: Callable[[], Payload]) -> None:
        """Send a webhook now, or keep it if they are being held."""
        with self._lock:
            if self._held is not None:
                self._held.append((event, build))
                return
        self._send(event, build)

    def hold(self) -> None:
        """Keep webhooks back until :meth:`release`."""
        with self._lock:
            self._held = self._held or []

    def release(self, *, reverse: bool = False) -> None:
        """Send what was held back, the last one first if so wished, and hold no longer."""
        with self._lock:
            held, self._held = self._held or [], None
        for event, build in reversed(held) if reverse else held:
            self._send(event, build)

    def _send(self, event: str, build: Callable[[], Payload]) -> None:
        for _ in range(self.copies):
            payload = {"event": event, **build()}
            body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
            delivery = Delivery(event, json.loads(body), body, self._headers(body))
            self.deliveries.append(delivery)
            self._post(delivery)

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "X-Chatwoot-Delivery": str(uuid.uuid4())}
        if self.secret:
            stamp = str(int(time.time()))
            signature = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            headers |= {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={signature}"}
        return headers

    def _post(self, delivery: Delivery) -> None:
        if self.url is None or self.dropping:
            delivery.failure = "dropped" if self.dropping else None
            return
        try:
            answer = self._session.post(
                self.url, data=delivery.body, headers=delivery.headers, timeout=TIMEOUT_S, allow_redirects=False
            )
            delivery.status = answer.status_code
        except requests.RequestException as problem:
            delivery.failure = type(problem).__name__
