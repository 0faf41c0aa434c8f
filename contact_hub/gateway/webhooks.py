"""The webhooks, Meta's handshakes, and the generic event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from contact_hub.channels.event import Provider
from contact_hub.gateway.authentication import bearer_scheme, handshake, webhook_sender
from contact_hub.gateway.deliveries import TAKES_FORM, Delivery, receive
from contact_hub.gateway.documents import TAKES_BODY, problems
from contact_hub.gateway.limits import read_body
from contact_hub.gateway.models import Receipt, answer
from contact_hub.gateway.parts import Parts
from contact_hub.gateway.signing import Incoming


@dataclass(frozen=True)
class Webhook:
    """One provider's route under ``/v1/{organization_id}``."""

    provider: Provider
    path: str
    summary: str
    shakes_hands: bool = False


WEBHOOKS = (
    Webhook("chatwoot", "/webhooks/chatwoot", "Chatwoot: account webhook, API channel or agent bot"),
    Webhook("whatsapp", "/webhooks/whatsapp", "WhatsApp Cloud API", shakes_hands=True),
    Webhook("instagram", "/webhooks/instagram", "Instagram messages and comments", shakes_hands=True),
    Webhook("messenger", "/webhooks/messenger", "Facebook Messenger", shakes_hands=True),
    Webhook("twilio", "/webhooks/twilio", "Twilio: SMS, WhatsApp, calls and their status"),
    Webhook("email", "/webhooks/email", "An email as n8n's IMAP and Gmail nodes have it"),
    Webhook("web_form", "/webhooks/web-form", "A form that was filled in"),
    Webhook("generic", "/events", "The generic event, one or a list"),
)


def add_webhooks(app: FastAPI) -> None:
    """Add the routes of all providers."""
    for webhook in WEBHOOKS:
        path = "/v1/{organization_id}" + webhook.path
        app.add_api_route(
            path,
            _receiver(webhook.provider),
            methods=["POST"],
            name=f"receive_{webhook.provider}",
            summary=webhook.summary,
            tags=["events"],
            status_code=HTTPStatus.ACCEPTED,
            response_model=Receipt,
            responses=TAKES_BODY,
            dependencies=[Depends(bearer_scheme)],
            openapi_extra=_body(webhook.provider),
        )
        if webhook.shakes_hands:
            app.add_api_route(
                path,
                _shaker(webhook.provider),
                methods=["GET"],
                name=f"verify_{webhook.provider}",
                summary="Meta's handshake when a webhook is subscribed",
                tags=["events"],
                response_class=PlainTextResponse,
                responses=problems(401, 422, 429, 503),
                openapi_extra={"parameters": [_parameter(name) for name in _HANDSHAKE]},
            )


async def _incoming(request: Request, gateway: Parts) -> Incoming:
    body = await read_body(request, gateway.body_limit)
    return Incoming.of(request, body, datetime.now(UTC))


def _receiver(provider: Provider) -> Callable[..., Response]:
    """The route of one provider; not async, for it waits for the store in a thread of the pool."""

    def receive_delivery(
        organization_id: str, request: Request, gateway: Parts, incoming: Annotated[Incoming, Depends(_incoming)]
    ) -> Response:
        authorization = request.headers.getlist("authorization")
        clinic = webhook_sender(gateway, organization_id, provider, incoming, authorization)
        delivery = Delivery(
            organization_id=clinic.organization_id,
            region=clinic.region,
            provider=provider,
            received_at=incoming.received_at,
            content_type=incoming.headers.get("content-type", ""),
            body=incoming.body,
        )
        received = receive(gateway.database, delivery)
        gateway.metrics.received(provider, received)
        if received.accepted:
            gateway.settler.add(organization_id)
            gateway.replies.poke()
        receipt = Receipt(
            accepted=received.accepted,
            ignored=received.ignored,
            quarantined=received.quarantined,
            event_ids=list(received.event_ids),
        )
        return answer(receipt, HTTPStatus.ACCEPTED)

    return receive_delivery


def _shaker(provider: Provider) -> Callable[..., PlainTextResponse]:
    def shake_hands(organization_id: str, request: Request, gateway: Parts) -> PlainTextResponse:
        return PlainTextResponse(handshake(gateway, organization_id, provider, dict(request.query_params)))

    return shake_hands


_HANDSHAKE = ("hub.mode", "hub.verify_token", "hub.challenge")


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}


def _body(provider: Provider) -> dict[str, Any]:
    """Any object or list: what it must hold is the provider's affair, and what cannot be read is kept aside."""
    schema: dict[str, Any] = {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if provider in TAKES_FORM:
        content["application/x-www-form-urlencoded"] = {"schema": {"type": "object"}}
    return {"requestBody": {"required": True, "content": content}}
