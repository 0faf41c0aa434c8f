"""The clinics that this installation serves."""

import os
from typing import Annotated

import typer
from rich.table import Table

from contact_hub import settings
from contact_hub.cli.arguments import OrganizationId
from contact_hub.cli.printing import out, say_note
from contact_hub.cli.sync import sync_days

commands = typer.Typer(help="The clinics that this installation serves.", no_args_is_help=True)


@commands.command("add")
def add_organization(
    organization_id: OrganizationId,
    cliniko_key_env: Annotated[
        str, typer.Option(help="Environment variable that holds the Cliniko key; only its name is stored.")
    ],
    name: Annotated[str, typer.Option(help="The clinic's name (default: its id).")] = "",
    time_zone: Annotated[str, typer.Option(help="IANA zone (default: CONTACT_HUB_TIME_ZONE).")] = "",
    region: Annotated[str, typer.Option(help="Country of phone numbers without a country code.")] = "AU",
    language: Annotated[str, typer.Option(help="Language of replies: en, en-GB, de, ... (default: the region's).")] = "",
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
        language=language or None,
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
        say_note(f"{key_env} is not set here; it must be where the imports run")
    ClinikoAccount.from_key(key or "unset-au1", url=url)


@commands.command("list")
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


@commands.command("disable")
def disable_organization(organization_id: OrganizationId) -> None:
    """Stop syncing a clinic. Nothing is deleted; `org add` makes it active again."""
    from contact_hub.installation import prepare
    from contact_hub.store.organizations import disable

    with prepare().transaction() as connection:
        disable(connection, organization_id)
    out.print(f"{organization_id}: disabled", highlight=False)
