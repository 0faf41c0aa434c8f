"""How the providers' deliveries are verified."""

import os
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from contact_hub.cli.arguments import OptionalOrganizationId, OrganizationId
from contact_hub.cli.printing import out, say_note
from contact_hub.errors import ConfigurationError

commands = typer.Typer(help="Connections to the providers: how their webhooks are verified.", no_args_is_help=True)

Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="One of chatwoot, whatsapp, instagram, messenger, twilio.")]
Name = Annotated[str, typer.Option(help="Tells several of one provider apart, for example 'bot'.")]


@commands.command("connect")
def connect_channel(
    organization_id: OrganizationId,
    provider: Provider,
    secret_env: Annotated[
        str,
        typer.Option(
            help="Environment variable that holds the signing secret: Chatwoot's webhook secret, Meta's app secret, "
            "Twilio's auth token. Only its name is stored."
        ),
    ],
    name: Name = "main",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="verify_token_env=VARIABLE (Meta's handshake); public_url=https://... or trust_forwarded=true (Twilio "
            "behind a proxy); url=https://..., account_id=N and api_token_env=VARIABLE (to read Chatwoot, for what its "
            "webhooks lose). Secrets by their variable's name.",
        ),
    ] = None,
) -> None:
    """Say how a provider signs (or bring what was said up to date). Several of one provider go by different names."""
    from contact_hub.installation import prepare
    from contact_hub.store.connections import ChannelConnection, connect

    channel = ChannelConnection(organization_id, provider, secret_env, name, _parsed(settings or []))
    with prepare().transaction() as connection:
        is_new = connect(connection, channel)
    out.print(f"{organization_id}: {provider} {name} {'connected' if is_new else 'updated'}", highlight=False)
    for variable in unset_variables(channel.secret_env, channel.settings):
        say_note(f"{variable} is not set here; it must be where the gateway runs")


def _parsed(settings: list[str]) -> dict[str, str]:
    """
    Raises:
        ConfigurationError: one of them is not KEY=VALUE.
    """
    pairs = [setting.partition("=") for setting in settings]
    if not all(key and separator for key, separator, _ in pairs):
        raise ConfigurationError("--set takes KEY=VALUE")
    return {key: value for key, _, value in pairs}


def unset_variables(secret_env: str, settings: Mapping[str, str]) -> list[str]:
    """The variables that a connection names and this environment lacks."""
    others = [value for key, value in settings.items() if key.endswith("_env")]
    return [variable for variable in (secret_env, *others) if not os.environ.get(variable, "").strip()]


@commands.command("list")
def list_channels(organization_id: OptionalOrganizationId = None) -> None:
    """The connections, the variables that hold their secrets, and whether these are set here."""
    from contact_hub.installation import prepare
    from contact_hub.store.connections import channel_connections
    from contact_hub.store.organizations import organization

    table = Table("organization", "provider", "name", "secret variable", "set here", "settings")
    missing: set[str] = set()
    with prepare().reading() as connection:
        if organization_id is not None:
            organization(connection, organization_id)
        for channel in channel_connections(connection, organization_id):
            unset = unset_variables(channel.secret_env, channel.settings)
            missing.update(unset)
            stated = ", ".join(f"{key}={value}" for key, value in sorted(channel.settings.items()))
            is_set = "no" if channel.secret_env in unset else "yes"
            table.add_row(channel.organization_id, channel.provider, channel.name, channel.secret_env, is_set, escape(stated))
    out.print(table)
    for variable in sorted(missing):
        say_note(f"{variable} is not set here; what it should verify is refused where it is not set")


@commands.command("disconnect")
def disconnect_channel(organization_id: OrganizationId, provider: Provider, name: Name = "main") -> None:
    """Forget a connection: deliveries signed with its secret are refused from now on."""
    from contact_hub.installation import prepare
    from contact_hub.store.connections import disconnect

    with prepare().transaction() as connection:
        disconnect(connection, organization_id, provider, name)
    out.print(f"{organization_id}: {provider} {name} disconnected", highlight=False)
