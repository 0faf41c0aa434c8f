"""Every error as an RFC 9457 problem document: what is wrong, and never with which value.

Shape: ``{"type": "about:blank", "title", "status", "detail", "code", "errors"?: [{"location", "code"}]}``. ``code`` is for
programs, ``detail`` for people.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from contact_hub.directory import (
    DecisionConflict,
    InvalidDecision,
    InvalidIdentifier,
    LinkRefused,
    UnknownContact,
    UnknownDecision,
    UnknownPatient,
)
from contact_hub.errors import ContactHubError, StoreError, stack_of

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError, StoreError)
"""What the store raises when the same request may well succeed in a while."""
_MAX_ERRORS = 20


class Refused(ContactHubError):
    """A request that is answered with a problem document.

    Args:
        status: the HTTP status.
        code: a stable word for programs.
        detail: a sentence for people; holds nothing of the request.
        errors: (location, code) of each thing that is wrong in it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = errors


class Unauthenticated(Refused):
    """Neither a valid token nor a valid signature. One answer for every reason: nobody learns which organizations exist."""

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.UNAUTHORIZED,
            "unauthenticated",
            "this needs a valid token of the organization (Authorization: Bearer TOKEN), or the provider's signature",
            headers={"WWW-Authenticate": "Bearer"},
        )


class TooManyRequests(Refused):
    """A rate limit, with the seconds until the next request is let in."""

    def __init__(self, code: str, detail: str, wait_s: float) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, code, detail, headers={"Retry-After": str(max(1, round(wait_s + 0.5)))})


def problem(refused: Refused) -> Response:
    """The problem document of a refusal."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(refused.status).phrase,
        "status": int(refused.status),
        "detail": refused.detail,
        "code": refused.code,
    }
    if refused.errors:
        document["errors"] = [{"location": location, "code": code} for location, code in refused.errors[:_MAX_ERRORS]]
    return JSONResponse(document, refused.status, refused.headers, MEDIA_TYPE)


def unexpected(error: BaseException) -> Refused:
    """What an error of our own is answered with; it is logged by its types and frames alone."""
    logger.error("unexpected error\n%s", stack_of(error))
    return Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "an error of the gateway's own; its log says where")


def invalid(error: ValidationError | RequestValidationError, *, within: str | None = None) -> Refused:
    """What is wrong with the members of a body or with parameters: where and which rule, without the value.

    A location may name a member that the sender invented, so only the names that the route knows are given.
    """
    errors = []
    for one in error.errors():
        known = one["loc"][:-1] if one["type"] == "extra_forbidden" else one["loc"]
        place = [str(part) for part in ((within, *known) if within else known)]
        errors.append((".".join(place), str(one["type"])))
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", "the request does not fit this route", errors=errors)


def handle_problems(app: FastAPI) -> None:
    """Answer each expected kind of error with its problem document."""

    async def on_refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return problem(error)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(_of_framework(error))

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem(invalid(error))

    async def on_directory(request: Request, error: Exception) -> Response:
        assert isinstance(error, ContactHubError)
        return problem(_of_directory(error))

    async def on_unavailable(request: Request, error: Exception) -> Response:
        return problem(unavailable(error))

    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    for kind, _, _ in _OF_DIRECTORY:
        app.add_exception_handler(kind, on_directory)
    for unavailable_kind in UNAVAILABLE:
        app.add_exception_handler(unavailable_kind, on_unavailable)


def unavailable(error: BaseException) -> Refused:
    logger.warning("the store is not available: %s.%s", type(error).__module__, type(error).__qualname__)
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "store_unavailable",
        "the store is not available; nothing was accepted, try again",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def _of_framework(error: HTTPException) -> Refused:
    """404, 405 and the like of the framework's own; its details are its own words."""
    known = {404: ("no_such_route", "there is no such route"), 405: ("no_such_method", "this route does not take this method")}
    code, detail = known.get(error.status_code, ("refused", HTTPStatus(error.status_code).phrase))
    return Refused(error.status_code, code, detail, headers=error.headers)


_OF_DIRECTORY: tuple[tuple[type[ContactHubError], HTTPStatus, str], ...] = (
    (InvalidIdentifier, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_identifier"),
    (LinkRefused, HTTPStatus.CONFLICT, "link_refused"),
    (UnknownContact, HTTPStatus.NOT_FOUND, "unknown_contact"),
    (UnknownPatient, HTTPStatus.NOT_FOUND, "unknown_patient"),
    (UnknownDecision, HTTPStatus.NOT_FOUND, "unknown_decision"),
    (InvalidDecision, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_decision"),
    (DecisionConflict, HTTPStatus.CONFLICT, "decision_conflict"),
)


def _of_directory(error: ContactHubError) -> Refused:
    status, code = next((status, code) for kind, status, code in _OF_DIRECTORY if isinstance(error, kind))
    return Refused(status, code, str(error))
