"""What deriving and settling must know of an organization."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from contact_hub import settings
from contact_hub.identity.contact_ids import contact_id_namer
from contact_hub.identity.own_identifiers import own_identifiers
from contact_hub.store.database import Database
from contact_hub.store.identity_rows import business_payloads
from contact_hub.store.installation import secret_of
from contact_hub.store.organizations import organization


@dataclass(frozen=True)
class Clinic:
    """One organization, as identity sees it.

    Attributes:
        contact_ids: names the contact that a record founds.
        region: where its numbers are dialled from.
        own: its own phones and emails, which identify nobody.
        today: the day on which ages are taken.
    """

    organization_id: str
    contact_ids: Callable[[str, str], UUID]
    region: str
    own: frozenset[str]
    today: date


def clinic_of(database: Database, organization_id: str) -> Clinic:
    """One organization as it is registered now.

    Raises:
        ConfigurationError: it is not registered, or the installation's secret is another one.
    """
    with database.reading() as connection:
        region = organization(connection, organization_id).region
        own = own_identifiers(business_payloads(connection, organization_id), region)
    namer = contact_id_namer(secret_of(database), organization_id)
    return Clinic(organization_id, namer, region, own, today())


def today() -> date:
    """The current day of the deployment."""
    return datetime.now(ZoneInfo(settings.time_zone())).date()
