"""Cliniko's request limit, kept in PostgreSQL: a sync, a backfill and the next process share one minute.

It is kept by account, not by organization: organizations that are read with one key share its limit.
"""

import time

from sqlalchemy import Engine, text

from contact_hub.store.database import lock_space

# A statement of its own: the one after it must see what the lock's last holder wrote.
_LOCK = text("SELECT pg_advisory_xact_lock(:space, hashtext(:account))")

# Takes the slot used longest ago if it is free, and says how long it is until one is.
_TAKE = text("""
    WITH used AS (
        SELECT slot, sent_at FROM cliniko_request_slots WHERE account = :account AND slot < :requests
    ),
    oldest AS (SELECT slot, sent_at + make_interval(secs => :seconds) AS free_at FROM used ORDER BY sent_at LIMIT 1),
    chosen AS (
        SELECT count(*)::smallint AS slot FROM used HAVING count(*) < :requests
        UNION ALL
        SELECT slot FROM oldest WHERE free_at <= clock_timestamp() AND (SELECT count(*) FROM used) >= :requests
    ),
    taken AS (
        INSERT INTO cliniko_request_slots (account, slot, sent_at)
        SELECT :account, slot, clock_timestamp() FROM chosen
        ON CONFLICT (account, slot) DO UPDATE SET sent_at = excluded.sent_at
        RETURNING slot
    )
    SELECT CASE WHEN EXISTS (SELECT FROM taken) THEN 0
           ELSE greatest(extract(epoch FROM (SELECT free_at FROM oldest) - clock_timestamp()), 0.001) END::float8
""")

# All slots, those never used too: whoever comes next finds none that is free before the time.
_HOLD = text("""
    INSERT INTO cliniko_request_slots AS held (account, slot, sent_at)
    SELECT :account, slot, to_timestamp(:until) - make_interval(secs => :seconds)
    FROM generate_series(0, :requests - 1) AS slot
    ON CONFLICT (account, slot) DO UPDATE SET sent_at = greatest(held.sent_at, excluded.sent_at)
""")


KEPT_FOR_ANSWERS = 3
"""Slots of an account that no import takes, so that somebody who asks meanwhile gets today's appointment: 95 % of the rate
remain for imports."""


class SharedRequestSlots:
    """The limiter of one Cliniko account, for all processes and organizations: ``requests`` in any ``seconds``.

    Each request takes the slot used longest ago and is sent no earlier than ``seconds`` after that slot's last request.
    Two seconds more than Cliniko's minute, because requests do not all travel equally fast; 97 % of the rate remain.
    """

    def __init__(self, engine: Engine, account: str, *, requests: int = 200, seconds: float = 62.0) -> None:
        self._engine = engine
        self._parameters = {
            "account": account,
            "requests": requests,
            "seconds": seconds,
            "space": lock_space("cliniko_requests"),
        }

    def acquire(self) -> None:
        """Wait until a request may be sent."""
        # A slot is taken only when it is free: what Cliniko refuses meanwhile holds for those who wait, too.
        while (wait := self._take()) > 0:
            time.sleep(wait)

    def _take(self) -> float:
        """Take a slot; or, where none is free, the seconds until one may be."""
        with self._engine.begin() as connection:
            connection.execute(_LOCK, self._parameters)
            return connection.execute(_TAKE, self._parameters).scalar_one()

    def refused_until(self, when: float) -> None:
        """Cliniko refused a request: no process sends one before ``when`` (seconds since 1970)."""
        with self._engine.begin() as connection:
            connection.execute(_LOCK, self._parameters)
            connection.execute(_HOLD, {**self._parameters, "until": when})
