"""Taking in what a walk over Chatwoot's API finds: batch by batch, each durable with its contacts before the next is read.

Polled messages have the external ids of their webhooks, so landing what had come already changes nothing. But Chatwoot merges
contacts without a word, and then a message that is known comes with another contact id than it did: that is news, and lands
as an event of its own, once.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from contact_hub.channels.chatwoot import parse
from contact_hub.channels.event import ChannelEvent, Parsed
from contact_hub.channels.values import hints, identity
from contact_hub.chatwoot import ChatwootClient, ChatwootError, missing_since
from contact_hub.directory.clinic import Clinic
from contact_hub.directory.settlement import settle_unsettled
from contact_hub.store.database import Database
from contact_hub.store.events import land
from contact_hub.store.quarantine import keep
from contact_hub.store.reconciliations import Pair, mark_reconciled, unstated_pairs

PROVIDER = "chatwoot"
BATCH = 200
"""Payloads a transaction."""
POLLED = "polled"
"""The hint of events that no webhook had brought before."""

Payload = dict[str, Any]


@dataclass
class Reconciled:
    """What a reconciliation has done so far.

    Attributes:
        polled: messages and contacts that were read.
        landed: events that no webhook had brought.
        addresses_moved: addresses in inboxes that belong to another Chatwoot contact than was known: it was merged.
        quarantined: payloads of which something could not be read.
        requests: sent to Chatwoot.
    """

    polled: int = 0
    landed: int = 0
    addresses_moved: int = 0
    quarantined: int = 0
    requests: int = 0


def reconcile(database: Database, clinic: Clinic, client: ChatwootClient, since: datetime | None, done: Reconciled) -> None:
    """Land whatever webhooks have lost since ``since`` (None: ever), and bring contacts up to date with it.

    The account's watermark moves with the last events, to when this began.

    Args:
        done: what was done is added to it, also where this raises.

    Raises:
        ChatwootError: the walk did not come to its end. What had been found has landed; the watermark stays.
    """
    began = datetime.now(UTC)
    batch: list[Payload] = []
    try:
        for payload in missing_since(client, since):
            batch.append(payload)
            if len(batch) == BATCH:
                _take_in(database, clinic, batch, done)
                batch = []
    except ChatwootError:
        _take_in(database, clinic, batch, done)
        raise
    finally:
        done.requests += client.requests_sent
    _take_in(database, clinic, batch, done, completes=(client.account.base_url, began))


def _take_in(
    database: Database,
    clinic: Clinic,
    payloads: Sequence[Payload],
    done: Reconciled,
    *,
    completes: tuple[str, datetime] | None = None,
) -> None:
    """Land a batch and settle it; ``completes``: the account whose walk it ends, and when that began."""
    now = datetime.now(UTC)
    read = [(payload, parse(payload, region=clinic.region, received_at=now)) for payload in payloads]
    with database.transaction() as connection:
        landed, moved = _land(connection, clinic.organization_id, [event for _, one in read for event in one.events], now)
        quarantined = _keep_unread(connection, clinic.organization_id, read, now)
        if completes is not None:
            account, began = completes
            mark_reconciled(connection, clinic.organization_id, PROVIDER, account, through=began)
    done.polled += len(payloads)
    done.landed += landed
    done.addresses_moved += moved
    done.quarantined += quarantined
    _settle(database, clinic)


def _land(connection: Connection, organization_id: str, events: Sequence[ChannelEvent], now: datetime) -> tuple[int, int]:
    """How many events were new, and how many addresses have another contact than was known."""
    if not events:
        return 0, 0
    landed = land(connection, organization_id, [_polled(event) for event in events], received_at=now).accepted
    by_pair = {pair: event for event in events for pair in contact_of_address(event)}
    news = unstated_pairs(connection, organization_id, PROVIDER, by_pair)
    moves = [_polled(moved_address(by_pair[pair], pair)) for pair in sorted(news)]
    if not moves:
        return landed, 0
    return landed, land(connection, organization_id, moves, received_at=now).accepted


def _polled(event: ChannelEvent) -> ChannelEvent:
    return replace(event, hints=tuple(sorted((*event.hints, *hints(**{POLLED: True})))))


def contact_of_address(event: ChannelEvent) -> Iterator[Pair]:
    """(address in an inbox, contact id) that Chatwoot states together in this event, if it does."""
    vouched = [one.value for one in event.identifiers if one.channel == "chatwoot" and one.claim != "stated"]
    address = next((value for value in vouched if not value.isdecimal()), None)
    contact = next((value for value in vouched if value.isdecimal()), None)
    if address is not None and contact is not None:
        yield address, contact


def moved_address(event: ChannelEvent, pair: Pair) -> ChannelEvent:
    """That an address belongs to another contact by now, as a known event shows when it is read again.

    As of that event, for by then the address was this person's.
    """
    address, contact = pair
    external_id = f"contact_inbox:{address}:{contact}"
    return ChannelEvent(
        provider="chatwoot",
        channel=event.channel,
        kind="identity_change",
        direction="in",
        external_id=identity(external_id) or external_id,
        occurred_at=event.occurred_at,
        identifiers=tuple(one for one in event.identifiers if one.claim != "stated"),
        account=event.account,
        conversation_id=event.conversation_id,
    )


def _keep_unread(connection: Connection, organization_id: str, read: Iterable[tuple[Payload, Parsed]], now: datetime) -> int:
    """Put aside the payloads of which something could not be read, as the gateway does; how many."""
    unread = [(payload, parsed.problems) for payload, parsed in read if parsed.problems]
    for payload, problems in unread:
        body = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
        keep(
            connection,
            organization_id,
            PROVIDER,
            body=body,
            content_type="application/json",
            problems=problems,
            received_at=now,
        )
    return len(unread)


def _settle(database: Database, clinic: Clinic) -> None:
    settled = True
    while settled:
        with database.writing(clinic.organization_id) as connection:
            settled = settle_unsettled(connection, clinic) > 0
