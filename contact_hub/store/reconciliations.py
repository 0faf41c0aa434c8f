"""How far an account of a provider was compared with what its webhooks brought, and what they have not told of."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, text

from contact_hub.store.channel_tables import identifier_statements
from contact_hub.store.difference import json_text

Pair = tuple[str, str]
"""Two identifiers of one kind."""


def reconciled_through(connection: Connection, organization_id: str, provider: str, account: str) -> datetime | None:
    """The moment before which everything has landed; None before the first complete walk."""
    statement = text("""
        SELECT reconciled_through FROM reconciliations
        WHERE organization_id = :organization_id AND provider = :provider AND account = :account
    """)
    parameters = {"organization_id": organization_id, "provider": provider, "account": account}
    found: datetime | None = connection.execute(statement, parameters).scalar()
    return found


def mark_reconciled(connection: Connection, organization_id: str, provider: str, account: str, *, through: datetime) -> None:
    """Say that everything that happened before ``through`` has landed; never moves back."""
    connection.execute(
        text("""
            INSERT INTO reconciliations AS known (organization_id, provider, account, first_at, reconciled_through)
            VALUES (:organization_id, :provider, :account, :through, :through)
            ON CONFLICT (organization_id, provider, account) DO UPDATE SET
                reconciled_through = greatest(known.reconciled_through, excluded.reconciled_through)
        """),
        {"organization_id": organization_id, "provider": provider, "account": account, "through": through},
    )


_UNSTATED = text(f"""
    SELECT incoming.one, incoming.other
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS incoming(one text, other text)
    WHERE NOT EXISTS (
        SELECT FROM {identifier_statements.name} AS one
        JOIN {identifier_statements.name} AS other USING (organization_id, source, source_id, kind)
        WHERE organization_id = :organization_id AND kind = :kind
          AND one.value = incoming.one AND other.value = incoming.other)
""")


def unstated_pairs(connection: Connection, organization_id: str, kind: str, pairs: Collection[Pair]) -> set[Pair]:
    """Those of ``pairs`` (identifiers of ``kind``) that no record states together."""
    if not pairs:
        return set()
    rows = json_text([{"one": one, "other": other} for one, other in sorted(pairs)])
    found = connection.execute(_UNSTATED, {"organization_id": organization_id, "kind": kind, "rows": rows})
    return {(row.one, row.other) for row in found}
