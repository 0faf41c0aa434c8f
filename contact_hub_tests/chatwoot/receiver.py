"""An HTTP server that takes webhooks and remembers them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Hook:
    """One webhook as it came in; header names in lower case."""

    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers 200, or what ``answer`` says; a context manager."""

    def __init__(self, answer: Callable[[Hook], int] = lambda hook: 200) -> None:
        self.hooks: list[Hook] = []
        self.answer = answer
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/hook"

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook = Hook({name.lower(): value for name, value in self.headers.items()}, body)
                receiver.hooks.append(hook)
                self.send_response(receiver.answer(hook))
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
