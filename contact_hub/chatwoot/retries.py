"""How often a reading request is tried again, and after how long."""

import time
from dataclasses import dataclass

from contact_hub.chatwoot.errors import ChatwootError, RateLimited
from contact_hub.http_api.backoff import backoff


@dataclass(frozen=True)
class Patience:
    """How long one result is worth waiting for.

    Attributes:
        attempts: requests in all, where answers are broken or none come.
        refusals: how many 429 one result may meet.
        deadline_s: all that one result may take, waiting and answers. Chatwoot counts requests by the minute and mostly does
            not say when the minute ends, so it is well above one.
        backoff_s: the pause after the first fault; it doubles from one to the next.
        longest_backoff_s: what it doubles up to.
    """

    attempts: int = 5
    refusals: int = 10
    deadline_s: float = 300.0
    backoff_s: float = 1.0
    longest_backoff_s: float = 30.0

    def pause(self, faults: int) -> float:
        """Seconds to wait after so many faults: see :func:`~contact_hub.http_api.backoff.backoff`."""
        return backoff(faults, first_s=self.backoff_s, longest_s=self.longest_backoff_s)


ONCE = Patience(attempts=1, refusals=0)
"""For what must not be sent twice."""


class Tries:
    """What one result has cost so far."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._deadline = time.monotonic() + patience.deadline_s
        self._faults = 0
        self._refusals = 0

    @property
    def left_s(self) -> float:
        """Seconds until the deadline; never quite none, so that it can be a timeout."""
        return max(self._deadline - time.monotonic(), 0.001)

    def failed(self, error: ChatwootError) -> float:
        """Count a failure; seconds to wait before the next attempt.

        Raises:
            ChatwootError: ``error``, where there is no next attempt, or none before the deadline.
        """
        if isinstance(error, RateLimited):
            self._refusals += 1
            is_last = self._refusals > self._patience.refusals
            pause = self._until(error)
        else:
            self._faults += 1
            is_last = not error.retryable or self._faults >= self._patience.attempts
            pause = self._patience.pause(self._faults)
        error.attempts = self._faults + self._refusals
        if is_last or time.monotonic() + pause > self._deadline:
            raise error
        return pause

    def _until(self, refusal: RateLimited) -> float:
        if refusal.retry_at is None:
            return self._patience.pause(self._refusals)
        return max(refusal.retry_at - time.time(), 0.0)
