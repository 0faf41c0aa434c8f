"""Reports over HTTP: the page of a clinic and day, for whoever has its link or a token of the clinic."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from contact_hub.gateway.authentication import token_caller
from contact_hub.gateway.documents import READS, problems
from contact_hub.gateway.parts import Gateway, Parts
from contact_hub.gateway.problems import Refused
from contact_hub.store.installation import secret_of
from contact_hub.store.organizations import SLUG
from contact_hub.store.reports import KEY_LENGTH, opens, read_report

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def report(
    request: Request,
    organization_id: str,
    day: Annotated[date, Path(description="The day, YYYY-MM-DD")],
    gateway: Parts,
    key: Annotated[str | None, Query(max_length=KEY_LENGTH, description="As in the link of the report")] = None,
) -> Response:
    """The report of a day as an HTML page. It opens by its link (the key stands for one page) or with a token."""
    _admit(request, organization_id, day, gateway, key)
    with gateway.database.reading() as connection:
        html = read_report(connection, organization_id, day)
    if html is None:
        raise Refused(HTTPStatus.NOT_FOUND, "unknown_report", "no report was made for this day")
    return HTMLResponse(html, headers=_HEADERS)


def _admit(request: Request, organization_id: str, day: date, gateway: Gateway, key: str | None) -> None:
    """Raises Unauthenticated for everybody who has neither."""
    if key is not None and SLUG.fullmatch(organization_id) and opens(secret_of(gateway.database), organization_id, day, key):
        gateway.admit(organization_id)
    else:
        token_caller(request, organization_id, gateway)


def add_reports(app: FastAPI) -> None:
    """Add the route."""
    app.add_api_route(
        "/v1/{organization_id}/reports/{day}",
        report,
        methods=["GET"],
        tags=["reports"],
        response_class=HTMLResponse,
        responses={**READS, **problems(404)},
    )
