"""What the demo has done: what its report is made of."""

from dataclasses import dataclass
from datetime import datetime

from contact_hub.sandbox.morning import Morning, Outcome
from contact_hub.sync import SyncReport


@dataclass(frozen=True)
class Run:
    """A run of a job."""

    job: str
    report: SyncReport
    seconds: float


@dataclass(frozen=True)
class Played:
    """What the demo has done.

    Attributes:
        was_played: the morning had been played at an earlier start: all of it was known.
        outcomes: of the morning's deliveries, in order.
        booked_at: when the stranger became a patient in Cliniko.
        settled_s: how long after the last message the gateway had a contact for everybody; None: it was not through.
        runs: the import, the channels' job and the daily one.
    """

    morning: Morning
    was_played: bool
    outcomes: list[Outcome]
    booked_at: datetime
    settled_s: float | None
    runs: tuple[Run, Run, Run]
