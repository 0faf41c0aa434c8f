"""Search and the little of the filter that integrations use."""

from collections.abc import Callable
from typing import Any

from contact_hub.sandbox.chatwoot.rows import Contact

_FIELDS = ("name", "email", "phone_number", "identifier")


class BadFilter(Exception):
    """422: an attribute or operator that the filter does not know."""


def matches(contact: Contact, wanted: str) -> bool:
    """Whether a field holds the text, or the id is it."""
    held = (getattr(contact, name) or "" for name in _FIELDS)
    return any(wanted.lower() in value.lower() for value in held) or str(contact.id) == wanted


def passes(contact: Contact, conditions: list[dict[str, Any]]) -> bool:
    """Whether a contact meets the conditions, joined from left to right by each one's ``query_operator``."""
    result, join = True, "and"
    for condition in conditions:
        met = _meets(contact, condition)
        result = (result and met) if join == "and" else (result or met)
        join = str(condition.get("query_operator") or "and").lower()
    return result


def _meets(contact: Contact, condition: dict[str, Any]) -> bool:
    name, operator = condition.get("attribute_key"), condition.get("filter_operator")
    tests: dict[str, Callable[[str, str], bool]] = {
        "equal_to": lambda held, wanted: held == wanted,
        "contains": lambda held, wanted: wanted in held,
        "does_not_contain": lambda held, wanted: wanted not in held,
    }
    if name not in _FIELDS or operator not in tests:
        raise BadFilter("Invalid attribute key or operator")
    held = (getattr(contact, name) or "").lower()
    wanted = [str(value).lower() for value in condition.get("values") or []]
    if name == "phone_number":
        wanted = ["+" + value.removeprefix("+") for value in wanted]
    return any(tests[operator](held, value) for value in wanted)
