"""What n8n wraps around a payload that it forwards.

Shapes (APIS §3.5): a list of items; an item ``{"json": {...}, "binary"?, "pairedItem"?}``; the Webhook node's item
``{"headers", "params", "query", "body", "webhookUrl", "executionMode"}``; and what builders make of these with an
expression, ``{"body": {...}}`` alone or the body as JSON text.
"""

from __future__ import annotations

import json
from typing import Any

_ITEM = frozenset(("json", "binary", "pairedItem", "index", "error"))
_WEBHOOK = frozenset(("headers", "params", "query", "body", "webhookUrl", "executionMode"))
_DEPTH = 6
ROOT = "$"


def bodies(payload: object) -> list[tuple[str, Any]]:
    """(path, body) of every body in a payload, in order. What is not wrapped is its own body."""
    return _bodies(payload, ROOT, _DEPTH)


def _bodies(value: object, path: str, depth: int) -> list[tuple[str, Any]]:
    if depth > 0 and isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _bodies(item, f"{path}[{index}]", depth - 1)]
    member = _wrapped(value) if depth > 0 else None
    if member is None or not isinstance(value, dict):
        return [(path, value)]
    inner = value[member]
    return _bodies(_from_text(inner) if isinstance(inner, str) else inner, f"{path}.{member}", depth - 1)


def _wrapped(value: object) -> str | None:
    """The member that holds the real payload. Only where nothing else is in the object: a form may have a field 'body'."""
    if not isinstance(value, dict):
        return None
    if _ITEM.issuperset(value) and isinstance(value.get("json"), dict | list):
        return "json"
    if _WEBHOOK.issuperset(value) and (inner := value.get("body")) is not None:
        parsed = _from_text(inner) if isinstance(inner, str) else inner
        return "body" if isinstance(parsed, dict | list) else None
    return None


def _from_text(value: str) -> object:
    """A JSON object or list that was sent as text; else the text."""
    if value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
