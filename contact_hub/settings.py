"""What the environment says: the only module that reads the environment for settings.

Secrets (Cliniko keys) are read where they are used, through :func:`secret`, and never kept.
"""

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contact_hub.errors import ConfigurationError

HOME = "CONTACT_HUB_HOME"
DATABASE_URL = "CONTACT_HUB_DATABASE_URL"
TIME_ZONE = "CONTACT_HUB_TIME_ZONE"
CONTACT_EMAIL = "CONTACT_HUB_CONTACT_EMAIL"
HORIZON_DAYS = "CONTACT_HUB_HORIZON_DAYS"
GATEWAY_PORT = "CONTACT_HUB_GATEWAY_PORT"
GATEWAY_RATE = "CONTACT_HUB_GATEWAY_RATE"
GATEWAY_URL = "CONTACT_HUB_GATEWAY_URL"
UI_URL = "CONTACT_HUB_UI_URL"
SMTP_URL = "CONTACT_HUB_SMTP_URL"
ALERT_SENDER = "CONTACT_HUB_ALERT_SENDER"


def home() -> Path:
    """The folder of everything that this installation keeps on disk (default ``.contact_hub`` in the current folder)."""
    return Path(os.environ.get(HOME) or ".contact_hub").expanduser().absolute()


def database_url() -> str | None:
    """The PostgreSQL to use, or None for the embedded one."""
    return os.environ.get(DATABASE_URL) or None


def time_zone() -> str:
    """The deployment's time zone (IANA): in which a partition's day begins and schedules tick.

    Raises:
        ConfigurationError: the name is not a time zone.
    """
    name = os.environ.get(TIME_ZONE) or "Australia/Sydney"
    return valid_time_zone(name, said_by=TIME_ZONE)


def valid_time_zone(name: str, *, said_by: str) -> str:
    """``name`` if it is an IANA time zone.

    Raises:
        ConfigurationError: it is not; ``said_by`` is named as the place to mend.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"{said_by}: {name!r} is not an IANA time zone (for example Australia/Sydney)") from None
    return name


def horizon_days() -> int:
    """How many past days of partitions Dagster shows (docs/operations.md says what fits how many organizations).

    Raises:
        ConfigurationError: not a whole number of days from 1 to 3660.
    """
    text = os.environ.get(HORIZON_DAYS) or "365"
    if not text.isdecimal() or not 1 <= int(text) <= 3660:
        raise ConfigurationError(f"{HORIZON_DAYS}: {text!r} is not a number of days from 1 to 3660")
    return int(text)


def gateway_port() -> int:
    """The port of the gateway.

    Raises:
        ConfigurationError: not a number from 1 to 65535.
    """
    text = os.environ.get(GATEWAY_PORT) or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ConfigurationError(f"{GATEWAY_PORT}: {text!r} is not a port from 1 to 65535")
    return int(text)


def gateway_url() -> str:
    """How people's browsers reach the gateway, without a slash at the end (default: its port on this machine)."""
    return (os.environ.get(GATEWAY_URL) or f"http://127.0.0.1:{gateway_port()}").rstrip("/")


def gateway_rate() -> int:
    """How many requests a second the gateway takes from one organization, lastingly; twice as many in a burst.

    Raises:
        ConfigurationError: not a whole number from 1 to 1,000,000.
    """
    text = os.environ.get(GATEWAY_RATE) or "1000"
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise ConfigurationError(f"{GATEWAY_RATE}: {text!r} is not a number of requests a second from 1 to 1000000")
    return int(text)


def contact_email() -> str | None:
    """The address of whoever runs this, which Cliniko requires with each request; None: the project's own."""
    return os.environ.get(CONTACT_EMAIL) or None


def ui_url() -> str:
    """Where people reach the Dagster UI: what alerts link to."""
    return (os.environ.get(UI_URL) or "http://127.0.0.1:3000").rstrip("/")


def alert_sender() -> str | None:
    """The address that alerts by mail come from; None: one of this host."""
    return os.environ.get(ALERT_SENDER) or None


def is_set(variable: str) -> bool:
    """Whether an environment variable holds anything."""
    return bool(os.environ.get(variable, "").strip())


def secret(variable: str, *, purpose: str) -> str:
    """The secret that the environment variable ``variable`` holds.

    Raises:
        ConfigurationError: the variable is unset or empty.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise ConfigurationError(f"environment variable {variable} is not set: it must hold {purpose}")
    return value
