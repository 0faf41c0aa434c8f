"""Who is told when something fails."""

import os
from typing import Annotated

import typer
from rich.table import Table

from contact_hub.cli.arguments import OptionalOrganizationId
from contact_hub.cli.printing import out, say_note
from contact_hub.errors import ConfigurationError, ContactHubError

commands = typer.Typer(
    help="Who is told when a run or a check fails; nobody by default. Without ORG: all organizations' failures.",
    no_args_is_help=True,
)

Scope = Annotated[
    str | None, typer.Argument(metavar="[ORG]", help="Whose failures (default: all organizations', and the installation's).")
]
Name = Annotated[str, typer.Option(help="Tells several targets apart, for example 'data-team'.")]


@commands.command("set")
def set_alert(
    organization_id: Scope = None,
    webhook_env: Annotated[
        str | None, typer.Option(help="Environment variable that holds a URL to which JSON is posted; only its name is stored.")
    ] = None,
    email_env: Annotated[
        str | None,
        typer.Option(
            help="Environment variable that holds addresses, separated by commas; only its name is stored. Mail goes through "
            "CONTACT_HUB_SMTP_URL."
        ),
    ] = None,
    name: Name = "main",
    warnings: Annotated[bool, typer.Option("--warnings", help="Tell of checks that only warn, too.")] = False,
) -> None:
    """Have a webhook or addresses told (or bring what was said up to date)."""
    from contact_hub.installation import prepare
    from contact_hub.settings import SMTP_URL
    from contact_hub.store.alerts import EVERYWHERE, AlertTarget, set_target

    if webhook_env and email_env:
        raise ConfigurationError("give either --webhook-env or --email-env; a second target goes by another --name")
    variable = webhook_env or email_env
    if variable is None:
        raise ConfigurationError("say where alerts go: --webhook-env VARIABLE or --email-env VARIABLE")
    kind = "webhook" if webhook_env else "email"
    target = AlertTarget(organization_id or EVERYWHERE, name, kind, variable, warnings)
    with prepare().transaction() as connection:
        is_new = set_target(connection, target)
    out.print(f"{_shown(target.scope)}: alerts by {kind} {'set' if is_new else 'updated'} ({name})", highlight=False)
    for needed in (variable, *((SMTP_URL,) if kind == "email" else ())):
        if not os.environ.get(needed, "").strip():
            say_note(f"{needed} is not set here; it must be where the Dagster daemon runs")


@commands.command("list")
def list_alerts(organization_id: OptionalOrganizationId = None) -> None:
    """The targets, and what waits to be told to them."""
    from contact_hub.installation import prepare
    from contact_hub.store.alerts import alert_targets, outbox

    table = Table("failures of", "name", "by", "address variable", "set here", "warnings", "told", "waiting", "given up")
    with prepare().reading() as connection:
        counts = outbox(connection)
        for one in alert_targets(connection, organization_id):
            told, waiting, given_up = counts.get((one.scope, one.name), (0, 0, 0))
            is_set = "yes" if os.environ.get(one.address_env, "").strip() else "no"
            warnings = "yes" if one.warnings else "no"
            numbers = (str(told), str(waiting), str(given_up))
            table.add_row(_shown(one.scope), one.name, one.kind, one.address_env, is_set, warnings, *numbers)
    out.print(table)


@commands.command("test")
def send_test(organization_id: Scope = None, name: Annotated[str | None, typer.Option(help="One target only.")] = None) -> None:
    """Tell each target of ORG (without: all targets) a test alert, now."""
    from contact_hub.alerts.sending import tell
    from contact_hub.alerts.wording import TEST
    from contact_hub.installation import prepare
    from contact_hub.store.alerts import alert_targets

    with prepare().reading() as connection:
        targets = [one for one in alert_targets(connection, organization_id) if name in (None, one.name)]
    if not targets:
        raise ConfigurationError("there is no such alert target; contact-hub alerts set makes one")
    failed = []
    for target in targets:
        label = f"{_shown(target.scope)}: {target.name} ({target.kind})"
        try:
            tell(target, [{**TEST, "organization_id": organization_id}])
        except ContactHubError as error:
            failed.append(f"{label}: {error}")
        else:
            out.print(f"{label}: told", highlight=False)
    if failed:
        raise ContactHubError("; ".join(failed))


@commands.command("remove")
def remove_alert(organization_id: Scope = None, name: Name = "main") -> None:
    """Tell a target nothing more."""
    from contact_hub.installation import prepare
    from contact_hub.store.alerts import EVERYWHERE, remove_target

    scope = organization_id or EVERYWHERE
    with prepare().transaction() as connection:
        remove_target(connection, scope, name)
    out.print(f"{_shown(scope)}: {name} is told nothing more", highlight=False)


def _shown(scope: str) -> str:
    return "all" if scope == "*" else scope
