"""Cliniko's filter grammar: ``q[]=field:OPERATORvalue``.

A filter is parsed against the kinds of a resource's filterable fields and then asked about values. As in SQL, an
unknown value (null) matches nothing but ``!?`` and ``*``. ``~`` and ``~~`` ignore case, ``=`` and ``!=`` do not.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any


class Kind(Enum):
    """What a filterable field holds, and so which operators it takes."""

    MOMENT = "date-time"
    DATE = "date"
    NUMBER = "number"
    TEXT = "string"
    FLAG = "boolean"
    NUMBERS = "array"


class BadFilter(ValueError):
    """A filter that Cliniko would refuse; the message is the answer's text."""


_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_OPERATORS: dict[Kind, frozenset[str]] = {
    Kind.MOMENT: frozenset({*_ORDERINGS, "?", "!?", "*"}),
    Kind.DATE: frozenset({*_ORDERINGS, "=", "?", "!?"}),
    Kind.NUMBER: frozenset({*_ORDERINGS, "=", "!=", "?", "!?"}),
    Kind.TEXT: frozenset({"=", "!=", "~", "~~", "?", "!?"}),
    Kind.FLAG: frozenset({"=", "!="}),
    Kind.NUMBERS: frozenset({"~"}),
}
_WITHOUT_VALUE = frozenset({"?", "!?", "*"})
_FILTER = re.compile(r"(?P<field>[a-z0-9_]+):(?P<operator>>=|<=|!=|!\?|~~|[><=~?*])(?P<value>.*)", re.DOTALL)
_DATE = re.compile(r"(\d{4}|\*{4})-(\d\d|\*\*)-(\d\d|\*\*)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass(frozen=True, slots=True)
class Filter:
    """One parsed filter; ``operand`` is of the field's kind, a set for a comma list, a pattern for wildcards."""

    field: str
    kind: Kind
    operator: str
    operand: Any = None

    def matches(self, value: Any) -> bool:
        """Whether a record with this value stays."""
        if self.operator == "*":
            return True
        missing = value is None or (value == "" and self.kind in (Kind.DATE, Kind.MOMENT))
        if self.operator in ("?", "!?"):
            return missing == (self.operator == "!?")
        if missing:
            return False
        if self.operator in _ORDERINGS:
            return _ORDERINGS[self.operator](value, self.operand)
        return self._equals(value)

    def _equals(self, value: Any) -> bool:
        match self.kind, self.operator:
            case Kind.NUMBER, "=":
                return value in self.operand
            case Kind.NUMBER, "!=":
                return value not in self.operand
            case Kind.NUMBERS, _:
                return self.operand in value
            case (Kind.DATE, _) | (Kind.TEXT, "~" | "~~"):
                return self.operand.fullmatch(value) is not None
            case _, "!=":
                return value != self.operand
        return value == self.operand


def parse_filter(text: str, kinds: Mapping[str, Kind]) -> Filter:
    """The filter that ``text`` says, for a resource whose filterable fields are ``kinds``.

    Raises:
        BadFilter: not of the grammar, a field or operator that cannot be filtered with, or a value of the wrong kind.
    """
    parts = _FILTER.fullmatch(text)
    if parts is None:
        raise BadFilter(f"'{text}' is not a valid filter")
    field, sign, value = parts["field"], parts["operator"], parts["value"]
    kind = kinds.get(field)
    if kind is None:
        raise BadFilter(f"{field} is not filterable")
    if sign not in _OPERATORS[kind] or (sign in _WITHOUT_VALUE and value):
        raise BadFilter(f"'{sign}{value if sign in _WITHOUT_VALUE else ''}' cannot be used with {field}")
    return Filter(field, kind, sign, None if sign in _WITHOUT_VALUE else _operand(field, kind, sign, value))


def _operand(field: str, kind: Kind, sign: str, value: str) -> Any:
    match kind, sign:
        case Kind.MOMENT, _:
            return _moment(field, value)
        case Kind.DATE, "=":
            return _date_pattern(field, value)
        case Kind.DATE, _:
            return _whole_date(field, value)
        case Kind.NUMBER, "=" | "!=":
            return frozenset(_number(field, part) for part in value.split(","))
        case ((Kind.NUMBER | Kind.NUMBERS), _):
            return _number(field, value)
        case Kind.FLAG, _:
            return _flag(field, value)
        case Kind.TEXT, "~":
            return re.compile(f".*{re.escape(value)}.*", re.IGNORECASE | re.DOTALL)
        case Kind.TEXT, "~~":
            return re.compile(".*".join(re.escape(part) for part in value.split("%")), re.IGNORECASE | re.DOTALL)
    return value


def _moment(field: str, value: str) -> datetime:
    if not _MOMENT.fullmatch(value):
        raise BadFilter(f"{field} must be a UTC date and time such as 2026-03-01T00:00:00Z")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        raise BadFilter(f"{field} must be a date and time") from None


def _date_pattern(field: str, value: str) -> re.Pattern[str]:
    parts = _DATE.fullmatch(value)
    if parts is None:
        raise BadFilter(f"{field} must be a date such as 1980-12-31, with **** or ** for any")
    return re.compile("-".join(part.replace("*", r"\d") for part in parts.groups()))


def _whole_date(field: str, value: str) -> str:
    try:
        return datetime.strptime(value, "%Y-%m-%d").date().isoformat()
    except ValueError:
        raise BadFilter(f"{field} must be a date such as 1980-12-31") from None


def _number(field: str, value: str) -> int:
    if not re.fullmatch(r"-?\d+", value, re.ASCII):
        raise BadFilter(f"{field} must be a number")
    return int(value)


def _flag(field: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise BadFilter(f"{field} must be true or false")
    return value == "true"
