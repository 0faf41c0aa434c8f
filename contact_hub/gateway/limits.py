"""How much the gateway takes: the size of a body and the time to send it, requests a second, failures a second."""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

from fastapi import Request

from contact_hub.gateway.problems import Refused

BODY_LIMIT = 2 * 1024 * 1024
BODY_SECONDS = 30
FAILURE_RATE = 50
FAILURE_BURST = 500
"""Failed authentications of one address, a second and in a burst. Secrets have 128 bits and more and need no lock-out; this
spares the store. A valid credential is never refused for what others at its address (a proxy's, maybe) have tried."""
_MAX_KEYS = 10_000


class TokenBuckets:
    """A token bucket a key. Safe to use from many threads.

    Args:
        rate: requests a second that a key is allowed lastingly.
        burst: requests that a rested key may send at once.
        clock: seconds, never going back.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key -> (tokens, as of), least recent first
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take one token: 0 if there was one, else the seconds until there will be."""
        now = self._clock()
        with self._lock:
            level, as_of = self._levels.pop(key, (self._burst, now))
            level = min(self._burst, level + (now - as_of) * self._rate)
            wait = 0.0 if level >= 1 else (1 - level) / self._rate
            self._levels[key] = (level - 1 if not wait else level, now)
            if len(self._levels) > _MAX_KEYS:
                self._levels.popitem(last=False)  # unused for longest: the fullest of them
        return wait


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The request's body, of any transfer encoding; no more of it is read than the limit.

    Raises:
        Refused: larger than the limit (413), not sent within `BODY_SECONDS` (408), or compressed (415).
    """
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "compressed_body", "a body must not be compressed", headers=_UNCOMPRESSED
        )
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and (len(stated) > 12 or int(stated) > limit):
        raise _too_large(limit)
    received = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                received += chunk
                if len(received) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise Refused(
            HTTPStatus.REQUEST_TIMEOUT, "body_too_slow", f"the body did not arrive within {BODY_SECONDS} s", headers=_CLOSE
        ) from None
    return bytes(received)


_UNCOMPRESSED = {"Accept-Encoding": "identity", "Connection": "close"}  # RFC 9110, 15.5.16
_CLOSE = {"Connection": "close"}  # the rest of the body is not read, so the connection cannot be used again


def _too_large(limit: int) -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"a body may have at most {limit} bytes", headers=_CLOSE
    )
