"""Whether it lives, whether it can work, and how it fares."""

from http import HTTPStatus

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from contact_hub.gateway.documents import problems
from contact_hub.gateway.parts import Parts
from contact_hub.gateway.problems import Refused
from contact_hub.store.migrate import is_migrated


async def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


def readyz(gateway: Parts) -> dict[str, str]:
    """The store answers and has every migration."""
    with gateway.database.reading() as connection:
        if not is_migrated(connection):
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "not_migrated", "migrations are missing: contact-hub db upgrade")
    return {"status": "ready"}


async def metrics(gateway: Parts) -> Response:
    """For Prometheus."""
    return Response(gateway.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def add_health(app: FastAPI) -> None:
    """Add the routes that need no authentication."""
    app.get("/healthz", tags=["health"])(healthz)
    app.get("/readyz", tags=["health"], responses=problems(503))(readyz)
    app.head("/healthz", include_in_schema=False)(healthz)  # what many monitors ask
    app.head("/readyz", include_in_schema=False)(readyz)
    app.get("/metrics", tags=["health"], response_class=Response)(metrics)
