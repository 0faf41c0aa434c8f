"""The order of an organization's changes: one counter, whose row lock makes what is numbered land one after another.

Whoever reads number N in a snapshot has every change up to N in it. That makes watermarks exact: nothing can still arrive
with a smaller number. Lock order, where both are taken: the organization's write lock first, then the counter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from contact_hub.errors import ConfigurationError

_LOCK = text("""
    INSERT INTO organization_changes AS counter (organization_id, last_number) VALUES (:organization_id, :count)
    ON CONFLICT (organization_id) DO UPDATE SET last_number = counter.last_number + excluded.last_number
    RETURNING last_number
""")


def take_numbers(connection: Connection, organization_id: str, count: int) -> int:
    """Reserve ``count`` numbers; the first of them. Others who want some wait for the end of this transaction.

    Raises:
        ConfigurationError: there is no such organization.
    """
    try:
        last = connection.execute(_LOCK, {"organization_id": organization_id, "count": count}).scalar_one()
    except IntegrityError:
        raise ConfigurationError(f"organization {organization_id!r} is not registered") from None
    return int(last) - count + 1


def last_number(connection: Connection, organization_id: str) -> int:
    """The latest change that this connection's snapshot sees; 0 before the first."""
    statement = text("SELECT last_number FROM organization_changes WHERE organization_id = :organization_id")
    return connection.execute(statement, {"organization_id": organization_id}).scalar() or 0


def move_watermark(connection: Connection, organization_id: str, asset: str, through_number: int) -> None:
    """Say that an asset's rows take in every change up to ``through_number``; never moves back."""
    connection.execute(
        text("""
            INSERT INTO derivations AS derived (organization_id, asset, through_number)
            VALUES (:organization_id, :asset, :through_number)
            ON CONFLICT (organization_id, asset) DO UPDATE SET
                through_number = greatest(derived.through_number, excluded.through_number)
            WHERE derived.through_number < excluded.through_number
        """),
        {"organization_id": organization_id, "asset": asset, "through_number": through_number},
    )


_IDENTITY = ("normalized_contacts", "channel_identity_links", "contacts")


def seen_through(connection: Connection, organization_id: str, asset: str) -> int:
    """The latest change that a derivation of ``asset`` out of this snapshot takes in.

    What has landed, but is neither settled nor in the assets that this one reads, cannot be in it.
    """
    before = _IDENTITY[: _IDENTITY.index(asset)] if asset in _IDENTITY else _IDENTITY
    through = _through(connection, organization_id, before) if before else None
    seen = last_number(connection, organization_id)
    if through is None:
        return seen
    statement = text("SELECT min(number) FROM unsettled_records WHERE organization_id = :organization_id AND number > :through")
    waiting = connection.execute(statement, {"organization_id": organization_id, "through": through}).scalar()
    return seen if waiting is None else min(seen, waiting - 1)


def taken_in(connection: Connection, organization_id: str) -> int:
    """The latest change that every asset of identity takes in."""
    return _through(connection, organization_id, _IDENTITY)


def _through(connection: Connection, organization_id: str, assets: Sequence[str]) -> int:
    statement = text("""
        SELECT CASE WHEN count(*) = :assets THEN min(through_number) ELSE 0 END FROM derivations
        WHERE organization_id = :organization_id AND asset = ANY(:names)
    """)
    parameters = {"organization_id": organization_id, "names": list(assets), "assets": len(assets)}
    return int(connection.execute(statement, parameters).scalar_one())


@dataclass(frozen=True)
class Pending:
    """Changes of one organization that its assets have not taken in.

    Attributes:
        events, decisions: how many landed.
        last_number: the latest of them.
    """

    organization_id: str
    events: int
    decisions: int
    last_number: int


PATIENCE = 60
"""Long enough, one hopes, for 10,000 events that a provider held back; who is never quiet for a second waits a minute."""


def pending_changes(connection: Connection, *, quiet_seconds: float) -> list[Pending]:
    """Organizations with changes that no asset has taken in, the longest waiting first.

    A burst is let come to its end: none is named whose latest event landed less than ``quiet_seconds`` ago, unless others
    of its events have waited :data:`PATIENCE` times as long. Numbers that doubled deliveries took stand for nothing.
    """
    rows = connection.execute(_PENDING, {"quiet": quiet_seconds, "longest": PATIENCE * quiet_seconds})
    return [Pending(row.organization_id, row.events, row.decisions, row.last_number) for row in rows]


_PENDING = text("""
    SELECT behind.organization_id, behind.last_number, event.events, other.decisions
    FROM (
        SELECT counter.organization_id, counter.last_number, coalesce(derived.through_number, 0) AS through_number
        FROM organization_changes AS counter
        JOIN organizations AS organization ON organization.organization_id = counter.organization_id
             AND organization.status = 'active'
        LEFT JOIN derivations AS derived ON derived.organization_id = counter.organization_id
             AND derived.asset = 'conversations'
        WHERE counter.last_number > coalesce(derived.through_number, 0)
    ) AS behind
    CROSS JOIN LATERAL (
        SELECT count(*) AS events, min(landed_at) AS first_at, max(landed_at) AS last_at FROM channel_events
        WHERE channel_events.organization_id = behind.organization_id AND number > behind.through_number
    ) AS event
    CROSS JOIN LATERAL (
        SELECT (SELECT count(*) FROM identity_decisions AS decision
                WHERE decision.organization_id = behind.organization_id AND number > behind.through_number) AS decisions,
               (SELECT count(*) FROM number_changes AS change
                WHERE change.organization_id = behind.organization_id AND number > behind.through_number) AS number_changes
    ) AS other
    WHERE (event.events = 0 AND other.decisions + other.number_changes > 0)
       OR event.last_at < now() - make_interval(secs => :quiet)
       OR event.first_at < now() - make_interval(secs => :longest)
    ORDER BY event.first_at NULLS FIRST
""")
