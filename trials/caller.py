"""A caller of the gateway over one kept connection: whatever bytes, whatever headers, and the answer as it came."""

import http.client
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    retry_after: float = 0.0

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Keeps its connection, and makes another where the gateway has closed it."""

    def __init__(self, port: int, token: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._token = token

    def connect(self) -> None:
        self._connection.connect()

    def post(self, path: str, payload: Any) -> Answer:
        """JSON, with the token."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        return self.send("POST", path, json.dumps(payload).encode(), headers)

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """These bytes, with these headers alone.

        Raises:
            OSError, http.client.HTTPException: no answer came, on a new connection either.
        """
        is_kept = self._connection.sock is not None
        try:
            return self._send(method, path, body, headers or {})
        except (ConnectionError, http.client.RemoteDisconnected):
            self.close()
            if not is_kept:
                raise
            return self._send(method, path, body, headers or {})

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with suppress(BrokenPipeError):  # refused before all of it was sent: the answer says so
            self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        said = answer.read()
        after = answer.getheader("Retry-After", "")
        return Answer(answer.status, answer.getheader("Content-Type", ""), said, float(after) if after.isdecimal() else 0.0)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
