"""Measures at the terminal: what they come to for one clinic, and the limits that it holds them to."""

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from contact_hub.cli.arguments import OrganizationId, day_option
from contact_hub.cli.printing import out
from contact_hub.errors import ConfigurationError

commands = typer.Typer(help="What the asset checks count, and an organization's own limits.", no_args_is_help=True)

MeasureName = Annotated[str, typer.Argument(metavar="ASSET.MEASURE", help="For example contacts.completeness.")]


@commands.command("list")
def list_measures(
    organization_id: OrganizationId, day: Annotated[date | None, day_option("--day", help="As of (today).")] = None
) -> None:
    """Every measure of a clinic, counted now, beside its limit."""
    from contact_hub.automation.partitions import today
    from contact_hub.installation import prepare
    from contact_hub.measures import MEASURES
    from contact_hub.measures.evaluation import count
    from contact_hub.store.measure_limits import measure_limits
    from contact_hub.store.organizations import organization

    table = Table("measure", "share", "counted", "at least", "")
    with prepare().reading() as connection:
        organization(connection, organization_id)
        limits = measure_limits(connection, organization_id)
        for asset, measures in MEASURES.items():
            for measure in measures:
                counted = count(connection, measure, organization_id, day or today())
                at_least = limits.get((asset, measure.name), measure.at_least)
                own = " (own)" if (asset, measure.name) in limits else ""
                verdict = (
                    ""
                    if counted.share >= at_least
                    else "[red]fails[/red]"
                    if measure.severity == "error"
                    else "[yellow]low[/yellow]"
                )
                share = f"{counted.share:.1%}" if counted.denominator else "-"
                table.add_row(
                    f"{asset}.{measure.name}",
                    share,
                    f"{counted.numerator} / {counted.denominator}",
                    f"{at_least:g}{own}",
                    verdict,
                )
    out.print(table)


@commands.command("set")
def set_measure(
    organization_id: OrganizationId,
    name: MeasureName,
    at_least: Annotated[float, typer.Option(min=0.0, max=1.0, help="The smallest share that passes, from 0 to 1.")],
) -> None:
    """Hold a measure to a limit of the clinic's own; checks take it from their next run on."""
    _set(organization_id, name, at_least)
    out.print(f"{organization_id}: {name} passes from {at_least:g} on", highlight=False)


@commands.command("reset")
def reset_measure(organization_id: OrganizationId, name: MeasureName) -> None:
    """Hold a measure to its default again."""
    _set(organization_id, name, None)
    out.print(f"{organization_id}: {name} has its default limit", highlight=False)


def _set(organization_id: str, name: str, at_least: float | None) -> None:
    from contact_hub.installation import prepare
    from contact_hub.measures import MEASURES
    from contact_hub.store.measure_limits import set_limit

    asset, _, measure = name.partition(".")
    if measure not in {one.name for one in MEASURES.get(asset, ())}:
        raise ConfigurationError(f"there is no measure {name!r}; see contact-hub measures list {organization_id}")
    with prepare().transaction() as connection:
        set_limit(connection, organization_id, asset, measure, at_least)
