"""Schedules: when organizations are read. A pure function says which cells a tick asks for; the schedule only hands it on."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from contact_hub import settings
from contact_hub.automation.jobs import chatwoot, chatwoot_full, daily, full_import, hourly, merges, recency, report
from contact_hub.automation.partitions import partition_tags
from contact_hub.automation.pruning import prune_history_job
from contact_hub.resources.run_tags import TRIGGER_TAG
from contact_hub.resources.store import StoreResource
from contact_hub.store.chatwoot_access import has_api
from contact_hub.store.connections import channel_connections
from contact_hub.store.organizations import Organization

AssetJob = Any
"""What define_asset_job gives; Dagster does not export its type."""


def run_requests(clinics: Iterable[Organization], day: date, *, trigger: str, tick: str) -> Iterator[dg.RunRequest]:
    """One run an active organization, named by its partition's tags (a request by partition key costs 15 ms each).

    ``tick`` makes the run key, so that a tick that is evaluated again after a crash asks for nothing twice.
    """
    for clinic in clinics:
        if clinic.status == "active":
            tags = {**partition_tags(clinic.organization_id, day), TRIGGER_TAG: trigger}
            yield dg.RunRequest(run_key=f"{clinic.organization_id}:{tick}", tags=tags)


def on_chatwoot(store: StoreResource) -> list[Organization]:
    """The clinics whose Chatwoot can be read: those with a connection that has API access."""
    with store.database.reading() as connection:
        readable = {one.organization_id for one in channel_connections(connection) if has_api(one)}
    return [clinic for clinic in store.organizations() if clinic.organization_id in readable]


def organizations_schedule(
    name: str,
    job: AssetJob,
    cron: str,
    *,
    days_ago: int,
    description: str,
    of: Callable[[StoreResource], list[Organization]] = StoreResource.organizations,
    nobody: str = "no active organization is registered",
) -> dg.ScheduleDefinition:
    """A schedule that asks for one day of every active organization (``of`` a store), ``days_ago`` days before its tick."""

    @dg.schedule(
        name=name,
        job=job,
        cron_schedule=cron,
        execution_timezone=settings.time_zone(),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )
    def schedule(context: dg.ScheduleEvaluationContext, store: StoreResource) -> list[dg.RunRequest] | dg.SkipReason:
        tick = context.scheduled_execution_time.astimezone(ZoneInfo(settings.time_zone()))
        day = tick.date() - timedelta(days=days_ago)
        requests = list(run_requests(of(store), day, trigger=name, tick=tick.isoformat()))
        return requests or dg.SkipReason(nobody)

    return schedule


@dg.schedule(
    name="recency",
    job=recency,
    cron_schedule="50 * * * *",
    execution_timezone=settings.time_zone(),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Ten to each hour: looks for organizations that have fallen behind.",
)
def recency_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={TRIGGER_TAG: "recency"})


@dg.schedule(
    name="prune_history",
    job=prune_history_job,
    cron_schedule="20 4 * * 0",
    execution_timezone=settings.time_zone(),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Sunday 04:20: deletes logs of runs that ended 90 days ago, and runs from before the horizon.",
)
def prune_history_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={TRIGGER_TAG: "prune_history"})


NO_CHATWOOT = "no active organization has a Chatwoot connection with API access"

SCHEDULES = (
    organizations_schedule(
        "daily", daily, "15 1 * * *", days_ago=1, description="01:15: closes yesterday for every active organization."
    ),
    organizations_schedule(
        "hourly",
        hourly,
        "5 6-21 * * *",
        days_ago=0,
        description="Five past each hour from 6 to 21: today's patients and appointments of every active organization.",
    ),
    organizations_schedule(
        "reports",
        report,
        "30 5 * * *",
        days_ago=1,
        description="05:30: the report of yesterday for every active organization.",
    ),
    organizations_schedule(
        "weekly_sweep",
        full_import,
        "30 2 * * 0",
        days_ago=0,
        description="Sunday 02:30: reads everything again, and notices records that have vanished from Cliniko.",
    ),
    organizations_schedule(
        "weekly_merges",
        merges,
        "30 4 * * 0",
        days_ago=0,
        description="Sunday 04:30: merges certain duplicates where that is on; elsewhere says what it would merge.",
    ),
    organizations_schedule(
        "chatwoot",
        chatwoot,
        "3-59/15 * * * *",
        days_ago=0,
        description="Every 15 minutes: what the webhooks of organizations with access to Chatwoot's API have lost.",
        of=on_chatwoot,
        nobody=NO_CHATWOOT,
    ),
    organizations_schedule(
        "chatwoot_sweep",
        chatwoot_full,
        "40 3 * * 0",
        days_ago=0,
        description="Sunday 03:40: reads all of Chatwoot again, and notices contacts that were merged and are silent since.",
        of=on_chatwoot,
        nobody=NO_CHATWOOT,
    ),
    recency_schedule,
    prune_history_schedule,
)
