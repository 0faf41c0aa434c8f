"""What the API answers, without the HTTP around it. Statuses and bodies as Chatwoot's controllers give them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contact_hub.sandbox.chatwoot import shapes
from contact_hub.sandbox.chatwoot.desk import CONTENT_TYPES, Desk
from contact_hub.sandbox.chatwoot.rows import Agent, Contact, Conversation
from contact_hub.sandbox.chatwoot.searching import BadFilter, matches, passes
from contact_hub.sandbox.chatwoot.state import Invalid, newest_first

Payload = dict[str, Any]
CONTACTS_A_PAGE = 15
CONVERSATIONS_A_PAGE = 25
MESSAGES_A_PAGE = 20
MESSAGES_AFTER = 100
_CHANGEABLE = ("name", "email", "phone_number", "identifier", "blocked", "custom_attributes", "additional_attributes")


class Problem(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, body: Payload) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Asked:
    """One request: its query, its JSON, who asks, and the ids in its path."""

    query: Mapping[str, str]
    body: Payload
    user: Agent
    ids: tuple[int, ...] = ()

    @property
    def page(self) -> int:
        given = self.query.get("page", "1")
        return max(int(given), 1) if given.isdigit() else 1


Handler = Callable[[Desk, Asked], Payload]


def answer(desk: Desk, method: str, path: str, asked: Asked) -> Payload:
    """The JSON for a request to ``path`` (below the account's).

    Raises:
        Problem: with the status and the JSON of the refusal.
    """
    for wanted, pattern, handler in _ROUTES:
        found = pattern.fullmatch(path) if wanted == method else None
        if found is not None:
            if asked.user.is_bot and handler not in _FOR_BOTS:
                raise Problem(401, {"error": "Access to this endpoint is not authorized for bots"})
            ids = tuple(int(one) for one in found.groups())
            return _called(desk, handler, Asked(asked.query, asked.body, asked.user, ids))
    raise _missing()


def _called(desk: Desk, handler: Handler, asked: Asked) -> Payload:
    try:
        return handler(desk, asked)
    except Invalid as problem:
        raise Problem(422, {"message": str(problem), "attributes": list(problem.attributes)}) from None
    except BadFilter as problem:
        raise Problem(422, {"error": str(problem)}) from None


def _missing() -> Problem:
    return Problem(404, {"error": "Resource could not be found"})


# Contacts


def _contacts(desk: Desk, asked: Asked) -> Payload:
    with desk.state.lock:
        listed = [one for one in desk.state.contacts.values() if one.is_resolved]
        if asked.query.get("sort") == "-last_activity_at":
            listed = newest_first(listed)
        return _contact_page(desk, asked, listed)


def _search(desk: Desk, asked: Asked) -> Payload:
    wanted = asked.query.get("q", "").strip()
    if not wanted:
        raise Problem(422, {"error": "Specify search string with parameter q"})
    with desk.state.lock:
        return _contact_page(desk, asked, [one for one in desk.state.contacts.values() if matches(one, wanted)])


def _filter(desk: Desk, asked: Asked) -> Payload:
    with desk.state.lock:
        listed = [one for one in desk.state.contacts.values() if one.is_resolved]
        return _contact_page(desk, asked, [one for one in listed if passes(one, asked.body.get("payload") or [])])


def _contact_page(desk: Desk, asked: Asked, listed: list[Contact]) -> Payload:
    with_addresses = asked.query.get("include_contact_inboxes", "true") == "true"
    first = (asked.page - 1) * CONTACTS_A_PAGE
    page = [
        shapes.api_contact(one, desk.state.addresses_of(one) if with_addresses else None)
        for one in listed[first : first + CONTACTS_A_PAGE]
    ]
    return {"meta": {"count": len(listed), "current_page": asked.page}, "payload": page}


def _contact(desk: Desk, asked: Asked) -> Payload:
    with desk.state.lock:
        contact = _find_contact(desk, asked.ids[0])
        return {"payload": shapes.api_contact(contact, desk.state.addresses_of(contact))}


def _update_contact(desk: Desk, asked: Asked) -> Payload:
    contact = _find_contact(desk, asked.ids[0])
    desk.edit_contact(contact, **{name: asked.body[name] for name in _CHANGEABLE if name in asked.body})
    return _contact(desk, asked)


def _delete_contact(desk: Desk, asked: Asked) -> Payload:
    desk.delete_contact(_find_contact(desk, asked.ids[0]))
    return {}


def _drop_attributes(desk: Desk, asked: Asked) -> Payload:
    with desk.state.lock:
        contact = _find_contact(desk, asked.ids[0])
        gone = asked.body.get("custom_attributes") or []
        contact.custom_attributes = {name: value for name, value in contact.custom_attributes.items() if name not in gone}
    return _contact(desk, asked)


def _merge(desk: Desk, asked: Asked) -> Payload:
    base, mergee = (_find_contact(desk, asked.body.get(name)) for name in ("base_contact_id", "mergee_contact_id"))
    if base is not mergee:
        desk.merge_contacts(base, mergee)
    with desk.state.lock:
        return shapes.api_contact(base)


# Conversations


def _conversations(desk: Desk, asked: Asked) -> Payload:
    with desk.state.lock:
        status = asked.query.get("status", "open")
        listed = newest_first(one for one in desk.state.conversations.values() if status in ("all", one.status))
        first = (asked.page - 1) * CONVERSATIONS_A_PAGE
        page = [shapes.api_conversation(desk.state, one) for one in listed[first : first + CONVERSATIONS_A_PAGE]]
    taken = sum(one.assignee is not None for one in listed)
    counts = {"mine_count": 0, "assigned_count": taken, "unassigned_count": len(listed) - taken, "all_count": len(listed)}
    return {"data": {"meta": counts, "payload": page}}


def _conversation(desk: Desk, asked: Asked) -> Payload:
    with desk.state.lock:
        return shapes.api_conversation(desk.state, _find_conversation(desk, asked))


def _conversation_attributes(desk: Desk, asked: Asked) -> Payload:
    with desk.state.lock:
        conversation = _find_conversation(desk, asked)
        conversation.custom_attributes = dict(asked.body.get("custom_attributes") or {})
        return {"custom_attributes": conversation.custom_attributes}


def _toggle_status(desk: Desk, asked: Asked) -> Payload:
    conversation = _find_conversation(desk, asked)
    desk.set_status(conversation, asked.body.get("status") or ("open" if conversation.status == "resolved" else "resolved"))
    current = {"success": True, "conversation_id": conversation.display_id, "current_status": conversation.status}
    return {"meta": {}, "payload": current}


def _messages(desk: Desk, asked: Asked) -> Payload:
    after, before = asked.query.get("after"), asked.query.get("before")
    with desk.state.lock:
        conversation = _find_conversation(desk, asked)
        listed = desk.state.messages_of(conversation)
        if after:
            page = [one for one in listed if one.id > int(after)][:MESSAGES_AFTER]
        else:
            page = [one for one in listed if not before or one.id < int(before)][-MESSAGES_A_PAGE:]
        contact = shapes.api_contact(conversation.contact)
        return {"meta": {"labels": [], "contact": contact}, "payload": [shapes.api_message(one) for one in page]}


def _create_message(desk: Desk, asked: Asked) -> Payload:
    given, conversation = asked.body, _find_conversation(desk, asked)
    is_incoming, content_type = given.get("message_type") == "incoming", given.get("content_type") or "text"
    if is_incoming and conversation.inbox.channel != "Channel::Api":
        raise Problem(422, {"error": "Incoming messages are only allowed in Api inboxes"})
    if content_type not in CONTENT_TYPES:
        raise Problem(422, {"error": f"'{content_type}' is not a valid content_type"})
    message = desk.write(
        conversation,
        given.get("content"),
        conversation.contact if is_incoming else asked.user,
        message_type="incoming" if is_incoming else "outgoing",
        private=given.get("private") in (True, "true", 1),
        content_type=content_type,
        content_attributes=given.get("content_attributes"),
        additional_attributes={name: given[name] for name in ("template_params",) if given.get(name)},
    )
    with desk.state.lock:
        return shapes.api_message(message)


def _delete_message(desk: Desk, asked: Asked) -> Payload:
    conversation = _find_conversation(desk, asked)
    message = desk.state.messages.get(asked.ids[1])
    if message is None or message.conversation is not conversation:
        raise _missing()
    desk.delete_message(message)
    with desk.state.lock:
        return shapes.api_message(message)


def _find_contact(desk: Desk, contact_id: Any) -> Contact:
    with desk.state.lock:
        found = desk.state.contacts.get(contact_id) if isinstance(contact_id, int) else None
    if found is None:
        raise _missing()
    return found


def _find_conversation(desk: Desk, asked: Asked) -> Conversation:
    with desk.state.lock:
        found = desk.state.conversations.get(asked.ids[0])
    if found is None:
        raise _missing()
    return found


_ROUTES: tuple[tuple[str, re.Pattern[str], Handler], ...] = tuple(
    (method, re.compile(pattern.replace("ID", r"(\d{1,18})"), re.ASCII), handler)
    for method, pattern, handler in (
        ("GET", "contacts", _contacts),
        ("GET", "contacts/search", _search),
        ("POST", "contacts/filter", _filter),
        ("GET", "contacts/ID", _contact),
        ("PUT", "contacts/ID", _update_contact),
        ("PATCH", "contacts/ID", _update_contact),
        ("DELETE", "contacts/ID", _delete_contact),
        ("POST", "contacts/ID/destroy_custom_attributes", _drop_attributes),
        ("POST", "actions/contact_merge", _merge),
        ("GET", "conversations", _conversations),
        ("GET", "conversations/ID", _conversation),
        ("POST", "conversations/ID/custom_attributes", _conversation_attributes),
        ("POST", "conversations/ID/toggle_status", _toggle_status),
        ("GET", "conversations/ID/messages", _messages),
        ("POST", "conversations/ID/messages", _create_message),
        ("DELETE", "conversations/ID/messages/ID", _delete_message),
    )
)
_FOR_BOTS = (_create_message, _toggle_status, _conversation_attributes)
