"""Channel records: whose they are. The rules of DESIGN §7 as a table of cases, and what must hold for any records.

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

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.identity.contact_ids import contact_id_namer
from contact_hub.identity.decisions import standing
from contact_hub.identity.golden_records import CONTACT_COLUMNS, SURVIVING_FIELDS, HeldIdentifiers, golden_records
from contact_hub.identity.linking import link_rows, record_link_rows, review_rows
from contact_hub.identity.resolve import founders_of, resolve
from contact_hub.identity.source_records import Decision, SourceRecords, StatedIdentifiers

AS_OF = date(2026, 11, 23)
LANDLINE = "+61293334444"
Key = tuple[str, str]
Identifier = tuple[str, str]
name_contact = lru_cache(maxsize=1 << 12)(contact_id_namer(b"secret", "org"))


@dataclass(frozen=True)
class Record:
    """A source record; ``states`` are (kind, value, whether it is vouched for)."""

    key: Key
    name: tuple[str | None, str | None, str | None] = (None, None, None)
    states: tuple[tuple[str, str, bool], ...] = ()
    created: str | None = "2020-01-01"
    changed: str = "2026-06-01"
    born: str | None = None
    in_use: bool = True
    founds: bool = True

    @property
    def patient(self) -> bool:
        return self.key[0] == "cliniko"

    @property
    def identifiers(self) -> set[Identifier]:
        return {(kind, value) for kind, value, _ in self.states}


@dataclass(frozen=True)
class World:
    """All that resolution sees."""

    records: tuple[Record, ...]
    decisions: tuple[Decision, ...] = ()
    max_holders: int = 10


class Belonging(NamedTuple):
    """Where a record belongs, by the keys of founding records."""

    founder: Key | None
    method: str
    candidates: tuple[Key, ...]
    confidence: float


@dataclass(frozen=True)
class Outcome:
    """The rows that a resolution gives."""

    belongs: Mapping[Key, Belonging]
    links: frozenset[tuple[Any, ...]]
    reviews: frozenset[tuple[Any, ...]]
    keys: Mapping[UUID, Key] = field(compare=False)

    def holders(self, channels: Iterable[str]) -> dict[Identifier, list[Key]]:
        """Who holds each identifier of these channels: the owner, then the others by key."""
        held: dict[Identifier, list[tuple[bool, Key]]] = {}
        for channel, identifier, contact_id, role, *_ in self.links:
            if channel in channels:
                held.setdefault((channel, identifier), []).append((role != "owner", self.keys[contact_id]))
        assert all([role for role, _ in sorted(each)].count(False) == 1 for each in held.values())
        return {identifier: [key for _, key in sorted(each)] for identifier, each in held.items()}


def outcome(world: World) -> Outcome:
    records, identifiers = columns(world.records)
    resolution = resolve(records, identifiers, world.decisions, as_of=AS_OF, max_holders=world.max_holders)
    ids = founders_of(records, name_contact)
    keys = {contact_id: record.key for contact_id, record in zip(ids, world.records, strict=True)}
    belongs = {}
    for source, source_id, contact_id, founds, method, confidence, candidates in record_link_rows(records, resolution, ids):
        assert founds == name_contact(source, source_id)
        founder = None if contact_id is None else keys[contact_id]
        belongs[source, source_id] = Belonging(founder, method, tuple(keys[one] for one in candidates), confidence)
    links, reviews = list(link_rows(records, resolution, ids)), list(review_rows(records, resolution, ids))
    assert len({row[:3] for row in links}) == len(links), "a contact holds an identifier once"
    assert len({row[:3] for row in reviews}) == len(reviews), "a review is one row a record and contact"
    return Outcome(belongs, frozenset(links), frozenset(reviews), keys)


def columns(people: Sequence[Record]) -> tuple[SourceRecords, StatedIdentifiers]:
    records = SourceRecords(
        source=column([record.key[0] for record in people]),
        source_id=column([record.key[1] for record in people]),
        created_at=np.array([record.created or "NaT" for record in people], "datetime64[us]"),
        updated_at=np.array([record.changed for record in people], "datetime64[us]"),
        birth_date=np.array([record.born or "NaT" for record in people], "datetime64[D]"),
        in_use=np.array([record.in_use for record in people], np.bool_),
        names=column([record.name for record in people]),
        founds=np.array([record.founds for record in people], np.bool_),
    )
    stated = [(position, *statement) for position, record in enumerate(people) for statement in record.states]
    identifiers = StatedIdentifiers(
        record=np.array([position for position, *_ in stated], np.intp),
        kind=column([kind for _, kind, _, _ in stated]),
        value=column([value for _, _, value, _ in stated]),
        vouched=np.array([vouched for *_, vouched in stated], np.bool_),
    )
    return records, identifiers


def column(values: Sequence[Any]) -> np.ndarray:
    filled = np.empty(len(values), object)
    for position, value in enumerate(values):
        filled[position] = value
    return filled


def golden_rows(world: World) -> dict[UUID, str]:
    """The golden records of a world as text, by id; in one of them everything counts, the order of keys aside."""
    result = outcome(world)
    people = [record for record in world.records if result.belongs[record.key].founder is not None]
    records, _ = columns(people)
    fields = {name: column([None] * len(people)) for name in SURVIVING_FIELDS}
    fields["name"] = column([" ".join(filter(None, record.name)) or None for record in people])
    for kind in ("phone", "email"):
        values = [min((value for named, value, _ in record.states if named == kind), default=None) for record in people]
        fields[kind] = column(values)
    fields["status"] = column(["active" if record.in_use else "archived" for record in people])
    fields["original"] = column([{"id": record.key[1]} for record in people])
    contact_of = column([name_contact(*result.belongs[record.key].founder) for record in people])  # type: ignore[misc]
    households = {
        name_contact(*key): [name_contact(*one) for one in where.candidates]
        for key, where in result.belongs.items()
        if where.method == "household"
    }
    rows = list(golden_records(records, fields, contact_of, founders_of(records, name_contact), held(result), households))
    named = [dict(zip(CONTACT_COLUMNS, row, strict=True)) for row in rows]
    assert len({row["id"] for row in named}) == len(named)
    return {row["id"]: json.dumps(row, sort_keys=True, default=str) for row in named}


def held(result: Outcome) -> dict[UUID, HeldIdentifiers]:
    channels: dict[UUID, dict[str, list[str]]] = {}
    owned: dict[UUID, list[str]] = {}
    for channel, identifier, contact_id, role, *_ in sorted(result.links, key=lambda row: row[:2]):
        channels.setdefault(contact_id, {}).setdefault(channel, []).append(identifier)
        if channel == "phone" and role == "owner":
            owned.setdefault(contact_id, []).append(identifier)
    return {contact_id: HeldIdentifiers(each, tuple(owned.get(contact_id, ()))) for contact_id, each in channels.items()}


# Cases -----------------------------------------------------------------------------------------------------------------


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
OFFICE = "; ".join(f"p{i:02}: Pat{i} Lee, phone 1" for i in range(11))
FORMS = "; ".join(f"f{i:02}: web_form 'Name{chr(97 + i)}', typed phone 1" for i in range(11))
EACH_FORM = "; ".join(f"f{i:02} to f{i:02} (source_record)" for i in range(11))

CASES = [
    Case(
        "a WhatsApp from the number of one patient is hers, whatever the profile is called",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp 'Surfer 🏄', own phone 1",
        belongs="wa to anna (phone)",
        held="phone 1 of anna",
    ),
    Case(
        "a WhatsApp from nobody's number is a contact",
        patients="anna: Anna Smith, phone 2",
        accounts="wa: whatsapp 'Anna Smith', own phone 1",
        belongs="wa to wa (source_record)",
        held="phone 1 of wa; phone 2 of anna",
    ),
    Case(
        "a name alone finds nobody",
        patients="anna: Anna Smith",
        accounts="ig: instagram 'Anna Smith', own instagram i; cw: chatwoot 'Anna Smith', own chatwoot 7",
        belongs="ig to ig (source_record); cw to cw (source_record)",
        held="instagram i of ig; chatwoot 7 of cw",
    ),
    Case(
        "an email from the address of one patient is hers",
        patients="anna: Anna Smith, email anna",
        accounts="em: email 'A.', own email anna",
        belongs="em to anna (email)",
        held="email anna of anna",
    ),
    Case(
        "two numbers of one patient",
        patients="anna: Anna Smith, phone 1, phone 2",
        accounts="w1: whatsapp, own phone 1; w2: whatsapp, own phone 2",
        belongs="w1 to anna (phone); w2 to anna (phone)",
        held="phone 1 of anna; phone 2 of anna",
    ),
    Case(
        "an archived duplicate of a patient makes no family",
        patients="anna: Anna Smith, phone 1; old: Anna Smith, phone 1, archived",
        accounts="wa: whatsapp 'Surfer', own phone 1",
        belongs="wa to anna (phone)",
        held="phone 1 of anna, shared by old",
    ),
    Case(
        "who has a number of their own does not become the one whose number they mention",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp 'Ben', own phone 2, typed phone 1; w3: whatsapp 'Cy', own phone 3, typed phone 2",
        belongs="wa to wa (source_record); w3 to w3 (source_record)",
        held="phone 1 of anna; phone 2 of wa; phone 3 of w3",
    ),
    # Families
    Case(
        "the profile's name chooses in a family of two",
        patients=FAMILY,
        accounts="wa: whatsapp 'ben 🌊', own phone 1",
        belongs="wa to ben (name: anna/ben)",
        held="phone 1 of anna, shared by ben",
    ),
    Case(
        "a name that fits nobody of the family chooses nobody",
        patients=FAMILY,
        accounts="wa: whatsapp 'Carla', own phone 1",
        belongs="wa to wa (household: anna/ben)",
        held="phone 1 of anna, shared by ben wa",
    ),
    *(
        Case(
            f"'{name}' chooses nobody in a family",
            patients=FAMILY,
            accounts=f"wa: whatsapp '{name}', own phone 1",
            belongs="wa to wa (household: anna/ben)",
            held="phone 1 of anna, shared by ben wa",
        )
        for name in ("Mum", "Smith", "The Smiths", "🏄🌊", "Mum of Ben", "Ben Jones", "B.", "Anna Ben", "")
    ),
    Case(
        "a name that fits two of three chooses nobody",
        patients=FAMILY + "; cleo: Anna Jones, phone 1",
        accounts="w1: whatsapp 'Anna', own phone 1; cw: chatwoot 'Anna Jones', own phone 1",
        belongs="w1 to w1 (household: anna/ben/cleo); cw to cleo (name: anna/ben/cleo)",
        held="phone 1 of anna, shared by ben cleo w1",
    ),
    Case(
        "twins: the first name chooses, the family's name does not",
        patients="tim: Tim Lee, phone 1, child; tom: Tom Lee, phone 1, child",
        accounts="w1: whatsapp 'Tom Lee', own phone 1; w2: messenger 'Lee', own messenger m, typed phone 1",
        belongs="w1 to tom (name: tim/tom); w2 to w2 (household: tim/tom)",
        held="phone 1 of tim, shared by tom; messenger m of w2",
    ),
    Case(
        "a child owns the number before a household does",
        patients="tim: Tim Lee, phone 1, child; tom: Tom Lee, phone 1, child",
        accounts="wa: whatsapp 'Lee', own phone 1",
        belongs="wa to wa (household: tim/tom)",
        held="phone 1 of tim, shared by tom wa",
    ),
    Case(
        "the adult owns the family's number, the household is told nothing of it",
        patients="amy: Amy Smith, phone 1, child; zoe: Zoe Smith, phone 1, adult",
        accounts="wa: whatsapp 'Mum', own phone 1",
        belongs="wa to wa (household: amy/zoe)",
        held="phone 1 of zoe, shared by amy wa",
    ),
    Case(
        "a preferred name chooses too",
        patients="anna: Anna (Annie) Smith, phone 1; ben: Ben Smith, phone 1",
        accounts="wa: whatsapp 'Annie Smith', own phone 1",
        belongs="wa to anna (name: anna/ben)",
        held="phone 1 of anna, shared by ben",
    ),
    Case(
        "a form with the family's number and a name",
        patients=FAMILY,
        accounts="f: web_form 'Ben Smith', typed phone 1",
        belongs="f to ben (name: anna/ben)",
        held="phone 1 of anna, shared by ben",
    ),
    Case(
        "a form pointing at a household belongs to it",
        patients=FAMILY,
        accounts="wa: whatsapp 'Mum', own phone 1, own email fam; f: web_form 'Mum', typed email fam",
        belongs="wa to wa (household: anna/ben); f to wa (email_stated)",
        held="phone 1 of anna, shared by ben wa; email fam of wa",
    ),
    Case(
        "a household whose form came first is a household all the same",
        patients=FAMILY,
        accounts="f: web_form 'Mum', typed email fam; wa: whatsapp 'Mum', own phone 1, own email fam",
        belongs="f to f (household: anna/ben); wa to f (same_account: anna/ben)",
        held="phone 1 of anna, shared by ben f; email fam of f",
    ),
    Case(
        "a household that states somebody's email does not become theirs",
        patients=FAMILY,
        accounts="em: email, own email jo; wa: whatsapp 'Mum', own phone 1, typed email jo",
        belongs="em to em (source_record); wa to wa (household: anna/ben)",
        held="phone 1 of anna, shared by ben wa; email jo of em",
    ),
    Case(
        "one account of two families' numbers may be anybody's of them",
        patients=FAMILY + "; cleo: Cleo Lee, phone 2; dan: Dan Lee, phone 2",
        accounts="w1: whatsapp, own phone 1, own chatwoot 7; w2: whatsapp 'Mum', own phone 2, own chatwoot 7",
        belongs="w1 to w1 (household: anna/ben/cleo/dan); w2 to w1 (same_account: cleo/dan)",
        held="phone 1 of anna, shared by ben w1; phone 2 of cleo, shared by dan w1; chatwoot 7 of w1",
    ),
    # Phone and email
    Case(
        "the phone beats the email, and a person looks at it",
        patients=TWO,
        accounts="cw: chatwoot 'Ben', own phone 1, own email ben",
        belongs="cw to anna (phone)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben, shared by anna",
        reviews="cw email ben",
    ),
    Case(
        "phone and email that agree are nothing to look at",
        patients=TWO,
        accounts="cw: chatwoot, own phone 1, own email anna",
        belongs="cw to anna (phone)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
    ),
    Case(
        "an email of the family that the patient holds too is nothing to look at",
        patients="anna: Anna Smith, phone 1, email fam; ben: Ben Smith, email fam",
        accounts="cw: chatwoot, own phone 1, own email fam",
        belongs="cw to anna (phone)",
        held="phone 1 of anna; email fam of anna, shared by ben",
    ),
    Case(
        "the phone beats the email in a form too; what is typed is neither shared nor owned",
        patients=TWO,
        accounts="f: web_form 'Ben Jones', typed phone 1, typed email ben",
        belongs="f to anna (phone_stated)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews="f email ben",
    ),
    Case(
        "what a channel vouches for beats what is typed: an email before a phone",
        patients=TWO,
        accounts="em: email, own email ben, typed phone 1",
        belongs="em to ben (email)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews="em phone anna",
    ),
    # What is typed
    Case(
        "a phone typed into a direct message links the account, and stays the patient's",
        patients="anna: Anna Smith, phone 1",
        accounts="ig: instagram 'surf', own instagram i, typed phone 1",
        belongs="ig to anna (phone_stated)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "an email typed into a form links the form",
        patients="anna: Anna Smith, email anna",
        accounts="f: web_form 'Anna', typed email anna, typed phone 1",
        belongs="f to anna (email_stated)",
        held="email anna of anna; phone 1 of anna",
    ),
    Case(
        "a form whose phone is nobody's does not make a patient's email its own",
        patients="anna: Anna Smith, email anna",
        accounts="wa: whatsapp, own phone 1; f: web_form, typed phone 1, typed email anna",
        belongs="wa to wa (source_record); f to anna (email_stated)",
        held="email anna of anna; phone 1 of wa",
    ),
    Case(
        "two forms with one phone and no patient are one contact",
        patients="",
        accounts="f1: web_form 'Jo', typed phone 1; f2: web_form 'Jo Lee', typed phone 1",
        belongs="f1 to f1 (source_record); f2 to f1 (phone_stated)",
        held="phone 1 of f1",
    ),
    Case(
        "whose is first is the time's to say, not the name's",
        patients="",
        accounts="z: web_form 'Jo', typed phone 1; a: web_form 'Jo Lee', typed phone 1",
        belongs="z to z (source_record); a to z (phone_stated)",
        held="phone 1 of z",
    ),
    Case(
        "two forms with one phone, after the patient is registered",
        patients="jo: Jo Lee, phone 1",
        accounts="f1: web_form 'Jo', typed phone 1; f2: web_form 'Jo Lee', typed phone 1",
        belongs="f1 to jo (phone_stated); f2 to jo (phone_stated)",
        held="phone 1 of jo",
    ),
    Case(
        "a chain of forms, each of which points at the one before",
        patients="",
        accounts="f1: web_form, typed phone 1; f2: web_form, typed phone 1, typed email a; f3: web_form, typed email a",
        belongs="f1 to f1 (source_record); f2 to f1 (phone_stated); f3 to f1 (email_stated)",
        held="phone 1 of f1; email a of f1",
    ),
    Case(
        "a form that points at two accounts joins neither",
        patients="",
        accounts="w1: whatsapp, own phone 1; w2: whatsapp, own phone 2; f: web_form, typed phone 1, typed phone 2",
        belongs="w1 to w1 (source_record); w2 to w2 (source_record); f to f (source_record)",
        held="phone 1 of w1; phone 2 of w2",
    ),
    Case(
        "a form that points at one account by phone and another by email goes with the phone",
        patients="",
        accounts="em: email, own email jo; wa: whatsapp, own phone 1; f: web_form, typed email jo, typed phone 1",
        belongs="em to em (source_record); wa to wa (source_record); f to wa (phone_stated)",
        held="phone 1 of wa; email jo of em",
    ),
    Case(
        "a form that points at two patients by phone is a household's, for a person to look at",
        patients=TWO,
        accounts="f: web_form, typed phone 1, typed phone 2",
        belongs="f to f (household: anna/ben)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
    ),
    # One person, several channels, over time
    Case(
        "an Instagram account states the phone of a WhatsApp account",
        patients="",
        accounts="wa: whatsapp, own phone 1; ig: instagram, own instagram i, typed phone 1",
        belongs="wa to wa (source_record); ig to wa (phone_stated)",
        held="phone 1 of wa; instagram i of wa",
    ),
    Case(
        "the same, Instagram first",
        patients="",
        accounts="ig: instagram, own instagram i, typed phone 1; wa: whatsapp, own phone 1",
        belongs="ig to ig (source_record); wa to ig (same_account)",
        held="phone 1 of ig; instagram i of ig",
    ),
    Case(
        "the same, once the patient is registered: the id is the patient's",
        patients="anna: Anna Smith, phone 1",
        accounts="ig: instagram, own instagram i, typed phone 1; wa: whatsapp, own phone 1",
        belongs="ig to anna (phone_stated); wa to anna (phone)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "the same, when the patient is known by the WhatsApp account's email alone",
        patients="anna: Anna Smith, email anna",
        accounts="ig: instagram, own instagram i, typed phone 1; wa: whatsapp, own phone 1, own email anna",
        belongs="ig to anna (phone_stated); wa to anna (email)",
        held="phone 1 of anna; instagram i of anna; email anna of anna",
    ),
    Case(
        "a WhatsApp user without a number, and a number: strangers",
        patients="",
        accounts="b: whatsapp, own bsuid b; p: whatsapp, own phone 1",
        belongs="b to b (source_record); p to p (source_record)",
        held="bsuid b of b; phone 1 of p",
    ),
    Case(
        "seen together: one account",
        patients="",
        accounts="b: whatsapp, own bsuid b; p: whatsapp, own phone 1, own bsuid b",
        belongs="b to b (source_record); p to b (same_account)",
        held="bsuid b of b; phone 1 of b",
    ),
    Case(
        "seen together, and the number is a patient's",
        patients="anna: Anna Smith, phone 1",
        accounts="b: whatsapp, own bsuid b; p: whatsapp, own phone 1, own bsuid b",
        belongs="b to anna (phone); p to anna (phone)",
        held="bsuid b of anna; phone 1 of anna",
    ),
    # Accounts that no customer has used
    Case(
        "an address book's entry that nobody wrote from is no contact",
        patients="",
        accounts="cw: chatwoot 'Jo', own chatwoot 7, own phone 1, unused",
        belongs="cw to nobody (unreached)",
        held="",
    ),
    Case(
        "but it is a patient's where it says so",
        patients="anna: Anna Smith, phone 1",
        accounts="cw: chatwoot 'Jo', own chatwoot 7, own phone 1, unused",
        belongs="cw to anna (phone)",
        held="phone 1 of anna; chatwoot 7 of anna",
    ),
    Case(
        "and it joins what it vouches for together, without founding it",
        patients="",
        accounts="cw: chatwoot, own bsuid b, own phone 1, unused; p: whatsapp, own phone 1; b: whatsapp, own bsuid b",
        belongs="cw to p (same_account); p to p (source_record); b to p (same_account)",
        held="bsuid b of p; phone 1 of p",
    ),
    Case(
        "two that only point at each other are no contact",
        patients="",
        accounts="c1: chatwoot, own phone 1, unused; c2: chatwoot, own email a, typed phone 1, unused",
        belongs="c1 to nobody (unreached); c2 to nobody (unreached)",
        held="",
    ),
    Case(
        "an unused entry of a family's number is no household",
        patients=FAMILY,
        accounts="cw: chatwoot, own phone 1, unused",
        belongs="cw to nobody (unreached: anna/ben)",
        held="phone 1 of anna, shared by ben",
    ),
    Case(
        "what nobody wrote from does not keep a form from having its numbers",
        patients="",
        accounts="c1: chatwoot, own phone 1, unused; c2: chatwoot, own phone 2, unused;"
        " f: web_form, typed phone 1, typed phone 2",
        belongs="c1 to nobody (unreached); c2 to nobody (unreached); f to f (source_record)",
        held="phone 1 of f; phone 2 of f",
    ),
    # Shared and crowded identifiers
    Case(
        "two patients whose accounts Chatwoot took for one stay two",
        patients=TWO,
        accounts="w1: whatsapp, own phone 1, own chatwoot 7; w2: whatsapp, own phone 2, own chatwoot 7",
        belongs="w1 to anna (phone); w2 to ben (phone)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben; chatwoot 7 of anna, shared by ben",
    ),
    Case(
        "and what only the shared entry says may be either's",
        patients=TWO,
        accounts="w1: whatsapp, own phone 1, own chatwoot 7; w2: whatsapp, own phone 2, own chatwoot 7;"
        " cw: chatwoot 'Ben', own chatwoot 7; ig: instagram 'surf', own chatwoot 7",
        belongs="w1 to anna (phone); w2 to ben (phone); cw to ben (name: anna/ben); ig to ig (household: anna/ben)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben; chatwoot 7 of anna, shared by ben ig",
    ),
    Case(
        "a number on ten patients is a family's",
        patients=OFFICE.rpartition("; ")[0],
        accounts="wa: whatsapp, own phone 1",
        belongs=f"wa to wa (household: {'/'.join(f'p{i:02}' for i in range(10))})",
        held=f"phone 1 of p00, shared by {' '.join(f'p{i:02}' for i in range(1, 10))} wa",
    ),
    Case(
        "a number on more is a switchboard's: who writes from it is a contact, and nobody else",
        patients=OFFICE,
        accounts="wa: whatsapp 'Pat1 Lee', own phone 1; f: web_form 'Pat1 Lee', typed phone 1",
        belongs="wa to wa (source_record); f to f (source_record)",
        held="phone 1 of wa",
    ),
    Case(
        "a number typed under more than ten names links none of the forms",
        patients="",
        accounts=FORMS,
        belongs=EACH_FORM,
        held="",
    ),
    Case(
        "and takes nothing from the patient whose number it is",
        patients="anna: Anna Smith, phone 1",
        accounts=FORMS + "; wa: whatsapp, own phone 1",
        belongs=EACH_FORM + "; wa to anna (phone)",
        held="phone 1 of anna",
    ),
    # Decisions
    Case(
        "a decision without evidence",
        patients="anna: Anna Smith, phone 1",
        accounts="ig: instagram, own instagram i",
        decisions="link ig to anna",
        belongs="ig to anna (decision)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "a decision against the evidence",
        patients=TWO,
        accounts="wa: whatsapp, own phone 1",
        decisions="link wa to ben",
        belongs="wa to ben (decision)",
        held="phone 1 of ben, shared by anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews=None,
    ),
    Case(
        "a decision within a family takes the number's ownership along",
        patients="amy: Amy Smith, phone 1, child; zoe: Zoe Smith, phone 1, adult",
        accounts="wa: whatsapp 'Mum', own phone 1",
        decisions="link wa to amy",
        belongs="wa to amy (decision)",
        held="phone 1 of amy, shared by zoe",
    ),
    Case(
        "of two decisions about one record the last counts",
        patients=TWO,
        accounts="ig: instagram, own instagram i",
        decisions="link ig to anna; link ig to ben",
        belongs="ig to ben (decision)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben; instagram i of ben",
    ),
    Case(
        "a decision about a form takes no number from a patient",
        patients=TWO,
        accounts="f: web_form, typed phone 1",
        decisions="link f to ben",
        belongs="f to ben (decision)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews=None,
    ),
    Case(
        "a decision counts for the whole account",
        patients=TWO,
        accounts="b: whatsapp, own bsuid b; p: whatsapp, own phone 1, own bsuid b",
        decisions="link b to ben",
        belongs="b to ben (decision); p to ben (decision)",
        held="phone 1 of ben, shared by anna; phone 2 of ben; email anna of anna; email ben of ben; bsuid b of ben",
        reviews=None,
    ),
    Case(
        "a decision about two accounts: one person",
        patients="",
        accounts="wa: whatsapp, own phone 1; ig: instagram, own instagram i",
        decisions="link ig to wa",
        belongs="wa to wa (source_record); ig to wa (decision)",
        held="phone 1 of wa; instagram i of wa",
    ),
    Case(
        "a decision about two accounts, one of which is a patient's",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp, own phone 1; ig: instagram, own instagram i",
        decisions="link ig to wa",
        belongs="wa to anna (phone); ig to anna (decision)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "the other way round: whose account it is, the other is too",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp, own phone 1; ig: instagram, own instagram i",
        decisions="link wa to ig",
        belongs="wa to anna (decision); ig to anna (phone)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "a decision about two patients' accounts: the first belongs to the second's patient",
        patients=TWO,
        accounts="w1: whatsapp, own phone 1; w2: whatsapp, own phone 2",
        decisions="link w1 to w2",
        belongs="w1 to ben (decision); w2 to ben (phone)",
        held="phone 1 of ben, shared by anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews=None,
    ),
    Case(
        "a decision that names a record which is not there",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp, own phone 1",
        decisions="link wa to gone; link gone to anna",
        belongs="wa to anna (phone)",
        held="phone 1 of anna",
    ),
    Case(
        "a merge joins patients; one that names an account is none",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp, own phone 2",
        decisions="merge anna into wa",
        belongs="wa to wa (source_record)",
        held="phone 1 of anna; phone 2 of wa",
    ),
    # Archived and merged patients
    Case(
        "an archived patient's number is still the patient's",
        patients="anna: Anna Smith, phone 1, archived",
        accounts="wa: whatsapp, own phone 1",
        belongs="wa to anna (phone)",
        held="phone 1 of anna",
    ),
    Case(
        "the number of a record that was merged away is the survivor's",
        patients="anna: Anna Smith, phone 2; old: Anna Smyth, phone 1, archived",
        accounts="wa: whatsapp, own phone 1",
        decisions="merge old into anna",
        belongs="wa to anna (phone); old to anna (cliniko_merge)",
        held="phone 1 of anna; phone 2 of anna",
    ),
    Case(
        "two merged records with one number are one person, not a family",
        patients="anna: Anna Smith, phone 1; old: Anna Smyth, phone 1, archived; mid: Anna Smith, archived",
        accounts="wa: whatsapp 'Mum', own phone 1; ig: instagram, own instagram i",
        decisions="merge old into mid; merge mid into anna; link ig to old",
        belongs="wa to anna (phone); ig to anna (decision); old to anna (cliniko_merge); mid to anna (cliniko_merge)",
        held="phone 1 of anna; instagram i of anna",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_case(case: Case) -> None:
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


# What single rows say --------------------------------------------------------------------------------------------------


def rows_of(world: World) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """(channel, identifier, contact) -> role, method, confidence, source id, first and last seen."""
    result = outcome(world)
    return {
        (channel, value, result.keys[contact][1]): (role, method, confidence, source_id, first[:10], last[:10])
        for channel, value, contact, role, method, confidence, _, source_id, first, last in result.links
    }


def test_a_link_says_how_the_identifier_came_to_the_contact() -> None:
    world = World(
        (
            Record(("cliniko", "anna"), states=(("phone", "+61412345601", True),), changed="2026-02-01"),
            Record(("whatsapp", "wa"), states=(("phone", "+61412345601", True),), created="2019-01-01", changed="2026-05-01"),
            Record(
                ("instagram", "ig"),
                states=(("instagram", "i", True), ("phone", "+61412345601", False), ("email", "a@mail.au", False)),
                created="2018-01-01",
                changed="2026-07-01",
            ),
        )
    )
    phone = ("owner", "stated", 1.0, "anna", "2019-01-01", "2026-05-01")
    assert rows_of(world) == {
        ("cliniko", "anna", "anna"): ("owner", "source_record", 1.0, "anna", "2020-01-01", "2026-02-01"),
        ("phone", "+61412345601", "anna"): phone,
        ("whatsapp", "+61412345601", "anna"): phone,
        ("instagram", "i", "anna"): ("owner", "account", 1.0, "ig", "2018-01-01", "2026-07-01"),
        ("email", "a@mail.au", "anna"): ("owner", "claimed", 1.0, "ig", "2018-01-01", "2026-07-01"),
    }


def test_a_landline_is_on_whatsapp_where_whatsapp_delivered_for_it() -> None:
    account = Record(("whatsapp", "wa"), states=(("phone", LANDLINE, True),))
    assert ("whatsapp", LANDLINE, "wa") in rows_of(World((account,)))


def test_a_landline_that_someone_typed_into_whatsapp_is_not_on_whatsapp() -> None:
    account = Record(("whatsapp", "wa"), states=(("phone", "+61412345601", True), ("phone", LANDLINE, False)))
    patient = Record(("cliniko", "anna"), states=(("phone", LANDLINE, True),))
    assert ("whatsapp", LANDLINE, "wa") not in rows_of(World((account,)))
    assert ("whatsapp", LANDLINE, "anna") not in rows_of(World((account, patient)))


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_the_strongest_kind_of_disagreement_is_the_one_row(order: slice) -> None:
    """Ben's phone and email both point away from where the account belongs: one row, for the phone."""
    states = (("phone", "+61412345602", True), ("email", "ben@mail.au", True))
    anna = Record(("cliniko", "anna"), states=(("email", "anna@mail.au", True),))
    ben = Record(("cliniko", "ben"), states=states)
    stated = [("email", "anna@mail.au", True), ("email", "ben@mail.au", False), ("phone", "+61412345602", False)]
    account = Record(("email", "em"), states=tuple(stated[order]))
    assert outcome(World((anna, ben, account))).reviews == {("email", "em", name_contact("cliniko", "ben"), "phone")}


# What holds for any records --------------------------------------------------------------------------------------------

PHONES = [f"+6141234560{i}" for i in range(3)]
EMAILS = [f"{name}@mail.au" for name in "ab"]
FIRST_NAMES = ["Anna", "Ben", "Tim", None]
PROFILES = ["Anna", "Ben Smith", "Tim Jones", "Mum", "🏄", "Smith", None]
DAYS = ["2024-01-01", "2025-01-01", "2026-01-01"]

direct = st.one_of(
    st.tuples(st.just("phone"), st.sampled_from(PHONES)),
    st.tuples(st.just("email"), st.sampled_from(EMAILS)),
)
of_channels = st.tuples(st.sampled_from(["instagram", "chatwoot", "bsuid"]), st.sampled_from(["1", "2"]))


def statements(identifiers: st.SearchStrategy[Identifier], vouched: bool) -> st.SearchStrategy[list[tuple[str, str, bool]]]:
    return st.lists(identifiers.map(lambda one: (*one, vouched)), max_size=2)


patient_records = st.builds(
    lambda number, first, last, states, created, changed, born, in_use: Record(
        ("cliniko", f"p{number}"), (first, last, None), tuple(states), created, changed, born, in_use
    ),
    st.integers(0, 5),
    st.sampled_from(FIRST_NAMES),
    st.sampled_from(["Smith", "Jones"]),
    statements(direct, vouched=True),
    st.sampled_from([*DAYS, None]),
    st.sampled_from(DAYS),
    st.sampled_from([None, "1980-01-01", "2016-01-01"]),
    st.booleans(),
)
channel_records = st.builds(
    lambda source, number, profile, own, typed, created, changed, founds: Record(
        (source, f"c{number}"), (profile, None, None), (*own, *typed), created, changed, founds=founds
    ),
    st.sampled_from(["whatsapp", "instagram", "web_form"]),
    st.integers(0, 7),
    st.sampled_from(PROFILES),
    statements(direct | of_channels, vouched=True),
    statements(direct, vouched=False),
    st.sampled_from([*DAYS, None]),
    st.sampled_from(DAYS),
    st.booleans(),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    patients = draw(st.lists(patient_records, unique_by=lambda record: record.key, max_size=5))
    accounts = draw(st.lists(channel_records, unique_by=lambda record: record.key, max_size=7))
    records = (*patients, *accounts)
    keys = [record.key for record in records]
    decisions = draw(st.lists(decisions_about(keys), max_size=6)) if keys else []
    numbered = [replace(one, number=number, decision_id=f"d{number}") for number, one in enumerate(decisions, start=1)]
    undone = draw(st.lists(st.sampled_from(numbered), max_size=2)) if numbered else []
    undos = [Decision("undo", one.survivor, one.absorbed, "a person", undoes=one.decision_id) for one in undone]
    return World(records, (*numbered, *undos), draw(st.sampled_from([2, 10])))


def decisions_about(keys: list[Key]) -> st.SearchStrategy[Decision]:
    one = st.sampled_from(keys)
    some = st.lists(one, min_size=1, max_size=3, unique=True).map(tuple)
    authority = st.sampled_from(["person", "person", "model", "rule"])
    pairs = st.builds(Decision, st.sampled_from(["link", "merge", "distinct"]), one, one, st.just("somebody"), authority)
    of_source = st.builds(Decision, st.just("merge"), one, one, st.just("cliniko"), st.just("source"))
    splits = st.builds(
        lambda moved, kept, authority: Decision(
            "split", kept[0], moved[0], "somebody", authority, moved=moved, kept=tuple(key for key in kept if key not in moved)
        ),
        some,
        some,
        authority,
    )
    return pairs | of_source | splits


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(world: World, random: Any) -> None:
    shuffled = [replace(record, states=tuple(random.sample(record.states, len(record.states)))) for record in world.records]
    random.shuffle(shuffled)
    decisions = random.sample(world.decisions, len(world.decisions))
    other = replace(world, records=tuple(shuffled), decisions=tuple(decisions))
    assert outcome(other) == outcome(world)
    assert golden_rows(other) == golden_rows(world)


@given(worlds())
def test_saying_it_twice_changes_nothing(world: World) -> None:
    doubled = tuple(replace(record, states=record.states + record.states) for record in world.records)
    assert outcome(replace(world, records=doubled)) == outcome(world)


@given(worlds())
def test_patients_are_joined_by_decisions_about_both_alone(world: World) -> None:
    result = outcome(world)
    group = merge_groups(world)
    for one in group:
        for other in group:
            together = result.belongs[one].founder == result.belongs[other].founder
            assert not together or group[one] == group[other]
    if not any(decision.kind in ("split", "distinct") for decision in world.decisions):
        assert all(len({result.belongs[one].founder for one in each}) == 1 for each in group.values())


def merge_groups(world: World) -> dict[Key, frozenset[Key]]:
    """Each patient with all whom chains of merges between patients join to it, or splits keep with it."""
    group = {record.key: frozenset((record.key,)) for record in world.records if record.patient}
    for decision in standing(world.decisions):
        pairs = [(decision.survivor, decision.absorbed)] if decision.kind == "merge" else []
        pairs += itertools.combinations([key for key in decision.kept if key in group], 2)
        for one, other in pairs:
            if one in group and other in group:
                joined = group[one] | group[other]
                group |= dict.fromkeys(joined, joined)
    return group


@given(worlds())
def test_what_was_said_to_be_apart_never_comes_together(world: World) -> None:
    """Neither by identifiers and names nor by way of a third record; only a stronger decision can do that."""
    kinds = ("distinct", "split")
    apart = tuple(one for one in world.decisions if one.kind in kinds)
    result = outcome(replace(world, decisions=tuple(one for one in world.decisions if one.kind in ("distinct", "undo"))))
    for one in standing(apart):
        if one.kind == "distinct" and one in standing(world.decisions) and one.survivor != one.absorbed:
            founder = result.belongs[one.survivor].founder
            assert founder is None or founder != result.belongs[one.absorbed].founder
    result = outcome(world)
    for one in standing(world.decisions)[:1]:
        moved, kept = (one.moved, one.kept) if one.kind == "split" else ((one.survivor,), (one.absorbed,))
        if one.kind in kinds and one.survivor != one.absorbed:
            parted = {result.belongs[key].founder for key in moved} & {result.belongs[key].founder for key in kept}
            assert parted <= {None}, "the strongest decision always holds"
            assert one.kind == "distinct" or len({result.belongs[key].founder for key in kept} - {None}) <= 1


@given(worlds(), st.data())
def test_what_is_undone_was_never_decided(world: World, data: st.DataObject) -> None:
    keys = [record.key for record in world.records]
    if keys:
        more = replace(data.draw(decisions_about(keys)), number=99, decision_id="more")
        undo = Decision("undo", more.survivor, more.absorbed, "somebody", undoes="more")
        assert outcome(replace(world, decisions=(*world.decisions, more, undo))) == outcome(world)


@given(worlds())
def test_what_is_typed_moves_nothing_of_a_patient(world: World) -> None:
    """Decisions about accounts aside: what is typed may bring an account to life that somebody decided about."""
    named = {one: (one.survivor, one.absorbed, *one.moved, *one.kept) for one in world.decisions}
    decisions = tuple(one for one, keys in named.items() if all(source == "cliniko" for source, _ in keys))
    world = replace(world, decisions=decisions)
    silent = tuple(replace(record, states=tuple(one for one in record.states if one[2])) for record in world.records)
    said, unsaid = outcome(world), outcome(replace(world, records=silent))
    assert patients_of(said) == patients_of(unsaid)


def patients_of(result: Outcome) -> tuple[dict[Key, Key | None], set[tuple[str, str, Key, str]]]:
    """The contact of each patient, and which patients hold and own the identifiers that patients' records link."""
    founders = {key: where.founder for key, where in result.belongs.items() if key[0] == "cliniko"}
    theirs = {row[:2] for row in result.links if row[4] == "stated"}
    rows = {(channel, value, result.keys[contact], role) for channel, value, contact, role, *_ in result.links}
    return founders, {row for row in rows if row[:2] in theirs and row[2][0] == "cliniko"}


@given(worlds())
def test_every_identifier_has_one_owner_and_every_record_one_contact(world: World) -> None:
    result = outcome(world)
    result.holders({row[0] for row in result.links})
    for record in world.records:
        founder, method, candidates, _ = result.belongs[record.key]
        assert (founder is None) == (method == "unreached")
        assert (founder == record.key) == (method in ("source_record", "household"))
        assert founder is None or result.belongs[founder].founder == founder
        assert not record.patient or (founder is not None and founder[0] == "cliniko")
        assert all(result.belongs[one].founder == one and one[0] == "cliniko" for one in candidates)
        assert method not in ("household", "name") or len(candidates) > 1
        assert method != "cliniko_merge" or record.patient
        assert founder is None or record.patient or founder[0] != "cliniko" or method not in ("same_account", "unreached")
    held_by = {(row[2], row[0]) for row in result.links}
    for record in world.records:
        founder = result.belongs[record.key].founder
        own = {kind for kind, value, vouched in record.states if vouched}
        if founder is not None and not record.patient:
            assert all((name_contact(*founder), kind) in held_by for kind in own), "an account's own stays with it"


@given(worlds())
def test_a_neighbourhood_resolves_alike_alone(world: World) -> None:
    """What the real-time path relies on: it reads one record and what it can reach, the batch reads everything."""
    whole = outcome(world)
    for record in world.records:
        if not record.patient:
            near = neighbourhood(world, record)
            accounts = [one for one in near.records if not one.patient]
            alone = outcome(near)
            assert alone.belongs == {one.key: whole.belongs[one.key] for one in near.records}
            theirs = set().union(*(one.identifiers for one in accounts))
            assert links_of(alone, theirs) == links_of(whole, theirs)
            keys = {one.key for one in accounts}
            assert alone.reviews == {row for row in whole.reviews if row[:2] in keys}


def links_of(result: Outcome, identifiers: set[Identifier]) -> set[tuple[Any, ...]]:
    kinds = {"whatsapp": "phone"}
    return {row for row in result.links if (kinds.get(row[0], row[0]), row[1]) in identifiers}


def neighbourhood(world: World, start: Record) -> World:
    """A channel record and all that it can reach.

    Channel records lead to all that state one of their identifiers and, either way, along the decisions about them; patients
    lead along merges, splits and what is distinct from them.
    """
    by_key = {record.key: record for record in world.records}
    group = merge_groups(world)
    reached: set[Key] = set()
    ahead = {start.key}
    while ahead:
        key = ahead.pop()
        reached.add(key)
        if by_key[key].patient:
            found = set(group[key])
        else:
            found = {one.key for one in world.records if one.identifiers & by_key[key].identifiers}
            pairs = [(one.survivor, one.absorbed) for one in world.decisions if one.kind == "link"]
            found |= {other for pair in pairs if key in pair for other in pair}
        for one in world.decisions:
            about = {one.survivor, one.absorbed, *one.moved, *one.kept}
            if one.kind in ("merge", "split", "distinct") and key in about:
                found |= about & by_key.keys()
        ahead |= found - reached
    return replace(world, records=tuple(record for record in world.records if record.key in reached))


def test_a_split_keeps_two_patients_together_whichever_record_it_names_first() -> None:
    whatsapp, patients = ("whatsapp", "c0"), [("cliniko", f"p{number}") for number in range(3)]
    records = tuple(Record(key, ("Anna", "Smith", None), ()) for key in (*patients, whatsapp))
    kept = (whatsapp, *patients[1:])
    split = Decision("split", whatsapp, patients[0], "somebody", number=1, decision_id="d1", moved=(patients[0],), kept=kept)
    belongs = outcome(World(records, (split,), 10)).belongs
    assert len({belongs[key].founder for key in kept}) == 1
    assert belongs[patients[0]].founder == patients[0]
