"""Group cliniko: payloads as Cliniko sent them. Here data enters; nothing is interpreted."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field

from contact_hub import settings
from contact_hub.assets.organization_asset import cells, organization_asset, written
from contact_hub.automation.partitions import OrganizationDays
from contact_hub.cliniko import (
    APPOINTMENT_TYPES,
    ATTENDEES,
    BUSINESSES,
    GROUP_APPOINTMENTS,
    INACTIVE_PRACTITIONERS,
    INDIVIDUAL_APPOINTMENTS,
    PATIENTS,
    PRACTITIONERS,
    ClinikoClient,
    NotFound,
    Page,
    Resource,
)
from contact_hub.cliniko.window import PullWindow, pull_window
from contact_hub.resources.cliniko import ClinikoResource
from contact_hub.resources.store import StoreResource
from contact_hub.store.landing import Landed, land, sync_states
from contact_hub.store.organizations import Organization
from contact_hub.store.raw_tables import RAW_TABLES

KINDS = {"cliniko", "postgres"}


class PullConfig(dg.Config):
    """How much a pull asks for."""

    full: bool = Field(
        default=False,
        description="Read everything that Cliniko has, whatever the watermark, and mark what it no longer has as vanished.",
    )


@organization_asset(group="cliniko", tables=[RAW_TABLES["patients"]], kinds=KINDS, deps=["cliniko_api"])
def raw_cliniko_patients(
    context: dg.AssetExecutionContext, config: PullConfig, store: StoreResource, cliniko: ClinikoResource
) -> dg.MaterializeResult[None]:
    """Cliniko's patients as its API sent them last, archived and merged ones included, one row a patient.

    A run asks for what changed up to the end of its day since the last one; a full import compares every id.
    """
    return _result(_pull(context, config, store, cliniko, [PATIENTS]))


@organization_asset(
    group="cliniko",
    tables=[RAW_TABLES["individual_appointments"], RAW_TABLES["group_appointments"], RAW_TABLES["attendees"]],
    kinds=KINDS,
    deps=["cliniko_api"],
)
def raw_cliniko_appointments(
    context: dg.AssetExecutionContext, config: PullConfig, store: StoreResource, cliniko: ClinikoResource
) -> dg.MaterializeResult[None]:
    """Cliniko's individual appointments, classes and attendees as its API sent them last, cancelled and deleted included.

    Three tables: a class says who comes only through its attendees.
    """
    return _result(_pull(context, config, store, cliniko, [INDIVIDUAL_APPOINTMENTS, GROUP_APPOINTMENTS, ATTENDEES]))


@organization_asset(
    group="cliniko",
    tables=[RAW_TABLES["businesses"], RAW_TABLES["practitioners"], RAW_TABLES["appointment_types"]],
    kinds=KINDS,
    deps=["cliniko_api"],
)
def raw_cliniko_practice(
    context: dg.AssetExecutionContext, config: PullConfig, store: StoreResource, cliniko: ClinikoResource
) -> dg.MaterializeResult[None]:
    """Cliniko's businesses, practitioners and appointment types: what "tomorrow at 2 pm with Anna" needs to be said.

    A business says in which time zone its days begin. Practitioners who left are read with every full import.
    """
    return _result(_pull(context, config, store, cliniko, [BUSINESSES, PRACTITIONERS, APPOINTMENT_TYPES]))


@dataclass(frozen=True)
class Pulled:
    """What the pulls of one step did: by resource, and the requests that they took."""

    landed: dict[str, Landed]
    requests: int


def _pull(
    context: dg.AssetExecutionContext,
    config: PullConfig,
    store: StoreResource,
    cliniko: ClinikoResource,
    resources: Sequence[Resource],
) -> list[Pulled]:
    return [_pull_organization(cell, config, store, cliniko, resources) for cell in cells(context)]


def _pull_organization(
    cell: OrganizationDays,
    config: PullConfig,
    store: StoreResource,
    cliniko: ClinikoResource,
    resources: Sequence[Resource],
) -> Pulled:
    clinic = store.organization(cell.organization_id)
    client = cliniko.client(store.database, clinic)
    with store.database.reading() as connection:
        states = sync_states(connection, clinic.organization_id)
    landed = {}
    for resource in resources:
        state = states.get(resource.name)
        window = _window(cell, state.changed_through if state else None, full=config.full)
        pages = _pages(client, cliniko, clinic, resource, window)
        landed[resource.name] = land(
            store.database,
            clinic.organization_id,
            resource.name,
            pages,
            changed_through=window.changed_through,
            sweep=window.complete,
        )
    return Pulled(landed, client.requests_sent)


def _window(cell: OrganizationDays, watermark: datetime | None, *, full: bool) -> PullWindow:
    zone = ZoneInfo(settings.time_zone())
    start = datetime.combine(cell.days[0], time(), zone).astimezone(UTC)
    end = datetime.combine(cell.days[-1] + timedelta(days=1), time(), zone).astimezone(UTC)
    return pull_window(start, end, watermark=watermark, now=datetime.now(UTC), full=full)


def _pages(
    client: ClinikoClient, cliniko: ClinikoResource, clinic: Organization, resource: Resource, window: PullWindow
) -> Iterator[list[dict[str, Any]]]:
    received = 0
    for page in _lists(client, resource, window):
        received += len(page.records)
        cliniko.page_received(clinic, resource.name, received, received + (page.remaining or 0))
        yield page.records


def _lists(client: ClinikoClient, resource: Resource, window: PullWindow) -> Iterator[Page]:
    yield from client.pages(resource, updated_from=window.updated_from, updated_before=window.updated_before)
    # Practitioners who left are a list of their own; a day's changes are not worth a request to it, and an account that
    # does not offer it lacks no more than a name beside an old appointment.
    if resource is PRACTITIONERS and window.updated_from is None:
        with contextlib.suppress(NotFound):
            yield from client.pages(INACTIVE_PRACTITIONERS, updated_before=window.updated_before)


def _result(pulls: Sequence[Pulled]) -> dg.MaterializeResult[None]:
    landed = [landed for pulled in pulls for landed in pulled.landed.values()]
    by_resource = {f"received_{name}": 0 for pulled in pulls for name in pulled.landed}
    for pulled in pulls:
        for name, one in pulled.landed.items():
            by_resource[f"received_{name}"] += one.received
    return written(
        (one.difference for one in landed),
        requests=sum(pulled.requests for pulled in pulls),
        records_vanished=sum(one.vanished for one in landed),
        **by_resource,
    )
