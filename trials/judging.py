"""What an answer must be, whatever was asked; and what must be in the store of everything that was accepted."""

import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any

from contact_hub.gateway.problems import MEDIA_TYPE
from contact_hub.store.quarantine import delivery_id_of
from trials.caller import Answer
from trials.damage import CANARY
from trials.odd_requests import Request
from trials.served import Served

MEMBERS = frozenset(("type", "title", "status", "detail", "code"))
LOGGED = ("a parser failed", "could not be landed", "unexpected error", "settling failed", "Traceback")
"""Of the gateway's log: errors of its own, also those of which nobody was told."""


def fault_of(request: Request, answer: Answer) -> str:
    """What is wrong with an answer, or nothing."""
    if answer.status >= 500:
        return f"status {answer.status}"
    if answer.status >= 400:
        return _fault_of_refusal(request, answer)
    if answer.status not in (200, 201, 202):
        return f"status {answer.status}"
    if request.provider is not None and request.method == "POST":
        return _fault_of_receipt(request, answer)
    return ""


def _fault_of_refusal(request: Request, answer: Answer) -> str:
    """A refusal says why in a problem document, and does not repeat what was sent."""
    if CANARY.encode() in answer.body:
        return f"status {answer.status} repeats what was sent"
    if request.method == "HEAD":  # has no body
        return ""
    if answer.content_type != MEDIA_TYPE:
        return f"status {answer.status} with content type {answer.content_type[:40]!r}"
    try:
        document = answer.json()
    except ValueError:
        return f"status {answer.status} whose body is not JSON"
    if set(document) - {"errors"} != MEMBERS or document["status"] != answer.status:
        return f"status {answer.status} with another document"
    if not document["code"] or not document["detail"]:
        return f"status {answer.status} does not say why"
    return ""


def _fault_of_receipt(request: Request, answer: Answer) -> str:
    """Every item of an accepted delivery is somewhere: an event, in quarantine, or understood and of no meaning. Only lists
    of nothing, also as n8n wraps them, hold no item."""
    receipt = answer.json()
    if receipt["accepted"] > len(receipt["event_ids"]):
        return "a receipt accepts more events than it names"
    if (
        not _NOTHING.fullmatch(request.body)
        and not receipt["event_ids"]
        and not receipt["quarantined"]
        and not receipt["ignored"]
    ):
        return "a delivery was accepted of which nothing is kept or ignored"
    return ""


_NOTHING = re.compile(rb'(?:[\[\]\s}]|\{\s*"(?:json|body)"\s*:)*')


@dataclass
class Ledger:
    """What the gateway said it has accepted. Safe to use from many threads."""

    accepted: int = 0
    event_ids: set[str] = field(default_factory=set)
    delivery_ids: set[str] = field(default_factory=set)
    contact_ids: set[str] = field(default_factory=set)
    decision_ids: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, request: Request, answer: Answer) -> None:
        """Note an answer in which nothing is wrong."""
        if answer.status not in (200, 201, 202) or request.method not in ("POST", "PUT"):
            return
        said = answer.json()
        with self._lock:
            if request.provider is not None:
                self._add_receipt(request, said)
            if request.route == "/contacts/find-or-create":
                self.contact_ids.add(said["contact_id"])
            self.decision_ids.update(said.get("decision_ids", ()))

    def _add_receipt(self, request: Request, receipt: dict[str, Any]) -> None:
        self.accepted += receipt["accepted"]
        self.event_ids.update(receipt["event_ids"])
        if receipt["quarantined"]:
            assert request.provider is not None
            self.delivery_ids.add(str(delivery_id_of(request.provider, request.body)))

    def missing(self, gateway: Served, organization_id: str) -> list[str]:
        """What of it is not in the store, or there more often than was said."""
        kept = {
            "events": (self.event_ids, "SELECT event_id FROM channel_events WHERE organization_id = :organization_id"),
            "contacts": (self.contact_ids, "SELECT id FROM contacts WHERE organization_id = :organization_id"),
            "decisions": (
                self.decision_ids,
                "SELECT decision_id FROM identity_decisions WHERE organization_id = :organization_id",
            ),
        }
        faults = []
        for what, (told, statement) in kept.items():
            found = {str(row[0]) for row in gateway.rows(statement, organization_id=organization_id)}
            if lost := told - found:
                faults.append(f"{len(lost)} of {len(told)} {what} that were accepted are not in the store")
        if lost := self.delivery_ids - quarantined(gateway, organization_id):
            faults.append(f"{len(lost)} of {len(self.delivery_ids)} deliveries that went into quarantine are not there whole")
        landed = gateway.rows(
            "SELECT count(*) FROM channel_events WHERE organization_id = :organization_id AND provider <> 'contact_hub'",
            organization_id=organization_id,
        )[0][0]
        if landed != self.accepted:
            faults.append(f"receipts speak of {self.accepted} new events, and {landed} have landed")
        return faults


def quarantined(gateway: Served, organization_id: str) -> set[str]:
    """Ids of the deliveries in quarantine whose bodies are the ones that came."""
    statement = "SELECT delivery_id, provider, body FROM quarantined_deliveries WHERE organization_id = :organization_id"
    rows = gateway.rows(statement, organization_id=organization_id)
    return {str(row.delivery_id) for row in rows if delivery_id_of(row.provider, bytes(row.body)) == row.delivery_id}


def faults_of_log(log: str) -> list[str]:
    """Errors of the gateway's own that its log tells of, and whether it repeats what was sent."""
    faults = [f"the gateway's log has {count} times: {what}" for what in LOGGED if (count := log.count(what))]
    return [*faults, *(["the gateway's log repeats what was sent"] if CANARY in log else [])]


def code_of(answer: Answer) -> str:
    """The code of a problem document, for tables and faults; empty for others."""
    try:
        return str(json.loads(answer.body).get("code", ""))[:60]
    except (ValueError, AttributeError):
        return ""
