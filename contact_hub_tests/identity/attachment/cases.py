"""How a case is written, and the check of what a resolution makes of it.

A case reads like this::

    patients   "anna: Anna Smith, phone 1, adult"        Cliniko patient `anna`, whose record states phone 1
    accounts   "wa: whatsapp 'Annie', own phone 1"       a WhatsApp profile whose number WhatsApp vouches for
               "f: web_form 'Jo', typed email jo"        a form; what is typed into it nobody vouches for
    decisions  "link wa to anna"                         a person said so; a later decision about a record counts
    belongs    "wa to anna (phone)"                      wa is in the contact that anna founded, because of the phone
               "wa to wa (household: anna/ben)"          a contact of its own that may be either
               "cw to nobody (unreached)"                no contact
    held       "phone 1 of anna, shared by ben"          all identifiers, with their owner and who else holds them
    reviews    "wa email ben"                            wa's email points at ben, wa belongs to someone else

Accounts were created in the order in which they are listed, patients were changed after accounts.
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from contact_hub.identity.source_records import Decision
from contact_hub_tests.identity.attachment.worlds import Identifier, Outcome, Record, World, outcome


@dataclass(frozen=True)
class Case:
    what: str
    patients: str
    accounts: str
    belongs: str
    held: str
    decisions: str = ""
    reviews: str | None = ""
    """None: not said."""


FAMILY = "anna: Anna Smith, phone 1; ben: Ben Smith, phone 1"
TWO = "anna: Anna Smith, phone 1, email anna; ben: Ben Jones, phone 2, email ben"


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.what)


def check(case: Case) -> None:
    world = world_of(case)
    named = {record.key[1]: record.key for record in world.records}
    result = outcome(world)
    expected = {record.key: (record.key[1], "source_record", "") for record in world.records if record.patient}
    for line in phrases(case.belongs):
        name, founder, method, candidates = matched(r"(\S+) to (\S+) \((\w+)(?:: (\S+))?\)", line)
        expected[named[name]] = (founder, method, candidates or "")
    told = {
        key: (where.founder[1] if where.founder else "nobody", where.method, "/".join(one[1] for one in where.candidates))
        for key, where in result.belongs.items()
    }
    assert told == expected
    assert holders_told(result) == sorted(phrases(case.held))
    if case.reviews is not None:
        reviews = [f"{source_id} {kind} {result.keys[contact][1]}" for _, source_id, contact, kind in result.reviews]
        assert sorted(reviews) == sorted(phrases(case.reviews))
    for where in result.belongs.values():
        assert where.confidence == (1 / len(where.candidates) if where.method == "household" else 1)


def holders_told(result: Outcome) -> list[str]:
    told = []
    for (kind, value), (owner, *others) in result.holders(
        {"phone", "email", "instagram", "messenger", "chatwoot", "bsuid"}
    ).items():
        shared = f", shared by {' '.join(sorted(key[1] for key in others))}" if others else ""
        told.append(f"{kind} {label(kind, value)} of {owner[1]}{shared}")
    return sorted(told)


def world_of(case: Case) -> World:
    patients = [patient_of(line) for line in phrases(case.patients)]
    accounts = [account_of(line, day) for day, line in enumerate(phrases(case.accounts), start=1)]
    named = {record.key[1]: record.key for record in (*patients, *accounts)}
    decisions = []
    for number, line in enumerate(phrases(case.decisions), start=1):
        kind, about, target = matched(r"(link|merge) (\S+) (?:to|into) (\S+)", line)
        survivor, absorbed = (named.get(one, ("whatsapp", one)) for one in (target, about))
        authority = "source" if kind == "merge" else "person"
        decisions.append(Decision(kind, survivor, absorbed, "somebody", authority, number))
    return World((*patients, *accounts), tuple(decisions))


def patient_of(line: str) -> Record:
    name, text = line.split(": ", 1)
    called, *said = text.split(", ")
    first, preferred, last = matched(r"(\w+)(?: \((\w+)\))? (\w+)", called)
    return Record(
        ("cliniko", name),
        (first, last, preferred),
        tuple((*identifier(one), True) for one in said if " " in one),
        changed="2026-09-01",
        born={"child": "2016-01-01", "adult": "1980-01-01"}.get(said[-1]) if said else None,
        in_use="archived" not in said,
    )


def account_of(line: str, day: int) -> Record:
    name, text = line.split(": ", 1)
    called, *said = text.split(", ")
    source, profile = matched(r"(\w+)(?: '(.*)')?", called)
    stated = [one.split(" ", 1) for one in said if " " in one]
    return Record(
        (source, name),
        (profile or None, None, None),
        tuple((*identifier(one), how == "own") for how, one in stated),
        created=f"2026-03-{day:02}",
        founds="unused" not in said,
    )


def identifier(said: str) -> Identifier:
    kind, value = said.split(" ")
    return kind, {"phone": f"+6141234560{value}", "email": f"{value}@mail.au"}.get(kind, value)


def label(kind: str, value: str) -> str:
    return {"phone": value[-1], "email": value.partition("@")[0]}.get(kind, value)


def phrases(text: str) -> list[str]:
    return [phrase for phrase in re.split(r";\s*", text) if phrase]


def matched(pattern: str, text: str) -> tuple[Any, ...]:
    match = re.fullmatch(pattern, text)
    assert match, f"{text!r} is not how a case is written"
    return match.groups()
