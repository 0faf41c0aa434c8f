"""Preferences over HTTP: how a contact wants reminders, and noting it."""

from functools import partial
from uuid import UUID

from fastapi import Depends, FastAPI, Request, Response

from contact_hub.directory.preferences import note_reminders, reminders_of
from contact_hub.gateway.authentication import TokenCaller, bearer_scheme
from contact_hub.gateway.contacts import RawBody
from contact_hub.gateway.documents import READS, TAKES_BODY, body_of, problems
from contact_hub.gateway.models import ContactReminders, Reminders, answer, read_as
from contact_hub.gateway.parts import Parts
from contact_hub.store.preferences import Preference


def reminders(caller: TokenCaller, contact_id: UUID, gateway: Parts) -> Response:
    """How a contact wants reminders, by whose word; `reminders` is null where nobody has said."""
    found = reminders_of(gateway.database, gateway.directory, caller.organization_id, contact_id)
    return answer(_body(contact_id, found))


def note(caller: TokenCaller, contact_id: UUID, body: RawBody, request: Request, gateway: Parts) -> Response:
    """Note how a contact wants reminders. It is kept with the token that noted it, and the latest word counts."""
    wanted = read_as(Reminders, body, request.headers.get("content-type", ""))
    noted = note_reminders(
        gateway.database,
        gateway.directory,
        caller.organization_id,
        contact_id,
        wanted.reminders,
        said_by=f"token:{caller.token_id}",
    )
    return answer(_body(contact_id, noted))


def _body(contact_id: UUID, found: Preference | None) -> ContactReminders:
    if found is None:
        return ContactReminders(contact_id=contact_id, reminders=None, said_by=None, said_at=None)
    return ContactReminders(contact_id=contact_id, reminders=found.reminders, said_by=found.said_by, said_at=found.said_at)


def add_preferences(app: FastAPI) -> None:
    """Add the routes."""
    path = "/v1/{organization_id}/contacts/{contact_id}/preference"
    add = partial(
        app.add_api_route, path, tags=["contacts"], response_model=ContactReminders, dependencies=[Depends(bearer_scheme)]
    )
    add(reminders, methods=["GET"], responses={**READS, **problems(404)})
    add(note, methods=["PUT"], responses={**TAKES_BODY, **problems(404)}, openapi_extra=body_of(Reminders))
