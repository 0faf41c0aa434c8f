"""Raw bytes -> payload: JSON as RFC 8259 has it, or a form; nothing that could exhaust whoever reads it afterwards."""

import json
import math
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import parse_qs

from contact_hub.gateway.problems import Refused

MAX_DEPTH = 64
MAX_VALUES = 200_000
"""Of a whole body: some 20,000 events of the generic form."""
_MAX_FIELDS = 1000
_MAX_DIGITS = 64
_FORM = "application/x-www-form-urlencoded"
_MAY_BE_JSON = frozenset(("", "text/plain", "text/json", "application/octet-stream", "application/x-ndjson", _FORM))


def payload_of(body: bytes, content_type: str, *, takes_form: bool = False) -> Any:
    """The object or list that a body holds; of a form, an object of texts, and of lists where a name comes several times.

    What is JSON is read as JSON whatever it is called: ``curl -d`` calls it a form.

    Raises:
        Refused: 415 for another kind of content, 422 for what is no JSON object or list (nor form), nested too deeply or
            of too many values.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        payload = _json(body)
    except (ValueError, RecursionError) as error:
        if takes_form and kind in ("", _FORM):
            return _form(body)
        if kind not in _MAY_BE_JSON and kind != "application/json" and not kind.endswith("+json"):
            raise Refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "this route takes application/json"
            ) from None
        raise _unprocessable("not_json", "the body is not JSON") from _Cause(type(error).__name__)
    if not isinstance(payload, dict | list):
        raise _unprocessable("not_an_object", "the body is JSON, but no object and no list")
    _check_size(payload)
    return payload


class _Cause(Exception):
    """In place of a parser's error, which quotes the body."""


def _json(body: bytes) -> Any:
    """
    Raises:
        ValueError: not JSON (NaN and infinities among it), or not UTF-8 (or UTF-16 or -32).
        RecursionError: nested far beyond `MAX_DEPTH`.
    """
    return json.loads(body, parse_int=_integer, parse_constant=_refuse_constant)


def _integer(digits: str) -> int | float:
    """Python refuses to convert thousands of digits; no id or time has so many."""
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")


def _form(body: bytes) -> dict[str, str | list[str]]:
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise _unprocessable("not_a_form", "the body is neither JSON nor a form") from None
    if not fields:
        raise _unprocessable("empty_body", "the body is empty")
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _check_size(payload: dict[str, Any] | list[Any]) -> None:
    """Level by level: recursion is what a deep payload is meant to exhaust."""
    level: list[Any] = [payload]
    depth = values = 0
    while level:
        depth += 1
        inner = [value for one in level for value in (one.values() if isinstance(one, dict) else one)]
        values += len(inner)
        if depth > MAX_DEPTH:
            raise _unprocessable("too_deep", f"the body is nested more than {MAX_DEPTH} levels deep")
        if values > MAX_VALUES:
            raise _unprocessable("too_many_values", f"the body has more than {MAX_VALUES} values; send it in parts")
        level = [value for value in inner if isinstance(value, dict | list)]


def _unprocessable(code: str, detail: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, code, detail)
