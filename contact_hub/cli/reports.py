"""The report at the terminal."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from contact_hub.cli.arguments import OrganizationId, day_option
from contact_hub.cli.printing import out


def report(
    organization_id: OrganizationId,
    day: Annotated[date | None, day_option("--day", help="As of (default: today).")] = None,
    output: Annotated[Path | None, typer.Option(help="The file to write (default: ORG-DAY.html here).")] = None,
) -> None:
    """Write a clinic's report: one HTML page of charts and measures, counts only."""
    from contact_hub.automation.partitions import today
    from contact_hub.installation import prepare
    from contact_hub.reporting import page, report_facts

    as_of = day or today()
    with prepare().reading() as connection:
        html = page(report_facts(connection, organization_id, as_of))
    path = output or Path(f"{organization_id}-{as_of.isoformat()}.html")
    path.write_text(html, encoding="utf-8")
    out.print(str(path), highlight=False, soft_wrap=True)
