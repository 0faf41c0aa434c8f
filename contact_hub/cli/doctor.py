"""What is wrong with a set-up, and what to do about it."""

from typing import Annotated

import typer
from rich.text import Text

from contact_hub.cli.arguments import OptionalOrganizationId
from contact_hub.cli.printing import out

_STYLES = {"OK": "green", "WARN": "yellow", "FAIL": "red"}


def doctor(
    organization_id: OptionalOrganizationId = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask neither Cliniko nor Chatwoot.")] = False,
    problems: Annotated[bool, typer.Option("--problems", help="Leave out what is fine.")] = False,
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
) -> None:
    """Say what is wrong with this set-up and what to do, a line a finding. Exits 1 if anything FAILs."""
    from contact_hub.doctor import examine

    counts = dict.fromkeys(_STYLES, 0)
    for finding in examine(organization_id, online=not offline, ui_port=port):
        counts[finding.level] += 1
        if not (problems and finding.level == "OK"):
            line = Text(str(finding))
            line.stylize(_STYLES[finding.level], 0, len(finding.level))
            out.print(line, soft_wrap=True)
    out.print(f"{counts['FAIL']} to mend, {counts['WARN']} to look at, {counts['OK']} fine", highlight=False)
    if counts["FAIL"]:
        raise typer.Exit(1)
