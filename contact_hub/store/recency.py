"""Which active organizations have fallen behind: in reading Cliniko, in taking in what landed, in comparing Chatwoot.

The limits are what automation keeps with room to spare: imports every hour from 6 to 21 and at 01:15, a run within seconds
of an event, Chatwoot every 15 minutes. All of it is the organization's own state, whatever Dagster knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from contact_hub.cliniko.fields import LANDED_FIELDS

IMPORT_HOURS = 26.0
DERIVATION_HOURS = 1.0
RECONCILIATION_HOURS = 2.0


@dataclass(frozen=True)
class Behind:
    """An organization, and for how many hours nothing newer has been taken in."""

    organization_id: str
    hours: float


_IMPORTS = text("""
    SELECT organization.organization_id,
           CASE WHEN state.resources = :resources THEN state.through ELSE organization.created_at END AS since
    FROM organizations AS organization
    CROSS JOIN LATERAL (
        SELECT count(*) AS resources, min(changed_through) AS through FROM sync_states
        WHERE sync_states.organization_id = organization.organization_id AND resource = ANY(:names)
    ) AS state
    WHERE organization.status = 'active' AND organization.cliniko_key_env IS NOT NULL
""")

_DERIVATIONS = text("""
    SELECT counter.organization_id, least(event.since, decision.since) AS since
    FROM organization_changes AS counter
    JOIN organizations AS organization ON organization.organization_id = counter.organization_id
         AND organization.status = 'active'
    LEFT JOIN derivations AS derived ON derived.organization_id = counter.organization_id AND derived.asset = 'conversations'
    CROSS JOIN LATERAL (
        SELECT min(landed_at) AS since FROM channel_events
        WHERE channel_events.organization_id = counter.organization_id AND number > coalesce(derived.through_number, 0)
    ) AS event
    CROSS JOIN LATERAL (
        SELECT min(decided_at) AS since FROM identity_decisions
        WHERE identity_decisions.organization_id = counter.organization_id AND number > coalesce(derived.through_number, 0)
    ) AS decision
    WHERE counter.last_number > coalesce(derived.through_number, 0)
""")

_RECONCILIATIONS = text("""
    SELECT channel.organization_id, min(coalesce(done.reconciled_through, channel.created_at)) AS since
    FROM (
        SELECT organization_id, rtrim(settings ->> 'url', '/') || '/api/v1/accounts/' || (settings ->> 'account_id') AS account,
               min(created_at) AS created_at
        FROM channel_connections WHERE provider = 'chatwoot' AND settings ? 'api_token_env' GROUP BY 1, 2
    ) AS channel
    JOIN organizations AS organization ON organization.organization_id = channel.organization_id
         AND organization.status = 'active'
    LEFT JOIN reconciliations AS done ON done.organization_id = channel.organization_id AND done.account = channel.account
    GROUP BY channel.organization_id
""")


def late_imports(connection: Connection, organization_id: str | None = None) -> list[Behind]:
    """Active organizations of which a Cliniko resource was last read longer than :data:`IMPORT_HOURS` ago, or never was."""
    return _behind(
        connection, _IMPORTS.text, IMPORT_HOURS, organization_id, resources=len(LANDED_FIELDS), names=list(LANDED_FIELDS)
    )


def late_derivations(connection: Connection, organization_id: str | None = None) -> list[Behind]:
    """Active organizations with events or decisions that wait longer than :data:`DERIVATION_HOURS` for the assets."""
    return _behind(connection, _DERIVATIONS.text, DERIVATION_HOURS, organization_id)


def late_reconciliations(connection: Connection, organization_id: str | None = None) -> list[Behind]:
    """Active organizations whose Chatwoot was last compared longer than :data:`RECONCILIATION_HOURS` ago, or never was."""
    return _behind(connection, _RECONCILIATIONS.text, RECONCILIATION_HOURS, organization_id)


def _behind(
    connection: Connection, select: str, limit_hours: float, organization_id: str | None, **parameters: object
) -> list[Behind]:
    """The worst first."""
    statement = text(f"""
        SELECT organization_id, (extract(epoch FROM now() - since) / 3600)::float8 AS hours FROM ({select}) AS state
        WHERE since < now() - make_interval(secs => :limit_hours * 3600)
          AND (CAST(:organization_id AS text) IS NULL OR organization_id = :organization_id)
        ORDER BY since, organization_id
    """)
    values: Mapping[str, object] = {"limit_hours": limit_hours, "organization_id": organization_id, **parameters}
    return [Behind(row.organization_id, row.hours) for row in connection.execute(statement, values)]
