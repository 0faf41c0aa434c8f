"""The deliveries that could not be read."""

from contextlib import closing
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from contact_hub.cli.arguments import OrganizationId
from contact_hub.cli.printing import count_progress, out

commands = typer.Typer(help="Deliveries that the gateway could not read in full.", no_args_is_help=True)


@commands.command("quarantine")
def list_quarantine(organization_id: OrganizationId) -> None:
    """What waits in quarantine: ids, times and reasons; nothing of what the deliveries hold."""
    from contact_hub.installation import prepare
    from contact_hub.store.organizations import organization
    from contact_hub.store.quarantine import quarantined

    table = Table("delivery", "provider", "received", "reasons", "replays")
    with prepare().reading() as connection:
        organization(connection, organization_id)
        waiting = quarantined(connection, organization_id)
    for one in waiting:
        received = f"{one.received_at:%Y-%m-%d %H:%M} UTC"
        table.add_row(str(one.delivery_id), one.provider, received, ", ".join(one.codes), str(one.attempts))
    out.print(table if waiting else f"{organization_id}: the quarantine is empty", highlight=False)


@commands.command("replay")
def replay_quarantine(
    organization_id: OrganizationId,
    delivery_id: Annotated[
        UUID | None, typer.Argument(metavar="[DELIVERY_ID]", help="As `events quarantine` shows it (default: all of them).")
    ] = None,
) -> None:
    """Read deliveries in quarantine again, for example after an upgrade. Events that have landed are not doubled."""
    from contact_hub.directory import ContactDirectory
    from contact_hub.gateway.deliveries import replay
    from contact_hub.installation import prepare
    from contact_hub.store.organizations import organization
    from contact_hub.store.quarantine import quarantined

    database = prepare()
    with database.reading() as connection:
        clinic = organization(connection, organization_id)
        waiting = (
            [delivery_id] if delivery_id is not None else [one.delivery_id for one in quarantined(connection, organization_id)]
        )
    accepted = resolved = 0
    with count_progress("deliveries", len(waiting)) as on_done:
        for one in waiting:
            received = replay(database, clinic, one)
            accepted += received.accepted
            resolved += not received.quarantined
            on_done()
    with closing(ContactDirectory(database)) as directory:
        directory.settle(organization_id)
    out.print(
        f"{organization_id}: {len(waiting)} replayed, {resolved} resolved, {len(waiting) - resolved} still in quarantine, "
        f"{accepted} events accepted",
        highlight=False,
    )
