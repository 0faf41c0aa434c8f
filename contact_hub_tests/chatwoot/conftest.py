"""A Chatwoot, and clients of it that do not wait for long."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from contact_hub.chatwoot import ChatwootAccount, ChatwootClient, Patience
from contact_hub.sandbox import ChatwootServer

HURRIED = Patience(backoff_s=0.002, longest_backoff_s=0.01, deadline_s=10)
"""The client's patience with pauses of milliseconds."""

Connect = Callable[..., ChatwootClient]


@pytest.fixture
def chatwoot() -> Iterator[ChatwootServer]:
    """An account in which nothing has happened."""
    with ChatwootServer() as server:
        yield server


@pytest.fixture
def connect(chatwoot: ChatwootServer) -> Iterator[Connect]:
    """Open a client of the account; it is closed with the test."""
    with ExitStack() as stack:

        def start(
            *, url: str | None = None, token: str | None = None, patience: Patience = HURRIED, read_timeout_s: float = 5.0
        ) -> ChatwootClient:
            account = ChatwootAccount(url or chatwoot.url, chatwoot.account_id, token or chatwoot.token)
            return stack.enter_context(ChatwootClient(account, patience=patience, read_timeout_s=read_timeout_s))

        yield start


@pytest.fixture
def client(connect: Connect) -> ChatwootClient:
    return connect()
