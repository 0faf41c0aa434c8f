"""The clinics' own reply templates."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import cast

from sqlalchemy import Connection, text

from contact_hub.context.built_in_templates import BUILT_IN
from contact_hub.context.cases import CASES, Case
from contact_hub.context.languages import FALLBACK, LANGUAGES, base, is_supported, language_tag
from contact_hub.context.templates import TemplateError, Templates, check_template
from contact_hub.errors import ConfigurationError
from contact_hub.store.organizations import organization

logger = logging.getLogger(__name__)

Texts = Mapping[tuple[Case, str], str]


def own_templates(connection: Connection, organization_id: str) -> dict[tuple[Case, str], str]:
    """The texts by case and language."""
    statement = text("""
        SELECT template, language, text FROM reply_templates
        WHERE organization_id = :organization_id ORDER BY template, language
    """)
    rows = connection.execute(statement, {"organization_id": organization_id})
    return {(cast(Case, row.template), row.language): row.text for row in rows}


def templates_of(connection: Connection, organization_id: str) -> Templates:
    """The templates that an organization answers with: its own, and those that contact_hub brings along for the rest.

    One that passes the check no more (of an older version) is left out and logged, by case and language.
    """
    return _usable(organization_id, tuple(own_templates(connection, organization_id).items()))


@lru_cache(maxsize=256)
def _usable(organization_id: str, texts: tuple[tuple[tuple[Case, str], str], ...]) -> Templates:
    usable = {}
    for (case, language), words in texts:
        try:
            check_template(case, words)
        except TemplateError:
            logger.warning("%s: the template of '%s' in %s cannot be used any more", organization_id, case, language)
        else:
            usable[case, language] = words
    return Templates(usable)


def text_in_use(connection: Connection, organization_id: str, case: Case, language: str) -> str:
    """The text of a case in a language: the organization's own, else the built-in one, in English where there is none.

    Raises:
        ConfigurationError: there is no such organization.
    """
    organization(connection, organization_id)
    own, spoken = own_templates(connection, organization_id), base(language)
    fallback = BUILT_IN.get(spoken, BUILT_IN[FALLBACK])[case]
    return own.get((case, language_tag(language))) or own.get((case, spoken)) or fallback


def save_template(connection: Connection, organization_id: str, case: str, language: str, words: str) -> bool:
    """Check a template and keep it in place of the one of its case and language. False: it was there already.

    Raises:
        TemplateError: it cannot be used; nothing was changed.
        ConfigurationError: no such organization, case or language.
    """
    organization(connection, organization_id)
    where = _where(organization_id, case, language)
    check_template(cast(Case, case), words)
    statement = text("""
        INSERT INTO reply_templates AS known (organization_id, template, language, text)
        VALUES (:organization_id, :template, :language, :text)
        ON CONFLICT (organization_id, template, language) DO UPDATE SET text = excluded.text, updated_at = now()
        WHERE known.text <> excluded.text
    """)
    return connection.execute(statement, {**where, "text": words}).rowcount == 1


def remove_template(connection: Connection, organization_id: str, case: str, language: str) -> None:
    """Forget a clinic's own template: the one that contact_hub brings along takes its place.

    Raises:
        ConfigurationError: there is none.
    """
    statement = text("""
        DELETE FROM reply_templates
        WHERE organization_id = :organization_id AND template = :template AND language = :language
    """)
    if connection.execute(statement, _where(organization_id, case, language)).rowcount == 0:
        raise ConfigurationError(f"{organization_id} has no template of its own for {case!r} in {language!r}")


def _where(organization_id: str, case: str, language: str) -> dict[str, str]:
    if case not in CASES:
        raise ConfigurationError(f"{case!r} is no case of a reply; the cases are {', '.join(CASES)}")
    if not is_supported(language):
        raise ConfigurationError(f"the language {language!r} cannot be used; there are {', '.join(LANGUAGES)}")
    return {"organization_id": organization_id, "template": case, "language": language_tag(language)}
