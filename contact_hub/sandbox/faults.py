"""Faults: what networks, proxies and Cliniko itself do to an answer, switched on by tests.

A fault says which requests it spoils (``path``, ``after``, ``times``) and how (``kind``). It applies to requests that
got past authentication and the rate limit.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

FaultKind = Literal[
    "status",
    "delay",
    "reset",
    "truncated_body",
    "truncated_json",
    "html",
    "too_many_requests",
    "empty",
    "wrong_envelope",
    "missing_id",
    "short_page",
]
LimitHeaders = Literal["reset", "retry_after", "none"]

HTML_PAGE = "<!DOCTYPE html><html><head><title>Cliniko</title></head><body><h1>We'll be right back</h1></body></html>"


@dataclass
class Fault:
    """One way to go wrong.

    Args:
        kind: ``status`` answers ``status`` with ``body`` (a dict: JSON, a text: HTML); ``delay`` waits ``seconds`` and
            then answers as usual; ``reset`` sends half of the answer and resets the connection; ``truncated_body``
            closes it short of the announced length; ``truncated_json`` sends half of the JSON as if it were all;
            ``html`` and ``empty`` answer 200 without JSON; ``too_many_requests`` answers 429 with the
            ``limit_headers`` (good for ``seconds``); ``wrong_envelope`` misses the collection's key; ``missing_id``
            leaves out the first record's id; ``short_page`` leaves out half of the page's records and the link to
            the next page.
        path: ``patients`` means lists and single records of that resource, ``patients/`` single ones only; None means
            all.
        method: only requests of this one (``POST``); None means all.
        after: so many matching requests pass first.
        times: so many are spoilt, then it is over; None means for ever.
    """

    kind: FaultKind
    path: str | None = None
    method: str | None = field(default=None, kw_only=True)
    times: int | None = 1
    after: int = 0
    status: int = 500
    body: dict[str, Any] | str = HTML_PAGE
    seconds: float = 1.0
    limit_headers: LimitHeaders = "reset"
    applied: int = field(default=0, init=False)
    _passed: int = field(default=0, init=False)

    def applies_to(self, path: str, method: str = "GET") -> bool:
        """Whether it spoils this request; asking counts."""
        if self.method is not None and method != self.method:
            return False
        if self.path is not None and path != self.path and not path.startswith(self.path.rstrip("/") + "/"):
            return False
        if self._passed < self.after:
            self._passed += 1
            return False
        if self.times is not None and self.applied >= self.times:
            return False
        self.applied += 1
        return True


class Faults:
    """The faults that are on; the first that applies to a request spoils it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Switch faults on."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Switch all of them off."""
        with self._lock:
            self._faults.clear()

    def pick(self, path: str, method: str = "GET") -> Fault | None:
        """The fault for a request to ``path`` (below ``/v1/``), if any."""
        with self._lock:
            return next((fault for fault in self._faults if fault.applies_to(path, method)), None)


def spoil_payload(kind: FaultKind, payload: dict[str, Any]) -> dict[str, Any]:
    """The payload of a list with its contents gone wrong; single records pass as they are."""
    collection = next((name for name, value in payload.items() if isinstance(value, list) and "links" in payload), None)
    if collection is None or "total_entries" not in payload:
        return payload
    rows = payload[collection]
    match kind:
        case "wrong_envelope":
            return {"data": rows, "meta": {"total": payload["total_entries"]}}
        case "missing_id":
            return payload | {collection: [_without(row, ("id",)) if not at else row for at, row in enumerate(rows)]}
        case "short_page":
            return payload | {collection: rows[: len(rows) // 2], "links": _without(payload["links"], ("next",))}
    return payload


def _without(mapping: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name not in set(names)}
