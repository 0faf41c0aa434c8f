"""What holds for every asset alike, said once: owners, tags, freshness, column lineage. Mapped over all specs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg

from contact_hub.assets.column_lineage import column_lineage
from contact_hub.assets.organization_asset import OWNERS

HOURLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26), warn_window=timedelta(hours=7))
"""Read every hour from 6 to 21 and at 01:15: seven hours without a run is more than any night has."""
WEEKLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=15), warn_window=timedelta(days=8))
DAILY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26))

FRESHNESS: Mapping[str, dg.FreshnessPolicy] = {
    "raw_cliniko_patients": HOURLY,
    "raw_cliniko_appointments": HOURLY,
    "raw_cliniko_practice": DAILY,
    "normalized_contacts": HOURLY,
    "channel_identity_links": HOURLY,
    "contacts": HOURLY,
    "active_patients": HOURLY,
    "conversations": HOURLY,
    "replies": HOURLY,
    "duplicate_clusters": DAILY,
    "contact_merges": WEEKLY,
    "contact_metrics": HOURLY,
    "clinic_report": DAILY,
}
"""Assets that automation keeps up whatever happens outside. Dagster looks at the newest materialization of any partition, so
this says that the installation is alive; whether each organization is, :mod:`contact_hub.checks.recency` says."""


COUNTS_ONLY = ("reporting",)
"""Groups whose assets hold nothing about anybody."""


def with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The asset with all that is the same for every asset, or follows from its name and group."""
    asset = spec.key.to_user_string()
    is_personal = spec.group_name not in COUNTS_ONLY
    tags = {"domain": spec.group_name or "", "contact_hub/personal_data": str(is_personal).lower()}
    lineage = column_lineage(asset)
    metadata: dict[str, Any] = {"dagster/column_lineage": lineage} if lineage else {}
    return spec.replace_attributes(
        owners=list(spec.owners) or list(OWNERS),
        tags={**tags, **spec.tags},
        freshness_policy=spec.freshness_policy or FRESHNESS.get(asset),
        metadata={**spec.metadata, **metadata},
    )
