"""All commands on one page, and the entry point."""

import sys

import typer

from contact_hub.cli import (
    alerts,
    channels,
    contacts,
    database,
    doctor,
    duplicates,
    events,
    history,
    measures,
    organizations,
    replies,
    reports,
    serving,
    sync,
    templates,
    tokens,
)
from contact_hub.cli.printing import say_error
from contact_hub.errors import ContactHubError, stack_of

app = typer.Typer(
    help="One contact per person for allied-health clinics, over every channel.",
    no_args_is_help=True,
    add_completion=False,
)
app.command()(serving.demo)
app.command()(serving.up)
app.command()(sync.sync)
app.command()(reports.report)
app.command()(serving.gateway)
app.command()(serving.sandbox)
app.command()(doctor.doctor)
app.add_typer(organizations.commands, name="org")
app.add_typer(contacts.commands, name="contacts")
app.add_typer(duplicates.commands, name="duplicates")
app.add_typer(channels.commands, name="channel")
app.add_typer(replies.commands, name="replies")
app.add_typer(templates.commands, name="templates")
app.add_typer(tokens.commands, name="token")
app.add_typer(events.commands, name="events")
app.add_typer(measures.commands, name="measures")
app.add_typer(alerts.commands, name="alerts")
app.add_typer(database.commands, name="db")
app.add_typer(history.commands, name="dagster")


def main() -> None:
    """The entry point of ``contact-hub``."""
    try:
        app()
    except ContactHubError as error:
        say_error(str(error))
        sys.exit(1)
    except Exception as error:
        say_error(f"unexpected; its message is left out, for it may hold personal data\n{stack_of(error)}")
        sys.exit(2)
