"""Cliniko's read API over a clinic, as an ASGI app: who may ask, what is answered, and what is spoilt on the way."""

import asyncio
import base64
import binascii
import re
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.faults import HTML_PAGE, Fault, Faults, spoil_payload
from contact_hub.sandbox.filters import BadFilter
from contact_hub.sandbox.limits import RateLimiter
from contact_hub.sandbox.log import LoggedRequest, RequestLog
from contact_hub.sandbox.query import find_one, parse_list_query, select_page
from contact_hub.sandbox.resources import RESOURCES, Resource

_PREFIX = "/v1/"
_SHARD = re.compile(r"-[a-z]{2}\d+$")
_CONTACT_EMAIL = re.compile(r"\([^()\s]+@[^()\s]+\)")
_NUMBER = re.compile(r"\d{1,20}", re.ASCII)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # "linger for no time": the kernel answers with RST instead of FIN

TransportOf = Callable[[Scope], asyncio.Transport | None]


class SandboxApp:
    """The ASGI app.

    Args:
        clinic: what is served.
        keys: the API keys that are let in, each with or without its shard suffix.
        limiter: the rate limit.
        transport_of: finds a request's connection, so that a fault can cut it.
    """

    def __init__(
        self, clinic: Clinic, keys: Iterable[str], limiter: RateLimiter, transport_of: TransportOf = lambda scope: None
    ) -> None:
        self.clinic = clinic
        self.requests = RequestLog()
        self.faults = Faults()
        self.limiter = limiter
        self.on_request: Callable[[LoggedRequest], None] | None = None
        self._users = {_user_of(key) for key in keys}
        self._transport_of = transport_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        params = tuple(request.query_params.multi_items())
        logged = LoggedRequest(request.method, request.url.path.removeprefix(_PREFIX), params, _key_of(request))
        self.requests.add(logged)
        refusal = self._refusal(request, logged)
        fault = None if refusal else self.faults.pick(logged.path)
        response = refusal or self._answer(request, logged, fault)
        if fault is None:
            logged.status = response.status_code
            await response(scope, receive, send)
        else:
            await self._send_spoilt(fault, response, logged, (scope, receive, send))

    def _refusal(self, request: Request, logged: LoggedRequest) -> Response | None:
        """Why the request is not looked at at all, if so."""
        user = _user_of(logged.key or "")
        if not user or user not in self._users:
            return _message(401, "Access denied: the API key is not known")
        if not _CONTACT_EMAIL.search(request.headers.get("user-agent", "")):
            return _message(403, "Requests need a User-Agent with a contact e-mail in parentheses")
        reset = self.limiter.refuse_until(user)
        if reset is not None:
            return _message(429, "Rate limit exceeded", {"X-RateLimit-Reset": str(reset)})
        if "application/json" not in request.headers.get("accept", ""):
            return _message(406, "Requests need Accept: application/json")
        return None

    def _answer(self, request: Request, logged: LoggedRequest, fault: Fault | None) -> Response:
        if self.on_request is not None:
            self.on_request(logged)
        listed = RESOURCES.get(logged.path)
        name, _, row_id = logged.path.rpartition("/")
        single = RESOURCES.get(name)
        known = request.method == "GET" and request.url.path.startswith(_PREFIX)
        base = f"{request.url.scheme}://{request.url.netloc}/v1"
        try:
            if known and listed is not None:
                payload = self._list(listed, logged, base)
                return JSONResponse(spoil_payload(fault.kind, payload) if fault else payload)
            if known and single is not None and single.name == single.envelope and _NUMBER.fullmatch(row_id):
                return self._one(single, int(row_id), logged, base)
        except BadFilter as problem:
            return _message(400, str(problem))
        return HTMLResponse("<html><body><h1>The page you were looking for doesn't exist.</h1></body></html>", 404)

    def _list(self, resource: Resource, logged: LoggedRequest, base: str) -> dict[str, Any]:
        with self.clinic.lock:
            query = parse_list_query(logged.params, resource)
            page = select_page(resource.table(self.clinic.tables), resource, query)
            rows = [resource.render(row, base) for row in page.rows]
        url = f"{base}/{resource.name}"
        links = _links(url, logged.params, query.page, query.page * query.per_page < page.total)
        return {resource.envelope: rows, "total_entries": page.total, "links": links}

    def _one(self, resource: Resource, row_id: int, logged: LoggedRequest, base: str) -> Response:
        with self.clinic.lock:
            row = find_one(resource.table(self.clinic.tables), resource, row_id, logged.params)
            if row is None:
                return _message(404, "Record not found")
            return JSONResponse(resource.render(row, base))

    async def _send_spoilt(
        self, fault: Fault, response: Response, logged: LoggedRequest, asgi: tuple[Scope, Receive, Send]
    ) -> None:
        match fault.kind:
            case "reset" | "truncated_body":
                await self._send_half(response, asgi, reset=fault.kind == "reset")
                return
            case "delay":
                await asyncio.sleep(fault.seconds)
            case "truncated_json":
                response = Response(response.body[: len(response.body) // 2], media_type="application/json")
            case "html":
                response = HTMLResponse(HTML_PAGE)
            case "empty":
                response = Response(b"", media_type="application/json")
            case "status":
                response = _status(fault)
            case "too_many_requests":
                response = _message(429, "Rate limit exceeded", self.limiter.headers(fault.limit_headers, fault.seconds))
        logged.status = response.status_code
        await response(*asgi)

    async def _send_half(self, response: Response, asgi: tuple[Scope, Receive, Send], *, reset: bool) -> None:
        """The full length announced, half of the body sent, and the connection gone."""
        scope, receive, send = asgi
        transport = self._transport_of(scope)
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        half = bytes(response.body)[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        if transport is None:
            raise RuntimeError("a connection can be cut only under SandboxServer")
        if reset:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            transport.abort()
        else:
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def _key_of(request: Request) -> str | None:
    """The user name of HTTP Basic authentication."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return None


def _user_of(key: str) -> str:
    """Whose key it is: the shard suffix makes no difference, to authentication or to the rate limit."""
    return _SHARD.sub("", key)


def _links(url: str, params: tuple[tuple[str, str], ...], page: int, more: bool) -> dict[str, str]:
    others = [(name, value) for name, value in params if name != "page"]

    def link(number: int) -> str:
        return f"{url}?{urlencode([('page', str(number)), *others])}"

    links = {"self": link(page)}
    if page > 1:
        links["previous"] = link(page - 1)
    if more:
        links["next"] = link(page + 1)
    return links


def _message(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"message": text}, status, headers)


def _status(fault: Fault) -> Response:
    if isinstance(fault.body, str):
        return HTMLResponse(fault.body, fault.status)
    return JSONResponse(fault.body, fault.status)
