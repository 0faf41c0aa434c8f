"""Cliniko's request limit, kept in PostgreSQL: a sync, a backfill and the next process share one minute."""

import time

from sqlalchemy import Engine, text

from contact_hub.store.database import lock_space

# A statement of its own: the one after it must see what the lock's last holder wrote.
_LOCK = text("SELECT pg_advisory_xact_lock(:space, hashtext(:organization_id))")

_RESERVE = text("""
    WITH oldest AS (
        SELECT slot, sent_at FROM cliniko_request_slots WHERE organization_id = :organization_id ORDER BY sent_at LIMIT 1
    ),
    free AS (SELECT count(*)::smallint AS slot FROM cliniko_request_slots WHERE organization_id = :organization_id),
    chosen AS (
        SELECT slot, clock_timestamp() AS sent_at FROM free WHERE slot < :requests
        UNION ALL
        SELECT oldest.slot, greatest(clock_timestamp(), oldest.sent_at + make_interval(secs => :seconds))
        FROM oldest, free WHERE free.slot >= :requests
    )
    INSERT INTO cliniko_request_slots (organization_id, slot, sent_at)
    SELECT :organization_id, slot, sent_at FROM chosen
    ON CONFLICT (organization_id, slot) DO UPDATE SET sent_at = excluded.sent_at
    RETURNING extract(epoch FROM sent_at - clock_timestamp())::float8
""")

# All slots, those never used too: whoever comes next finds none that is free before the time.
_HOLD = text("""
    INSERT INTO cliniko_request_slots AS held (organization_id, slot, sent_at)
    SELECT :organization_id, slot, to_timestamp(:until) - make_interval(secs => :seconds)
    FROM generate_series(0, :requests - 1) AS slot
    ON CONFLICT (organization_id, slot) DO UPDATE SET sent_at = greatest(held.sent_at, excluded.sent_at)
""")


class SharedRequestSlots:
    """The limiter of one organization's Cliniko user, for all processes: ``requests`` in any ``seconds``.

    Each request takes the slot used longest ago and is sent no earlier than ``seconds`` after that slot's last request.
    Two seconds more than Cliniko's minute, because requests do not all travel equally fast; 97 % of the rate remain.
    """

    def __init__(self, engine: Engine, organization_id: str, *, requests: int = 200, seconds: float = 62.0) -> None:
        self._engine = engine
        self._parameters = {
            "organization_id": organization_id,
            "requests": requests,
            "seconds": seconds,
            "space": lock_space("cliniko_requests"),
        }

    def acquire(self) -> None:
        """Wait until a request may be sent."""
        with self._engine.begin() as connection:
            connection.execute(_LOCK, self._parameters)
            wait = connection.execute(_RESERVE, self._parameters).scalar_one()
        if wait > 0:
            time.sleep(wait)

    def refused_until(self, when: float) -> None:
        """Cliniko refused a request: no process sends one before ``when`` (seconds since 1970)."""
        with self._engine.begin() as connection:
            connection.execute(_LOCK, self._parameters)
            connection.execute(_HOLD, {**self._parameters, "until": when})
