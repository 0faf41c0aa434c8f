"""Group activity: who comes, what was said, and what was answered."""

from collections import Counter

import dagster as dg

from contact_hub.assets.derivation import derivation
from contact_hub.assets.organization_asset import cells, organization_asset, written
from contact_hub.replies.history import outcomes
from contact_hub.replies.intake import take_in
from contact_hub.replies.outbox import Outbox
from contact_hub.resources.store import StoreResource
from contact_hub.store.activity import write_active_patients
from contact_hub.store.channel_tables import conversations as conversations_table
from contact_hub.store.conversations import CONVERSATION_COLUMNS, CONVERSATIONS, KINDS
from contact_hub.store.reply_tables import replies as replies_table
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


@organization_asset(
    group="activity",
    tables=[conversations_table],
    kinds={"postgres", "sql"},
    deps=["contacts", "channel_identity_links", "channel_events"],
)
def conversations(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """One history a contact over all channels: how much was said where, when last, and since when somebody waits.

    The events themselves are in channel_events; who reads them by contact sees them in one order, whatever the channel.
    """
    differences = []
    for cell in cells(context):
        with derivation(store.database, store.clinic(cell.organization_id), "conversations") as derived:
            derived.fill(conversations_table, CONVERSATION_COLUMNS, CONVERSATIONS, kinds=KINDS, through=derived.number)
        differences += derived.differences
    return written(differences)


@organization_asset(
    group="activity",
    tables=[replies_table],
    kinds={"chatwoot", "postgres"},
    deps=["channel_events", "channel_identity_links"],
)
def replies(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """The outbox: one row a customer's message, whether it was answered, and why not, by state and reason for the day.

    The gateway takes messages in and answers them. This step sends nothing; where no gateway runs, it takes in what has landed
    and ends what it is too late for, so that what was not answered is seen.
    """
    by_outcome: Counter[str] = Counter()
    taken_in = ended = 0
    for cell in cells(context):
        taken_in += take_in(store.database, cell.organization_id)
        ended += Outbox(store.database).expire(cell.organization_id)
        with store.database.reading() as connection:
            by_outcome.update(outcomes(connection, cell.organization_id, cell.days[0], cell.days[-1]))
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": by_outcome.total(),
            "rows_inserted": taken_in,
            "rows_updated": ended,
            "rows_deleted": 0,
            **by_outcome,
        }
    )
