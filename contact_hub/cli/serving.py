"""What goes on until it is interrupted: the demo, the whole installation, the gateway, the sandbox."""

from typing import Annotated

import typer

from contact_hub import settings
from contact_hub.cli.arguments import GatewayPort
from contact_hub.cli.printing import out, page_progress


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the report instead of serving the UI.")] = False,
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
    gateway_port: GatewayPort = None,
) -> None:
    """A sandbox clinic and a morning of messages, through Dagster and the gateway, with a report; then UI and gateway."""
    from contact_hub.demo import running_demo
    from contact_hub.processes import free_port

    gateway_at = gateway_port or (free_port() if once else settings.gateway_port())
    if not once:
        _require_free(port, gateway_at)
    with running_demo(out, page_progress, gateway_at, with_ui=not once) as demo:
        if not once:
            out.print("starting the Dagster UI ...")
            demo.serve(port, lambda: _say_served(port, gateway_at, demo.example))


def up(
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
    gateway_port: GatewayPort = None,
) -> None:
    """The database, the gateway, the Dagster UI and the daemon, in one foreground process tree; ctrl-C ends them all."""
    from contact_hub.installation import prepare
    from contact_hub.processes import serve_installation

    gateway_at = gateway_port or settings.gateway_port()
    _require_free(port, gateway_at)
    prepare()
    serve_installation(port, gateway_at, lambda: _say_served(port, gateway_at))


def _require_free(port: int, gateway_port: int) -> None:
    from contact_hub.processes import require_free

    require_free(port, "--port")
    require_free(gateway_port, "--gateway-port")


def _say_served(port: int, gateway_port: int, example: str = "") -> None:
    if example:
        out.print(f"\ntry it:     {example}", highlight=False, markup=False, soft_wrap=True)
    out.print(f"Dagster UI: http://127.0.0.1:{port}", highlight=False)
    out.print(f"gateway:    http://127.0.0.1:{gateway_port}/docs   (ctrl-C ends everything)", highlight=False)


def gateway(
    host: Annotated[str, typer.Option(help="Address to listen on; the default lets nobody in from outside.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port (default: CONTACT_HUB_GATEWAY_PORT, or 8000).")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print the URL.")] = False,
) -> None:
    """The gateway by itself: webhooks and the contact directory over HTTP, until ctrl-C or SIGTERM."""
    from contact_hub.gateway import serve
    from contact_hub.installation import prepare

    at = port or settings.gateway_port()
    database = prepare()
    if not quiet:
        out.print(f"gateway: http://{f'[{host}]' if ':' in host else host}:{at}/docs   (ctrl-C ends it)", highlight=False)
    serve(database, host, at)


def sandbox(
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8321,
    patients: Annotated[int, typer.Option(help="Live patients of the generated clinic.")] = 632,
    seed: Annotated[int, typer.Option(help="Another seed is another clinic.")] = 1,
) -> None:
    """A local Cliniko with a generated clinic, over real HTTP (key: sandbox-key-au1)."""
    from contact_hub.sandbox import generate_clinic, run

    out.print(f"Cliniko sandbox with {patients} patients: http://127.0.0.1:{port}/v1   (ctrl-C ends it)", highlight=False)
    run(generate_clinic(seed=seed, patients=patients), host="127.0.0.1", port=port)
