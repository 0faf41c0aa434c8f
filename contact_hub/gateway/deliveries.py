"""A delivery, from bytes to durable events: the same way for a webhook and for a replay out of the quarantine."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from contact_hub.channels.event import Parsed, Problem, Provider
from contact_hub.channels.n8n import ROOT
from contact_hub.channels.parsers import PARSERS
from contact_hub.errors import stack_of
from contact_hub.gateway.payloads import payload_of
from contact_hub.gateway.problems import UNAVAILABLE, Refused
from contact_hub.store.database import Database
from contact_hub.store.events import LandedEvents, land_events
from contact_hub.store.organizations import Organization
from contact_hub.store.quarantine import keep, mark_replayed, quarantined_delivery

logger = logging.getLogger(__name__)

TAKES_FORM: frozenset[Provider] = frozenset(("twilio", "web_form"))
_ITEM = re.compile(r"\$.*\]|\$")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What an authenticated sender posted. `region` is the organization's; `content_type` is empty where none was stated."""

    organization_id: str
    region: str
    provider: Provider
    received_at: datetime
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a delivery.

    Attributes:
        accepted: events that are new.
        ignored: items that were understood and mean nothing here.
        quarantined: items that could not be read.
        event_ids: of all events that the delivery holds, known ones too.
    """

    accepted: int
    ignored: int
    quarantined: int
    event_ids: tuple[UUID, ...]


def receive(database: Database, delivery: Delivery) -> Received:
    """Land what can be read and put the delivery aside if something cannot; both are durable when this returns.

    Raises:
        Refused: it is not what this route takes at all; nothing was kept.
    """
    received, problems = _land(database, delivery)
    if problems:
        with database.transaction() as connection:
            keep(
                connection,
                delivery.organization_id,
                delivery.provider,
                body=delivery.body,
                content_type=delivery.content_type,
                problems=problems,
                received_at=delivery.received_at,
            )
    return received


def replay(database: Database, clinic: Organization, delivery_id: UUID) -> Received:
    """Read a delivery in quarantine again, as of when it came; it is resolved if all of it can be read now.

    Raises:
        ConfigurationError: the organization has no such delivery in quarantine.
    """
    with database.reading() as connection:
        kept = quarantined_delivery(connection, clinic.organization_id, delivery_id)
    provider = cast(Provider, kept.provider)
    delivery = Delivery(kept.organization_id, clinic.region, provider, kept.received_at, kept.content_type, kept.body)
    try:
        received, problems = _land(database, delivery)
    except Refused as refused:  # what the gateway takes has changed since
        received, problems = Received(0, 0, 1, ()), (Problem(refused.code, ROOT),)
    with database.transaction() as connection:
        mark_replayed(connection, clinic.organization_id, delivery_id, problems)
    return received


def _land(database: Database, delivery: Delivery) -> tuple[Received, tuple[Problem, ...]]:
    payload = payload_of(delivery.body, delivery.content_type, takes_form=delivery.provider in TAKES_FORM)
    parsed = _parse(payload, delivery)
    problems = parsed.problems
    landed = LandedEvents((), 0)
    if parsed.events:
        try:
            landed = land_events(database, delivery.organization_id, parsed.events, received_at=delivery.received_at)
        except UNAVAILABLE:
            raise
        except Exception as error:  # a fault of ours is no reason to lose what a provider sends but once
            logger.error("%s: a delivery could not be landed and is in quarantine\n%s", delivery.provider, stack_of(error))
            problems = (*problems, Problem("landing_error", ROOT))
    return Received(landed.accepted, parsed.ignored, _items(problems), landed.event_ids), problems


def _parse(payload: object, delivery: Delivery) -> Parsed:
    try:
        return PARSERS[delivery.provider](payload, region=delivery.region, received_at=delivery.received_at)
    except Exception as error:
        logger.error("%s: a parser failed; the delivery is in quarantine\n%s", delivery.provider, stack_of(error))
        return Parsed(problems=(Problem("parser_error", ROOT),))


def _items(problems: Iterable[Problem]) -> int:
    """How many items the problems are of: an item of a list may lack several members."""
    return len({match[0] if (match := _ITEM.match(problem.path)) is not None else ROOT for problem in problems})
