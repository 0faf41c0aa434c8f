"""Reading what an API sends: JSON without the numbers that JSON does not have, and times in headers."""

import json
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

_SECONDS = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,9})?")


class NotJson(ValueError):
    """A body that is not JSON. It says nothing of it: the parser's own error holds the payload."""


def read_json(content: bytes) -> Any:
    """The value of a JSON body. Whole numbers keep all their digits; NaN and Infinity are refused.

    Raises:
        NotJson: it is none.
    """
    try:
        return json.loads(content, parse_constant=_not_json)
    except (ValueError, RecursionError):
        pass
    raise NotJson


def _not_json(name: str) -> NoReturn:
    raise ValueError(name)


def seconds(value: str | None) -> float | None:
    """A header's number of seconds; None if it is none."""
    found = _SECONDS.fullmatch((value or "").strip())
    return float(found[0]) if found else None


def http_date(value: str | None) -> float | None:
    """A header's date, in seconds since 1970; None if it is none."""
    try:
        moment = parsedate_to_datetime(value or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
