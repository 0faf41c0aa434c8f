"""The sandbox over real HTTP: in a background thread for tests and the demo, in the foreground for the command line."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

import uvicorn
from starlette.types import Scope

from contact_hub.errors import ContactHubError
from contact_hub.sandbox.app import SandboxApp
from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.faults import Faults
from contact_hub.sandbox.limits import RateLimit, RateLimiter
from contact_hub.sandbox.log import LoggedRequest, RequestLog

DEFAULT_KEY = "sandbox-key-au1"
DEFAULT_LIMIT = RateLimit()
_STARTUP_SECONDS = 20
_POLL_SECONDS = 0.005


class SandboxServer:
    """Serves a clinic; a context manager around a background thread, or :meth:`serve_forever`.

    Args:
        clinic: what is served.
        host: where to listen; the default lets nobody in from outside.
        port: 0 takes a free one.
        keys: the API keys that are let in.
        rate_limit: None switches the limit off.
        limit_clock: UNIX seconds, for the rate limit.
        on_request: called with each accepted request right before it is answered, to change the clinic between pages.
    """

    def __init__(
        self,
        clinic: Clinic,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        keys: Iterable[str] = (DEFAULT_KEY,),
        rate_limit: RateLimit | None = DEFAULT_LIMIT,
        limit_clock: Callable[[], float] = time.time,
        on_request: Callable[[LoggedRequest], None] | None = None,
    ) -> None:
        self.clinic = clinic
        self._host = host
        self._wanted_port = port
        self._app = SandboxApp(clinic, keys, RateLimiter(rate_limit, limit_clock), self._transport_of)
        self._app.on_request = on_request
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL that takes the place of ``https://api.SHARD.cliniko.com/v1``."""
        return f"http://{self._host}:{self.port}/v1"

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._listening().getsockname()[1]

    @property
    def requests(self) -> RequestLog:
        """Every request so far."""
        return self._app.requests

    @property
    def faults(self) -> Faults:
        """The faults that are on."""
        return self._app.faults

    @property
    def refused(self) -> int:
        """How many requests the rate limit refused (a 429 by a fault is not among them)."""
        return self._app.limiter.refused.total()

    @property
    def on_request(self) -> Callable[[LoggedRequest], None] | None:
        """Called with each accepted request right before it is answered."""
        return self._app.on_request

    @on_request.setter
    def on_request(self, hook: Callable[[LoggedRequest], None] | None) -> None:
        self._app.on_request = hook

    def start(self) -> None:
        """Listen, in a background thread; returns when requests are answered.

        Raises:
            ContactHubError: the port is taken, or the server does not come up.
        """
        listening = self._listening()
        self._thread = threading.Thread(target=self._server.run, args=([listening],), name="sandbox", daemon=True)
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
        if self._socket is not None:
            self._socket.close()

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted.

        Raises:
            ContactHubError: the port is taken.
        """
        with contextlib.suppress(KeyboardInterrupt):
            self._server.run([self._listening()])

    def __enter__(self) -> "SandboxServer":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _listening(self) -> socket.socket:
        """The socket, bound on first use: the port is known, and known to be free, before anything is started."""
        if self._socket is None:
            bound = socket.socket()
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                bound.bind((self._host, self._wanted_port))
            except OSError as problem:
                bound.close()
                raise ContactHubError(
                    f"cannot listen on {self._host}:{self._wanted_port} ({problem.strerror}): choose another port"
                ) from None
            self._socket = bound
        return self._socket

    def _transport_of(self, scope: Scope) -> asyncio.Transport | None:
        """The connection that a request came over."""
        connections: Iterable[Any] = self._server.server_state.connections
        return next((one.transport for one in connections if getattr(one, "client", None) == scope["client"]), None)


def run(
    clinic: Clinic,
    host: str = "127.0.0.1",
    port: int = 8010,
    *,
    keys: Iterable[str] = (DEFAULT_KEY,),
    rate_limit: RateLimit | None = DEFAULT_LIMIT,
) -> None:
    """Serve a clinic in the foreground, until interrupted.

    Raises:
        ContactHubError: the port is taken.
    """
    SandboxServer(clinic, host=host, port=port, keys=keys, rate_limit=rate_limit).serve_forever()
