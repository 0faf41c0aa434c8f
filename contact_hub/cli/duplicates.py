"""Duplicates at the terminal: who may be one person, why, and whether the certain ones are merged by themselves."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Table
from rich.text import Text

from contact_hub.cli.arguments import OrganizationId
from contact_hub.cli.printing import out
from contact_hub.errors import ConfigurationError

commands = typer.Typer(help="Contacts that may be one person.", no_args_is_help=True)

ContactId = Annotated[UUID, typer.Argument(metavar="CONTACT_ID", help="As `duplicates list` prints it.")]


class DecisionClass(StrEnum):
    certain = "certain"
    possible = "possible"


class Switch(StrEnum):
    on = "on"
    off = "off"


@commands.command("list")
def list_duplicates(
    organization_id: OrganizationId,
    decision: Annotated[DecisionClass | None, typer.Option("--decision", help="Only these (default: both).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many pairs to show.")] = 50,
) -> None:
    """Pairs of contacts that may be one person, likeliest first, as the last search found them."""
    from contact_hub.store.duplicates import listed_pairs

    with _database(organization_id).reading() as connection:
        pairs = listed_pairs(connection, organization_id, decision=decision and decision.value, limit=limit)
    table = Table("", "probability", "contacts", "names", "born", "speaks for and against", title_justify="left")
    for pair in pairs:
        table.add_row(
            pair.decision,
            f"{pair.probability:.4f}",
            Text(f"{pair.left_id}\n{pair.right_id}"),
            Text(f"{pair.left_name or ''}\n{pair.right_name or ''}"),
            Text(f"{pair.left_date_of_birth or ''}\n{pair.right_date_of_birth or ''}"),
            Text(_for_and_against(pair.fields)),
        )
    table.title = f"{len(pairs)} pairs; `duplicates show {organization_id} ID ID` tells why"
    out.print(table)


def _for_and_against(fields: dict[str, float]) -> str:
    """The fields that weigh most on either side, in words."""
    ordered = sorted(fields.items(), key=lambda item: -item[1])
    speaks_for = [name.replace("_", " ") for name, bits in ordered if bits > 1]
    against = [name.replace("_", " ") for name, bits in reversed(ordered) if bits < -1]
    return f"for: {', '.join(speaks_for) or '-'}\nagainst: {', '.join(against) or '-'}"


@commands.command("show")
def show_pair(organization_id: OrganizationId, contact_id: ContactId, other_id: ContactId) -> None:
    """Two contacts side by side, the weight of every field, and why they are not certain."""
    from contact_hub.duplicates.explaining import compare_contacts

    compared = compare_contacts(_database(organization_id), organization_id, contact_id, other_id)
    out.print(_side_by_side(compared.people))
    out.print(_waterfall(compared.explanation))
    if compared.is_distinct:
        out.print("somebody said that they are two people: they are not proposed")
    for reason in compared.explanation.why_not_certain:
        out.print(Text(f"not certain: {reason}"), soft_wrap=True)


def _side_by_side(people: Any) -> Table:
    table = Table("", "one", "other", title="Both sides", title_justify="left")
    for column in people.columns:
        one, other = people[column]
        name = "contact" if column == "record_id" else column.replace("_", " ")
        table.add_row(name, Text(one), Text(other))
    return table


def _waterfall(explanation: Any) -> Table:
    table = Table("", "bits", "", "is", title="+1 doubles the odds, -1 halves them", title_justify="left")
    for step in explanation.steps:
        bar = Text("█" * min(round(abs(step.weight)), 24), style="green" if step.weight > 0 else "red")
        table.add_row(step.name.replace("_", " "), f"{step.weight:+.1f}", bar, Text(step.says))
    said = f"probability {explanation.probability:.4f}: {explanation.decision}"
    table.add_row("together", f"{explanation.weight:+.1f}", "", said, style="bold")
    return table


@commands.command("sample")
def sample_below(
    organization_id: OrganizationId,
    size: Annotated[int | None, typer.Option(min=1, help="Draw so many anew, in place of the last sample.")] = None,
) -> None:
    """Pairs just below the threshold, drawn at random: decided by people, they tell how much is missed.

    Answer each with `contacts merge` or `contacts distinct`, as it is; duplicate_clusters.recall counts them.
    """
    from contact_hub.duplicates.sampling import draw_sample, sampled_pairs

    database = _database(organization_id)
    if size is not None:
        drawn = draw_sample(database, organization_id, size)
        out.print(f"{drawn.drawn} of {drawn.population} pairs below the threshold were drawn")
    with database.reading() as connection:
        waiting = sampled_pairs(connection, organization_id)
    table = Table("contacts", "names", "born", title_justify="left")
    for pair in waiting:
        table.add_row(
            Text(f"{pair.left_id}\n{pair.right_id}"),
            Text(f"{pair.left_name or ''}\n{pair.right_name or ''}"),
            Text(f"{pair.left_date_of_birth or ''}\n{pair.right_date_of_birth or ''}"),
        )
    table.title = f"{len(waiting)} pairs wait for a decision"
    out.print(table)


@commands.command("cliniko")
def cliniko_duplicates(organization_id: OrganizationId) -> None:
    """Patients whom Cliniko has twice, to be merged there by somebody; nothing is changed in Cliniko from here."""
    from contact_hub.duplicates.explaining import patients_twice

    with _database(organization_id).reading() as connection:
        found = patients_twice(connection, organization_id)
    table = Table("Cliniko patients", "probability", "here", title_justify="left")
    for one in found:
        said = "one contact" if one.is_merged else "two contacts"
        table.add_row(Text(", ".join(one.patients)), f"{one.probability:.4f}", said)
    table.title = f"{len(found)} patients may have more than one file"
    out.print(table)


@commands.command("automatic")
def merge_automatically(
    organization_id: OrganizationId,
    switch: Annotated[Switch, typer.Argument(metavar="on|off", help="on: certain duplicates are merged every week.")],
    share: Annotated[float | None, typer.Option(help="Of contacts, the most that one run may merge away (0.02).")] = None,
) -> None:
    """Whether certain duplicates are merged by themselves; off, the weekly run only says what it would merge."""
    from contact_hub.store.duplicates import DuplicateSettings, choose, duplicate_settings

    if share is not None and not 0 < share <= 1:
        raise ConfigurationError("--share is a part of the contacts: above 0, and 1 at most (for example 0.02)")
    with _database(organization_id).transaction() as connection:
        kept = duplicate_settings(connection, organization_id)
        chosen = DuplicateSettings(switch is Switch.on, kept.share if share is None else share)
        choose(connection, organization_id, chosen)
    what = "merged every week" if chosen.merges_automatically else "not merged by themselves"
    out.print(f"{organization_id}: certain duplicates are {what}; at most {chosen.share:.2%} of the contacts in one run")


def _database(organization_id: str) -> Any:
    """The store; ConfigurationError if there is no such organization."""
    from contact_hub.installation import prepare
    from contact_hub.store.organizations import organization

    database = prepare()
    with database.reading() as connection:
        organization(connection, organization_id)
    return database
