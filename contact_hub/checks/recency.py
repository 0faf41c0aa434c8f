"""Is every single organization up to date? Freshness policies cannot say: they look at the newest partition of any.

The checks hang on the sources, are of no partition, and are evaluated in one step of a job of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dagster as dg
from sqlalchemy import Connection, text

from contact_hub.resources.store import StoreResource
from contact_hub.store import recency
from contact_hub.store.recency import Behind

WORST = 10
"""How many organizations a result names; all of them are counted."""


@dataclass(frozen=True)
class Recency:
    """One check: what has to be recent, and who is behind with it."""

    asset: str
    name: str
    description: str
    limit_hours: float
    behind: Callable[[Connection], Sequence[Behind]]

    def spec(self) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(
            self.name,
            asset=self.asset,
            description=f"{self.description} / active organizations. At least 1; none over {self.limit_hours:g} hours behind.",
        )

    def result(self, behind: Sequence[Behind], organizations: int) -> dg.AssetCheckResult:
        numerator = organizations - len(behind)
        worst = ", ".join(f"{one.organization_id} ({one.hours:.1f} h)" for one in behind[:WORST])
        return dg.AssetCheckResult(
            passed=not behind,
            check_name=self.name,
            asset_key=self.asset,
            metadata={
                "share": numerator / organizations if organizations else 1.0,
                "numerator": numerator,
                "denominator": organizations,
                "at_least": 1.0,
                "limit_hours": self.limit_hours,
                "organizations_behind": len(behind),
                "worst_organizations": worst or "none",
            },
        )


RECENCIES = (
    Recency(
        "cliniko_api",
        "every_organization_imported",
        "Organizations whose Cliniko was read to a recent moment, every resource of it",
        recency.IMPORT_HOURS,
        recency.late_imports,
    ),
    Recency(
        "channel_webhooks",
        "every_event_taken_in",
        "Organizations whose events and decisions have reached contacts and conversations",
        recency.DERIVATION_HOURS,
        recency.late_derivations,
    ),
    Recency(
        "chatwoot_api",
        "every_organization_reconciled",
        "Organizations whose Chatwoot was compared lately with what its webhooks brought, or who have none",
        recency.RECONCILIATION_HOURS,
        recency.late_reconciliations,
    ),
)


@dg.multi_asset_check(
    name="recency_checks",
    specs=[one.spec() for one in RECENCIES],
    description="Whether each active organization is imported, taken in and reconciled; names the worst.",
)
def recency_checks(store: StoreResource):  # type: ignore[no-untyped-def]
    with store.database.reading() as connection:
        active = connection.execute(text("SELECT count(*) FROM organizations WHERE status = 'active'")).scalar_one()
        behind = [one.behind(connection) for one in RECENCIES]
    for one, found in zip(RECENCIES, behind, strict=True):
        yield one.result(found, int(active))
