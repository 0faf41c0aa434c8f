"""Authentic deliveries of which something could not be read: kept as they came until a replay can read them.

Their bodies hold messages and people, so nothing but :func:`quarantined_delivery` hands one out, and the body goes with
the row's purpose: once all of it has been read, the events have it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from contact_hub.channels.event import Problem
from contact_hub.errors import ConfigurationError

MAX_PROBLEMS = 100
"""How many problems of one delivery are kept: what is wrong with the first hundred items is wrong with the others."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """What may be shown of a delivery. `codes` are the problems' codes, each once, sorted."""

    delivery_id: UUID
    provider: str
    received_at: datetime
    codes: tuple[str, ...]
    attempts: int


@dataclass(frozen=True, slots=True)
class QuarantinedDelivery:
    """A delivery to be read again. `content_type` is as the request stated it, empty where it did not."""

    organization_id: str
    delivery_id: UUID
    provider: str
    received_at: datetime
    content_type: str
    body: bytes = field(repr=False)


def delivery_id_of(provider: str, body: bytes) -> UUID:
    """The same delivery has the same id."""
    return uuid5(NAMESPACE_URL, f"contact_hub:delivery:{provider}:{hashlib.sha256(body).hexdigest()}")


_KEEP = text("""
    INSERT INTO quarantined_deliveries
        (organization_id, delivery_id, provider, received_at, content_type, body, problems)
    VALUES (:organization_id, :delivery_id, :provider, :received_at, :content_type, :body, :problems)
    ON CONFLICT (organization_id, delivery_id) DO UPDATE
    SET content_type = excluded.content_type, body = excluded.body, problems = excluded.problems, resolved_at = NULL
    WHERE quarantined_deliveries.resolved_at IS NOT NULL
""").bindparams(bindparam("problems", type_=JSONB))


def keep(
    connection: Connection,
    organization_id: str,
    provider: str,
    *,
    body: bytes,
    content_type: str,
    problems: Sequence[Problem],
    received_at: datetime,
) -> UUID:
    """Put a delivery aside. The same one again changes nothing while it is waiting."""
    delivery_id = delivery_id_of(provider, body)
    values = {
        "organization_id": organization_id,
        "delivery_id": delivery_id,
        "provider": provider,
        "received_at": received_at,
        "content_type": content_type,
        "body": body,
        "problems": _rows(problems),
    }
    connection.execute(_KEEP, values)
    return delivery_id


def quarantined(connection: Connection, organization_id: str) -> list[Quarantined]:
    """What waits to be replayed, oldest first."""
    statement = """
        SELECT delivery_id, provider, received_at, attempts,
               ARRAY(SELECT DISTINCT problem ->> 'code' FROM jsonb_array_elements(problems) AS problem ORDER BY 1) AS codes
        FROM quarantined_deliveries
        WHERE organization_id = :organization_id AND resolved_at IS NULL ORDER BY received_at, delivery_id
    """
    rows = connection.execute(text(statement), {"organization_id": organization_id})
    return [Quarantined(row.delivery_id, row.provider, row.received_at, tuple(row.codes), row.attempts) for row in rows]


def quarantined_delivery(connection: Connection, organization_id: str, delivery_id: UUID) -> QuarantinedDelivery:
    """One delivery that waits.

    Raises:
        ConfigurationError: the organization has no such delivery, or it has been read meanwhile.
    """
    statement = """
        SELECT organization_id, delivery_id, provider, received_at, content_type, body FROM quarantined_deliveries
        WHERE organization_id = :organization_id AND delivery_id = :delivery_id AND resolved_at IS NULL
    """
    row = connection.execute(text(statement), {"organization_id": organization_id, "delivery_id": delivery_id}).one_or_none()
    if row is None:
        raise ConfigurationError(f"{organization_id} has no delivery {delivery_id} in quarantine")
    return QuarantinedDelivery(**row._mapping)


_MARK = text("""
    UPDATE quarantined_deliveries
    SET attempts = attempts + 1,
        problems = CASE WHEN :is_resolved THEN problems ELSE :problems END,
        resolved_at = CASE WHEN :is_resolved THEN now() END,
        body = CASE WHEN :is_resolved THEN ''::bytea ELSE body END
    WHERE organization_id = :organization_id AND delivery_id = :delivery_id AND resolved_at IS NULL
""").bindparams(bindparam("problems", type_=JSONB))


def mark_replayed(connection: Connection, organization_id: str, delivery_id: UUID, problems: Sequence[Problem]) -> None:
    """Note what a replay found. Without problems the delivery is resolved: its body is deleted, the row says that it was."""
    values = {
        "organization_id": organization_id,
        "delivery_id": delivery_id,
        "problems": _rows(problems),
        "is_resolved": not problems,
    }
    connection.execute(_MARK, values)


def _rows(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [asdict(problem) for problem in problems[:MAX_PROBLEMS]]
