"""What the sandbox was asked: the yardstick for "how many requests did that cost"."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class LoggedRequest:
    """One request; ``status`` is None until it is answered, and stays so where a fault cut the connection.

    ``path`` is below ``/v1/`` ("patients", "patients/1"), ``at`` on the monotonic clock, ``wall`` in UNIX seconds.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    key: str | None = None
    status: int | None = None
    at: float = field(default_factory=time.monotonic)
    wall: float = field(default_factory=time.time)

    @property
    def resource(self) -> str:
        """The collection that was asked for, whether all of it or one record."""
        return "practitioners/inactive" if self.path == "practitioners/inactive" else self.path.split("/")[0]

    @property
    def filters(self) -> list[str]:
        """The ``q[]`` parameters."""
        return [value for name, value in self.params if name == "q[]"]


class RequestLog:
    """Every request since the last :meth:`clear`, in order of arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[LoggedRequest] = []

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[LoggedRequest]:
        with self._lock:
            return iter(list(self._requests))

    def __getitem__(self, index: int) -> LoggedRequest:
        return self._requests[index]

    def add(self, request: LoggedRequest) -> None:
        """Log an arrival."""
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._requests.clear()

    def count(self, resource: str | None = None, *, status: int | None = None) -> int:
        """How many requests, of a resource or of all, answered with a status or at all."""
        return sum((resource is None or one.resource == resource) and (status is None or one.status == status) for one in self)

    def by_resource(self) -> Counter[str]:
        """How many requests each resource got."""
        return Counter(one.resource for one in self)
