"""Around every request: it is counted, it is not cached anywhere, and an unexpected error says nothing to anybody."""

import time

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contact_hub.gateway.metrics import Metrics
from contact_hub.gateway.problems import problem, unexpected

GONE = 499
"""In the metrics only: the client went away before it was answered."""
_HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


class Observed:
    """The outermost of our middlewares.

    The framework's own net hands an unexpected error on to the server, which logs it with its message.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status: int | None = None

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        try:
            await self._app(scope, receive, observe)
        except ClientDisconnect:
            pass
        except Exception as error:
            answer = problem(unexpected(error))
            if status is None:
                await answer(scope, receive, observe)
        finally:
            route = getattr(scope.get("route"), "path", None)
            self._metrics.answered(route, scope["method"], status or GONE, time.perf_counter() - began)
