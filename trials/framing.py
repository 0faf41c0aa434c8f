"""Requests that are no HTTP, or whose length is not what they say: bytes on a bare connection."""

import http.client
import random
import socket

from trials.caller import Answer
from trials.damage import CANARY
from trials.odd_requests import Request

SECONDS = 20


def broken(request: Request, chance: random.Random) -> bytes:
    """The request with its framing broken."""
    head = f"{request.method} {request.path} HTTP/1.1\r\nHost: x\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    stated = f"Content-Length: {len(request.body)}\r\n"
    chunked = "Transfer-Encoding: chunked\r\n"
    body = request.body[:20_000]
    heads = (
        (f"Content-Length: {len(body) + 7}\r\n", body),
        (f"Content-Length: {len(body) // 2}\r\n", body),
        ("Content-Length: -1\r\n", body),
        (f"Content-Length: {CANARY}\r\n", body),
        ("Content-Length: " + "9" * 40 + "\r\n", body),
        (stated + "Content-Length: 3\r\n", body),
        (stated + chunked, body),
        (chunked, b"zz\r\n" + body),
        (chunked, b"%x\r\n" % (len(body) + 1) + body + b"\r\n0\r\n\r\n"),
        (chunked, b"%x\r\n" % len(body) + body + b"\r\n"),
        (f"X-Null: \x00{CANARY}\r\n" + stated, body),
        (f"{CANARY}\r\n" + stated, body),
        ("", b""),
    )
    more, sent = chance.choice(heads)
    whole = (head + more + "\r\n").encode("latin-1", "replace") + sent
    return whole if chance.random() < 0.9 else whole[: chance.randrange(len(whole))]


def send_broken(port: int, request: Request, chance: random.Random) -> Answer | None:
    """The first answer to it; None if the gateway closed the connection without one, as it may.

    Raises:
        TimeoutError: neither within `SECONDS`.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        try:
            connection.sendall(broken(request, chance))
            connection.shutdown(socket.SHUT_WR)
            answer = http.client.HTTPResponse(connection, method=request.method)
            answer.begin()
            return Answer(answer.status, answer.getheader("Content-Type", ""), answer.read())
        except (ConnectionError, http.client.HTTPException, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            return None
