"""Decisions over HTTP: merge, split, distinct, undo, each with the token that said so."""

from uuid import UUID

from fastapi import FastAPI, Request, Response

from contact_hub.directory.deciding import Author, Made
from contact_hub.gateway.authentication import Caller, TokenCaller
from contact_hub.gateway.contacts import RawBody, add_route
from contact_hub.gateway.documents import READS, TAKES_BODY, problems
from contact_hub.gateway.models import (
    Contact,
    Decisions,
    Distinct,
    MadeDecision,
    Merge,
    OneDecision,
    RecordOfContact,
    Split,
    Statement,
    answer,
    read_as,
)
from contact_hub.gateway.parts import Parts


def merge(caller: TokenCaller, body: RawBody, request: Request, gateway: Parts) -> Response:
    """Contacts are one person. A patient survives before others; the other ids keep resolving."""
    said = read_as(Merge, body, _type(request))
    return _made(gateway.directory.merge(caller.organization_id, said.contact_ids, _author(caller, said)))


def distinct(caller: TokenCaller, body: RawBody, request: Request, gateway: Parts) -> Response:
    """Two contacts are two people: never proposed again, never merged by itself."""
    said = read_as(Distinct, body, _type(request))
    one, other = said.contact_ids
    return _made(gateway.directory.distinct(caller.organization_id, one, other, _author(caller, said)))


def split(caller: TokenCaller, contact_id: UUID, body: RawBody, request: Request, gateway: Parts) -> Response:
    """Records of a contact are someone else's; only a later decision joins them to it again."""
    said = read_as(Split, body, _type(request))
    records = [(one.source, one.source_id) for one in said.records]
    return _made(gateway.directory.split(caller.organization_id, contact_id, records, _author(caller, said)))


def undo(caller: TokenCaller, decision_id: UUID, body: RawBody, request: Request, gateway: Parts) -> Response:
    """Take a decision away, as if it had never been made."""
    said = read_as(Statement, body or b"{}", _type(request) if body else "application/json")
    return _made(gateway.directory.undo(caller.organization_id, decision_id, _author(caller, said)))


def decisions(caller: TokenCaller, contact_id: UUID, gateway: Parts) -> Response:
    """What was decided about a contact, by whom and why; and its records, of which a split names some."""
    found = gateway.directory.decisions(caller.organization_id, contact_id)
    records = [
        RecordOfContact(source=source, source_id=source_id)
        for source, source_id in gateway.directory.records(caller.organization_id, contact_id)
    ]
    return answer(Decisions(decisions=[OneDecision(**one) for one in found], records=records))


def add_decisions(app: FastAPI) -> None:
    """Add the routes of decisions."""
    base, refusals = "/v1/{organization_id}", {**TAKES_BODY, **problems(404, 409)}
    add_route(app, "POST", f"{base}/contacts/merge", merge, MadeDecision, refusals, Merge)
    add_route(app, "POST", f"{base}/contacts/distinct", distinct, MadeDecision, refusals, Distinct)
    add_route(app, "POST", f"{base}/contacts/{{contact_id}}/split", split, MadeDecision, refusals, Split)
    add_route(app, "POST", f"{base}/decisions/{{decision_id}}/undo", undo, MadeDecision, refusals, Statement)
    add_route(app, "GET", f"{base}/contacts/{{contact_id}}/decisions", decisions, Decisions, {**READS, **problems(404)})


def _type(request: Request) -> str:
    return request.headers.get("content-type", "")


def _author(caller: Caller, said: Statement) -> Author:
    name = f"token:{caller.token_id}"
    return Author(f"{name}: {said.by}" if said.by else name, said.reason or None)


def _made(made: Made) -> Response:
    contacts = [Contact(**contact) for contact in made.contacts]
    return answer(MadeDecision(decision_ids=list(made.decision_ids), created=made.created, contacts=contacts))
