"""The database."""

import sys

import typer

from contact_hub import settings
from contact_hub.cli.printing import out

commands = typer.Typer(help="The database.", no_args_is_help=True)


@commands.command("upgrade")
def upgrade_database() -> None:
    """Apply the migrations that are missing (every command does so too)."""
    from contact_hub.installation import prepare

    prepare()
    out.print("the database is up to date")


@commands.command("url")
def database_url() -> None:
    """Print a URL that psql and BI tools take. The embedded server stays up until they have been gone for two minutes."""
    from contact_hub.installation import prepare
    from contact_hub.store.embedded.lease import keep_server_for_others

    database = prepare()
    if settings.database_url() is None:
        keep_server_for_others(settings.home())
    sys.stdout.write(f"{database.libpq_url}\n")
