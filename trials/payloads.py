"""Malformed, hostile and odd requests to every route of a gateway in a process of its own; and some that are sound.

python -m trials payloads [--times 100000] [--seed 1] [--clients 8]

Real payloads of every provider and bodies of every route go wrong at random: values of another type, hostile texts, members
lost or doubled, nesting, length, bytes that are no JSON, content types, headers, paths, framing. Most are let in: they bear
the provider's signature or the organization's token.
No answer may be a 5xx. Each refusal must say why in a problem document and repeat nothing of what was sent. Of what was
accepted, every event, unread delivery, contact and decision must be in the store afterwards, once, and settled; and a run
of the batch must take it all in.
"""

import argparse
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from contact_hub.automation.partitions import today
from contact_hub.gateway.limits import BODY_LIMIT
from trials.caller import Answer, Caller
from trials.framing import send_broken
from trials.job_processes import Job, end_processes
from trials.judging import Ledger, code_of, fault_of, faults_of_log
from trials.odd_requests import SECRET, SECRETS, Known, Request, Requests
from trials.outcome import Outcome, progress
from trials.served import Served, served
from trials.stores import ORGANIZATION_ID, Store

BROKEN = 0.01
"""Share of requests whose framing is broken."""
MOST_FAULTS = 50


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m trials payloads", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--times", type=int, default=100_000, help="requests (default: 100000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=8, help="at once (default: 8)")
    chosen = parser.parse_args(arguments)
    outcome = Outcome(f"payloads: {chosen.times:,} requests, seed {chosen.seed}")
    environment = {"CONTACT_HUB_GATEWAY_RATE": "1000000", **dict.fromkeys(SECRETS.values(), SECRET)}
    with served(**environment) as gateway:
        trial = PayloadTrial(gateway, ORGANIZATION_ID, chosen.seed, outcome)
        with progress("requests", chosen.times) as trial.bar, ThreadPoolExecutor(chosen.clients) as pool:
            list(pool.map(lambda lane: trial.run(range(lane, chosen.times, chosen.clients)), range(chosen.clients)))
        trial.look_up()
        if said := Job("channels", today(), {}).complete(Store(gateway.database)):
            outcome.faults.append(said)
        end_processes()
    return outcome.print()


class PayloadTrial:
    """Sends and judges; what is wrong goes into the outcome.

    Args:
        organization_id: a new one.
    """

    def __init__(self, gateway: Served, organization_id: str, seed: int, outcome: Outcome) -> None:
        self.gateway, self.organization_id, self.seed, self.outcome = gateway, organization_id, seed, outcome
        self.bar: Any = None
        self._token = gateway.clinic(organization_id, SECRETS)
        self._known, self._ledger, self._lock = Known(), Ledger(), threading.Lock()
        self._requests = Requests(organization_id, self._token, gateway.port, seed, self._known)

    def run(self, numbers: range) -> None:
        """What one client sends, one after another."""
        with Caller(self.gateway.port) as caller:
            for number in numbers:
                if len(self.outcome.faults) < MOST_FAULTS:
                    self._one(caller, self._requests.make(number))
                if self.bar is not None:
                    self.bar.advance(0)

    def _one(self, caller: Caller, request: Request) -> None:
        chance = random.Random(f"{self.seed}:{request.number}:framing")
        try:
            if chance.random() < BROKEN:
                self._broken(request, chance)
            else:
                self._judge(request, caller.send(request.method, request.path, request.body, request.headers))
        except ConnectionError as error:  # of a body over the limit no more is read, and the 413 may be lost on the way
            caller.close()
            if len(request.body) <= BODY_LIMIT:
                self._fault(request, f"no answer ({type(error).__name__})")
            else:
                with self._lock:
                    self.outcome.count(request.route, "hung up")
        except Exception as error:
            self._fault(request, f"no answer ({type(error).__name__})")
            caller.close()

    def _broken(self, request: Request, chance: random.Random) -> None:
        """What is no HTTP is refused by the server, before there is a route that could say more; it may also just hang up."""
        answer = send_broken(self.gateway.port, request, chance)
        said = "hung up" if answer is None else str(answer.status)
        with self._lock:
            self.outcome.count("(broken framing)", said)
        if answer is not None and answer.status >= 500:
            self._fault(request, f"broken framing: status {answer.status}")
        elif answer is not None and answer.status < 300:
            self._fault(request, f"broken framing was accepted with {answer.status}")

    def _judge(self, request: Request, answer: Answer) -> None:
        with self._lock:
            self.outcome.count(request.route, str(answer.status))
        if fault := fault_of(request, answer):
            self._fault(request, f"{fault} {code_of(answer)}")
            return
        self._ledger.add(request, answer)
        if request.method == "POST" and answer.status in (200, 201) and request.provider is None:
            said = answer.json()
            self._known.contact_ids.extend([said["contact_id"]] if said.get("created") and "contact_id" in said else ())
            self._known.decision_ids.extend(said.get("decision_ids", ()))

    def _fault(self, request: Request, what: str) -> None:
        with self._lock:
            self.outcome.faults.append(f"request {request.number} ({request.method} {request.route}, {request.way}): {what}")

    def look_up(self) -> None:
        """What was accepted is there, and is settled."""
        faults, ledger = self.outcome.faults, self._ledger
        if left := self.gateway.unsettled(self.organization_id):
            faults.append(f"{left} records stay unsettled")
        faults += ledger.missing(self.gateway, self.organization_id)
        faults += faults_of_log(self.gateway.log.read_text(errors="replace"))
        self.outcome.notes.append(
            f"accepted, and looked up in the store: {len(ledger.event_ids):,} events, {len(ledger.delivery_ids):,} deliveries "
            f"in quarantine, {len(ledger.contact_ids):,} contacts, {len(ledger.decision_ids):,} decisions"
        )
