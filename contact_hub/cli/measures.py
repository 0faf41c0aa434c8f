"""Measures at the terminal: what they come to for one clinic, and the limits that it holds them to."""

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from contact_hub.cli.arguments import OrganizationId, day_option
from contact_hub.cli.printing import out

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
    from contact_hub.measures.limits import limits_of
    from contact_hub.store.organizations import organization

    table = Table("measure", "share", "counted", "at least", "")
    with prepare().reading() as connection:
        organization(connection, organization_id)
        limits = {one.measure: one for one in limits_of(connection, organization_id)}
        for asset, measures in MEASURES.items():
            for measure in measures:
                counted = count(connection, measure, organization_id, day or today())
                limit = limits[f"{asset}.{measure.name}"]
                verdict = (
                    ""
                    if counted.share >= limit.at_least
                    else "[red]fails[/red]"
                    if measure.severity == "error"
                    else "[yellow]low[/yellow]"
                )
                share = f"{counted.share:.1%}" if counted.denominator else "-"
                table.add_row(
                    limit.measure,
                    share,
                    f"{counted.numerator} / {counted.denominator}",
                    f"{limit.at_least:g}{' (own)' if limit.is_own else ''}",
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
    _change(organization_id, {name: at_least})
    out.print(f"{organization_id}: {name} passes from {at_least:g} on", highlight=False)


@commands.command("reset")
def reset_measure(organization_id: OrganizationId, name: MeasureName) -> None:
    """Hold a measure to its default again."""
    _change(organization_id, {}, (name,))
    out.print(f"{organization_id}: {name} has its default limit", highlight=False)


def _change(organization_id: str, limits: dict[str, float], reset: tuple[str, ...] = ()) -> None:
    from contact_hub.installation import prepare
    from contact_hub.measures.limits import change_limits

    with prepare().transaction() as connection:
        change_limits(connection, organization_id, limits, reset)
