"""A small HTTP server that answers as it is told, and a clinic's list that it can answer from."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

Fault = Literal["none", "reset", "short body", "broken chunks", "stall"]


@dataclass(frozen=True)
class Request:
    """One request as it came in; ``at`` in seconds since 1970."""

    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    at: float

    def filters(self) -> list[str]:
        return [value for name, value in self.query if name == "q[]"]


@dataclass(frozen=True)
class Answer:
    """What the server sends back; ``fault`` is what goes wrong on the way."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault = "none"


def as_json(value: object, *, status: int = 200, headers: dict[str, str] | None = None, fault: Fault = "none") -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})}, fault)


def listing(key: str, records: Iterable[object], *, total: object = None, more: bool = False) -> Answer:
    """A list's envelope; ``total`` is the number of records where it is not given."""
    records = list(records)
    links = {"self": "https://x.invalid/self", **({"next": "https://x.invalid/next"} if more else {})}
    return as_json({key: records, "total_entries": len(records) if total is None else total, "links": links})


Answering = Callable[[Request], Answer]


class Server:
    """Answers every request by ``answering``, remembers the requests, and stops as a context manager."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.requests: list[Request] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(parts.path, parse_qsl(parts.query, keep_blank_values=True), headers, time.time())
                server.requests.append(request)
                _send(self, server.answering(request))

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.close_connection = answer.fault != "none"
    if answer.fault == "stall":
        time.sleep(0.6)
        return
    if answer.fault == "reset":
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        return
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if answer.fault == "broken chunks":
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n" % len(answer.body) + answer.body[: len(answer.body) // 2])
        return
    handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
    handler.wfile.write(answer.body[: len(answer.body) // 2] if answer.fault == "short body" else answer.body)


def script(*answers: Answer, then: Answering | None = None) -> Answering:
    """The answers in turn; after them ``then``, or the last one over and over."""
    left = list(answers)

    def answering(request: Request) -> Answer:
        if len(left) > 1 or (left and then):
            return left.pop(0)
        return then(request) if then else left[0]

    return answering


class Clinic:
    """Records of one resource that answer list queries as Cliniko does; ``before`` runs ahead of each answer.

    ``records`` maps ids to ``updated_at``. ``largest_page`` makes pages smaller than asked for.
    """

    def __init__(self, records: dict[int, str], *, key: str = "patients", largest_page: int = 100) -> None:
        self.records = records
        self.key = key
        self.largest_page = largest_page
        self.answered = 0
        self.before: Callable[[int], None] = lambda number: None

    def __call__(self, request: Request) -> Answer:
        self.before(self.answered)
        self.answered += 1
        query = dict(request.query)
        assert query["sort"] == "id"
        assert "page" not in query
        found = sorted(number for number in self.records if self._matches(number, request.filters()))
        page = found[: min(int(query["per_page"]), self.largest_page)]
        records = [{"id": str(number), "updated_at": self.records[number]} for number in page]
        return listing(self.key, records, total=len(found), more=len(page) < len(found))

    def _matches(self, number: int, filters: list[str]) -> bool:
        return all(self._passes(number, item) for item in filters if not item.endswith(":*"))

    def _passes(self, number: int, item: str) -> bool:
        updated_at = self.records[number]
        if item.startswith("id:>"):
            return number > int(item.removeprefix("id:>"))
        if item.startswith("updated_at:>="):
            return updated_at >= item.removeprefix("updated_at:>=")
        assert item.startswith("updated_at:<")
        return updated_at < item.removeprefix("updated_at:<")
