"""Conversations: one history a contact over all channels, summed up in one set-based statement."""

from contact_hub.channels.event import SPOKEN_KINDS

CONVERSATION_COLUMNS = (
    "contact_id",
    "channels",
    "events_in",
    "events_out",
    "by_channel",
    "started_at",
    "last_in_at",
    "last_out_at",
    "last_channel",
    "waiting_since",
)

CONVERSATIONS = """
    WITH spoken AS (
        SELECT record.contact_id, event.channel, event.direction, event.occurred_at, event.number
        FROM channel_events AS event
        JOIN source_record_links AS record USING (organization_id, source, source_id)
        WHERE event.organization_id = :organization_id AND event.kind = ANY(:kinds) AND record.contact_id IS NOT NULL
          AND event.number <= :through
    ),
    by_channel AS (
        SELECT contact_id, channel, count(*) FILTER (WHERE direction = 'in') AS events_in,
               count(*) FILTER (WHERE direction = 'out') AS events_out,
               min(occurred_at) AS started_at, max(occurred_at) AS last_at,
               max(occurred_at) FILTER (WHERE direction = 'in') AS last_in_at,
               max(occurred_at) FILTER (WHERE direction = 'out') AS last_out_at
        FROM spoken GROUP BY contact_id, channel
    ),
    person AS (
        SELECT contact_id, array_agg(channel ORDER BY channel) AS channels,
               sum(events_in)::integer AS events_in, sum(events_out)::integer AS events_out,
               jsonb_object_agg(channel, jsonb_build_object('in', events_in, 'out', events_out)) AS by_channel,
               min(started_at) AS started_at, max(last_in_at) AS last_in_at, max(last_out_at) AS last_out_at,
               (array_agg(channel ORDER BY last_at DESC, channel))[1] AS last_channel
        FROM by_channel GROUP BY contact_id
    ),
    waiting AS (
        SELECT spoken.contact_id, min(spoken.occurred_at) AS waiting_since
        FROM spoken JOIN person USING (contact_id)
        WHERE spoken.direction = 'in' AND spoken.occurred_at > coalesce(person.last_out_at, '-infinity')
        GROUP BY spoken.contact_id
    )
    SELECT :organization_id, person.contact_id, person.channels, person.events_in, person.events_out, person.by_channel,
           person.started_at, person.last_in_at, person.last_out_at, person.last_channel, waiting.waiting_since
    FROM person LEFT JOIN waiting USING (contact_id)
"""
KINDS = sorted(SPOKEN_KINDS)
