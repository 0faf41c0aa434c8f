"""One payload while it is read: collects events and problems, and keeps a bad item from taking its siblings along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from contact_hub.channels.event import ChannelEvent, Parsed, Problem
from contact_hub.channels.n8n import bodies
from contact_hub.channels.values import moment


class Reading:
    """What a parser was asked to read with, and what it has found so far."""

    def __init__(self, region: str, received_at: datetime) -> None:
        self.region = region
        self._received_at = received_at
        self._events: dict[str, ChannelEvent] = {}
        self._ignored = 0
        self._problems: list[Problem] = []

    def event(self, event: ChannelEvent) -> None:
        """One more event; the same id again in one payload counts as ignored."""
        if self._events.setdefault(event.external_id, event) is not event:
            self._ignored += 1

    def ignore(self, count: int = 1) -> None:
        """Authentic, understood, and of no interest."""
        self._ignored += count

    def problem(self, code: str, path: str) -> None:
        """Authentic, and not understood: kept aside by the caller."""
        self._problems.append(Problem(code, path))

    def moment(self, *values: object) -> datetime | None:
        """The first of these that names a credible time."""
        return next((found for value in values if (found := moment(value, self._received_at)) is not None), None)

    def attempt(self, path: str, read: Callable[[], None]) -> None:
        """Read one item. An error in doing so is a problem of that item alone."""
        try:
            read()
        except Exception:  # the error may quote the item, so nothing of it is kept
            self.problem("parser_error", path)

    def each(self, values: object, path: str, read: Callable[[Mapping[str, Any], str], None]) -> None:
        """Read every object of a list; an absent list is an empty one."""
        if values is None:
            return
        if not isinstance(values, list):
            self.problem("not_a_list", path)
            return
        for index, value in enumerate(values):
            self.one(value, f"{path}[{index}]", read)

    def one(self, value: object, path: str, read: Callable[[Mapping[str, Any], str], None]) -> None:
        """Read an object. One of which nothing is an event, ignored or a problem was not understood either."""
        if not isinstance(value, dict):
            self.problem("not_an_object", path)
            return
        before = self._noted
        self.attempt(path, lambda: read(value, path))
        if self._noted == before:
            self.problem("nothing_found", path)

    @property
    def _noted(self) -> int:
        return len(self._events) + self._ignored + len(self._problems)

    def parsed(self) -> Parsed:
        return Parsed(tuple(self._events.values()), self._ignored, tuple(self._problems))


def read_bodies(
    payload: object, region: str, received_at: datetime, read: Callable[[Mapping[str, Any], str, Reading], None]
) -> Parsed:
    """Read every body that a payload holds, unwrapped from n8n's items."""
    reading = Reading(region, received_at)
    for path, body in bodies(payload):
        reading.one(body, path, lambda value, where: read(value, where, reading))
    return reading.parsed()
