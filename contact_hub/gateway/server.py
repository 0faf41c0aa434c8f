"""The gateway as a process."""

import contextlib
import logging
import signal
import socket
from dataclasses import replace
from typing import Any

import uvicorn
from sqlalchemy import create_engine

from contact_hub.errors import ContactHubError, stack_of
from contact_hub.gateway.app import THREADS, create_app
from contact_hub.store.database import Database

GRACE_S = 10
CONNECT_S = 3


class StackOnly(logging.Formatter):
    """Exceptions by their types and frames: a message may quote a row or a request."""

    def formatException(self, ei: Any) -> str:
        error: BaseException | None = ei[1]
        return "" if error is None else stack_of(error)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": StackOnly, "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "contact_hub": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn.error": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # A path names an organization and a contact, and a query an identifier: no request is logged.
        "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}


def serve(database: Database, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve until ctrl-C or SIGTERM; requests that are being answered then are answered.

    Raises:
        ContactHubError: the port is taken, or the server does not come up.
    """
    listening = _listen(host, port)
    pooled = with_pool(database)
    config = uvicorn.Config(
        create_app(pooled),
        log_config=LOGGING,
        access_log=False,
        proxy_headers=False,  # an address that a client can state for itself limits nobody
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = uvicorn.Server(config)
    # SIGTERM ends it as ctrl-C does. uvicorn raises again what it has caught.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server.run([listening])
    finally:
        listening.close()
        pooled.close()
    if not server.started:
        raise ContactHubError("the gateway did not start; the lines above say why")


def with_pool(database: Database) -> Database:
    """The same database with a connection for every thread, kept; a server that is away is noticed within seconds."""
    engine = create_engine(
        database.url,
        pool_size=THREADS,
        max_overflow=8,  # the settler's, those of the replies, and some to spare
        pool_pre_ping=True,
        connect_args={"application_name": "contact_hub_gateway", "connect_timeout": CONNECT_S},
        hide_parameters=True,
    )
    return replace(database, engine=engine)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as problem:
        bound.close()
        raise ContactHubError(f"cannot listen on {host}:{port} ({problem.strerror}); choose another --port") from None
    return bound
