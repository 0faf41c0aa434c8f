"""Reports over HTTP: the page of a clinic and day, for whoever has its link or a token of the clinic."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from contact_hub.gateway.authentication import bearer_scheme, token_caller
from contact_hub.gateway.documents import READS, problems
from contact_hub.gateway.parts import Parts
from contact_hub.gateway.problems import Refused
from contact_hub.store.installation import secret_of
from contact_hub.store.organizations import SLUG
from contact_hub.store.reports import opens, read_report

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _reader(
    request: Request,
    organization_id: str,
    gateway: Parts,
    key: Annotated[str | None, Query(description="As in the link of the report")] = None,
) -> str:
    """The organization whose report the caller may read: the link's key was made for the path as it stands.

    Raises:
        Unauthenticated: neither the key of the link nor a token of the organization.
    """
    day = request.path_params["day"]
    if key is not None and SLUG.fullmatch(organization_id) and opens(secret_of(gateway.database), organization_id, day, key):
        gateway.admit(organization_id)
        return organization_id
    return token_caller(request, organization_id, gateway).organization_id


def report(
    organization_id: Annotated[str, Depends(_reader)],
    day: Annotated[date, Path(description="The day, YYYY-MM-DD")],
    gateway: Parts,
) -> Response:
    """The report of a day as an HTML page. It opens by its link (the key stands for one page) or with a token."""
    with gateway.database.reading() as connection:
        html = read_report(connection, organization_id, day)
    if html is None:
        raise Refused(HTTPStatus.NOT_FOUND, "unknown_report", "no report was made for this day")
    return HTMLResponse(html, headers=_HEADERS)


def add_reports(app: FastAPI) -> None:
    """Add the route."""
    app.add_api_route(
        "/v1/{organization_id}/reports/{day}",
        report,
        methods=["GET"],
        tags=["reports"],
        response_class=HTMLResponse,
        dependencies=[Depends(bearer_scheme)],
        responses={**READS, **problems(404)},
    )
