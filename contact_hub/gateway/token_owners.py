"""Whose a token is, remembered for a second: a workflow that asks again and again costs one look-up a second."""

import time
from collections.abc import Callable

REMEMBERED_S = 1.0
"""How long a token that was revoked may go on to be taken, and those of an organization that was disabled."""
_MAX_TOKENS = 1_000

Owner = tuple[str, str]
"""Organization id, token id."""


class TokenOwners:
    """The owners of valid tokens. What is not valid is not remembered, so a new token is taken at once.

    Args:
        clock: seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._owners: dict[str, tuple[float, Owner]] = {}

    def get(self, token: str) -> Owner | None:
        """The owner, if it was looked up within the last second."""
        known = self._owners.get(token)
        return known[1] if known is not None and self._clock() < known[0] else None

    def keep(self, token: str, owner: Owner | None) -> Owner | None:
        """Remember whose it is, as of now; gives the owner back."""
        if owner is not None:
            if len(self._owners) >= _MAX_TOKENS:
                self._owners.clear()
            self._owners[token] = (self._clock() + REMEMBERED_S, owner)
        return owner
