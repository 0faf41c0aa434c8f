"""A fault, done to one answer."""

import asyncio
import math
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from contact_hub.sandbox.faults import HTML_PAGE, Fault
from contact_hub.sandbox.log import LoggedRequest

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # "linger for no time": the kernel answers with RST instead of FIN

Asgi = tuple[Scope, Receive, Send]
TransportOf = Callable[[Scope], asyncio.Transport | None]


def spoilt_payload(fault: Fault | None, payload: dict[str, Any]) -> dict[str, Any]:
    """A list's answer with its contents gone wrong; others pass as they are."""
    holder = payload["data"] if isinstance(payload.get("data"), dict) else payload
    rows = holder.get("payload")
    if fault is None or not isinstance(rows, list):
        return payload
    match fault.kind:
        case "wrong_envelope":
            return {"records": rows}
        case "missing_id":
            holder["payload"] = [{name: value for name, value in row.items() if name != "id"} for row in rows]
        case "short_page":
            holder["payload"] = rows[: len(rows) // 2]
    return payload


async def send_spoilt(fault: Fault, response: Response, logged: LoggedRequest, asgi: Asgi, transport_of: TransportOf) -> None:
    """Send what ``fault`` leaves of an answer. Chatwoot's 429 is Rack::Attack's: plain text, mostly without a time."""
    match fault.kind:
        case "reset" | "truncated_body":
            await _send_half(response, asgi, transport_of(asgi[0]), reset=fault.kind == "reset")
            return
        case "delay":
            await asyncio.sleep(fault.seconds)
        case "truncated_json":
            response = Response(response.body[: len(response.body) // 2], media_type="application/json")
        case "html":
            response = HTMLResponse(HTML_PAGE)
        case "empty":
            response = Response(b"", media_type="application/json")
        case "status":
            page = isinstance(fault.body, str)
            response = HTMLResponse(fault.body, fault.status) if page else JSONResponse(fault.body, fault.status)
        case "too_many_requests":
            headers = {"Retry-After": str(math.ceil(fault.seconds))} if fault.limit_headers == "retry_after" else {}
            response = PlainTextResponse("Retry later\n", 429, headers)
    logged.status = response.status_code
    await response(*asgi)


async def _send_half(response: Response, asgi: Asgi, transport: asyncio.Transport | None, *, reset: bool) -> None:
    """The full length announced, half of the body sent, and the connection gone."""
    _, receive, send = asgi
    if transport is None:
        raise RuntimeError("a connection can be cut only under ChatwootServer")
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    half = bytes(response.body)[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
