"""The rate limit: so many requests a minute and key, and 429 beyond."""

import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from contact_hub.sandbox.faults import LimitHeaders


@dataclass(frozen=True)
class RateLimit:
    """``requests`` in any ``seconds`` (sliding), or in each stretch of ``seconds`` since 1970 (fixed)."""

    requests: int = 200
    seconds: float = 60.0
    window: Literal["sliding", "fixed"] = "sliding"


class RateLimiter:
    """Counts accepted requests by key; those refused cost nothing but are counted in ``refused``."""

    def __init__(self, limit: RateLimit | None, clock: Callable[[], float] = time.time) -> None:
        self.limit = limit
        self.refused: Counter[str] = Counter()
        self._clock = clock
        self._accepted: defaultdict[str, deque[float]] = defaultdict(deque)

    def refuse_until(self, key: str) -> int | None:
        """None and the request counts, or the first whole UNIX second at which another one would be accepted."""
        if self.limit is None:
            return None
        now, accepted = self._clock(), self._accepted[key]
        while accepted and self._leaves_at(accepted[0], self.limit) <= now:
            accepted.popleft()
        if len(accepted) < self.limit.requests:
            accepted.append(now)
            return None
        self.refused[key] += 1
        return math.ceil(self._leaves_at(accepted[0], self.limit))

    def headers(self, kind: LimitHeaders, seconds: float) -> dict[str, str]:
        """The headers of a 429 that holds for ``seconds``: Cliniko's own, the usual one of other services, or none."""
        match kind:
            case "reset":
                return {"X-RateLimit-Reset": str(math.ceil(self._clock() + seconds))}
            case "retry_after":
                return {"Retry-After": str(math.ceil(seconds))}
        return {}

    @staticmethod
    def _leaves_at(moment: float, limit: RateLimit) -> float:
        if limit.window == "sliding":
            return moment + limit.seconds
        return (moment // limit.seconds + 1) * limit.seconds
