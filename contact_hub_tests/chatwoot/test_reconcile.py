"""What a walk over the API finds is what the webhooks said, or would have said."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.channels import PARSERS, ChannelEvent
from contact_hub.chatwoot import ChatwootAccount, ChatwootClient, ChatwootError, Progress, missing_since
from contact_hub.chatwoot.reconcile import OVERLAP
from contact_hub.sandbox import ChatwootServer, Fault, LoggedRequest
from contact_hub.sandbox.chatwoot import Conversation, shapes
from contact_hub_tests.channels.support import identifiers
from contact_hub_tests.chatwoot.conftest import HURRIED

ADDRESSES = {
    "whatsapp": ("61412345678", "AU.13491208655302741918"),
    "instagram": ("17841400000000777",),
    "email": ("jo@example.com", "noreply@bookings.example.com"),
    "web": ("5a5b-uuid",),
    "api": ("5c5d-uuid", "61412345678@s.whatsapp.net"),
    "sms": ("+61412345678", "whatsapp:+61498765432"),
}
PLACES = [(inbox, address) for inbox, addresses in ADDRESSES.items() for address in addresses]


def ago(**duration: float) -> datetime:
    return datetime.now(UTC) - timedelta(**duration)


def parsed(payloads: Iterable[dict[str, Any]]) -> list[ChannelEvent]:
    """The events of payloads, in none of which anything may be wrong; times in whole seconds, as the API gives them."""
    read = [PARSERS["chatwoot"](payload, received_at=datetime.now(UTC)) for payload in payloads]
    assert [problem for one in read for problem in one.problems] == []
    events = [event for one in read for event in one.events]
    return [replace(one, occurred_at=one.occurred_at and one.occurred_at.replace(microsecond=0)) for one in events]


def messages(events: Iterable[ChannelEvent]) -> dict[str, ChannelEvent]:
    """By external id, what is a message or tells of one."""
    return {event.external_id: event for event in events if event.external_id.startswith("message:")}


def found(client: ChatwootClient, since: datetime | None = None) -> dict[str, ChannelEvent]:
    return messages(parsed(missing_since(client, since)))


def told(chatwoot: ChatwootServer) -> dict[str, ChannelEvent]:
    return messages(parsed(one.payload for one in chatwoot.deliveries))


# A day at random


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from("receive receive receive reply note assign bot resolve edit merge delete media cc remove".split()),
        st.integers(0, 11),
        st.integers(0, 11),
    ),
    min_size=1,
    max_size=25,
)


def play(chatwoot: ChatwootServer, steps: list[Step]) -> None:
    """Do what the steps say, as far as there is something to do it to."""
    for number, (what, first, second) in enumerate(steps):
        conversations = list(chatwoot.state.conversations.values())
        if what in ("receive", "media"):
            inbox, address = PLACES[first % len(PLACES)]
            email = "jo@example.com" if second % 3 == 0 else None
            kinds = ["image"] if what == "media" else []
            text = None if what == "media" else f"Line one\nand {number}"
            chatwoot.receive(inbox, address, text, email=email, name="Jo Marsh" if second % 2 else None, attachments=kinds)
        elif conversations:
            act(chatwoot, what, conversations[first % len(conversations)], second)


def act(chatwoot: ChatwootServer, what: str, conversation: Conversation, second: int) -> None:
    contacts = list(chatwoot.state.contacts.values())
    other = contacts[second % len(contacts)]
    match what:
        case "reply":
            chatwoot.agent_reply(conversation, "See you\\\n\\--\\\nAnna\n\n")
        case "note":
            chatwoot.private_note(conversation, "Prefers mornings")
        case "assign":
            chatwoot.assign(conversation, (chatwoot.agent, chatwoot.bot, None)[second % 3])
        case "bot":
            chatwoot.write(conversation, "We are closed", chatwoot.bot)
        case "resolve":
            chatwoot.set_status(conversation, "resolved")
        case "edit":
            chatwoot.edit_contact(conversation.contact, name="Joanna Marsh", blocked=bool(second % 2))
        case "merge" if other is not conversation.contact:
            chatwoot.merge_contacts(conversation.contact, other)
        case "delete":
            chatwoot.delete_message(chatwoot.state.messages_of(conversation)[0])
        case "cc":
            chatwoot.write(conversation, "May I add something?", other, message_type="incoming")
        case "remove" if second == 0:
            chatwoot.delete_contact(other)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_a_polled_message_is_the_event_that_its_webhook_is(steps: list[Step]) -> None:
    """Webhooks are built when they are sent, so those sent after the day show what the API then shows: all but the
    milliseconds is the same, whatever was merged, deleted or assigned meanwhile."""
    with ChatwootServer() as chatwoot:
        chatwoot.webhooks.hold()
        play(chatwoot, steps)
        chatwoot.webhooks.release()
        there = {f"message:{one}" for one in chatwoot.state.messages}
        expected = {key: event for key, event in told(chatwoot).items() if ":".join(key.split(":")[:2]) in there}
        with ChatwootClient(ChatwootAccount(chatwoot.url, 1, chatwoot.token), patience=HURRIED) as client:
            assert found(client, ago(hours=1)) == expected
            assert found(client) == expected


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_what_later_happens_to_contacts_changes_neither_id_nor_sender(steps: list[Step]) -> None:
    """Against webhooks sent as things happened."""

    def core(event: ChannelEvent) -> tuple[object, ...]:
        return event.kind, event.direction, event.occurred_at, event.sender, event.text, event.conversation_id

    with ChatwootServer() as chatwoot:
        play(chatwoot, [step for step in steps if step[0] not in ("delete", "cc")])
        there = {f"message:{one}" for one in chatwoot.state.messages}
        expected = {key: core(event) for key, event in told(chatwoot).items() if key in there}
        with ChatwootClient(ChatwootAccount(chatwoot.url, 1, chatwoot.token), patience=HURRIED) as client:
            assert {key: core(event) for key, event in found(client).items()} == expected


@pytest.mark.parametrize(("inbox", "address"), PLACES)
def test_every_channel(chatwoot: ChatwootServer, client: ChatwootClient, inbox: str, address: str) -> None:
    chatwoot.receive(inbox, address, "Am I on tomorrow?", name="Jo Marsh", phone=None if inbox != "web" else "+61412345678")
    assert found(client) == told(chatwoot)
    (event,) = told(chatwoot).values()
    assert event.is_from_customer is (address != "noreply@bookings.example.com")


# Losses


def test_what_webhooks_lost_is_found_and_what_they_brought_is_the_same(
    chatwoot: ChatwootServer, client: ChatwootClient
) -> None:
    landed: dict[str, ChannelEvent] = {}
    for number in range(60):
        chatwoot.drop_webhooks = number % 3 == 0
        chatwoot.receive("whatsapp", f"6141234{number % 7:04}", f"Message {number}")
    landed = messages(parsed(one.payload for one in chatwoot.deliveries if one.failure is None))
    assert len(landed) == 40
    polled = found(client, ago(hours=1))
    assert len(polled) == 60
    assert {key: polled[key] for key in landed} == landed


def test_only_what_is_newer_is_asked_for(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    for number in range(80):
        chatwoot.receive("whatsapp", f"614123400{number:02}", "long ago", at=ago(days=30, minutes=number))
    for minutes in range(100, 0, -1):
        chatwoot.receive("whatsapp", "61412345678", f"{minutes} minutes ago", at=ago(minutes=minutes))
    texts = [event.text for event in found(client, ago(minutes=10, seconds=30)).values()]
    assert texts == [f"{minutes} minutes ago" for minutes in range(15, 0, -1)]  # the overlap among them
    assert OVERLAP.total_seconds() == 300
    asked = [one.path for one in chatwoot.requests]
    assert asked == ["conversations", "conversations/81/messages", "conversations", "contacts", "contacts"]


def test_everything_is_found_without_a_bound(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    conversation = chatwoot.receive("whatsapp", "61412345678", "0", at=ago(days=900)).conversation
    for number in range(1, 130):
        chatwoot.write(conversation, str(number), chatwoot.agent, at=ago(days=900 - number))
    chatwoot.state.create_contact(name="Never Wrote", email="never@example.com")
    events = parsed(missing_since(client, None))
    assert [event.text for event in events if event.kind == "message"] == [str(number) for number in range(130)]
    assert sorted(str(event.email) for event in events if event.kind == "profile") == ["None", "never@example.com"]
    assert [event for event in parsed(missing_since(client, ago(days=1))) if event.kind == "profile"] == []


def test_a_moment_needs_a_time_zone(client: ChatwootClient) -> None:
    with pytest.raises(ValueError, match="time zone"):
        missing_since(client, datetime(2026, 11, 23))


# Contacts


def test_contacts_come_from_conversations_and_from_their_own_list_once_each(
    chatwoot: ChatwootServer, client: ChatwootClient
) -> None:
    chatwoot.receive("instagram", "17841400000000777", name="Jo Marsh")  # not in the list of contacts
    chatwoot.receive("whatsapp", "61412345678")
    progress = Progress()
    payloads = list(missing_since(client, None, lambda seen: progress.__dict__.update(seen.__dict__)))
    contacts = [one for one in payloads if one["event"] == "contact_updated"]
    assert sorted(one["id"] for one in contacts) == sorted(chatwoot.state.contacts)
    assert progress == Progress(conversations=2, messages=2, contacts=2)
    for payload in contacts:
        told_so = [one.payload for one in chatwoot.deliveries if one.event == "contact_created"]
        known = next(one for one in told_so if one["id"] == payload["id"])
        assert {**payload, "account": known["account"], "event": "contact_created"} == known


def test_the_same_state_of_a_contact_is_the_same_event(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    contact = chatwoot.receive("whatsapp", "61412345678").conversation.contact

    def profiles() -> list[str]:
        return [event.external_id for event in parsed(missing_since(client, None)) if event.kind == "profile"]

    before = profiles()
    chatwoot.receive("whatsapp", "61412345678", "again")
    assert profiles() == before
    chatwoot.edit_contact(contact, email="jo@example.com")
    assert profiles() != before


def test_a_message_carries_the_contact_who_has_it_now(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    jo = chatwoot.receive("email", "jo@example.com", name="Jo Marsh").conversation.contact
    twin = chatwoot.receive("whatsapp", "61412345678", name="Jo").conversation.contact
    hooks = len(chatwoot.deliveries)
    chatwoot.merge_contacts(jo, twin)
    assert [one.event for one in chatwoot.deliveries[hooks:]] == ["contact_updated"]
    event = found(client)["message:1001"]
    assert identifiers(event) == [
        ("whatsapp", "+61412345678", "sender"),
        ("chatwoot", "1:61412345678", "same_person"),
        ("chatwoot", str(jo.id), "same_person"),
        ("email", "jo@example.com", "stated"),
    ]
    assert event.profile_name == "Jo Marsh"


def test_a_merge_between_list_and_messages(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    jo = chatwoot.receive("email", "jo@example.com").conversation.contact
    twin = chatwoot.receive("whatsapp", "61412345678").conversation.contact
    chatwoot.on_request = once("conversations/2/messages", lambda: chatwoot.merge_contacts(jo, twin))
    assert identifiers(found(client)["message:1001"])[:3] == [
        ("whatsapp", "+61412345678", "sender"),
        ("chatwoot", "1:61412345678", "same_person"),
        ("chatwoot", str(jo.id), "same_person"),
    ]


def test_someone_in_copy_is_not_the_conversations_contact(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    conversation = chatwoot.receive("email", "jo@example.com").conversation
    carer = chatwoot.state.create_contact(name="Carer", email="carer@example.com")
    chatwoot.write(conversation, "I drive", carer, message_type="incoming", content_type="incoming_email")
    assert found(client) == told(chatwoot)
    assert identifiers(found(client)["message:1001"])[0] == ("email", "carer@example.com", "sender")


def test_a_contact_deleted_meanwhile_takes_its_messages_along(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    jo = chatwoot.receive("whatsapp", "61412345678").conversation.contact
    chatwoot.receive("email", "ann@example.com")
    chatwoot.on_request = once("conversations/1/messages", lambda: chatwoot.delete_contact(jo))
    assert list(found(client)) == ["message:1001"]


def test_a_deleted_message_comes_as_it_is_and_as_the_update_that_told_so(
    chatwoot: ChatwootServer, client: ChatwootClient
) -> None:
    message = chatwoot.receive("whatsapp", "61412345678", "My card is 4111...", attachments=["image"])
    chatwoot.delete_message(message)
    polled, hooked = found(client), told(chatwoot)
    assert list(polled) == list(hooked)
    created, updated = polled.values()
    assert (created.text, created.attachments, updated.about) == (None, (), created.external_id)
    assert updated == hooked[updated.external_id]


# An older Chatwoot, and damage


def test_a_chatwoot_whose_nested_messages_tell_no_source_id(
    chatwoot: ChatwootServer, client: ChatwootClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatwoot.receive("whatsapp", "61412345678")
    pushed = shapes.pushed_message
    monkeypatch.setattr(
        shapes,
        "pushed_message",
        lambda state, one: {key: value for key, value in pushed(state, one).items() if key[:4] != "conv"},
    )
    assert identifiers(found(client)["message:1000"])[0] == ("whatsapp", "+61412345678", "sender")
    other = chatwoot.state.inboxes["whatsapp"]
    chatwoot.state.find_or_create_contact_inbox(other, "AU.13491208655302741918", {"phone_number": "+61412345678"})
    assert identifiers(found(client)["message:1000"])[0] == ("chatwoot", "70", "sender")  # which of the two: nobody knows
    chatwoot.faults.add(Fault("status", status=404, path="contacts/70"))
    assert list(found(client)) == ["message:1000"]


@pytest.mark.parametrize(
    "damage",
    [{"meta": None}, {"meta": []}, {"meta": {"sender": {}}}, {"messages": None, "last_non_activity_message": []}],
)
def test_a_damaged_conversation_still_gives_its_messages(
    chatwoot: ChatwootServer, client: ChatwootClient, monkeypatch: pytest.MonkeyPatch, damage: dict[str, Any]
) -> None:
    chatwoot.receive("whatsapp", "61412345678")
    whole = shapes.api_conversation
    monkeypatch.setattr(shapes, "api_conversation", lambda state, one: {**whole(state, one), **damage})
    assert list(found(client)) == ["message:1000"]


# Things change during the walk


def once(path: str, act: Callable[[], object]) -> Callable[[LoggedRequest], None]:
    """Do something right before the first request to ``path`` is answered."""
    waiting = [act]

    def hook(request: LoggedRequest) -> None:
        if request.path == path and waiting:
            waiting.pop()()

    return hook


def at_each(path: str, acts: Iterable[Callable[[], object]]) -> Callable[[LoggedRequest], None]:
    """Do one thing before each request to ``path``, as long as there are some left."""
    left = iter(acts)

    def hook(request: LoggedRequest) -> None:
        if request.path == path:
            next(left, lambda: None)()

    return hook


def test_conversations_that_move_up_during_the_walk_are_not_missed(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    for number in range(80):
        chatwoot.receive("whatsapp", f"614123400{number:02}", "lost", at=ago(minutes=50 - number / 2))
    rows = list(chatwoot.state.conversations.values())
    moves = [lambda: None] + [
        lambda row=row: chatwoot.receive("whatsapp", row.contact_inbox.source_id, "new") for row in rows[:3]
    ]
    chatwoot.on_request = at_each("conversations", moves)
    texts = [event.text for event in found(client, ago(hours=1)).values()]
    assert texts.count("lost") == 80


def test_conversations_that_move_up_into_a_page_already_read_are_not_missed(
    chatwoot: ChatwootServer, client: ChatwootClient
) -> None:
    for number in range(80):
        chatwoot.receive("whatsapp", f"614123400{number:02}", "lost", at=ago(minutes=50 - number / 2))
    newest = list(chatwoot.state.conversations.values())[-1].contact
    chatwoot.on_request = at_each("conversations", [lambda: None, lambda: chatwoot.delete_contact(newest)])
    assert len(found(client, ago(hours=1))) == 80


def test_contacts_that_change_pages_are_not_missed(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    contacts = [chatwoot.state.create_contact(name=f"Contact {number}", email=f"c{number}@example.com") for number in range(40)]
    for number, contact in enumerate(contacts):
        contact.last_activity_at = ago(minutes=number)
    merges = [lambda: None] + [lambda twin=twin: chatwoot.merge_contacts(contacts[39], twin) for twin in contacts[:3]]
    chatwoot.on_request = at_each("contacts", merges)
    payloads = list(missing_since(client, ago(hours=1)))
    assert {one["id"] for one in payloads} >= {one.id for one in contacts[3:]}
    assert len(payloads) == len({one["id"] for one in payloads})


def test_faults_on_the_way_change_nothing(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    for number in range(30):
        chatwoot.receive("whatsapp", f"614123400{number:02}")
    chatwoot.faults.add(
        Fault("status", status=502, path="conversations", times=2, after=3),
        Fault("truncated_json", path="conversations", after=9),
        Fault("too_many_requests", path="conversations", after=12, limit_headers="none"),
        Fault("reset", path="contacts", after=1),
    )
    assert found(client, ago(hours=1)) == told(chatwoot)


def test_a_walk_that_does_not_end_well_says_so(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    for number in range(3):
        chatwoot.receive("whatsapp", f"614123400{number:02}")
    chatwoot.faults.add(Fault("status", status=503, path="conversations/2/messages", times=None))
    got: list[dict[str, Any]] = []
    with pytest.raises(ChatwootError):
        got.extend(missing_since(client, ago(hours=1)))
    assert list(messages(parsed(got))) == ["message:1002"]
