"""How often a request is tried again, and after how long."""

from dataclasses import dataclass

from contact_hub.cliniko.errors import ClinikoError, Forbidden, RateLimited
from contact_hub.http_api.backoff import backoff


@dataclass(frozen=True)
class Patience:
    """How long one result is worth waiting for.

    Attributes:
        attempts: requests in all, where answers are broken or none come.
        forbidden_attempts: requests in all, where they are answered 403 (APIS: seen for a moment, for one user).
        refusals: how many 429 one result may meet; each is waited out.
        longest_wait_s: all the waiting for 429 that one result may take.
        backoff_s: the pause after the first fault; it doubles from one to the next.
        longest_backoff_s: what it doubles up to.
    """

    attempts: int = 5
    forbidden_attempts: int = 3
    refusals: int = 10
    longest_wait_s: float = 900.0
    backoff_s: float = 1.0
    longest_backoff_s: float = 30.0

    def pause(self, faults: int) -> float:
        """Seconds to wait after so many faults: see :func:`~contact_hub.http_api.backoff.backoff`."""
        return backoff(faults, first_s=self.backoff_s, longest_s=self.longest_backoff_s)


class Tries:
    """What one result has cost so far."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._faults = 0
        self._refusals = 0
        self._waited_s = 0.0

    def next_pause(self) -> float:
        """Seconds to wait after a 429 that does not say until when."""
        return self._patience.pause(self._refusals + 1)

    def refused(self, error: RateLimited, wait_s: float) -> None:
        """Count a 429 that takes ``wait_s`` to wait out.

        Raises:
            RateLimited: ``error``, where that is one too many or too long.
        """
        self._refusals += 1
        self._waited_s += wait_s
        error.attempts = self._faults + self._refusals
        if self._refusals > self._patience.refusals or self._waited_s > self._patience.longest_wait_s:
            raise error

    def failed(self, error: ClinikoError) -> float:
        """Count a fault; seconds to wait before the next attempt.

        Raises:
            ClinikoError: ``error``, where there is no next attempt.
        """
        self._faults += 1
        error.attempts = self._faults + self._refusals
        if self._faults >= self._allowed(error):
            raise error
        return self._patience.pause(self._faults)

    def _allowed(self, error: ClinikoError) -> int:
        if isinstance(error, Forbidden):
            return self._patience.forbidden_attempts
        return self._patience.attempts if error.retryable else 1
