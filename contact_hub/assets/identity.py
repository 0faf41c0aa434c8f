"""Group identity: who is who. Each step reads a whole organization, calls one pure function, writes the difference."""

from collections.abc import Callable

import dagster as dg
from sqlalchemy import Connection

from contact_hub.assets.organization_asset import cells, organization_asset, written
from contact_hub.automation.partitions import today
from contact_hub.identity.golden_records import CONTACT_COLUMNS, golden_records
from contact_hub.identity.linking import LINK_COLUMNS, link_rows
from contact_hub.identity.normalized_rows import NORMALIZED_COLUMNS, patient_rows
from contact_hub.identity.own_identifiers import own_identifiers, without_own
from contact_hub.identity.resolve import founders_of, resolve
from contact_hub.resources.store import StoreResource
from contact_hub.store.difference import Difference, replace_rows
from contact_hub.store.identity_rows import (
    business_payloads,
    held_identifiers,
    linked_columns,
    normalized_columns,
    patient_payloads,
)
from contact_hub.store.tables import channel_identity_links as links_table
from contact_hub.store.tables import contacts as contacts_table
from contact_hub.store.tables import normalized_contacts as normalized_table

KINDS = {"postgres", "python"}


@organization_asset(group="identity", tables=[normalized_table], kinds=KINDS, deps=["raw_cliniko_patients"])
def normalized_contacts(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """One row a source record: names, E.164 phones, emails, birth date and address, normalized; nothing merged.

    What could not be used is named in the column issues; the payload keeps it as it was typed.
    """

    def normalize(connection: Connection, organization_id: str) -> Difference:
        region = store.organization(organization_id).region
        with store.database.reading() as snapshot:
            payloads = patient_payloads(snapshot, organization_id)
            rows = patient_rows(payloads, region=region, today=today())
            return replace_rows(connection, normalized_table, organization_id, NORMALIZED_COLUMNS, rows)

    return _derive(context, store, normalize)


@organization_asset(group="identity", tables=[links_table], kinds=KINDS, deps=["normalized_contacts", "raw_cliniko_practice"])
def channel_identity_links(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """Which contact each source record and identifier belongs to, by which method and how surely.

    Families share phones: one contact owns the number, the others hold it as shared. Placeholders, the clinic's own
    addresses and numbers on more than ten people link nobody.
    """

    def link(connection: Connection, organization_id: str) -> Difference:
        columns = normalized_columns(connection, organization_id)
        own = own_identifiers(business_payloads(connection, organization_id), store.organization(organization_id).region)
        stated = without_own(columns.identifiers, own)
        resolution = resolve(columns.records, stated, columns.decisions, as_of=today())
        contact_ids = founders_of(columns.records, store.contact_ids(organization_id))
        rows = link_rows(columns.records, resolution, contact_ids)
        return replace_rows(connection, links_table, organization_id, LINK_COLUMNS, rows)

    return _derive(context, store, link)


@organization_asset(
    group="identity", tables=[contacts_table], kinds=KINDS, deps=["normalized_contacts", "channel_identity_links"]
)
def contacts(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """One row a person: the golden record over their source records, with the source that won each field.

    A contact's id is a function of its founding record and never changes. A merged one stays and says where it went.
    """

    def fold(connection: Connection, organization_id: str) -> Difference:
        linked = linked_columns(connection, organization_id)
        held = held_identifiers(connection, organization_id)
        contact_ids = founders_of(linked.records, store.contact_ids(organization_id))
        rows = golden_records(linked.records, linked.fields, linked.contact_id, contact_ids, held)
        return replace_rows(connection, contacts_table, organization_id, CONTACT_COLUMNS, rows)

    return _derive(context, store, fold)


def _derive(
    context: dg.AssetExecutionContext, store: StoreResource, derive: Callable[[Connection, str], Difference]
) -> dg.MaterializeResult[None]:
    """Derive the present state of each organization of the run, each in a transaction of its own."""
    differences = []
    for cell in cells(context):
        with store.database.writing(cell.organization_id) as connection:
            differences.append(derive(connection, cell.organization_id))
    return written(differences)
