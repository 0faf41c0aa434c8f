"""What lands from outside Dagster: written by the gateway and by people, observed by a sensor."""

import dagster as dg

from contact_hub.assets.organization_asset import column_schema
from contact_hub.automation.partitions import ORGANIZATION_DAYS
from contact_hub.store.channel_tables import channel_events as events_table
from contact_hub.store.channel_tables import identity_decisions as decisions_table

channel_events = dg.AssetSpec(
    "channel_events",
    group_name="channels",
    description=(
        "What arrived or left on a channel, as its provider said it: landed by the gateway within its answer, and by the "
        "reconciliation with Chatwoot; append-only. Observed when there is something new, by organization."
    ),
    deps=["channel_webhooks", "chatwoot_reconciliation"],
    partitions_def=ORGANIZATION_DAYS,
    kinds={"postgres"},
    metadata={"dagster/column_schema": column_schema(events_table), "dagster/table_name": events_table.fullname},
)

identity_decisions = dg.AssetSpec(
    "identity_decisions",
    group_name="identity",
    description=(
        "What people and rules have decided about who is who; append-only, and all that a rebuild needs beside the sources."
    ),
    partitions_def=ORGANIZATION_DAYS,
    kinds={"postgres"},
    metadata={"dagster/column_schema": column_schema(decisions_table), "dagster/table_name": decisions_table.fullname},
)

EXTERNAL = (channel_events, identity_decisions)
