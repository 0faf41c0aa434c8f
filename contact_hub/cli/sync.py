"""One organization through the daily job, in this process."""

from datetime import date, timedelta
from typing import Annotated

import typer

from contact_hub.cli.arguments import OrganizationId, day_option
from contact_hub.cli.printing import out, page_progress
from contact_hub.errors import ConfigurationError


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
