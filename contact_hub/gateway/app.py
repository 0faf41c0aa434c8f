"""The app: its parts, its routes, and what begins and ends with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from contact_hub.gateway.contacts import add_contacts
from contact_hub.gateway.context import add_context
from contact_hub.gateway.decisions import add_decisions
from contact_hub.gateway.documents import DESCRIPTION, TITLE, document
from contact_hub.gateway.health import add_health
from contact_hub.gateway.limits import BODY_LIMIT
from contact_hub.gateway.match import add_match
from contact_hub.gateway.observing import Observed
from contact_hub.gateway.parts import Gateway, gateway_on
from contact_hub.gateway.preferences import add_preferences
from contact_hub.gateway.problems import UNAVAILABLE, TooManyRequests, Unauthenticated, handle_problems, problem
from contact_hub.gateway.reports import add_reports
from contact_hub.gateway.webhooks import add_webhooks
from contact_hub.store.database import Database
from contact_hub.store.organizations import organizations

THREADS = 16
"""Requests at work at once. More would not be faster on a few cores; fewer could all wait for one busy organization."""


def create_app(
    database: Database,
    *,
    rate: float | None = None,
    burst: float | None = None,
    body_limit: int = BODY_LIMIT,
    sends_replies: bool = True,
) -> FastAPI:
    """The gateway as an ASGI app.

    Args:
        database: migrated; its pool should hold `THREADS` connections.
        rate, burst: requests a second of one organization (default: CONTACT_HUB_GATEWAY_RATE, and twice that).
        body_limit: bytes.
        sends_replies: this process sends what the outbox holds; else it leaves that to others.
    """
    gateway = gateway_on(database, rate=rate, burst=burst, body_limit=body_limit)
    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version=version("contact-hub"),
        lifespan=_lifespan,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    app.state.gateway = gateway
    app.state.sends_replies = sends_replies
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    add_webhooks(app)
    add_match(app)
    add_contacts(app)
    add_decisions(app)
    add_context(app)
    add_preferences(app)
    add_reports(app)
    add_health(app)
    handle_problems(app)
    app.add_exception_handler(Unauthenticated, _on_unauthenticated)
    app.add_middleware(Observed, metrics=gateway.metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What works behind the answers lives as long as the app, and begins with what an earlier process left."""
    gateway: Gateway = app.state.gateway
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    gateway.settler.start(await run_in_threadpool(_active_organizations, gateway.database))
    if app.state.sends_replies:
        gateway.replies.start()
    try:
        yield
    finally:
        await run_in_threadpool(gateway.close)


def _active_organizations(database: Database) -> list[str]:
    """None while the store is away: the gateway starts nevertheless, and says so by /readyz."""
    try:
        with database.reading() as connection:
            return [clinic.organization_id for clinic in organizations(connection) if clinic.status == "active"]
    except UNAVAILABLE:
        return []


async def _on_unauthenticated(request: Request, error: Exception) -> Response:
    """401; an address that fails too often gets 429, whatever it tries."""
    assert isinstance(error, Unauthenticated)
    gateway: Gateway = request.app.state.gateway
    wait = gateway.failures.take(request.client.host if request.client is not None else "")
    if wait:
        return problem(TooManyRequests("too_many_failures", "too many failed authentications from this address", wait))
    return problem(error)
