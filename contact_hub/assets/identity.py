"""Group identity: who is who. Each step reads a whole organization, calls one pure function, writes the difference."""

from collections.abc import Callable
from itertools import chain

import dagster as dg

from contact_hub.assets.derivation import Derivation, derivation
from contact_hub.assets.organization_asset import cells, organization_asset, written
from contact_hub.identity.golden_records import CONTACT_COLUMNS, golden_records
from contact_hub.identity.linking import (
    LINK_COLUMNS,
    RECORD_LINK_COLUMNS,
    REVIEW_COLUMNS,
    link_rows,
    record_link_rows,
    review_rows,
)
from contact_hub.identity.normalized_rows import NORMALIZED_COLUMNS, patient_rows
from contact_hub.identity.own_identifiers import without_own
from contact_hub.identity.resolve import founders_of, resolve
from contact_hub.resources.store import StoreResource
from contact_hub.store import channel_tables, tables
from contact_hub.store.channel_rows import channel_rows
from contact_hub.store.identity_rows import (
    held_identifiers,
    identity_columns,
    linked_columns,
    patient_payloads,
)

KINDS = {"postgres", "python"}


@organization_asset(
    group="identity",
    tables=[tables.normalized_contacts, channel_tables.identifier_statements],
    kinds=KINDS,
    deps=["raw_cliniko_patients", "channel_events"],
    code_version="3",
)
def normalized_contacts(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """One row a source record: names, E.164 phones, emails, birth date and address, normalized; nothing merged.

    Cliniko patients, and the accounts, numbers, addresses and forms by which people have shown up on a channel. What could
    not be used is named in the column issues; the payload keeps it as it was typed.
    """

    def normalize(derived: Derivation) -> None:
        clinic = derived.clinic
        payloads = patient_payloads(derived.snapshot, clinic.organization_id)
        patients = patient_rows(payloads, region=clinic.region, today=clinic.today)
        rows = chain(patients, channel_rows(derived.snapshot, clinic.organization_id))
        derived.stage(tables.normalized_contacts, NORMALIZED_COLUMNS, rows)

    return _derive(context, store, "normalized_contacts", normalize)


@organization_asset(
    group="identity",
    tables=[tables.channel_identity_links, channel_tables.source_record_links, channel_tables.identity_reviews],
    kinds=KINDS,
    deps=["normalized_contacts", "raw_cliniko_practice", "identity_decisions"],
    code_version="2",
)
def channel_identity_links(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """Which contact each source record and identifier belongs to, by which method and how surely.

    Families share phones: one contact owns the number, the others hold it as shared. Placeholders, the clinic's own
    addresses and numbers on more than ten people link nobody. Who writes from a shared number without a name that fits is
    a household contact of their own.
    """

    def link(derived: Derivation) -> None:
        snapshot, clinic = derived.snapshot, derived.clinic
        identity = identity_columns(snapshot, clinic.organization_id)
        stated = without_own(identity.identifiers, clinic.own)
        resolution = resolve(identity.records, stated, identity.decisions, as_of=clinic.today)
        found = (identity.records, resolution, founders_of(identity.records, clinic.contact_ids))
        derived.stage(tables.channel_identity_links, LINK_COLUMNS, link_rows(*found))
        derived.stage(channel_tables.source_record_links, RECORD_LINK_COLUMNS, record_link_rows(*found))
        derived.stage(channel_tables.identity_reviews, REVIEW_COLUMNS, review_rows(*found))

    return _derive(context, store, "channel_identity_links", link)


@organization_asset(
    group="identity",
    tables=[tables.contacts],
    kinds=KINDS,
    deps=["normalized_contacts", "channel_identity_links"],
    code_version="2",
)
def contacts(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """One row a person: the golden record over their source records, with the source that won each field.

    A contact's id is a function of its founding record and never changes. A merged one stays and says where it went.
    """

    def fold(derived: Derivation) -> None:
        organization_id = derived.clinic.organization_id
        linked = linked_columns(derived.snapshot, organization_id)
        held = held_identifiers(derived.snapshot, organization_id)
        rows = golden_records(linked.records, linked.fields, linked.contact_id, linked.founds, held, linked.households)
        derived.stage(tables.contacts, CONTACT_COLUMNS, rows)

    return _derive(context, store, "contacts", fold)


def _derive(
    context: dg.AssetExecutionContext, store: StoreResource, asset: str, derive: Callable[[Derivation], None]
) -> dg.MaterializeResult[None]:
    """Derive the present state of each organization of the run."""
    differences = []
    for cell in cells(context):
        with derivation(store.database, store.clinic(cell.organization_id), asset) as derived:
            derive(derived)
        differences += derived.differences[:1]
    return written(differences)
