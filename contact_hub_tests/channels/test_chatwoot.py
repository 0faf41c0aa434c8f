"""Chatwoot webhooks: every channel's source id, and everything that is not a customer's message."""

from typing import Any

import pytest

from contact_hub.channels.chatwoot import message_external_id
from contact_hub_tests.channels.support import SENT_AT, identifiers, only, parsed

CONTACT = {
    "account": {"id": 1, "name": "Clinic"},
    "additional_attributes": {},
    "custom_attributes": {},
    "email": None,
    "id": 77,
    "identifier": None,
    "name": "Jo Marsh",
    "phone_number": "+61412345678",
    "thumbnail": "",
    "blocked": False,
}
AGENT = {"id": 3, "name": "Anna", "email": "anna@clinic.example.com", "type": "user"}
BOT = {"id": 4, "name": "Helper", "type": "agent_bot"}


def conversation(channel: str | None = "Channel::Whatsapp", source_id: object = "61412345678", **more: Any) -> dict[str, Any]:
    found = {
        "id": 12,
        "inbox_id": 5,
        "channel": channel,
        "status": "open",
        "can_reply": True,
        "additional_attributes": {},
        "contact_inbox": {"id": 9, "contact_id": 77, "inbox_id": 5, "source_id": source_id, "pubsub_token": "do-not-keep"},
        "meta": {"sender": {**CONTACT, "type": "contact"}, "assignee": None, "assignee_type": None},
        "messages": [{"id": 1000, "account_id": 1, "message_type": 0}],
        "created_at": 1748836000,
        "updated_at": 1748836800.123,
        "last_activity_at": 1748836800,
        **more,
    }
    return found if channel is not None else {name: value for name, value in found.items() if name != "channel"}


def message(channel: str | None = "Channel::Whatsapp", source_id: object = "61412345678", **more: Any) -> dict[str, Any]:
    return {
        "event": "message_created",
        "id": 1000,
        "message_type": "incoming",
        "content": "Hello",
        "content_type": "text",
        "content_attributes": {},
        "created_at": "2025-06-02T04:00:00.000Z",
        "private": False,
        "source_id": "wamid.A1",
        "sender": CONTACT,
        "inbox": {"id": 5, "name": "Front desk"},
        "account": {"id": 1, "name": "Clinic"},
        "conversation": conversation(channel, source_id),
        **more,
    }


def contact(**more: Any) -> dict[str, Any]:
    return {**CONTACT, **more}


def test_an_incoming_message() -> None:
    event = only("chatwoot", message(content_attributes={"in_reply_to": 998}))
    assert (event.channel, event.kind, event.direction, event.external_id) == ("whatsapp", "message", "in", "message:1000")
    assert (event.occurred_at, event.text, event.profile_name) == (SENT_AT, "Hello", "Jo Marsh")
    assert (event.account, event.conversation_id, event.in_reply_to) == ("5", "12", "message:998")
    assert identifiers(event) == [
        ("whatsapp", "+61412345678", "sender"),
        ("chatwoot", "5:61412345678", "same_person"),
        ("chatwoot", "77", "same_person"),
    ]
    assert dict(event.hints) == {"can_reply": True, "chatwoot_account": "1", "source_id": "wamid.A1"}
    assert event.is_from_customer
    assert not event.human_assigned
    assert "do-not-keep" not in str(event.as_row())


@pytest.mark.parametrize(
    ("channel", "source_id", "who", "on", "first"),
    [
        ("Channel::Whatsapp", "61412345678", {}, "whatsapp", ("whatsapp", "+61412345678")),
        ("Channel::Whatsapp", "6591234567", {}, "whatsapp", ("whatsapp", "+6591234567")),
        (
            "Channel::Whatsapp",
            "AU.ENT.13491208655302741918",
            {"phone_number": None},
            "whatsapp",
            ("whatsapp", "AU.ENT.13491208655302741918"),
        ),
        ("Channel::TwilioSms", "whatsapp:+61412345678", {}, "whatsapp", ("whatsapp", "+61412345678")),
        ("Channel::TwilioSms", "whatsapp:AU.22", {"phone_number": None}, "whatsapp", ("whatsapp", "AU.22")),
        ("Channel::TwilioSms", "+61412345678", {}, "sms", ("phone", "+61412345678")),
        ("Channel::Sms", "+61412345678", {}, "sms", ("phone", "+61412345678")),
        ("Channel::Instagram", "17841400000000777", {"phone_number": None}, "instagram", ("instagram", "17841400000000777")),
        ("Channel::FacebookPage", "7777777777777777", {"phone_number": None}, "messenger", ("messenger", "7777777777777777")),
        (
            "Channel::Email",
            "Jo@Example.com",
            {"email": "jo@example.com", "phone_number": None},
            "email",
            ("email", "jo@example.com"),
        ),
        ("Channel::WebWidget", "5a5b-uuid", {"phone_number": None}, "web", ("chatwoot", "5:5a5b-uuid")),
        ("Channel::Api", "5a5b-uuid", {"phone_number": None}, "chatwoot", ("chatwoot", "5:5a5b-uuid")),
        ("Channel::Api", "5a5b-uuid", {"identifier": "61412345678@s.whatsapp.net"}, "chatwoot", ("whatsapp", "+61412345678")),
        ("Channel::Api", "123456789012345@lid", {"phone_number": None}, "chatwoot", ("whatsapp", "123456789012345@lid")),
        ("Channel::Telegram", "99887766", {"phone_number": None}, "telegram", ("telegram", "99887766")),
        ("Channel::Line", "U4af49", {"phone_number": None}, "line", ("line", "U4af49")),
        ("Channel::Tiktok", "tt-1", {"phone_number": None}, "tiktok", ("tiktok", "tt-1")),
        ("Channel::Carrierpigeon", "p-1", {"phone_number": None}, "chatwoot", ("chatwoot", "5:p-1")),
        (None, "61412345678", {}, "chatwoot", ("whatsapp", "+61412345678")),
        (None, "17841400000000777", {}, "chatwoot", ("chatwoot", "5:17841400000000777")),
    ],
)
def test_where_each_channel_keeps_its_identifier(
    channel: str | None, source_id: str, who: dict[str, Any], on: str, first: tuple[str, str]
) -> None:
    event = only("chatwoot", message(channel, source_id, sender=contact(**who)))
    assert (event.channel, event.is_from_customer) == (on, True)
    assert identifiers(event)[0] == (*first, "sender")
    assert ("chatwoot", f"5:{source_id}") in [(one.channel, one.value) for one in event.identifiers]
    assert ("chatwoot", "77", "same_person") in identifiers(event)


def test_instagram_through_a_page() -> None:
    found = conversation(
        "Channel::FacebookPage", "17841400000000777", additional_attributes={"type": "instagram_direct_message"}
    )
    event = only("chatwoot", message(conversation=found, sender=contact(phone_number=None)))
    assert (event.channel, identifiers(event)[0]) == ("instagram", ("instagram", "17841400000000777", "sender"))


def test_what_a_contact_says_of_itself_is_stated() -> None:
    who = contact(email="Jo@Example.com", phone_number="+61498765432")
    found = conversation("Channel::WebWidget", "uuid-1")
    found["contact_inbox"]["hmac_verified"] = True  # signs the identifier, not the email
    event = only("chatwoot", message(sender=who, conversation=found))
    assert identifiers(event)[2:] == [("email", "jo@example.com", "stated"), ("phone", "+61498765432", "stated")]


def test_someone_in_copy_answers_a_mail() -> None:
    who = contact(id=88, email="carer@example.com", phone_number=None, name="Carer")
    event = only("chatwoot", message("Channel::Email", "jo@example.com", sender=who))
    assert identifiers(event) == [("email", "carer@example.com", "sender"), ("chatwoot", "88", "same_person")]


@pytest.mark.parametrize(
    ("channel", "source_id", "who"),
    [
        ("Channel::TwilioSms", "+266696687", {"phone_number": "+266696687"}),
        ("Channel::TwilioSms", "MyBank", {"phone_number": None, "email": "typed@example.com"}),
        ("Channel::Email", "noreply@bookings.example.com", {"phone_number": None, "email": "noreply@bookings.example.com"}),
        ("Channel::Api", "undefined", {"phone_number": None}),
        ("Channel::Api", "[object Object]", {"phone_number": None}),
        ("Channel::Api", "uuid-1", {"phone_number": "+266696687"}),
        ("Channel::Whatsapp", "61400000000", {"phone_number": "+61400000000"}),
    ],
)
def test_contacts_that_many_people_share_are_nobody(channel: str, source_id: str, who: dict[str, Any]) -> None:
    event = only("chatwoot", message(channel, source_id, sender=contact(**who)))
    assert (event.identifiers, event.is_from_customer) == ((), False)


@pytest.mark.parametrize(
    ("changes", "kind", "direction"),
    [
        ({"message_type": "outgoing", "sender": AGENT}, "message", "out"),
        ({"message_type": "outgoing", "sender": None}, "message", "out"),
        ({"message_type": 1, "sender": AGENT}, "message", "out"),
        ({"message_type": "outgoing", "sender": BOT}, "bot", "out"),
        ({"message_type": "outgoing", "sender": {"type": "captain_assistant"}}, "bot", "out"),
        ({"message_type": "outgoing", "sender": AGENT, "content_attributes": {"external_echo": True}}, "echo", "out"),
        ({"message_type": "template", "sender": None}, "bot", "out"),
        ({"message_type": "incoming", "sender": BOT}, "bot", "out"),
        ({"message_type": "incoming", "sender": AGENT}, "bot", "out"),
        ({"message_type": "activity", "sender": None}, "system", "out"),
        ({"message_type": 2}, "system", "out"),
        ({"message_type": False}, "system", "out"),
        ({"message_type": "telepathy"}, "system", "out"),
        ({"message_type": None}, "system", "out"),
        ({"private": True, "message_type": "outgoing", "sender": AGENT}, "private_note", "out"),
        ({"private": True}, "private_note", "out"),
        ({"private": "true"}, "private_note", "out"),
        ({"private": 1}, "private_note", "out"),
        ({"content_attributes": {"email": {"auto_reply": True, "from": ["jo@example.com"]}}}, "auto_reply", "in"),
        ({"content_attributes": {"email": {"from": ["MAILER-DAEMON@mx.example.com"]}}}, "bounce", "in"),
        ({"content_type": "voice_call", "content_attributes": {"data": {"call_direction": "outbound"}}}, "call", "out"),
    ],
)
def test_what_is_not_a_customers_message(changes: dict[str, Any], kind: str, direction: str) -> None:
    event = only("chatwoot", message(**changes))
    assert (event.kind, event.direction, event.is_from_customer) == (kind, direction, False)


def test_an_agents_message_is_about_the_customer() -> None:
    event = only("chatwoot", message(message_type="outgoing", sender=AGENT))
    assert identifiers(event)[0] == ("whatsapp", "+61412345678", "sender")
    assert "anna@clinic.example.com" not in str(event.as_row())


def test_a_voice_call() -> None:
    data = {"call_sid": "CA1", "call_direction": "inbound", "status": "completed", "duration_seconds": 42}
    event = only("chatwoot", message(content_type="voice_call", content_attributes={"data": data}, content="Voice call"))
    assert (event.kind, event.direction, event.is_from_customer) == ("call", "in", True)
    assert dict(event.hints)["duration"] == 42


def test_an_update_tells_of_a_message_and_is_none() -> None:
    sent = message(event="message_updated", content="[deleted]", content_attributes={"deleted": True})
    event = only("chatwoot", sent)
    assert (event.kind, event.about, event.text, event.is_from_customer) == ("status", "message:1000", None, False)
    assert ("status", "deleted") in event.hints
    assert only("chatwoot", sent).external_id == event.external_id
    assert only("chatwoot", {**sent, "content": "edited"}).external_id != event.external_id
    assert only("chatwoot", {**sent, "private": True}).kind == "private_note"


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"assignee": AGENT, "assignee_type": "User"}, True),
        ({"assignee": AGENT}, True),
        ({"assignee": BOT, "assignee_type": "AgentBot"}, False),
        ({"assignee": BOT}, False),
        ({"assignee": None}, False),
    ],
)
def test_whether_a_human_has_the_conversation(meta: dict[str, Any], expected: bool) -> None:
    assert only("chatwoot", message(conversation=conversation(meta={"sender": CONTACT, **meta}))).human_assigned is expected


@pytest.mark.parametrize(
    "event",
    [
        "conversation_created",
        "conversation_updated",
        "conversation_status_changed",
        "conversation_resolved",
        "conversation_opened",
    ],
)
def test_conversations(event: str) -> None:
    found = only("chatwoot", {"event": event, **conversation(), "changed_attributes": None})
    assert (found.kind, found.conversation_id, found.account, found.is_from_customer) == ("status", "12", "5", False)
    assert identifiers(found)[0] == ("whatsapp", "+61412345678", "sender")
    assert dict(found.hints)["chatwoot_account"] == "1"  # from the nested message, as older versions have it


def test_typing() -> None:
    found = only(
        "chatwoot", {"event": "conversation_typing_on", "user": CONTACT, "conversation": conversation(), "is_private": False}
    )
    assert (found.kind, found.direction, found.is_from_customer) == ("typing", "in", False)
    found = only("chatwoot", {"event": "conversation_typing_off", "user": AGENT, "conversation": conversation()})
    assert found.direction == "out"


def test_contacts() -> None:
    body = {
        "event": "contact_updated",
        **contact(email="jo@example.com"),
        "changed_attributes": [{"email": {"current_value": "x"}}],
    }
    event = only("chatwoot", body)
    assert (event.kind, event.email, event.is_from_customer) == ("profile", "jo@example.com", False)
    assert identifiers(event) == [
        ("chatwoot", "77", "sender"),
        ("email", "jo@example.com", "stated"),
        ("phone", "+61412345678", "stated"),
    ]


def test_mere_activity_of_a_contact_says_nothing() -> None:
    changes = [{"last_activity_at": {"current_value": "x"}}, {"updated_at": {"current_value": "y"}}]
    found = parsed("chatwoot", {"event": "contact_updated", **CONTACT, "changed_attributes": changes})
    assert (found.events, found.ignored, found.problems) == ((), 1, ())


def test_the_widgets_opening_makes_no_contact() -> None:
    body = {
        "event": "webwidget_triggered",
        "id": 31,
        "contact": contact(name="billowing-night-17", phone_number=None),
        "inbox": {"id": 5, "name": "Site"},
        "account": {"id": 1},
        "current_conversation": None,
        "source_id": "uuid-1",
        "event_info": {"initiated_at": {"timestamp": "Mon Jun 02 2025 14:00:00 GMT+1000 (AEST)"}, "widget_language": "en"},
    }
    event = only("chatwoot", body)
    assert (event.kind, event.channel, event.occurred_at, event.profile_name) == ("profile", "web", SENT_AT, None)
    assert identifiers(event) == [("chatwoot", "5:uuid-1", "sender"), ("chatwoot", "77", "same_person")]
    assert not event.is_from_customer


@pytest.mark.parametrize(
    "name", ["billowing-night-17", "Unknown (IG: 17841400000000777)", "+61412345678", "", None, "undefined"]
)
def test_names_that_chatwoot_made_up_are_none(name: str | None) -> None:
    assert only("chatwoot", message(sender=contact(name=name))).profile_name is None


def test_usernames_are_labels() -> None:
    who = contact(phone_number=None, additional_attributes={"social_profiles": {"instagram": "jo.surfs"}})
    event = only("chatwoot", message("Channel::Instagram", "17841400000000777", sender=who))
    assert event.username == "jo.surfs"
    assert "jo.surfs" not in [one.value for one in event.identifiers]


def test_a_message_as_the_api_lists_it_is_the_same_event() -> None:
    listed = message(message_type=0, created_at=1748836800, sender={**CONTACT, "type": "contact"}, conversation_id=12)
    assert only("chatwoot", listed) == only("chatwoot", message())
    assert message_external_id(1000) == "message:1000"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "no_event"),
        ({"event": "message_created"}, "no_message_id"),
        ({"event": "contact_created"}, "no_contact_id"),
        ({"event": "conversation_updated"}, "no_conversation_id"),
        ({"event": "webwidget_triggered"}, "no_source_id"),
        ("message_created", "not_an_object"),
    ],
)
def test_what_cannot_be_read(payload: object, code: str) -> None:
    found = parsed("chatwoot", payload)
    assert (found.events, [problem.code for problem in found.problems]) == ((), [code])


@pytest.mark.parametrize("event", ["inbox_created", "inbox_updated", "something_new"])
def test_what_is_of_no_interest(event: str) -> None:
    found = parsed("chatwoot", {"event": event, "id": 1})
    assert (found.events, found.ignored, found.problems) == ((), 1, ())


@pytest.mark.parametrize("member", ["sender", "conversation", "inbox", "content_attributes", "attachments", "account"])
@pytest.mark.parametrize("junk", [None, [], "x", 7, {}, {"id": {}}])
def test_a_damaged_message_is_still_an_event(member: str, junk: object) -> None:
    found = parsed("chatwoot", message(**{member: junk}))
    assert [event.external_id for event in found.events] == ["message:1000"]
    assert found.problems == ()


@pytest.mark.parametrize("group", ["120363041234567890@g.us", "61412345678-1600000000@g.us", "status@broadcast"])
def test_a_group_is_nobody(group: str) -> None:
    contact = {**CONTACT, "phone_number": None, "identifier": group, "name": "Family group"}
    event = only("chatwoot", message(sender=contact, conversation=conversation("Channel::Api", "a-uuid")))
    assert (event.identifiers, event.is_from_customer) == ((), False)


def test_a_voice_inbox_is_the_telephone() -> None:
    attributes = {"data": {"call_sid": "CA1", "call_direction": "inbound", "status": "completed", "duration_seconds": 9}}
    event = only(
        "chatwoot", message("Channel::Voice", "+61412345678", content_type="voice_call", content_attributes=attributes)
    )
    assert (event.channel, event.kind, identifiers(event)[0]) == ("phone", "call", ("phone", "+61412345678", "sender"))
