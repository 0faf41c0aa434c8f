"""The context of an identifier over HTTP: what an answer to it may say, and the words for it."""

from typing import Annotated

from fastapi import Depends, FastAPI, Query, Response

from contact_hub.gateway.authentication import TokenCaller, bearer_scheme
from contact_hub.gateway.documents import READS
from contact_hub.gateway.models import ChannelName, ContextOfIdentifier, Key, answer
from contact_hub.gateway.parts import Parts


def context(
    caller: TokenCaller, channel: Annotated[ChannelName, Query()], identifier: Annotated[Key, Query()], gateway: Parts
) -> Response:
    """What may be said to whoever holds an identifier, with the appointments as Cliniko has them at this moment.

    Changes nothing. If Cliniko does not answer within seconds, the freshness is `unconfirmed` and the reply names no time.
    """
    found = gateway.answers.context_of(caller.organization_id, channel, identifier)
    return answer(ContextOfIdentifier(**found.as_body()))


def add_context(app: FastAPI) -> None:
    """Add the route."""
    app.add_api_route(
        "/v1/{organization_id}/context",
        context,
        methods=["GET"],
        tags=["contacts"],
        response_model=ContextOfIdentifier,
        responses=READS,
        dependencies=[Depends(bearer_scheme)],
    )
