"""Values out of JSON that anyone may have written: asked for by type, None or empty where they are not."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from contact_hub.channels.event import Hint
from contact_hub.identity.dates import parse_timestamp
from contact_hub.identity.names import clean_text

MAX_WORD = 255  # longer ids are hashed, longer names and identifiers are none
SAFE_INTEGER = 2**53  # JavaScript (n8n) rounds integers beyond it
_NOTHING: Mapping[str, Any] = {}

# What broken expressions of a workflow leave behind as text.
_JUNK = frozenset(("", "undefined", "null", "none", "nan", "nil", "[object object]", "[object undefined]", "invalid date"))
_UNEVALUATED = ("{{", "={{", "${")

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NUMBER = re.compile(r"-?\d{1,17}(?:\.\d{1,9})?", re.ASCII)
_JAVASCRIPT_ZONE = re.compile(r"\bGMT([+-]\d{4})\b.*", re.ASCII | re.DOTALL)  # 'Mon Jun 02 2025 14:00:00 GMT+1000 (AEST)'
_MILLISECONDS = 1e11  # as seconds this is the year 5138
_MICROSECONDS = 1e14
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before any of the providers
_AHEAD = timedelta(days=1)  # clocks differ; a later time is a mistake or a lie


def mapping(value: object) -> Mapping[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def listed(value: object) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A text as people wrote it, without what PostgreSQL cannot store; a whole number by its digits; else None."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value).strip() or None
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) <= SAFE_INTEGER:
        value = int(value)
    if isinstance(value, int) and abs(value) < 10**30:
        return str(value)
    return None


def is_junk(value: str) -> bool:
    """Whether a text is what a broken workflow expression leaves: 'undefined', '[object Object]', '{{ $json.phone }}'."""
    return value.strip().lower() in _JUNK or value.strip().startswith(_UNEVALUATED)


def said(value: object) -> str | None:
    """`text`, unless a broken expression made it. Only for workflows: a person may well write 'null'."""
    found = text(value)
    return None if found is None or is_junk(found) else found


def word(value: object) -> str | None:
    """A short text that names something: an id, a type. None for junk and for a number that JavaScript has rounded."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > SAFE_INTEGER:
        return None
    found = said(value)
    return found if found is None or len(found) <= MAX_WORD else None


def label(value: object) -> str | None:
    """A name for people to read, cleaned; None for junk and for what is too long to be one."""
    found = clean_text(value)
    return None if found is None or len(found) > MAX_WORD or is_junk(found) else found


def identity(value: object) -> str | None:
    """An id as a key: the provider's, or its hash where it is too long for an index."""
    found = said(value)
    if found is None:
        return None
    return found if len(found) <= MAX_WORD else digest(found)


def digest(*parts: object) -> str:
    """A deterministic id for JSON values, whatever the order of an object's members."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()[:40]


def hints(**values: object) -> tuple[tuple[str, Hint], ...]:
    """The values that say something, by name."""
    kept: list[tuple[str, Hint]] = []
    for name, value in sorted(values.items()):
        if isinstance(value, bool) or (isinstance(value, int | float) and math.isfinite(value) and abs(value) <= SAFE_INTEGER):
            kept.append((name, value))
        elif (found := text(value)) is not None and not is_junk(found):
            kept.append((name, found[:MAX_WORD]))
    return tuple(kept)


def moment(value: object, received_at: datetime) -> datetime | None:
    """The time that `value` names, in UTC: ISO 8601, RFC 5322, or (milli-, micro-)seconds since 1970, also as text.

    None for zero, for anything before the year 2000 and for what lies more than a day after `received_at`: a wrong clock
    must not make a message the latest one for ever.
    """
    found = _moment(value)
    if found is None or found < _EARLIEST:
        return None
    reference = received_at if received_at.tzinfo is not None else received_at.replace(tzinfo=UTC)
    return found if found - reference <= _AHEAD else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        stripped = value.strip()
        if _NUMBER.fullmatch(stripped) is None:
            return parse_timestamp(stripped) or _mail_date(_JAVASCRIPT_ZONE.sub(r"\1", stripped))
        value = float(stripped)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -SAFE_INTEGER < value < SAFE_INTEGER:  # not a number and the infinities among them
        return None
    seconds = value / 1e6 if value >= _MICROSECONDS else value / 1e3 if value >= _MILLISECONDS else float(value)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _mail_date(value: str) -> datetime | None:
    """'Mon, 02 Jun 2025 14:00:00 +1000'; without a zone, or with -0000, the time is UTC (RFC 5322 §3.3)."""
    if len(value) > MAX_WORD:
        return None
    try:
        found = parsedate_to_datetime(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
