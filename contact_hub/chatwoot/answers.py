"""Reading one HTTP answer of Chatwoot: its JSON, or the error that its status stands for."""

import re
from collections.abc import Mapping
from typing import Any

import requests

from contact_hub.chatwoot.errors import (
    ChatwootError,
    NotFound,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from contact_hub.http_api.reading import NotJson, http_date, read_json, seconds

_FIELD = re.compile(r"[a-z][a-z_]{0,39}")
_FIELDS_NAMED = 10

_REFUSALS: Mapping[int, tuple[type[ChatwootError], str]] = {
    401: (
        Unauthorized,
        "the access token was refused; it is wrong or revoked, or its user may not do this in this account",
    ),
    403: (Unauthorized, "access refused; give the user of this access token a role that may do this"),
    404: (NotFound, "not found; there is no such account or record, or it was merged or deleted"),
    408: (Unavailable, "Chatwoot gave up waiting for the request"),
}


def json_of(response: requests.Response, action: str, *, now: float) -> Any:
    """The JSON of a 200.

    Args:
        now: seconds since 1970, by the clock that ``RateLimited.retry_at`` shall be in.

    Raises:
        ChatwootError: of the kind that the status stands for.
        UnexpectedAnswer: a 200 that is not JSON, or a status that the API does not use.
    """
    if response.status_code != 200:
        raise _error_of(response, action, now)
    try:
        return read_json(response.content)
    except NotJson:
        pass  # raised below, without a context
    raise UnexpectedAnswer("the answer is not JSON; is this the URL of a Chatwoot installation?", action=action, status=200)


def _error_of(response: requests.Response, action: str, now: float) -> ChatwootError:
    status = response.status_code
    if status == 429:
        retry_at = next_request_at(response.headers, now=now)
        return RateLimited("more requests than Chatwoot allows", action=action, status=status, retry_at=retry_at)
    if status in _REFUSALS:
        kind, message = _REFUSALS[status]
        return kind(f"{message} ({status})", action=action, status=status)
    if status >= 500:
        return Unavailable(f"Chatwoot answered {status}", action=action, status=status)
    if status >= 400:
        fields = _fields(response)
        named = f"; fields: {', '.join(fields)}" if fields else ""
        return Refused(f"Chatwoot refused the request ({status}){named}", action=action, status=status, fields=fields)
    if status >= 300:
        message = f"Chatwoot answered with a redirect ({status}), which is not followed: it would carry the token elsewhere"
        return UnexpectedAnswer(message, action=action, status=status)
    return UnexpectedAnswer(f"Chatwoot answered {status} in place of 200", action=action, status=status)


def _fields(response: requests.Response) -> tuple[str, ...]:
    """The fields that a 422 complains about (``attributes``); its ``message`` and ``error`` can quote a payload."""
    try:
        attributes = read_json(response.content).get("attributes")
    except (NotJson, AttributeError):
        return ()
    names = attributes if isinstance(attributes, list) else []
    return tuple(name for name in names if isinstance(name, str) and _FIELD.fullmatch(name))[:_FIELDS_NAMED]


def next_request_at(headers: Mapping[str, str], *, now: float) -> float | None:
    """When a request may be sent after a 429 (``Retry-After``: seconds, or an HTTP date), in seconds since 1970.

    None where the answer does not say, which is Chatwoot's default. A date is read by the server's clock, which the ``Date``
    header tells.
    """
    retry_after = (headers.get("Retry-After") or "").strip()
    if (after := seconds(retry_after)) is not None:
        return now + after
    moment, there = http_date(retry_after), http_date(headers.get("Date"))
    return None if moment is None else now + max(moment - (now if there is None else there), 0.0)
