"""Contacts for what has landed, behind the answers: one thread that settles the organizations that have news."""

import logging
import threading
import time
from collections.abc import Callable, Iterable

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
STOP_S = 10.0


class Settler:
    """Calls `settle` with each organization that was added, one at a time, once for however many additions.

    An organization that fails is tried again after a growing pause, and holds up no other. What is not settled is a fact in
    the store, so nothing is lost with this thread.
    """

    def __init__(self, settle: Callable[[str], int], *, first_pause_s: float = FIRST_PAUSE_S) -> None:
        self._settle = settle
        self._first_pause_s = first_pause_s
        self._due: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._busy = False
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="settler", daemon=True)

    def start(self, organization_ids: Iterable[str] = ()) -> None:
        """Start, beginning with these organizations: what an earlier process left."""
        for organization_id in organization_ids:
            self.add(organization_id)
        self._thread.start()

    def add(self, organization_id: str) -> None:
        """Settle this organization soon."""
        with self._changed:
            self._due.setdefault(organization_id, time.monotonic())
            self._changed.notify_all()

    def stop(self) -> None:
        """End the thread after the organization that it is at."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Whether everything added is settled within the time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._busy, timeout_s)

    def _run(self) -> None:
        while (organization_id := self._next()) is not None:
            try:
                self._settle(organization_id)
            except Exception as error:  # whatever it is, the thread must go on
                self._try_again(organization_id, error)
            else:
                self._failures.pop(organization_id, None)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> str | None:
        """The organization that is due; waits for one. None: the end."""
        with self._changed:
            while not self._stopping:
                earliest = min(self._due, key=self._due.__getitem__, default=None)
                wait = None if earliest is None else self._due[earliest] - time.monotonic()
                if earliest is not None and wait is not None and wait <= 0:
                    del self._due[earliest]
                    self._busy = True
                    return earliest
                self._changed.wait(wait)
        return None

    def _try_again(self, organization_id: str, error: Exception) -> None:
        failures = self._failures[organization_id] = self._failures.get(organization_id, 0) + 1
        pause = min(LONGEST_PAUSE_S, self._first_pause_s * 2 ** min(failures - 1, 20))
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        logger.warning("%s: settling failed (%s); again in %.1f s", organization_id, kind, pause)
        with self._changed:
            self._due[organization_id] = time.monotonic() + pause
