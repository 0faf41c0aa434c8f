"""The directory over HTTP: who is this, everything with them, and that they are a patient."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request, Response
from pydantic import AwareDatetime, BaseModel

from contact_hub.gateway.authentication import TokenCaller, bearer_scheme
from contact_hub.gateway.documents import READS, TAKES_BODY, Responses, body_of, problems
from contact_hub.gateway.limits import read_body
from contact_hub.gateway.models import (
    Contact,
    ContactTimeline,
    FindOrCreate,
    FoundContact,
    Key,
    Link,
    LookedUpContact,
    LookUpChannel,
    TimelineEvent,
    answer,
    read_as,
)
from contact_hub.gateway.parts import Parts

MAX_TIMELINE = 500


async def _body(request: Request, gateway: Parts) -> bytes:
    return await read_body(request, gateway.body_limit)


RawBody = Annotated[bytes, Depends(_body)]


def find_or_create(caller: TokenCaller, body: RawBody, request: Request, gateway: Parts) -> Response:
    """The contact that is reached at an identifier; made if there is none. Safe under any concurrency."""
    wanted = read_as(FindOrCreate, body, request.headers.get("content-type", ""))
    found = gateway.directory.find_or_create(
        caller.organization_id, wanted.channel, wanted.identifier, wanted.name or None, wanted.email or None
    )
    made = FoundContact(
        contact_id=found.contact_id,
        created=found.created,
        match=found.match,
        candidates=list(found.candidates),
        contact=Contact(**found.contact),
    )
    return answer(made, HTTPStatus.CREATED if found.created else HTTPStatus.OK)


def lookup(
    caller: TokenCaller, channel: Annotated[LookUpChannel, Query()], identifier: Annotated[Key, Query()], gateway: Parts
) -> Response:
    """The contact that is reached at an identifier (or of a Cliniko patient's id), if there is one. Changes nothing."""
    found = gateway.directory.lookup(caller.organization_id, channel, identifier)
    contact = None if found.contact is None else Contact(**found.contact)
    return answer(LookedUpContact(match=found.match, contact=contact, candidates=list(found.candidates)))


def contact(caller: TokenCaller, contact_id: UUID, gateway: Parts) -> Response:
    """A contact by its id; an id that was merged away gives its survivor."""
    return answer(Contact(**gateway.directory.contact(caller.organization_id, contact_id)))


def timeline(
    caller: TokenCaller,
    contact_id: UUID,
    gateway: Parts,
    limit: Annotated[int, Query(ge=1, le=MAX_TIMELINE)] = 100,
    before: Annotated[AwareDatetime | None, Query(description="With an offset, as `occurred_at` has it")] = None,
) -> Response:
    """One history over all channels, latest first, and the appointments."""
    found = gateway.directory.timeline(caller.organization_id, contact_id, limit=limit, before=before)
    events = [TimelineEvent(**event) for event in found.events]
    return answer(ContactTimeline(contact_id=found.contact_id, events=events, appointments=found.appointments))


def link(caller: TokenCaller, contact_id: UUID, body: RawBody, request: Request, gateway: Parts) -> Response:
    """State that a contact is a Cliniko patient. The statement is kept with the token that made it."""
    stated = read_as(Link, body, request.headers.get("content-type", ""))
    linked = gateway.directory.link_to_cliniko_patient(
        caller.organization_id,
        contact_id,
        stated.cliniko_patient_id,
        decided_by=f"token:{caller.token_id}",
        reason=stated.reason or None,
    )
    return answer(Contact(**linked))


def add_contacts(app: FastAPI) -> None:
    """Add the routes of the directory."""
    base = "/v1/{organization_id}/contacts"
    made: Responses = {201: {"description": "It was made", "model": FoundContact}}
    add_route(app, "POST", f"{base}/find-or-create", find_or_create, FoundContact, {**TAKES_BODY, **made}, FindOrCreate)
    add_route(app, "GET", f"{base}/lookup", lookup, LookedUpContact, READS)
    add_route(app, "GET", f"{base}/{{contact_id}}", contact, Contact, {**READS, **problems(404)})
    add_route(app, "GET", f"{base}/{{contact_id}}/timeline", timeline, ContactTimeline, {**READS, **problems(404)})
    add_route(app, "POST", f"{base}/{{contact_id}}/link", link, Contact, {**TAKES_BODY, **problems(404, 409)}, Link)


def add_route(
    app: FastAPI,
    method: str,
    path: str,
    route: Callable[..., Response],
    answers: type[BaseModel],
    responses: Responses,
    body: type[BaseModel] | None = None,
) -> None:
    """Add a route about contacts."""
    app.add_api_route(
        path,
        route,
        methods=[method],
        tags=["contacts"],
        response_model=answers,
        responses=responses,
        dependencies=[Depends(bearer_scheme)],
        openapi_extra=body_of(body) if body is not None else None,
    )
