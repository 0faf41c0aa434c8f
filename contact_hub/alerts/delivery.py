"""Emptying the outbox of alerts: bounded in time, and never held up by a target that does not answer."""

import time
from dataclasses import dataclass
from itertools import groupby

from contact_hub.alerts.sending import TIMEOUT_S, tell
from contact_hub.errors import ContactHubError
from contact_hub.store.alerts import Delivery, claim_due, forget_old, settle
from contact_hub.store.database import Database

AT_ONCE = 200
BUDGET_S = 20.0
"""How long one round may take; a sensor's tick has a minute."""
BUSY_S = 300.0


@dataclass
class Round:
    """What one round did: alerts told, put off, and given up."""

    told: int = 0
    put_off: int = 0
    given_up: int = 0


def deliver_due(database: Database, *, budget_s: float = BUDGET_S, timeout_s: float = TIMEOUT_S) -> Round:
    """Tell each target all that is due to it, in one message; whoever cannot be told is tried again later.

    Args:
        budget_s: no target is begun with after so many seconds.
        timeout_s: how long one target may be silent.
    """
    done, end = Round(), time.monotonic() + budget_s
    with database.transaction() as connection:
        forget_old(connection)
        due = claim_due(connection, limit=AT_ONCE, busy_seconds=BUSY_S)
    due.sort(key=_target_of)  # stable: the oldest first within a target
    for _, group in groupby(due, key=_target_of):
        if time.monotonic() >= end:
            break  # what is left was claimed, and is due again when that runs out
        deliveries = list(group)
        delivered = _told(deliveries, timeout_s)
        with database.transaction() as connection:
            given_up = settle(connection, deliveries, delivered=delivered)
        done.told += len(deliveries) if delivered else 0
        done.given_up += given_up
        done.put_off += 0 if delivered else len(deliveries) - given_up
    return done


def _target_of(delivery: Delivery) -> tuple[str, str]:
    return delivery.target.scope, delivery.target.name


def _told(deliveries: list[Delivery], timeout_s: float) -> bool:
    try:
        tell(deliveries[0].target, [one.body for one in deliveries], timeout_s=timeout_s)
    except ContactHubError:
        return False
    return True
