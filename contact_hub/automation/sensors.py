"""Sensors: what reacts to facts in the store. A pure function decides; the sensor only hands it on."""

import random
import time
from collections.abc import Collection, Iterable
from datetime import date

import dagster as dg

from contact_hub.automation.alert_sensors import ALERT_SENSORS
from contact_hub.automation.jobs import channels, daily
from contact_hub.automation.local_runs import UNENDED, fail_killed_runs
from contact_hub.automation.partitions import organizations_partitions, partition_tags, today
from contact_hub.resources.run_tags import ORGANIZATION, ORGANIZATION_TAG, PARTITION_TAG, TRIGGER_TAG
from contact_hub.resources.store import StoreResource
from contact_hub.store.changes import Pending, pending_changes
from contact_hub.store.organizations import Organization


def first_imports(
    clinics: Iterable[Organization], *, imported: Collection[str], partitions: Collection[str], day: date
) -> tuple[list[str], list[dg.RunRequest]]:
    """The partitions to add and the first imports to ask for.

    An organization is asked for once (the run key): if that import fails, the hourly schedule tries again, because without
    a completed import every pull is a first import.
    """
    active = [clinic.organization_id for clinic in clinics if clinic.status == "active"]
    missing = [organization_id for organization_id in active if organization_id not in partitions]
    requests = [
        dg.RunRequest(
            run_key=f"first_import:{organization_id}",
            tags={**partition_tags(organization_id, day), TRIGGER_TAG: "new_organization"},
        )
        for organization_id in active
        if organization_id not in imported
    ]
    return missing, requests


@dg.sensor(
    name="new_organizations",
    job=daily,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="An organization was added: makes its partition and asks for its first import.",
)
def new_organizations_sensor(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SensorResult | dg.SkipReason:
    missing, requests = first_imports(
        store.organizations(),
        imported=store.imported_organizations(),
        partitions=context.instance.get_dynamic_partitions(ORGANIZATION),
        day=today(),
    )
    if not missing and not requests:
        return dg.SkipReason("every active organization has its partition and its first import")
    additions = [organizations_partitions.build_add_request(missing)] if missing else []
    return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=additions)


@dg.sensor(
    name="killed_syncs",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A sync at a terminal was killed: marks its run as failed, so that the queue goes on with the organization.",
)
def killed_syncs_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    killed = fail_killed_runs(context.instance)
    return dg.SkipReason(f"{killed} runs of killed processes were marked as failed")


QUIET_SECONDS = 1.0
"""A burst of events is let come to its end; then one run takes in all of it."""
WATCH_SECONDS = 4.0
"""How long a tick looks out. The daemon evaluates sensors every five seconds; who looks once would be late by as much."""
LOOK_SECONDS = 0.25
RETRY_SECONDS = 300
"""How soon a run that failed is asked for again while nothing new lands."""
AT_ONCE = 50
"""Organizations that a tick asks runs for; of more, chance chooses, so that some whose runs fail cannot starve the others."""


def channel_runs(
    pending: Iterable[Pending], *, busy: Collection[str], day: date, now: float
) -> tuple[list[dg.RunRequest], list[dg.AssetObservation]]:
    """One run for each organization with news that has none in flight, and what was observed of it.

    What is unprocessed is a fact in the store (the run moves its watermark), so a lost tick or run loses nothing. The run
    key changes with the news, and every five minutes for news whose run failed.
    """
    requests, observations = [], []
    for one in pending:
        if one.organization_id in busy:
            continue
        tags = {**partition_tags(one.organization_id, day), TRIGGER_TAG: "channel_events"}
        key = f"{one.organization_id}:{one.last_number}:{int(now // RETRY_SECONDS)}"
        requests.append(dg.RunRequest(run_key=key, tags=tags))
        counts = {"channel_events": one.events, "identity_decisions": one.decisions}
        observations += [
            dg.AssetObservation(asset, partition=tags[PARTITION_TAG], metadata={"landed": landed, "through": one.last_number})
            for asset, landed in counts.items()
            if landed
        ]
    return requests, observations


@dg.sensor(
    name="channel_events",
    job=channels,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Events have landed on a channel, or somebody decided who is who: one run for the organization's day.",
)
def channel_events_sensor(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SensorResult | dg.SkipReason:
    pending: list[Pending] = []
    end = time.monotonic() + WATCH_SECONDS
    while not pending and time.monotonic() < end:
        with store.database.reading() as connection:
            pending = pending_changes(connection, quiet_seconds=QUIET_SECONDS)
        if not pending:
            time.sleep(LOOK_SECONDS)
    if not pending:
        return dg.SkipReason("every organization's assets have taken in all that has landed")
    busy = organizations_in_flight(context.instance)
    chosen = pending if len(pending) <= AT_ONCE else random.sample(pending, AT_ONCE)
    requests, observations = channel_runs(chosen, busy=busy, day=today(), now=time.time())
    if not requests:
        return dg.SkipReason(f"{len(pending)} organizations have news, and each a run in flight")
    partitions = context.instance.get_dynamic_partitions(ORGANIZATION)
    missing = [one.organization_id for one in chosen if one.organization_id not in partitions]
    additions = [organizations_partitions.build_add_request(missing)] if missing else []
    return dg.SensorResult(run_requests=requests, asset_events=observations, dynamic_partitions_requests=additions)


def organizations_in_flight(instance: dg.DagsterInstance) -> set[str]:
    """Organizations with a run that is queued or under way: one query, however many there are."""
    runs = instance.get_runs(dg.RunsFilter(statuses=[*UNENDED, dg.DagsterRunStatus.QUEUED]))
    return {run.tags[ORGANIZATION_TAG] for run in runs if ORGANIZATION_TAG in run.tags}


SENSORS = (new_organizations_sensor, channel_events_sensor, killed_syncs_sensor, *ALERT_SENSORS)
