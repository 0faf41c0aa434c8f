"""How a clinic answers: its name, its language and its templates."""

from contact_hub.context import Clinic, Templates
from contact_hub.identity.names import clean_text
from contact_hub.store.organizations import Organization

_LANGUAGES = {"AU": "en-AU", "GB": "en-GB"}
_BUILT_IN = Templates()


def clinic_that_answers(organization: Organization) -> Clinic:
    """The clinic, with the built-in templates and the language of its region, until organizations have their own."""
    name = clean_text(organization.name) or organization.organization_id
    return Clinic(name, _LANGUAGES.get(organization.region, "en"), _BUILT_IN)
