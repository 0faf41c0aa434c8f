"""Keeping within Cliniko's limit: 200 requests a minute for each user, whatever the number of keys.

A refused request is lost time, so the limit is kept here, before sending.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

SHORTEST_SLEEP_S = 0.001
"""Rounding can make a wait end a hair too early; the next one must still move the clock."""


class Limiter(Protocol):
    """Says when a request may be sent. Share one among all that use the same Cliniko user."""

    def acquire(self) -> None:
        """Return once a request may be sent, and count it."""

    def refused_until(self, when: float) -> None:
        """Cliniko refused a request: let nobody send before ``when`` (seconds since 1970)."""


class Unlimited:
    """No limit of its own (benchmarks); waits only while Cliniko refuses. For many threads."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._wall_clock = wall_clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._closed_until = clock()

    def acquire(self) -> None:
        """Return once a request may be sent, and count it."""
        while True:
            with self._lock:
                now = self._clock()
                wait = max(self._closed_until, self._free_at()) - now
                if wait <= 0:
                    self._take(now)
                    return
            self._sleep(max(wait, SHORTEST_SLEEP_S))

    def refused_until(self, when: float) -> None:
        """Let nobody send before ``when`` (seconds since 1970)."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + when - self._wall_clock())

    def _free_at(self) -> float:
        return self._closed_until

    def _take(self, now: float) -> None:
        pass


class SlidingWindowLimiter(Unlimited):
    """At most ``limit`` requests in any ``window_s`` seconds, for all threads of this process.

    Requests travel at different speeds, so those that leave a window apart can arrive closer together. The window kept
    here is longer by ``margin_s``: arrivals stay within the limit while delays differ by no more than that. The default
    margin costs 3 % of the allowed rate (200 requests in 62 s).
    """

    def __init__(
        self,
        limit: int = 200,
        window_s: float = 60.0,
        margin_s: float = 2.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(clock=clock, wall_clock=wall_clock, sleep=sleep)
        self._apart_s = window_s + margin_s
        self._sent: deque[float] = deque(maxlen=limit)

    def _free_at(self) -> float:
        if len(self._sent) < (self._sent.maxlen or 0):
            return self._closed_until
        return self._sent[0] + self._apart_s

    def _take(self, now: float) -> None:
        self._sent.append(now)
