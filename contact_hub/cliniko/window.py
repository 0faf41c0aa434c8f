"""Which changes a pull asks Cliniko for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

OVERLAP = timedelta(minutes=5)
"""How far a pull reaches back behind the watermark: Cliniko's clock and ours may differ, and its stamps are whole seconds."""


@dataclass(frozen=True)
class PullWindow:
    """Records changed in [``updated_from``, ``updated_before``); None is no bound.

    ``changed_through`` is the watermark once the pull has landed. Without bounds the pull is complete, and what it lacks has
    vanished from Cliniko.
    """

    updated_from: datetime | None
    updated_before: datetime | None
    changed_through: datetime

    @property
    def complete(self) -> bool:
        return self.updated_from is None and self.updated_before is None


def pull_window(day_start: datetime, day_end: datetime, *, watermark: datetime | None, now: datetime, full: bool) -> PullWindow:
    """The window of a day's pull: what changed up to its end, from the earlier of its start and the watermark.

    Without a watermark (no completed import) there is no lower bound, so a missed day heals in the next pull. ``full`` asks
    for everything, whatever the day.
    """
    if full:
        return PullWindow(None, None, now)
    over = day_end <= now
    return PullWindow(
        updated_from=None if watermark is None else min(day_start, watermark - OVERLAP),
        updated_before=day_end if over else None,
        changed_through=day_end if over else now,
    )
