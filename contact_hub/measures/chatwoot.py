"""Measures of the reconciliation with Chatwoot: how much do its webhooks lose?"""

from contact_hub.directory.reconciliation import POLLED
from contact_hub.measures.measure import Measure

LATE_SECONDS = 120
"""What was polled so soon after it was said may have overtaken its webhook."""

RECONCILIATION = [
    Measure(
        name="webhooks_arrived",
        description=(
            "Messages of the seven days up to this one that a webhook brought / messages that Chatwoot has of them since it "
            "was first read."
        ),
        sql=f"""
            SELECT count(*) FILTER (WHERE NOT event.hints ? '{POLLED}'
                       OR event.landed_at < event.occurred_at + INTERVAL '{LATE_SECONDS} seconds'), count(*)
            FROM channel_events AS event
            JOIN organizations AS organization USING (organization_id)
            CROSS JOIN (SELECT min(first_at) AS at FROM reconciliations WHERE organization_id = :organization_id) AS first
            WHERE event.organization_id = :organization_id AND event.provider = 'chatwoot' AND event.about IS NULL
              AND starts_with(event.external_id, 'message:') AND event.occurred_at >= first.at
              AND event.occurred_at >= (CAST(:day AS timestamp) - INTERVAL '6 days') AT TIME ZONE organization.time_zone
              AND event.occurred_at < (CAST(:day AS timestamp) + INTERVAL '1 day') AT TIME ZONE organization.time_zone
        """,
        at_least=0.95,
        severity="warn",
    ),
]
