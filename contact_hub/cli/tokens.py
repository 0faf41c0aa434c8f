"""The gateway's bearer tokens."""

import sys
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from contact_hub.cli.arguments import OptionalOrganizationId, OrganizationId
from contact_hub.cli.printing import err, out

commands = typer.Typer(help="Tokens with which workflows and tools call the gateway.", no_args_is_help=True)


@commands.command("create")
def create(
    organization_id: OrganizationId,
    name: Annotated[str, typer.Option(help="What it is for, for example 'n8n'.")] = "",
) -> None:
    """Make a token and print it, alone on the last line. It is shown this once; only its hash is stored."""
    from contact_hub.installation import prepare
    from contact_hub.store.tokens import create_token

    with prepare().transaction() as connection:
        token = create_token(connection, organization_id, name)
    err.print("keep it now: it is not shown again", highlight=False)
    sys.stdout.write(f"{token}\n")


@commands.command("list")
def list_tokens(organization_id: OptionalOrganizationId = None) -> None:
    """The tokens' ids, names and times."""
    from contact_hub.installation import prepare
    from contact_hub.store.organizations import organization
    from contact_hub.store.tokens import tokens

    table = Table("organization", "token id", "name", "created", "revoked")
    with prepare().reading() as connection:
        if organization_id is not None:
            organization(connection, organization_id)
        for token in tokens(connection, organization_id):
            revoked = f"{token.revoked_at:%Y-%m-%d %H:%M} UTC" if token.revoked_at is not None else ""
            created = f"{token.created_at:%Y-%m-%d %H:%M} UTC"
            table.add_row(token.organization_id, token.token_id, escape(token.name), created, revoked)
    out.print(table)


@commands.command("revoke")
def revoke(
    organization_id: OrganizationId,
    token_id: Annotated[str, typer.Argument(metavar="TOKEN_ID", help="As `token list` shows it.")],
) -> None:
    """End a token: the next request with it is refused."""
    from contact_hub.installation import prepare
    from contact_hub.store.tokens import revoke_token

    with prepare().transaction() as connection:
        revoke_token(connection, organization_id, token_id)
    out.print(f"{organization_id}: token {token_id} is revoked", highlight=False, markup=False)
