"""Schedules: when organizations are read. A pure function says which cells a tick asks for; the schedule only hands it on."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from contact_hub import settings
from contact_hub.automation.jobs import daily, full_import, hourly
from contact_hub.automation.partitions import partition_tags
from contact_hub.resources.run_tags import TRIGGER_TAG
from contact_hub.resources.store import StoreResource
from contact_hub.store.organizations import Organization


def run_requests(clinics: Iterable[Organization], day: date, *, trigger: str, tick: str) -> Iterator[dg.RunRequest]:
    """One run an active organization, named by its partition's tags (a request by partition key costs 15 ms each).

    ``tick`` makes the run key, so that a tick that is evaluated again after a crash asks for nothing twice.
    """
    for clinic in clinics:
        if clinic.status == "active":
            tags = {**partition_tags(clinic.organization_id, day), TRIGGER_TAG: trigger}
            yield dg.RunRequest(run_key=f"{clinic.organization_id}:{tick}", tags=tags)


def _requests(
    context: dg.ScheduleEvaluationContext, store: StoreResource, *, days_ago: int, trigger: str
) -> list[dg.RunRequest] | dg.SkipReason:
    tick = context.scheduled_execution_time.astimezone(ZoneInfo(settings.time_zone()))
    day = tick.date() - timedelta(days=days_ago)
    requests = list(run_requests(store.organizations(), day, trigger=trigger, tick=tick.isoformat()))
    return requests or dg.SkipReason("no active organization is registered")


@dg.schedule(
    name="daily",
    job=daily,
    cron_schedule="15 1 * * *",
    execution_timezone=settings.time_zone(),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="01:15: closes yesterday for every active organization.",
)
def daily_schedule(context: dg.ScheduleEvaluationContext, store: StoreResource) -> list[dg.RunRequest] | dg.SkipReason:
    return _requests(context, store, days_ago=1, trigger="daily")


@dg.schedule(
    name="hourly",
    job=hourly,
    cron_schedule="5 6-21 * * *",
    execution_timezone=settings.time_zone(),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Five past each hour from 6 to 21: today's patients and appointments of every active organization.",
)
def hourly_schedule(context: dg.ScheduleEvaluationContext, store: StoreResource) -> list[dg.RunRequest] | dg.SkipReason:
    return _requests(context, store, days_ago=0, trigger="hourly")


@dg.schedule(
    name="weekly_sweep",
    job=full_import,
    cron_schedule="30 2 * * 0",
    execution_timezone=settings.time_zone(),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Sunday 02:30: reads everything again, and notices records that have vanished from Cliniko.",
)
def weekly_sweep_schedule(context: dg.ScheduleEvaluationContext, store: StoreResource) -> list[dg.RunRequest] | dg.SkipReason:
    return _requests(context, store, days_ago=0, trigger="weekly_sweep")


SCHEDULES = (daily_schedule, hourly_schedule, weekly_sweep_schedule)
