"""Generating a clinic: one call, the same clinic for the same seed, size and day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from contact_hub.errors import ContactHubError
from contact_hub.sandbox.activity import fill_calendar
from contact_hub.sandbox.clinic import Clinic, real_time
from contact_hub.sandbox.enrolment import LEGACY_SHARE, enrol
from contact_hub.sandbox.practice import SYDNEY, open_practice

_OPEN_FOR = timedelta(days=9 * 365)


def generate_clinic(
    *, seed: int = 1, patients: int = 632, today: date | None = None, clock: Callable[[], datetime] = real_time
) -> Clinic:
    """A clinic with ``patients`` live patients; archived, deleted and merged ones come on top.

    Its history ends at the first second of ``today`` in Sydney (default: the day that ``clock`` says), so nothing in it
    is newer than the clock unless ``today`` is. People and patient ids follow from the seed and the size alone.

    Raises:
        ContactHubError: ``patients`` is not positive.
    """
    if patients < 1:
        raise ContactHubError(f"a clinic needs at least one patient, not {patients}")
    day = today or clock().astimezone(SYDNEY).date()
    history_end = datetime.combine(day, time(0, 0), tzinfo=SYDNEY).astimezone(UTC)
    clinic = Clinic(seed=seed, today=day, clock=clock, legacy_patients=round(LEGACY_SHARE * patients))
    open_practice(clinic, history_end - _OPEN_FOR)
    enrol(clinic, patients, history_end)
    fill_calendar(clinic, history_end)
    return clinic
