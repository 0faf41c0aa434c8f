"""Group activity: who comes."""

import dagster as dg

from contact_hub.assets.organization_asset import cells, organization_asset, written
from contact_hub.resources.store import StoreResource
from contact_hub.store.activity import write_active_patients
from contact_hub.store.tables import active_patient_days


@organization_asset(
    group="activity",
    tables=[active_patient_days],
    kinds={"postgres", "sql"},
    deps=["contacts", "channel_identity_links", "raw_cliniko_appointments", "raw_cliniko_practice"],
)
def active_patients(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """Contacts with an appointment in the window around the day: by default the 45 days before it and the 45 from it on.

    The day begins at midnight where the appointment takes place. Cancelled, deleted and archived appointments are out;
    no-shows are counted apart; a class counts through its attendees. The view active_patients shows the latest day.
    """
    differences = [
        write_active_patients(store.database, store.organization(cell.organization_id), day)
        for cell in cells(context)
        for day in cell.days
    ]
    return written(differences, active_patients=differences[-1].rows)
