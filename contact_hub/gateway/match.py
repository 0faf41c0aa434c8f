"""A person's fields against the contacts of an organization: certain, possible, none, and why."""

from fastapi import FastAPI, Request, Response

from contact_hub.gateway.authentication import TokenCaller
from contact_hub.gateway.contacts import RawBody, add_route
from contact_hub.gateway.documents import TAKES_BODY
from contact_hub.gateway.models import MatchedContacts, Person, answer, read_as
from contact_hub.gateway.parts import Parts


def match(caller: TokenCaller, body: RawBody, request: Request, gateway: Parts) -> Response:
    """The contact that a person's fields are of, found by them all together; changes nothing."""
    person = read_as(Person, body, request.headers.get("content-type", ""))
    found = gateway.matcher.match(caller.organization_id, person.model_dump())
    return answer(MatchedContacts.model_validate(found, from_attributes=True))


def add_match(app: FastAPI) -> None:
    """Add the route; before those of one contact, whose paths would take it for an id."""
    add_route(app, "POST", "/v1/{organization_id}/contacts/match", match, MatchedContacts, TAKES_BODY, Person)
