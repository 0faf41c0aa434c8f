"""Chatwoot's part of group channels: what its webhooks have lost is fetched."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field

from contact_hub import settings
from contact_hub.assets.organization_asset import cells, organization_asset
from contact_hub.automation.partitions import OrganizationDays, today
from contact_hub.directory.reconciliation import PROVIDER, Reconciled, reconcile
from contact_hub.errors import ContactHubError
from contact_hub.resources.chatwoot import ChatwootResource
from contact_hub.resources.store import StoreResource
from contact_hub.store.channel_tables import reconciliations
from contact_hub.store.chatwoot_access import readers
from contact_hub.store.connections import ChannelConnection, connections_of
from contact_hub.store.reconciliations import reconciled_through


class ReconciliationConfig(dg.Config):
    """How far back a reconciliation reads."""

    full: bool = Field(
        default=False,
        description="Read everything that Chatwoot has, whatever the watermark: also finds merges of contacts who are silent.",
    )


@organization_asset(group="channels", tables=[reconciliations], kinds={"chatwoot", "postgres"}, deps=["chatwoot_api"])
def chatwoot_reconciliation(
    context: dg.AssetExecutionContext, config: ReconciliationConfig, store: StoreResource, chatwoot: ChatwootResource
) -> dg.MaterializeResult[None]:
    """Messages and contacts that Chatwoot's webhooks have lost, read from its API and landed in channel_events.

    Chatwoot sends each webhook once, whatever becomes of it, and none at all when contacts are merged. So this asset stands
    before channel_events, beside the gateway, and what follows from its events follows as from any other. A run reads from the
    last complete one on (for a past day: from that day on); what had arrived already changes nothing.
    Its own table says how far each account has been read.
    """
    accounts = [(cell, account) for cell in cells(context) for account in _accounts(store, cell.organization_id)]
    done, failures = Reconciled(), []
    for cell, account in accounts:
        try:
            _reconcile(cell, account, store, chatwoot, done, full=config.full)
        except ContactHubError as error:
            failures.append(error)  # raised at the end: it must keep no other account from being read
    if failures:
        raise failures[0]
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": len(accounts),
            "polled": done.polled,
            "events_landed": done.landed,
            "addresses_moved": done.addresses_moved,
            "quarantined": done.quarantined,
            "requests": done.requests,
            **({} if accounts else {"skipped": "no Chatwoot connection with API access"}),
        }
    )


def _accounts(store: StoreResource, organization_id: str) -> list[ChannelConnection]:
    with store.database.reading() as connection:
        return readers(connections_of(connection, organization_id, PROVIDER))


def _reconcile(
    cell: OrganizationDays,
    account: ChannelConnection,
    store: StoreResource,
    chatwoot: ChatwootResource,
    done: Reconciled,
    *,
    full: bool,
) -> None:
    clinic = store.clinic(cell.organization_id)
    with chatwoot.client(account) as client:
        with store.database.reading() as connection:
            known = reconciled_through(connection, cell.organization_id, PROVIDER, client.account.base_url)
        reconcile(store.database, clinic, client, None if full else _since(cell, known), done)


def _since(cell: OrganizationDays, known: datetime | None) -> datetime | None:
    """The watermark; for a past day the day's beginning, if that is earlier."""
    if known is None or cell.days[0] == today():
        return known
    return min(known, datetime.combine(cell.days[0], time(), ZoneInfo(settings.time_zone())))
