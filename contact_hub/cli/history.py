"""Dagster's own history."""

from typing import Annotated

import typer

from contact_hub.cli.printing import err, out
from contact_hub.errors import ConfigurationError

commands = typer.Typer(help="Dagster's own history: logs of runs, and runs.", no_args_is_help=True)


@commands.command("prune")
def prune(
    older_than: Annotated[
        str, typer.Option(metavar="DAYS", help="Logs of runs that ended longer ago: 90 or 90d; at least 1.")
    ] = "90d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be deleted.")] = False,
) -> None:
    """Delete logs of old runs, and runs from before the horizon. Materializations and checks within it stay.

    The job prune_history does the same every Sunday at 04:20.
    """
    from contact_hub.automation.pruning import prune_history
    from contact_hub.installation import dagster_instance, prepare

    days = older_than.removesuffix("d")
    if not days.isdecimal():
        raise ConfigurationError(f"--older-than {older_than!r} is not a number of days (for example 90 or 90d)")
    prepare()
    with dagster_instance() as instance, err.status("looking for what is old ..."):
        pruned = prune_history(instance, older_than_days=int(days), dry_run=dry_run)
    done = "would be deleted" if dry_run else "deleted"
    out.print(f"{pruned.log_messages} log messages and {pruned.runs} runs {done}", highlight=False)
