"""What the routes say of themselves in the OpenAPI document."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from contact_hub.gateway.models import ProblemDocument
from contact_hub.gateway.problems import MEDIA_TYPE

TITLE = "contact_hub gateway"
DESCRIPTION = """
One contact per person over every channel: webhooks of Chatwoot, WhatsApp, Instagram, Messenger, Twilio, email and web forms,
a generic event, and the directory of contacts. Every error is an RFC 9457 problem document. An event is durable before its
2xx, and the same delivery again changes nothing.
"""

Responses = dict[int | str, dict[str, Any]]

_PROBLEMS = {
    400: "The request is broken",
    401: "Neither a valid token of this organization nor the provider's signature",
    404: "There is no such contact, patient or report",
    408: "The body did not arrive in time",
    409: "The link contradicts what is known",
    413: "The body is too large",
    415: "The body is of a kind that this route does not take",
    422: "Not what this route takes; `errors` says where",
    429: "Over the rate; `Retry-After` says how many seconds to wait",
    503: "The store is not available, nothing was accepted; `Retry-After` says when to try again",
}
_SCHEMA = "ProblemDocument"


def problems(*statuses: int) -> Responses:
    """The problem documents that a route may answer with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{_SCHEMA}"}}}
    return {status: {"description": _PROBLEMS[status], "content": content} for status in statuses}


READS = problems(401, 422, 429, 503)
TAKES_BODY = problems(401, 408, 413, 415, 422, 429, 503)


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """A JSON body, which the route reads itself: after the caller is known, and by the gateway's own limits."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        made.setdefault("components", {}).setdefault("schemas", {})[_SCHEMA] = ProblemDocument.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        schemas = made["components"]["schemas"]
        schemas.update(schemas[_SCHEMA].pop("$defs", {}))
        app.openapi_schema = made
    return app.openapi_schema
