"""Group reporting: the numbers of each clinic and day, and the page made of them."""

import dagster as dg

from contact_hub import settings
from contact_hub.assets.organization_asset import cells, organization_asset, written
from contact_hub.measures import ALL_MEASURES
from contact_hub.measures.evaluation import write_metrics
from contact_hub.reporting import page, report_facts
from contact_hub.resources.store import StoreResource
from contact_hub.store.installation import secret_of
from contact_hub.store.reporting_tables import clinic_reports
from contact_hub.store.reporting_tables import contact_metrics as contact_metrics_table
from contact_hub.store.reports import report_path, write_report


@organization_asset(
    group="reporting",
    tables=[contact_metrics_table],
    kinds={"postgres", "sql"},
    deps=["contacts", "channel_identity_links", "active_patients", "conversations", "replies"],
)
def contact_metrics(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """The numbers by which a clinic's contacts are judged, as numerators and denominators, one row an organization and day.

    Each is counted by the same formula as the asset check of its name. Contacts and links are those of now, active patients
    and appointments those of the day; so a backfilled day tells what is known of it today.
    """
    differences = []
    for cell in cells(context):
        for day in cell.days:
            with store.database.transaction() as connection:
                differences.append(write_metrics(connection, ALL_MEASURES, cell.organization_id, day))
    return written(differences)


@organization_asset(
    group="reporting",
    tables=[clinic_reports],
    kinds={"postgres", "html"},
    deps=["contact_metrics", "duplicate_clusters", "replies"],
)
def clinic_report(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """A page of charts and measures for one clinic and day, counts only, that can be sent to the clinic.

    The link in the metadata opens it at the gateway, for whoever has the link.
    """
    differences = []
    for cell in cells(context):
        for day in cell.days:
            with store.database.transaction() as connection:
                html = page(report_facts(connection, cell.organization_id, day))
                differences.append(write_report(connection, cell.organization_id, day, html))
    path = report_path(secret_of(store.database), cell.organization_id, day)
    return written(differences, report=dg.MetadataValue.url(settings.gateway_url() + path))
