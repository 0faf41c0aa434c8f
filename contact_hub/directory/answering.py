"""Answers to who somebody is, from what the store holds; it is for the directory to make the store ready for them."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from psycopg import Connection as Psycopg

from contact_hub.directory import reading
from contact_hub.directory.asked import Asked
from contact_hub.directory.clinic import Clinic


@dataclass(frozen=True)
class Found:
    """The answer to find-or-create.

    Attributes:
        match: ``owner``: one contact holds the identifier; ``shared``: several do; ``new``: nobody did.
        candidates: where it is shared, the contacts that hold it.
        contact: the columns of ``contacts`` by name.
    """

    contact_id: UUID
    created: bool
    match: Literal["owner", "shared", "new"]
    candidates: tuple[UUID, ...]
    contact: dict[str, Any]


@dataclass(frozen=True)
class LookedUp:
    """The answer to a lookup; ``contact`` is the owner's, or that of the record which writes from a shared identifier."""

    match: Literal["owner", "shared", "none"]
    contact: dict[str, Any] | None
    candidates: tuple[UUID, ...]


def found(connection: Psycopg[Any], clinic: Clinic, question: Asked) -> Found | None:
    """The answer, if nothing has to be written for it."""
    held = reading.holders(connection, clinic.organization_id, question)
    if held.has_news or held.is_claimed or not held.is_all_known:
        return None
    if not held.contacts and not held.is_recorded:
        return None
    if (sole := held.sole) is not None:
        return _answer(sole, [sole], created=False)
    own = reading.contact_of_record(connection, clinic.organization_id, question)
    return None if own is None else _answer(own, held.people, created=False)


def _answer(contact: dict[str, Any], holders: list[dict[str, Any]] | Any, *, created: bool) -> Found:
    shared = len(holders) > 1
    match: Literal["owner", "shared", "new"] = "shared" if shared else "new" if created else "owner"
    candidates = tuple(holder["id"] for holder in holders) if shared else ()
    return Found(contact["id"], created, match, candidates, contact)


def created(connection: Psycopg[Any], clinic: Clinic, question: Asked, before: set[UUID]) -> Found:
    """The answer once its record is settled; ``before``: the contacts that the question reached until then."""
    own = reading.contact_of_record(connection, clinic.organization_id, question)
    assert own is not None, "the record was settled in this transaction"
    held = reading.holders(connection, clinic.organization_id, question)
    return _answer(own, held.people, created=own["id"] not in before and own["contact_type"] != "cliniko_patient")


def looked_up(connection: Psycopg[Any], clinic: Clinic, question: Asked, *, settled: bool = False) -> LookedUp | None:
    """The answer to a lookup; None while something about the identifier is to be settled first."""
    held = reading.holders(connection, clinic.organization_id, question)
    if held.has_news and not settled:
        return None
    if not held.contacts:
        return LookedUp("none", None, ())
    if held.sole is not None:
        return LookedUp("owner", held.sole, ())
    own = reading.contact_of_record(connection, clinic.organization_id, question)
    return LookedUp("shared", own, tuple(person["id"] for person in held.people))
