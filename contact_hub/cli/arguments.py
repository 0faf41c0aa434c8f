"""Arguments and options that several commands have."""

from datetime import date
from typing import Annotated, Any

import typer

OrganizationId = Annotated[str, typer.Argument(metavar="ORG", help="The organization's id, for example org_surf_rehab.")]
OptionalOrganizationId = Annotated[
    str | None, typer.Argument(metavar="[ORG]", help="The organization's id (default: all organizations).")
]
GatewayPort = Annotated[
    int | None, typer.Option("--gateway-port", help="Port of the gateway (default: CONTACT_HUB_GATEWAY_PORT, or 8000).")
]


def parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day (YYYY-MM-DD)") from None


def day_option(name: str, *, help: str) -> Any:
    return typer.Option(name, parser=parse_day, metavar="DAY", help=f"{help} YYYY-MM-DD.")
