"""Reply templates: the clinic's own words in place of those that contact_hub brings along."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from contact_hub.cli.arguments import OrganizationId
from contact_hub.cli.printing import out
from contact_hub.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from contact_hub.context.cases import Case

commands = typer.Typer(help="What replies say: the clinic's own words, or the built-in ones.", no_args_is_help=True)

CaseName = Annotated[
    str, typer.Argument(metavar="CASE", help="appointment, moved, cancelled, neutral, stranger, ...: see list.")
]
Language = Annotated[str | None, typer.Option("--language", help="en, en-GB, de, es, fr, vi or zh (default: the clinic's).")]


@commands.command("list")
def list_templates(organization_id: OrganizationId) -> None:
    """Every case, when it arises, what its template can use, and in which languages the clinic has its own."""
    from contact_hub.context.cases import VARIABLES
    from contact_hub.installation import prepare
    from contact_hub.store.organizations import organization
    from contact_hub.store.templates import own_templates

    with prepare().reading() as connection:
        organization(connection, organization_id)
        own = own_templates(connection, organization_id)
    table = Table("case", "when", "always there", "perhaps there", "own")
    for case, variables in VARIABLES.items():
        languages = ", ".join(language for known, language in own if known == case)
        always, perhaps = (", ".join(sorted(names)) for names in (variables.always, variables.perhaps))
        table.add_row(case, variables.description, always, perhaps, languages)
    out.print(table)


@commands.command("show")
def show_template(organization_id: OrganizationId, case: CaseName, language: Language = None) -> None:
    """The text of a template as it is in use: the clinic's own, or the built-in one."""
    from contact_hub.installation import prepare
    from contact_hub.store.templates import text_in_use

    known = _known(case)
    with prepare().reading() as connection:
        spoken = _spoken(connection, organization_id, language)
        out.print(Text(text_in_use(connection, organization_id, known, spoken)), soft_wrap=True)


@commands.command("set")
def set_template(
    organization_id: OrganizationId,
    case: CaseName,
    file: Annotated[Path | None, typer.Argument(help="A text file; not given or -: standard input.")] = None,
    language: Language = None,
) -> None:
    """Check a template and use it from now on. One that cannot be used changes nothing."""
    from contact_hub.installation import prepare
    from contact_hub.store.templates import save_template

    words = _read(file).strip()
    with prepare().transaction() as connection:
        spoken = _spoken(connection, organization_id, language)
        is_new = save_template(connection, organization_id, case, spoken, words)
    out.print(f"{organization_id}: {case} in {spoken} {'is in use' if is_new else 'was the same already'}", highlight=False)


@commands.command("remove")
def remove_template(organization_id: OrganizationId, case: CaseName, language: Language = None) -> None:
    """Go back to the built-in words."""
    from contact_hub.installation import prepare
    from contact_hub.store.templates import remove_template as remove

    with prepare().transaction() as connection:
        spoken = _spoken(connection, organization_id, language)
        remove(connection, organization_id, case, spoken)
    out.print(f"{organization_id}: {case} in {spoken} is the built-in one", highlight=False)


@commands.command("preview")
def preview_templates(
    organization_id: OrganizationId,
    case: Annotated[str | None, typer.Argument(metavar="[CASE]", help="Only this one (default: all).")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Preview this text instead; nothing is saved.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Default: the clinic's, and those that it has texts in.")
    ] = None,
) -> None:
    """How replies come out, with everything known and with as little as can be, for a made-up patient."""
    from contact_hub.context.cases import CASES
    from contact_hub.context.previews import examples
    from contact_hub.context.templates import Templates
    from contact_hub.installation import prepare
    from contact_hub.store.organizations import organization
    from contact_hub.store.templates import own_templates, templates_of

    chosen = None if case is None else _known(case)
    if file is not None and chosen is None:
        raise ConfigurationError("--file needs the CASE that the text is for")
    with prepare().reading() as connection:
        clinic = organization(connection, organization_id)
        own = own_templates(connection, organization_id)
        templates = templates_of(connection, organization_id)
    languages = [language] if language else sorted({clinic.language or "en", *(one for _, one in own)})
    if file is not None and chosen is not None:
        words = _read(file).strip()
        templates = Templates({(chosen, one): words for one in languages})
    table = Table("case", "language", "with", "comes out as", show_lines=True)
    for spoken in languages:
        for one in [chosen] if chosen else CASES:
            for said, reply in examples(templates, one, spoken, clinic.name):
                table.add_row(one, reply.language, said, Text(reply.text))
    out.print(table)


def _known(case: str) -> "Case":
    from contact_hub.context.cases import CASES

    for known in CASES:
        if known == case:
            return known
    raise ConfigurationError(f"{case!r} is no case of a reply; the cases are {', '.join(CASES)}")


def _spoken(connection: "Connection", organization_id: str, language: str | None) -> str:
    """The language that is meant: of the clinic's own, without its territory, for words serve all of them."""
    from contact_hub.context.languages import base
    from contact_hub.store.organizations import organization

    return language or base(organization(connection, organization_id).language)


def _read(file: Path | None) -> str:
    try:
        return sys.stdin.read() if file is None or str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"{file} cannot be read as text") from None
