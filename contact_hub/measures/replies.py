"""Measures of the replies: do they get out, each once, and do they say something?"""

from contact_hub.measures.measure import Measure

# The messages of the seven days up to the day, by the clinic's calendar.
_WEEK = """
    replies AS reply JOIN organizations AS clinic USING (organization_id)
    WHERE organization_id = :organization_id
      AND reply.received_at >= (CAST(:day AS timestamp) - INTERVAL '6 days') AT TIME ZONE clinic.time_zone
      AND reply.received_at < (CAST(:day AS timestamp) + INTERVAL '1 day') AT TIME ZONE clinic.time_zone
"""

REPLIES = [
    Measure(
        name="not_lost",
        description="Replies of the week to the day that were sent, or left out on purpose / those that have ended.",
        sql=f"""
            SELECT count(*) FILTER (WHERE reply.state IN ('sent', 'skipped')), count(*)
            FROM {_WEEK} AND reply.state NOT IN ('pending', 'sending')
        """,
        at_least=0.95,
        severity="warn",
    ),
    Measure(
        name="sent_once",
        description="Replies of the week to the day that Chatwoot shows / messages that they are there.",
        sql=f"""
            SELECT count(DISTINCT week.event_id), count(*)
            FROM (SELECT reply.* FROM {_WEEK}) AS week
            JOIN channel_events AS echo USING (organization_id, account, conversation_id)
            WHERE echo.hints ->> 'reply_key' = CAST(week.event_id AS text) AND echo.about IS NULL
        """,
    ),
    Measure(
        name="none_stuck",
        description="Replies of the week to the day that have ended, or are at most an hour over their time / replies.",
        sql=f"""
            SELECT count(*) FILTER (WHERE reply.state NOT IN ('pending', 'sending')
                                    OR reply.expires_at > now() - INTERVAL '1 hour'), count(*)
            FROM {_WEEK}
        """,
    ),
    Measure(
        name="response_context",
        description="Conversations of the week to the day answered with their appointment / conversations answered.",
        sql=f"""
            SELECT count(DISTINCT (reply.account, reply.conversation_id)) FILTER (WHERE told_appointment_id IS NOT NULL),
                   count(DISTINCT (reply.account, reply.conversation_id))
            FROM {_WEEK} AND reply.state = 'sent'
        """,
        at_least=0.0,
        severity="warn",
        counts=("conversations_with_context", "conversations_answered"),
    ),
]
