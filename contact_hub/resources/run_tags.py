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
ORGANIZATIONS_TAG = "contact_hub/organizations"
"""Of range runs, which Dagster itself tags with their corners alone."""
BACKFILL_TAG = "dagster/backfill"


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


def missing_tags(run: dg.DagsterRun | None, instance: dg.DagsterInstance | None) -> dict[str, str]:
    """What a run that people launched in the UI lacks of the tags by which runs are filtered.

    Never one of Dagster's own partition tags: a run of a range that bears one is taken for a run of a single cell.
    """
    if run is None or instance is None:
        return {}
    tags = {}
    is_range = f"{RANGE_TAG}_start" in run.tags
    if TRIGGER_TAG not in run.tags:
        tags[TRIGGER_TAG] = "backfill" if is_range or BACKFILL_TAG in run.tags else "manual"
    if is_range and ORGANIZATIONS_TAG not in run.tags:
        tags[ORGANIZATIONS_TAG] = ",".join(organizations_of_run(run, instance))
    return tags
