"""The commands. Each prints one clear line on failure and exits non-zero."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from contact_hub import settings
from contact_hub.errors import ConfigurationError, ContactHubError, stack_of

app = typer.Typer(
    help="One contact per person for allied-health clinics, over every channel.",
    no_args_is_help=True,
    add_completion=False,
)
organizations_app = typer.Typer(help="The clinics that this installation serves.", no_args_is_help=True)
database_app = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(organizations_app, name="org")
app.add_typer(database_app, name="db")

# Reports go to stdout, progress and errors to stderr, so that output can be piped.
out = Console()
err = Console(stderr=True)

OrganizationId = Annotated[str, typer.Argument(metavar="ORG", help="The organization's id, for example org_surf_rehab.")]


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


def say_error(message: str) -> None:
    err.print(Text("error: ", style="red").append(message, style="default"), soft_wrap=True)


def parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day (YYYY-MM-DD)") from None


def day_option(name: str, *, help: str) -> Any:
    return typer.Option(name, parser=parse_day, metavar="DAY", help=f"{help} YYYY-MM-DD.")


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the report instead of serving the UI.")] = False,
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
) -> None:
    """A sandbox clinic, imported and resolved through Dagster, with a report; then the Dagster UI."""
    from contact_hub.demo import run_demo
    from contact_hub.processes import require_free

    if not once:
        require_free(port)
    with page_progress() as on_page:
        serve = run_demo(out, on_page)
    if once:
        serve.close()
        return
    out.print("starting the Dagster UI ...")
    serve.until_interrupted(port, lambda: say_served(port))


@app.command()
def up(port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000) -> None:
    """The database, the Dagster UI and the daemon, in one foreground process tree; ctrl-C ends them all."""
    from contact_hub.installation import prepare
    from contact_hub.processes import require_free, serve_dagster

    require_free(port)
    prepare()
    serve_dagster(port, lambda: say_served(port))


def say_served(port: int) -> None:
    out.print(f"Dagster UI: http://127.0.0.1:{port}   (ctrl-C ends everything)", highlight=False)


@app.command()
def sync(
    organization_id: OrganizationId,
    day: Annotated[date | None, day_option("--day", help="One day (default: today).")] = None,
    first: Annotated[date | None, day_option("--from", help="Backfill: the first day.")] = None,
    last: Annotated[date | None, day_option("--to", help="Backfill: the last day (default: today).")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything again, and notice what has vanished.")] = False,
) -> None:
    """Take one organization through the daily job, in this process. Without a day: today."""
    from contact_hub.automation.partitions import today

    if day and (first or last):
        raise ConfigurationError("give either --day, or --from and --to")
    begin, end = (day, day) if day else (first or last or today(), last or today())
    if begin is None or end is None or begin > end or end > today():
        raise ConfigurationError("the days must lie in the past or be today, the first before the last")
    sync_days(organization_id, [begin + timedelta(days=offset) for offset in range((end - begin).days + 1)], full=full)


def sync_days(organization_id: str, days: list[date], *, full: bool) -> None:
    """Sync each day in turn, with a progress bar and one line a day."""
    from contact_hub.installation import dagster_instance, prepare
    from contact_hub.store.organizations import organization
    from contact_hub.sync import sync_day

    database = prepare()
    with database.reading() as connection:
        if organization(connection, organization_id).status != "active":
            raise ConfigurationError(f"{organization_id} is disabled; contact-hub org add makes it active again")
    with dagster_instance() as instance, page_progress() as on_page:
        for day in days:
            report = sync_day(instance, organization_id, day, full=full, on_page=on_page)
            failed = [check for check in report.checks if not check.passed]
            out.print(
                f"{day}: {report.requests} requests, "
                f"{report.metadata['contacts']['dagster/partition_row_count']} contacts, "
                f"{report.metadata['active_patients']['active_patients']} active patients, "
                f"checks {len(report.checks) - len(failed)}/{len(report.checks)} passed",
                highlight=False,
            )
            for check in failed:
                out.print(f"  [yellow]check failed:[/] {check.asset}.{check.name}: {check.share:.4f}", highlight=False)


@contextmanager
def page_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar a resource, filled as its pages arrive."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        tasks: dict[str, int] = {}

        def on_page(resource: str, received: int, expected: int) -> None:
            if resource not in tasks:
                tasks[resource] = progress.add_task(resource.replace("_", " "))
            progress.update(tasks[resource], completed=received, total=expected)  # type: ignore[arg-type]

        yield on_page


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8321,
    patients: Annotated[int, typer.Option(help="Live patients of the generated clinic.")] = 632,
    seed: Annotated[int, typer.Option(help="Another seed is another clinic.")] = 1,
) -> None:
    """A local Cliniko with a generated clinic, over real HTTP (key: sandbox-key-au1)."""
    from contact_hub.sandbox import generate_clinic, run

    out.print(f"Cliniko sandbox with {patients} patients: http://127.0.0.1:{port}/v1   (ctrl-C ends it)", highlight=False)
    run(generate_clinic(seed=seed, patients=patients), host="127.0.0.1", port=port)


@organizations_app.command("add")
def add_organization(
    organization_id: OrganizationId,
    cliniko_key_env: Annotated[
        str, typer.Option(help="Environment variable that holds the Cliniko key; only its name is stored.")
    ],
    name: Annotated[str, typer.Option(help="The clinic's name (default: its id).")] = "",
    time_zone: Annotated[str, typer.Option(help="IANA zone (default: CONTACT_HUB_TIME_ZONE).")] = "",
    region: Annotated[str, typer.Option(help="Country of phone numbers without a country code.")] = "AU",
    cliniko_url: Annotated[str, typer.Option(help="Base URL in place of the key's shard (a sandbox).")] = "",
    past_days: Annotated[int, typer.Option(help="Days of the active window before the day.")] = 45,
    future_days: Annotated[int, typer.Option(help="Days of the active window from the day on.")] = 45,
    sync_now: Annotated[bool, typer.Option("--sync", help="Import now, instead of when the sensor notices.")] = False,
) -> None:
    """Register a clinic (or bring its registration up to date) and make its partition."""
    from contact_hub.automation.partitions import today
    from contact_hub.installation import dagster_instance, prepare
    from contact_hub.resources.run_tags import ORGANIZATION
    from contact_hub.store.organizations import Organization, register

    clinic = Organization(
        organization_id=organization_id,
        name=name or organization_id,
        time_zone=settings.valid_time_zone(time_zone, said_by="--time-zone") if time_zone else settings.time_zone(),
        region=region.upper(),
        cliniko_key_env=cliniko_key_env,
        cliniko_url=cliniko_url or None,
        past_days=past_days,
        future_days=future_days,
    )
    check_cliniko_account(clinic.cliniko_key_env, clinic.cliniko_url)
    database = prepare()
    with database.transaction() as connection:
        is_new = register(connection, clinic)
    with dagster_instance() as instance:
        instance.add_dynamic_partitions(ORGANIZATION, [organization_id])
    out.print(f"{organization_id}: {'added' if is_new else 'updated'}", highlight=False)
    if sync_now:
        sync_days(organization_id, [today()], full=False)


def check_cliniko_account(key_env: str | None, url: str | None) -> None:
    """Refuse a key or URL that cannot work; warn where the variable is not set yet."""
    from contact_hub.cliniko import ClinikoAccount

    key = os.environ.get(key_env or "", "").strip()
    if not key:
        err.print(f"[yellow]note:[/] {key_env} is not set here; it must be where the imports run", highlight=False)
    ClinikoAccount.from_key(key or "unset-au1", url=url)


@organizations_app.command("list")
def list_organizations() -> None:
    """All clinics, and how far each has been read."""
    from contact_hub.installation import prepare
    from contact_hub.store.landing import sync_states
    from contact_hub.store.organizations import organizations

    table = Table("organization", "name", "status", "zone", "region", "key variable", "patients read through")
    with prepare().reading() as connection:
        for clinic in organizations(connection):
            state = sync_states(connection, clinic.organization_id).get("patients")
            read_through = f"{state.changed_through:%Y-%m-%d %H:%M} UTC" if state else "never"
            table.add_row(
                clinic.organization_id,
                clinic.name,
                clinic.status,
                clinic.time_zone,
                clinic.region,
                clinic.cliniko_key_env,
                read_through,
            )
    out.print(table)


@organizations_app.command("disable")
def disable_organization(organization_id: OrganizationId) -> None:
    """Stop syncing a clinic. Nothing is deleted; `org add` makes it active again."""
    from contact_hub.installation import prepare
    from contact_hub.store.organizations import disable

    with prepare().transaction() as connection:
        disable(connection, organization_id)
    out.print(f"{organization_id}: disabled", highlight=False)


@database_app.command("upgrade")
def upgrade_database() -> None:
    """Apply the migrations that are missing (every command does so too)."""
    from contact_hub.installation import prepare

    prepare()
    out.print("the database is up to date")


@database_app.command("url")
def database_url() -> None:
    """Print a URL that psql and BI tools take. The embedded server stays up until they have been gone for two minutes."""
    from contact_hub.installation import prepare
    from contact_hub.store.embedded.lease import keep_server_for_others

    database = prepare()
    if settings.database_url() is None:
        keep_server_for_others(settings.home())
    sys.stdout.write(f"{database.libpq_url}\n")
