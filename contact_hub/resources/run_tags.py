"""The tags by which a run says which organization and day it works on."""

import dagster as dg

ORGANIZATION = "organization"
DAY = "day"
PARTITION_TAG = "dagster/partition"
ORGANIZATION_TAG = f"{PARTITION_TAG}/{ORGANIZATION}"
DAY_TAG = f"{PARTITION_TAG}/{DAY}"
TRIGGER_TAG = "contact_hub/trigger"
PROCESS_TAG = "contact_hub/process"
RANGE_TAG = "dagster/asset_partition_range"


def organizations_of_run(run: dg.DagsterRun | None, instance: dg.DagsterInstance | None) -> list[str]:
    """The organizations that a run works on; none outside a run of partitions. Range runs name only their corners."""
    if run is None or instance is None:
        return []
    if organization_id := run.tags.get(ORGANIZATION_TAG):
        return [organization_id]
    first, last = run.tags.get(f"{RANGE_TAG}_start"), run.tags.get(f"{RANGE_TAG}_end")
    if not first or not last:
        return []
    known = list(instance.get_dynamic_partitions(ORGANIZATION))
    first_id, last_id = (key.split("|", 1)[1] for key in (first, last))
    return known[known.index(first_id) : known.index(last_id) + 1]
