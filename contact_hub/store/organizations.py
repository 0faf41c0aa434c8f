"""The clinics: registered by operators, read by everything else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phonenumbers import SUPPORTED_REGIONS
from sqlalchemy import Connection, Row, text

from contact_hub import settings
from contact_hub.context.languages import LANGUAGES, is_supported
from contact_hub.errors import ConfigurationError

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
"""In capitals, as is the custom: an API key, which never is, cannot be mistaken for a name and stored."""


@dataclass(frozen=True)
class Organization:
    """One clinic, as registered.

    Raises:
        ConfigurationError: an id, region, variable name or window that cannot be one.
    """

    organization_id: str
    name: str
    time_zone: str
    region: str
    cliniko_key_env: str | None
    cliniko_url: str | None = None
    past_days: int = 45
    future_days: int = 45
    status: str = "active"
    language: str | None = None

    def __post_init__(self) -> None:
        if not SLUG.fullmatch(self.organization_id):
            raise ConfigurationError(
                f"organization id {self.organization_id!r} must be 1 to 63 of a-z, 0-9, _ and -, "
                "beginning with a letter or digit"
            )
        if not re.fullmatch("[A-Z]{2}", self.region):
            raise ConfigurationError(f"region {self.region!r} is not a two-letter country code (for example AU)")
        if self.cliniko_key_env is not None and not VARIABLE.fullmatch(self.cliniko_key_env):
            raise ConfigurationError(
                "the Cliniko key's variable must be the NAME of an environment variable, in capitals (for example "
                "CLINIKO_KEY_SURF_REHAB), not the key"
            )
        if self.language is not None and not is_supported(self.language):
            raise ConfigurationError(f"replies cannot be in {self.language!r}; there are {', '.join(LANGUAGES)}")
        if not (1 <= self.past_days <= 366 and 1 <= self.future_days <= 366):
            raise ConfigurationError("the active window must be 1 to 366 days on either side")


_COLUMNS = "organization_id, name, time_zone, region, cliniko_key_env, cliniko_url, past_days, future_days, status, language"


def _organization(row: Row[Any]) -> Organization:
    return Organization(**row._mapping)


def organizations(connection: Connection) -> list[Organization]:
    """All clinics, by id."""
    return [_organization(row) for row in connection.execute(text(f"SELECT {_COLUMNS} FROM organizations ORDER BY 1"))]


def organization(connection: Connection, organization_id: str) -> Organization:
    """One clinic.

    Raises:
        ConfigurationError: there is no such clinic.
    """
    statement = text(f"SELECT {_COLUMNS} FROM organizations WHERE organization_id = :organization_id")
    row = connection.execute(statement, {"organization_id": organization_id}).one_or_none()
    if row is None:
        raise ConfigurationError(f"there is no organization {organization_id!r}; add it with: contact-hub org add")
    return _organization(row)


def register(connection: Connection, clinic: Organization) -> bool:
    """Add a clinic, or bring its registration up to date (a disabled one becomes active). True: it is new.

    Raises:
        ConfigurationError: its time zone or its country is not known here.
    """
    if clinic.region not in SUPPORTED_REGIONS:  # of none of its own numbers would it read any
        raise ConfigurationError(f"region {clinic.region!r} is no country (ISO 3166; the United Kingdom is GB)")
    settings.valid_time_zone(clinic.time_zone, said_by=f"{clinic.organization_id}, time zone")
    values: Mapping[str, Any] = vars(clinic)
    listed = ", ".join(values)
    updates = ", ".join(f"{column} = excluded.{column}" for column in values if column != "organization_id")
    statement = f"""
        INSERT INTO organizations ({listed}) VALUES ({", ".join(f":{column}" for column in values)})
        ON CONFLICT (organization_id) DO UPDATE SET {updates}, updated_at = now()
        RETURNING xmax = 0
    """
    return bool(connection.execute(text(statement), values).scalar_one())


def disable(connection: Connection, organization_id: str) -> None:
    """Stop syncing a clinic; nothing of it is deleted.

    Raises:
        ConfigurationError: there is no such clinic.
    """
    organization(connection, organization_id)
    connection.execute(
        text("UPDATE organizations SET status = 'disabled', updated_at = now() WHERE organization_id = :organization_id"),
        {"organization_id": organization_id},
    )
