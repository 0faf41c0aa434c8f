"""Callers at once, over HTTP, of a gateway in a process of its own: one contact a person, and nobody is turned away.

python -m trials callers [--callers 1000] [--clients 64] [--seed 1]

One: so many callers ask find-or-create for one new identifier at one moment, each on a connection of its own. All must be
answered with one contact, which one of them made; the store must hold it once.
Two: so many clients ask about overlapping families (shared phones under several names, emails, social accounts, each
question several times and in an order of the client's own). All must be answered, and every identifier owned by one contact.
Which identifiers belong together must be as one caller leaves it who asks the same questions one after another, and as
a derivation of everything finds it; ids, names and times follow who was first, and are not compared with the one caller's.
"""

import argparse
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import text

from contact_hub.automation.partitions import today
from trials.caller import Answer, Caller
from trials.families import questions
from trials.job_processes import Job, end_processes
from trials.outcome import Outcome, progress
from trials.served import Served, served
from trials.stores import ORGANIZATION_ID, Store, differences

NEWCOMER = ("0412 345 678", "+61412345678", "61412345678", "+61 412 345 678", "0412345678")
"""One number as several callers write it."""
CROWD, ONE_CALLER = ORGANIZATION_ID, "org_one_caller"
IDENTITY = ("normalized_contacts", "source_record_links", "channel_identity_links", "identity_reviews", "contacts")
_THREAD_BYTES = 512 * 1024


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m trials callers", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--callers", type=int, default=1000, help="of one new identifier (default: 1000)")
    parser.add_argument("--clients", type=int, default=64, help="on overlapping families (default: 64)")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    outcome = Outcome(f"callers: {chosen.callers} of one identifier, {chosen.clients} on families, seed {chosen.seed}")
    threading.stack_size(_THREAD_BYTES)
    with served() as gateway:
        ask_at_once(gateway, chosen.callers, outcome)
        ask_about_families(gateway, chosen.clients, random.Random(chosen.seed), outcome)
        end_processes()
    return outcome.print()


def ask_at_once(gateway: Served, callers: int, outcome: Outcome) -> None:
    """One."""
    token = gateway.clinic("org_newcomer")
    path = "/v1/org_newcomer/contacts/find-or-create"

    def ask(number: int) -> Answer:
        with Caller(gateway.port, token) as caller:
            caller.connect()
            everybody.wait(120)
            return _answered(caller, path, {"channel": "whatsapp", "identifier": NEWCOMER[number % len(NEWCOMER)]}, outcome)

    everybody = threading.Barrier(callers)
    answers = in_threads(ask, range(callers))
    judge_newcomers(answers, outcome)
    judge_rows(gateway, callers, outcome)


def judge_rows(gateway: Served, callers: int, outcome: Outcome) -> None:
    """The store has it once."""
    for table in ("contacts", "channel_records", "channel_events"):
        rows = gateway.rows(f"SELECT count(*) FROM {table} WHERE organization_id = 'org_newcomer'")[0][0]
        outcome.count("one new identifier", table, rows)
        if rows != 1:
            outcome.faults.append(f"{callers} callers of one identifier left {rows} rows in {table}")


def judge_newcomers(answers: Sequence[Answer], outcome: Outcome) -> None:
    """One contact, made once, and told to all."""
    for answer in answers:
        outcome.count("one new identifier", f"status {answer.status}")
        if answer.status not in (200, 201):
            outcome.faults.append(f"a caller of one identifier got {answer.status}")
    told = [answer.json() for answer in answers if answer.status in (200, 201)]
    if len({one["contact_id"] for one in told}) != 1:
        outcome.faults.append(f"callers of one identifier were told of {len({one['contact_id'] for one in told})} contacts")
    if sum(one["created"] for one in told) != 1:
        outcome.faults.append(f"{sum(one['created'] for one in told)} callers of one identifier were told that they made it")


def ask_about_families(gateway: Served, clients: int, chance: random.Random, outcome: Outcome) -> None:
    """Two."""
    asked = questions()
    token = gateway.clinic(CROWD)
    orders = [chance.sample(asked, len(asked)) for _ in range(clients)]
    everybody = threading.Barrier(clients)

    with progress("questions", clients * len(asked)) as bar:

        def ask(order: Sequence[dict[str, Any]]) -> None:
            with Caller(gateway.port, token) as caller:
                everybody.wait(120)
                for question in order:
                    answer = _answered(caller, f"/v1/{CROWD}/contacts/find-or-create", question, outcome)
                    outcome.count("families", f"status {answer.status}")
                    if answer.status not in (200, 201):
                        outcome.faults.append(f"a client on families got {answer.status}")
                    bar.advance(0)  # type: ignore[arg-type]

        in_threads(ask, orders)
    token = gateway.clinic(ONE_CALLER)
    with Caller(gateway.port, token) as caller:
        for question in asked:
            _answered(caller, f"/v1/{ONE_CALLER}/contacts/find-or-create", question, outcome)
    if left := sum(gateway.unsettled(clinic) for clinic in (CROWD, ONE_CALLER)):
        outcome.faults.append(f"{left} records stay unsettled")
    _judge_families(gateway, outcome)


def _judge_families(gateway: Served, outcome: Outcome) -> None:
    links = """
        SELECT organization_id, channel, identifier, contact_id, role FROM channel_identity_links
        WHERE organization_id IN (:crowd, :one_caller)"""
    rows = gateway.rows(links, crowd=CROWD, one_caller=ONE_CALLER)
    of_crowd, of_one = (
        together([(row.channel, row.identifier, row.contact_id) for row in rows if row.organization_id == organization])
        for organization in (CROWD, ONE_CALLER)
    )
    outcome.count("families", "contacts", len(of_crowd))
    owners = [(row.channel, row.identifier) for row in rows if row.organization_id == CROWD and row.role == "owner"]
    if doubled := len(owners) - len(set(owners)):
        outcome.faults.append(f"{doubled} identifiers of families have several owners")
    if of_crowd != of_one:
        outcome.faults.append(
            f"{len(of_crowd ^ of_one)} contacts hold other identifiers than those that one caller would have made"
        )
    _judge_derivation(gateway, outcome)


def together(links: Sequence[tuple[str, str, Any]]) -> frozenset[frozenset[tuple[str, str]]]:
    """Which identifiers belong to one contact, from (channel, identifier, contact id)."""
    contacts: dict[Any, set[tuple[str, str]]] = {}
    for channel, identifier, contact_id in links:
        contacts.setdefault(contact_id, set()).add((channel, identifier))
    return frozenset(map(frozenset, contacts.values()))


def _judge_derivation(gateway: Served, outcome: Outcome) -> None:
    """All rows of identity, but for times, are those of a derivation of everything."""
    store = Store(gateway.database)
    before = store.rows()
    with gateway.database.transaction() as connection:
        for table in IDENTITY:
            connection.execute(text(f"DELETE FROM {table} WHERE organization_id = '{CROWD}'"))
    if said := Job("channels", today(), {}).complete(store):
        outcome.faults.append(said)
    for table, difference in differences(before, store.rows()).items():
        if table.removeprefix("public.") in IDENTITY:
            outcome.faults.append(f"a derivation of everything finds other rows: {table} {difference}")


def _answered(caller: Caller, path: str, payload: dict[str, Any], outcome: Outcome) -> Answer:
    """The answer; one that says to come again later is heeded, as callers do."""
    while (answer := caller.post(path, payload)).status == 429:
        outcome.count("told to come again later", "status 429")
        time.sleep(answer.retry_after)
    return answer


def in_threads(work: Callable[[Any], Any], each: Sequence[Any]) -> list[Any]:
    """What the work returns for each, every one in a thread of its own."""
    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(work, each))
