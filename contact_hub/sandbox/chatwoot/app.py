"""The account's REST API as an ASGI app: who may ask, what is answered, and what is spoilt on the way."""

import re
from collections.abc import Callable
from json import JSONDecodeError
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from contact_hub.sandbox.chatwoot.api import Asked, Problem, answer
from contact_hub.sandbox.chatwoot.desk import Desk
from contact_hub.sandbox.chatwoot.rows import Agent
from contact_hub.sandbox.chatwoot.spoiling import TransportOf, send_spoilt, spoilt_payload
from contact_hub.sandbox.faults import Fault, Faults
from contact_hub.sandbox.log import LoggedRequest, RequestLog

_PATH = re.compile(r"/api/v1/accounts/(\d{1,18})/(.+?)/?", re.ASCII)


class ChatwootApp:
    """The ASGI app. Faults and the log know paths below ``/api/v1/accounts/ID/``.

    Args:
        users: whom each token lets in.
    """

    def __init__(self, desk: Desk, users: dict[str, Agent]) -> None:
        self.requests = RequestLog()
        self.faults = Faults()
        self.on_request: Callable[[LoggedRequest], None] | None = None
        self.transport_of: TransportOf = lambda scope: None
        self._desk = desk
        self._users = users

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        found = _PATH.fullmatch(request.url.path)
        params = tuple(request.query_params.multi_items())
        path = found[2] if found else request.url.path
        logged = LoggedRequest(request.method, path, params, request.headers.get("api_access_token"))
        self.requests.add(logged)
        refusal = self._refusal(found, logged)
        fault = None if refusal else self.faults.pick(path, request.method)
        response = refusal or await self._in_thread(request, logged, fault)
        if fault is None:
            logged.status = response.status_code
            await response(scope, receive, send)
        else:
            await send_spoilt(fault, response, logged, (scope, receive, send), self.transport_of)

    def _refusal(self, found: re.Match[str] | None, logged: LoggedRequest) -> Response | None:
        """Why the request is not looked at at all, if so. Outside of the API there is the dashboard's page."""
        if found is None:
            return HTMLResponse("<!DOCTYPE html><html><head><title>Chatwoot</title></head><body></body></html>")
        if not logged.key:
            return JSONResponse({"errors": ["You need to sign in or sign up before continuing."]}, 401)
        if logged.key not in self._users:
            return JSONResponse({"error": "Invalid Access Token"}, 401)
        if int(found[1]) != self._desk.account_id:
            return JSONResponse({"error": "Resource could not be found"}, 404)
        return None

    async def _in_thread(self, request: Request, logged: LoggedRequest, fault: Fault | None) -> Response:
        """Webhooks are sent from there, and their receiver may ask something before it answers."""
        return await run_in_threadpool(self._answer, logged, await _json(request), fault)

    def _answer(self, logged: LoggedRequest, body: dict[str, Any], fault: Fault | None) -> Response:
        if self.on_request is not None:
            self.on_request(logged)
        if fault is not None and fault.kind in ("status", "too_many_requests"):
            return JSONResponse({})  # such a server has done nothing
        asked = Asked(dict(logged.params), body, self._users[logged.key or ""])
        try:
            return JSONResponse(spoilt_payload(fault, answer(self._desk, logged.method, logged.path, asked)))
        except Problem as problem:
            return JSONResponse(problem.body, problem.status)


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}
