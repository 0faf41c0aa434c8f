"""Reading one HTTP answer of Cliniko: its JSON, or the error that its status stands for."""

import re
from collections.abc import Mapping
from typing import Any

import requests

from contact_hub.cliniko.errors import (
    ClinikoError,
    Forbidden,
    InvalidKey,
    InvalidRequest,
    MalformedResponse,
    NotFound,
    RateLimited,
    Unavailable,
)
from contact_hub.http_api.reading import NotJson, http_date, read_json, seconds

_FIELD = re.compile(r"[a-z][a-z0-9_.]{0,39}")
_FIELDS_NAMED = 10

_REFUSALS: Mapping[int, tuple[type[ClinikoError], str]] = {
    401: (InvalidKey, "the API key was refused; check the key in this organization's variable, it is wrong or revoked"),
    403: (Forbidden, "access refused; give the Cliniko user of this API key a role that may read this"),
    404: (NotFound, "not found; there is no such record, or the Cliniko user of this API key may not see it"),
    408: (Unavailable, "Cliniko gave up waiting for the request"),
    425: (Unavailable, "Cliniko was not ready for the request"),
}


def json_of(response: requests.Response, resource: str, *, now: float) -> Any:
    """The JSON of a 200.

    Whole numbers keep all their digits; NaN and Infinity, which JSON does not have, are refused.

    Args:
        now: seconds since 1970, by the clock that ``RateLimited.retry_at`` shall be in.

    Raises:
        ClinikoError: of the kind that the status stands for.
        MalformedResponse: a 200 that is not JSON, or a status that the API does not use.
    """
    if response.status_code != 200:
        raise _error_of(response, resource, now)
    try:
        return read_json(response.content)
    except NotJson:
        pass  # raised below, without a context
    raise MalformedResponse("the answer is not JSON", resource=resource, status=200)


def _error_of(response: requests.Response, resource: str, now: float) -> ClinikoError:
    status = response.status_code
    if status == 429:
        retry_at = next_request_at(response.headers, now=now)
        return RateLimited("more requests than Cliniko allows", resource=resource, status=status, retry_at=retry_at)
    if status in _REFUSALS:
        kind, message = _REFUSALS[status]
        return kind(f"{message} ({status})", resource=resource, status=status)
    if status >= 500:
        return Unavailable(f"Cliniko answered {status}", resource=resource, status=status)
    if status >= 400:
        return InvalidRequest(f"Cliniko refused the request ({status}){_fields(response)}", resource=resource, status=status)
    if status >= 300:
        message = f"Cliniko answered with a redirect ({status}), which is not followed: it would carry the API key elsewhere"
        return MalformedResponse(message, resource=resource, status=status)
    return MalformedResponse(f"Cliniko answered {status} in place of 200", resource=resource, status=status)


def _fields(response: requests.Response) -> str:
    """The fields that a 400 or 422 complains about, to end a message with; the complaints can quote a payload."""
    try:
        errors = read_json(response.content).get("errors")
    except (NotJson, AttributeError):
        return ""
    names = [name for name in errors if _FIELD.fullmatch(name)] if isinstance(errors, dict) else []
    return f"; fields: {', '.join(names[:_FIELDS_NAMED])}" if names else ""


def next_request_at(headers: Mapping[str, str], *, now: float) -> float | None:
    """When a request may be sent after a 429, in seconds since 1970; None where the answer names no time in the future.

    ``X-RateLimit-Reset`` (seconds since 1970) comes first, ``Retry-After`` (seconds, or an HTTP date) second: Cliniko
    documents the former, others have seen the latter. Both are read by the server's clock, which the ``Date`` header
    tells, so that a wrong clock on either side neither sends too early nor waits for hours.
    """
    there = http_date(headers.get("Date"))
    there = now if there is None else there
    retry_after = headers.get("Retry-After")
    after = seconds(retry_after)
    stated = (
        seconds(headers.get("X-RateLimit-Reset")),
        http_date(retry_after) if after is None else there + after,
    )
    return next((now + (moment - there) for moment in stated if moment is not None and moment > there), None)
