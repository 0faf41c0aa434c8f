"""An ASGI app over real HTTP, in a background thread."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterable
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Scope

from contact_hub.errors import ContactHubError

_STARTUP_SECONDS = 20
_POLL_SECONDS = 0.005


class BackgroundServer:
    """Serves ``app`` on a port of its own (``port`` 0: a free one) from :meth:`start` to :meth:`stop`.

    Raises:
        ContactHubError: at once; the port is taken.
    """

    def __init__(self, app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> None:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", proxy_headers=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None
        self._socket = _bound(host, port)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Returns when requests are answered.

        Raises:
            ContactHubError: the server does not come up.
        """
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="sandbox", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _STARTUP_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise ContactHubError("the sandbox did not start")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the thread and free the port."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._socket.close()

    def transport_of(self, scope: Scope) -> asyncio.Transport | None:
        """The connection that a request came over, so that a fault can cut it."""
        connections: Iterable[Any] = self._server.server_state.connections
        return next((one.transport for one in connections if getattr(one, "client", None) == scope["client"]), None)


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as problem:
        bound.close()
        raise ContactHubError(f"cannot listen on {host}:{port} ({problem.strerror}): choose another port") from None
    return bound
