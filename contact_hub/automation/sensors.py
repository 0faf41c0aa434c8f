"""Sensors: what reacts to facts in the store. A pure function decides; the sensor only hands it on."""

from collections.abc import Collection, Iterable
from datetime import date

import dagster as dg

from contact_hub.automation.jobs import daily
from contact_hub.automation.local_runs import fail_killed_runs
from contact_hub.automation.partitions import organizations_partitions, partition_tags, today
from contact_hub.resources.run_tags import ORGANIZATION, TRIGGER_TAG
from contact_hub.resources.store import StoreResource
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


SENSORS = (new_organizations_sensor, killed_syncs_sensor)
