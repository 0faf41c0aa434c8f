"""The clinic's local time. Nothing here reads the zone of the machine."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from contact_hub.errors import ConfigurationError


def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name.

    Raises:
        ConfigurationError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(f"{name[:64]!r} is no IANA time zone; write it like Australia/Sydney") from None


def local(moment: datetime, time_zone: str) -> datetime:
    """An aware moment as the clock on the clinic's wall shows it: without a zone, so that nothing can shift it again.

    Raises:
        ValueError: the moment is naive: whose clock it was read from is not known.
        ConfigurationError: there is no such zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    # By way of UTC: a moment that is in this zone already would keep a time that no clock shows (02:30 when they go forward).
    return moment.astimezone(UTC).astimezone(zone(time_zone)).replace(tzinfo=None)
