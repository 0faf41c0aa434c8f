"""Jobs: what runs together. Each takes one organization through one day."""

import dagster as dg

from contact_hub.automation.limits import set_limits_job
from contact_hub.automation.pruning import prune_history_job
from contact_hub.resources.run_tags import TRIGGER_TAG

RAW = dg.AssetSelection.groups("cliniko")
DERIVED = dg.AssetSelection.groups("identity", "activity") | dg.AssetSelection.assets("contact_metrics")
DUPLICATES = dg.AssetSelection.assets("duplicate_clusters")
SOURCES = ("cliniko_api", "channel_webhooks", "chatwoot_api")
PRACTICE = dg.AssetSelection.assets("raw_cliniko_practice")

FULL_PULL = {
    "ops": {
        name: {"config": {"full": True}}
        for name in ("raw_cliniko_patients", "raw_cliniko_appointments", "raw_cliniko_practice")
    }
}

daily = dg.define_asset_job(
    "daily",
    RAW | DERIVED | DUPLICATES,
    description="One organization, one day, the whole graph: what changed in Cliniko, who is who, who is active.",
    tags={TRIGGER_TAG: "manual"},
)

hourly = dg.define_asset_job(
    "hourly",
    (RAW - PRACTICE) | DERIVED,
    description="Today's patients and appointments, and all that follows from them; the practice itself changes seldom.",
    tags={TRIGGER_TAG: "manual"},
)

full_import = dg.define_asset_job(
    "full_import",
    RAW | DERIVED | DUPLICATES,
    config=FULL_PULL,
    description="Everything that Cliniko has, compared id by id: repairs any gap, and marks records that have vanished there.",
    tags={TRIGGER_TAG: "manual"},
)

channels = dg.define_asset_job(
    "channels",
    dg.AssetSelection.groups("identity") | dg.AssetSelection.assets("conversations", "replies"),
    description="What the channels have brought: who is who, what was said and answered. Asked for by the sensor.",
    tags={TRIGGER_TAG: "manual"},
)

chatwoot = dg.define_asset_job(
    "chatwoot",
    dg.AssetSelection.assets("chatwoot_reconciliation"),
    description="What Chatwoot's webhooks have lost since the last time; what it lands, the sensor of channel events takes on.",
    tags={TRIGGER_TAG: "manual"},
)

chatwoot_full = dg.define_asset_job(
    "chatwoot_full",
    dg.AssetSelection.assets("chatwoot_reconciliation"),
    config={"ops": {"chatwoot_reconciliation": {"config": {"full": True}}}},
    description="Everything that Chatwoot has: repairs any gap, and notices contacts that were merged and are silent.",
    tags={TRIGGER_TAG: "manual"},
)

merges = dg.define_asset_job(
    "merges",
    dg.AssetSelection.groups("duplicates", "identity"),
    description="Certain duplicates become one contact where the clinic has turned that on; else what would be merged is told.",
    tags={TRIGGER_TAG: "manual"},
)

report = dg.define_asset_job(
    "report",
    dg.AssetSelection.assets("clinic_report"),
    description="The page of one clinic and day: charts of its numbers, and every measure beside its limit.",
    tags={TRIGGER_TAG: "manual"},
)

recency = dg.define_asset_job(
    "recency",
    dg.AssetSelection.checks_for_assets(*SOURCES),
    description="Is each active organization imported, taken in and reconciled? Checks alone, of all organizations at once.",
    tags={TRIGGER_TAG: "manual"},
)

JOBS = (
    daily,
    hourly,
    full_import,
    channels,
    chatwoot,
    chatwoot_full,
    merges,
    report,
    recency,
    set_limits_job,
    prune_history_job,
)
"""All jobs; but for the last three, which have none, their partitions are those of the assets."""
