"""Partitions: organization x day, one definition for every per-organization asset.

One run takes one organization through one day of the whole graph, and the partitions page shows which clinic missed which
day. The day dimension is a rolling horizon, because Dagster is comfortable to some 30,000 cells (docs/operations.md).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg

from contact_hub import settings
from contact_hub.directory.clinic import today
from contact_hub.resources.run_tags import DAY, DAY_TAG, ORGANIZATION, ORGANIZATION_TAG, PARTITION_TAG

# Dagster's own tags of a multi-partition's dimensions are what it warns about.
warnings.filterwarnings("ignore", category=DeprecationWarning, message="Non-compliant tag keys")

organizations_partitions = dg.DynamicPartitionsDefinition(name=ORGANIZATION)


def first_day() -> date:
    """The first day of the horizon."""
    return today() - timedelta(days=settings.horizon_days())


def organization_days() -> dg.MultiPartitionsDefinition:
    """Organization x day: from the horizon to today, today included."""
    days = dg.DailyPartitionsDefinition(
        start_date=first_day().isoformat(),
        timezone=settings.time_zone(),
        end_offset=1,
    )
    return dg.MultiPartitionsDefinition({ORGANIZATION: organizations_partitions, DAY: days})


def partition_key(organization_id: str, day: date) -> dg.MultiPartitionKey:
    return dg.MultiPartitionKey({ORGANIZATION: organization_id, DAY: day.isoformat()})


def partition_tags(organization_id: str, day: date) -> dict[str, str]:
    """The run tags of one cell; a request by tags costs a thousandth of one by partition key (which Dagster looks up)."""
    return {
        PARTITION_TAG: partition_key(organization_id, day),
        ORGANIZATION_TAG: organization_id,
        DAY_TAG: day.isoformat(),
    }


@dataclass(frozen=True)
class OrganizationDays:
    """What a step works on: one organization and its days, ascending (a single day but in range runs)."""

    organization_id: str
    days: tuple[date, ...]


def organization_days_of(partition_keys: Sequence[str]) -> list[OrganizationDays]:
    """Partition keys grouped by organization."""
    days: dict[str, list[date]] = {}
    for key in partition_keys:
        day, organization_id = key.split("|", 1)
        days.setdefault(organization_id, []).append(date.fromisoformat(day))
    return [OrganizationDays(organization_id, tuple(sorted(listed))) for organization_id, listed in sorted(days.items())]


ORGANIZATION_DAYS = organization_days()
