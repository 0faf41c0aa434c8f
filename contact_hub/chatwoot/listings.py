"""The shapes that Chatwoot's answers must have. A gap must be an error, never silence."""

from typing import Any

from contact_hub.chatwoot.errors import UnexpectedAnswer

Record = dict[str, Any]


def is_id(value: object) -> bool:
    """Whether this is an id as Chatwoot has them: a whole number above zero."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def records(body: object, action: str, *path: str) -> list[Record]:
    """The list at ``path`` of an answer: objects, each with an id.

    Raises:
        UnexpectedAnswer: there is none, or not every item is a record.
    """
    found = body
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) and is_id(one.get("id")) for one in found):
        raise UnexpectedAnswer("the answer is not a list of records as the API gives it", action=action, status=200)
    return found


def record(body: object, action: str, *, wanted: int | None = None) -> Record:
    """The one record of an answer, out of its ``payload`` if it is wrapped in one.

    Raises:
        UnexpectedAnswer: there is none, or it is not the ``wanted`` one.
    """
    found = body.get("payload", body) if isinstance(body, dict) else None
    if not isinstance(found, dict) or not is_id(found.get("id")) or wanted not in (None, found["id"]):
        raise UnexpectedAnswer("the answer is not the record asked for", action=action, status=200)
    return found
