"""How a clinic answers: its name, its language and its templates."""

from sqlalchemy import Connection

from contact_hub.context import Clinic
from contact_hub.identity.names import clean_text
from contact_hub.store.organizations import Organization
from contact_hub.store.templates import templates_of

_LANGUAGES = {"AU": "en-AU", "GB": "en-GB"}


def clinic_that_answers(connection: Connection, organization: Organization) -> Clinic:
    """The clinic, with its own templates before the built-in ones, in its language or else its region's."""
    name = clean_text(organization.name) or organization.organization_id
    language = organization.language or _LANGUAGES.get(organization.region, "en")
    return Clinic(name, language, templates_of(connection, organization.organization_id))
