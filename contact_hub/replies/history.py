"""What became of replies, as counts and codes."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from contact_hub import settings
from contact_hub.errors import ConfigurationError
from contact_hub.store.reply_tables import STATES

_COUNTS = text("""
    SELECT state, count(*) AS rows FROM replies WHERE organization_id = :organization_id GROUP BY state ORDER BY state
""")

_LATEST = text("""
    SELECT event_id, channel, conversation_id, state, reason, mode, template, disclosure, disclosure_reasons, freshness,
           attempts, received_at, sent_at
    FROM replies
    WHERE organization_id = :organization_id AND (CAST(:state AS text) IS NULL OR state = :state)
    ORDER BY received_at DESC, event_id LIMIT :limit
""")


_OUTCOMES = text("""
    SELECT state, reason, count(*) AS rows FROM replies
    WHERE organization_id = :organization_id AND CAST(received_at AT TIME ZONE :zone AS date) BETWEEN :first AND :last
    GROUP BY state, reason ORDER BY state, reason NULLS FIRST
""")


def outcomes(connection: Connection, organization_id: str, first: date, last: date) -> dict[str, int]:
    """Replies to the messages of these days (of the deployment), by what became of them: ``sent``, ``skipped_cool_down``."""
    parameters = {"organization_id": organization_id, "zone": settings.time_zone(), "first": first, "last": last}
    rows = connection.execute(_OUTCOMES, parameters)
    return {"_".join(filter(None, (row.state, row.reason))): row.rows for row in rows}


def counts(connection: Connection, organization_id: str) -> dict[str, int]:
    """How many replies are in each state that there is one in."""
    return {row.state: row.rows for row in connection.execute(_COUNTS, {"organization_id": organization_id})}


def latest(connection: Connection, organization_id: str, *, state: str | None = None, limit: int = 20) -> list[Row[Any]]:
    """The latest replies, of one state if it is given.

    Raises:
        ConfigurationError: there is no such state.
    """
    if state is not None and state not in STATES:
        raise ConfigurationError(f"a reply's state is one of {', '.join(STATES)}")
    parameters = {"organization_id": organization_id, "state": state, "limit": limit}
    return list(connection.execute(_LATEST, parameters))
