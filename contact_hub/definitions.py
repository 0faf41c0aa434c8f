"""The graph on one page: everything that Dagster knows, listed by hand and built by one function."""

from collections.abc import Mapping

import dagster as dg

from contact_hub.assets.activity import active_patients, conversations, replies
from contact_hub.assets.chatwoot import chatwoot_reconciliation
from contact_hub.assets.cliniko import raw_cliniko_appointments, raw_cliniko_patients, raw_cliniko_practice
from contact_hub.assets.duplicates import contact_merges, duplicate_clusters
from contact_hub.assets.external import EXTERNAL
from contact_hub.assets.identity import channel_identity_links, contacts, normalized_contacts
from contact_hub.assets.policy import with_policy
from contact_hub.assets.reporting import clinic_report, contact_metrics
from contact_hub.assets.sources import SOURCES
from contact_hub.automation.jobs import JOBS
from contact_hub.automation.schedules import SCHEDULES
from contact_hub.automation.sensors import SENSORS
from contact_hub.checks.measured import CHECKS
from contact_hub.checks.recency import recency_checks
from contact_hub.resources.chatwoot import ChatwootResource
from contact_hub.resources.cliniko import ClinikoResource
from contact_hub.resources.redaction import mask_errors
from contact_hub.resources.store import StoreResource

ASSETS = (
    raw_cliniko_patients,
    raw_cliniko_appointments,
    raw_cliniko_practice,
    chatwoot_reconciliation,
    normalized_contacts,
    channel_identity_links,
    contacts,
    active_patients,
    conversations,
    replies,
    duplicate_clusters,
    contact_merges,
    contact_metrics,
    clinic_report,
)


def build_definitions(resources: Mapping[str, object] | None = None) -> dg.Definitions:
    """All definitions; ``resources`` replaces some of them by name (``store``, ``cliniko``, ``chatwoot``)."""
    mask_errors()
    return dg.Definitions(
        assets=dg.map_asset_specs(with_policy, [*SOURCES, *EXTERNAL, *ASSETS]),
        asset_checks=[*CHECKS, recency_checks],
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=SENSORS,
        resources={
            "store": StoreResource(),
            "cliniko": ClinikoResource(),
            "chatwoot": ChatwootResource(),
            **(resources or {}),
        },
        # A process a step costs ten times the work of these steps.
        executor=dg.in_process_executor,
    )


@dg.definitions
def definitions() -> dg.Definitions:
    return build_definitions()
