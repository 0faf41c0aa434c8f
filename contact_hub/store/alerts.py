"""Alert targets, and the outbox of what they are to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from contact_hub.errors import ConfigurationError
from contact_hub.store.organizations import SLUG, VARIABLE, organization

EVERYWHERE = "*"
"""The scope of targets that are told of every failure."""
KINDS = ("webhook", "email")
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""After each failed attempt; after the last there is none, and the alert is given up."""
KEPT_DAYS = 30
"""How long told and given-up alerts are kept: long enough to look up, and to tell nothing twice."""


@dataclass(frozen=True)
class AlertTarget:
    """Who is told.

    Attributes:
        scope: an organization, or :data:`EVERYWHERE`.
        kind: ``webhook`` or ``email``.
        address_env: the variable that holds the URL, or addresses separated by commas.
        warnings: whether checks that only warn are told, too.

    Raises:
        ConfigurationError: what cannot be a kind, a name or a variable.
    """

    scope: str
    name: str
    kind: str
    address_env: str
    warnings: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigurationError(f"an alert goes to one of {', '.join(KINDS)}, not to {self.kind!r}")
        if not SLUG.fullmatch(self.name):
            raise ConfigurationError("a target's name must be 1 to 63 of a-z, 0-9, _ and -")
        if not VARIABLE.fullmatch(self.address_env):
            raise ConfigurationError(
                "an alert's address is given by the NAME of an environment variable, in capitals (for example ALERTS_WEBHOOK)"
            )


@dataclass(frozen=True)
class Failure:
    """What went wrong.

    Attributes:
        failure_id: the same failure has the same id, however often it is noticed.
        organization_id: None where no single organization is meant.
        severity: ``error`` or ``warn``.
        body: what is told of it; ids, names and counts only.
    """

    failure_id: str
    organization_id: str | None
    severity: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One alert that is due, to be told to its target; ``attempts`` counts this one."""

    target: AlertTarget
    failure_id: str
    body: Mapping[str, Any]
    attempts: int


_COLUMNS = "scope, name, kind, address_env, warnings"


def set_target(connection: Connection, target: AlertTarget) -> bool:
    """Add a target, or bring the one of its name up to date. True: it is new.

    Raises:
        ConfigurationError: its scope is no organization.
    """
    if target.scope != EVERYWHERE:
        organization(connection, target.scope)
    statement = text(f"""
        INSERT INTO alert_targets ({_COLUMNS}) VALUES (:scope, :name, :kind, :address_env, :warnings)
        ON CONFLICT (scope, name) DO UPDATE SET kind = excluded.kind, address_env = excluded.address_env,
            warnings = excluded.warnings, updated_at = now()
        RETURNING xmax = 0
    """)
    return bool(connection.execute(statement, vars(target)).scalar_one())


def remove_target(connection: Connection, scope: str, name: str) -> None:
    """Tell a target nothing more; what it was still to be told is dropped.

    Raises:
        ConfigurationError: there is no such target.
    """
    statement = text("DELETE FROM alert_targets WHERE scope = :scope AND name = :name")
    if connection.execute(statement, {"scope": scope, "name": name}).rowcount == 0:
        raise ConfigurationError(f"there is no alert target {name!r} of {scope}; see contact-hub alerts list")


def alert_targets(connection: Connection, scope: str | None = None) -> list[AlertTarget]:
    """All targets, or those of one scope, sorted."""
    statement = text(f"""
        SELECT {_COLUMNS} FROM alert_targets WHERE CAST(:scope AS text) IS NULL OR scope = :scope ORDER BY scope, name
    """)
    return [_target(row) for row in connection.execute(statement, {"scope": scope})]


def _target(row: Row[Any]) -> AlertTarget:
    return AlertTarget(row.scope, row.name, row.kind, row.address_env, row.warnings)


_NOTE = text("""
    INSERT INTO alert_deliveries (scope, name, failure_id, body)
    SELECT target.scope, target.name, failure.failure_id, failure.body
    FROM jsonb_to_recordset(:failures) AS failure (failure_id text, organization_id text, severity text, body jsonb)
    JOIN alert_targets AS target ON target.scope IN ('*', failure.organization_id)
         AND (failure.severity = 'error' OR target.warnings)
    ON CONFLICT DO NOTHING
""").bindparams(bindparam("failures", type_=JSONB))


def note_failures(connection: Connection, failures: Sequence[Failure]) -> int:
    """Put failures into the outbox of all whom they concern; how many are new there."""
    if not failures:
        return 0
    return connection.execute(_NOTE, {"failures": [{**vars(one), "body": dict(one.body)} for one in failures]}).rowcount


_CLAIM = text(f"""
    UPDATE alert_deliveries AS delivery
    SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => :busy)
    FROM (
        SELECT scope, name, failure_id FROM alert_deliveries WHERE next_attempt_at <= now()
        ORDER BY noticed_at, failure_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ) AS due
    JOIN alert_targets AS target USING (scope, name)
    WHERE (delivery.scope, delivery.name, delivery.failure_id) = (due.scope, due.name, due.failure_id)
    RETURNING {", ".join(f"target.{column.strip()}" for column in _COLUMNS.split(","))},
              delivery.failure_id, delivery.body, delivery.attempts, delivery.noticed_at
""")


def claim_due(connection: Connection, *, limit: int, busy_seconds: float) -> list[Delivery]:
    """Deliveries that are due, the oldest first; nobody else takes them for ``busy_seconds``, nor if this process dies."""
    rows = connection.execute(_CLAIM, {"limit": limit, "busy": busy_seconds}).all()
    ordered = sorted(rows, key=lambda row: (row.noticed_at, row.failure_id))
    return [Delivery(_target(row), row.failure_id, row.body, row.attempts) for row in ordered]


_SETTLE = text("""
    UPDATE alert_deliveries
    SET delivered_at = CASE WHEN :delivered THEN now() END, next_attempt_at = now() + CAST(:pause AS interval)
    WHERE scope = :scope AND name = :name AND failure_id = :failure_id
""")


def settle(connection: Connection, deliveries: Sequence[Delivery], *, delivered: bool) -> int:
    """Write down how telling them went; how many were given up."""
    rows = []
    for one in deliveries:
        pause = None if delivered or one.attempts > len(PAUSES) else PAUSES[one.attempts - 1]
        key = {"scope": one.target.scope, "name": one.target.name, "failure_id": one.failure_id}
        rows.append({**key, "delivered": delivered, "pause": pause})
    if rows:
        connection.execute(_SETTLE, rows)
    return 0 if delivered else sum(row["pause"] is None for row in rows)


def forget_old(connection: Connection) -> None:
    """Drop what was told or given up a month ago."""
    connection.execute(
        text(
            "DELETE FROM alert_deliveries WHERE next_attempt_at IS NULL AND noticed_at < now() - make_interval(days => :days)"
        ),
        {"days": KEPT_DAYS},
    )


def outbox(connection: Connection) -> dict[tuple[str, str], tuple[int, int, int]]:
    """By target: alerts of the last month that were told, that wait, and that were given up."""
    statement = text("""
        SELECT scope, name, count(delivered_at), count(next_attempt_at),
               count(*) FILTER (WHERE delivered_at IS NULL AND next_attempt_at IS NULL)
        FROM alert_deliveries GROUP BY scope, name
    """)
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(statement)}
