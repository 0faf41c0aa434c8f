"""Servers and clients for the tests of the Cliniko client."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from contact_hub.cliniko import ClinikoAccount, ClinikoClient, Limiter, Patience, Unlimited
from contact_hub_tests.cliniko.server import Answering, Server

KEY = "MS0xMjM0NTY3ODkwLWNhbmFyeQ-au1"

HURRIED = Patience(backoff_s=0.002, longest_backoff_s=0.01)
"""The client's patience with pauses of milliseconds."""

Connect = Callable[..., tuple[Server, ClinikoClient]]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Start a server and give it with a client of it; both end with the test."""
    with ExitStack() as stack:

        def start(
            answering: Answering,
            *,
            patience: Patience = HURRIED,
            limiter: Limiter | None = None,
            read_timeout_s: float = 5.0,
            contact: str = "clinic@example.org",
        ) -> tuple[Server, ClinikoClient]:
            server = stack.enter_context(Server(answering))
            client = ClinikoClient(
                ClinikoAccount.from_key(KEY, url=server.url),
                limiter=limiter or Unlimited(),
                contact=contact,
                patience=patience,
                read_timeout_s=read_timeout_s,
            )
            return server, stack.enter_context(client)

        yield start
