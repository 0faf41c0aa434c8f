"""Instagram and Messenger: scoped ids, echoes, standby, comments."""

from typing import Any, Literal

import pytest

from contact_hub_tests.channels.support import MILLISECONDS, SENT_AT, identifiers, only, parsed

PERSON, ACCOUNT = "1784140000000000777", "1784149999999999999"
OBJECTS = {"instagram": "instagram", "messenger": "page"}
PLATFORMS = pytest.mark.parametrize("platform", ["instagram", "messenger"])
Platform = Literal["instagram", "messenger"]


def item(**more: Any) -> dict[str, Any]:
    return {"sender": {"id": PERSON}, "recipient": {"id": ACCOUNT}, "timestamp": MILLISECONDS, **more}


def envelope(platform: Platform, *items: Any, member: str = "messaging") -> dict[str, Any]:
    return {"object": OBJECTS[platform], "entry": [{"id": ACCOUNT, "time": MILLISECONDS, member: list(items)}]}


@PLATFORMS
@pytest.mark.parametrize("timestamp", [MILLISECONDS, str(MILLISECONDS), str(MILLISECONDS // 1000)])
def test_a_message(platform: Platform, timestamp: object) -> None:
    message = {"mid": "m_1", "text": "Hi", "attachments": [{"type": "image"}], "reply_to": {"mid": "m_0"}}
    event = only(platform, envelope(platform, item(message=message, timestamp=timestamp)))
    assert (event.provider, event.channel, event.kind, event.external_id) == (platform, platform, "message", "m_1")
    assert (event.occurred_at, event.text, event.attachments, event.in_reply_to) == (SENT_AT, "Hi", ("image",), "m_0")
    assert (identifiers(event), event.account) == ([(platform, PERSON, "sender")], ACCOUNT)
    assert event.is_from_customer


@PLATFORMS
def test_every_form_gives_the_same_event(platform: Platform) -> None:
    sent = item(message={"mid": "m_1", "text": "Hi"})
    whole = envelope(platform, sent)
    forms = [whole, whole["entry"][0], sent, {"body": whole}, [{"json": {"body": whole, "headers": {}}}]]
    forms.append({"object": OBJECTS[platform], "entry": [{"id": ACCOUNT, "changes": [{"field": "messages", "value": sent}]}]})
    assert {only(platform, form) for form in forms} == {only(platform, whole)}


@PLATFORMS
def test_standby_and_messaging_may_both_bring_a_message(platform: Platform) -> None:
    sent = item(message={"mid": "m_1", "text": "Hi"})
    payload = envelope(platform, sent, sent)
    payload["entry"] += envelope(platform, sent, member="standby")["entry"]
    found = parsed(platform, payload)
    assert (len(found.events), found.ignored) == (1, 2)
    waiting = only(platform, envelope(platform, sent, member="standby"))
    assert waiting.is_from_customer
    assert ("standby", True) in waiting.hints


@PLATFORMS
@pytest.mark.parametrize(
    "echo",
    [
        {
            "sender": {"id": ACCOUNT},
            "recipient": {"id": PERSON},
            "message": {"mid": "m_9", "text": "We open at 8", "is_echo": True},
        },
        {"sender": {"id": ACCOUNT}, "recipient": {"id": PERSON}, "message": {"mid": "m_9", "text": "We open at 8"}},
        {"sender": {"id": ACCOUNT}, "recipient": {"id": PERSON}, "message": {"mid": "m_9", "is_echo": "true"}},
    ],
)
def test_an_echo_is_the_clinics_own(platform: Platform, echo: dict[str, Any]) -> None:
    event = only(platform, envelope(platform, echo))
    assert (event.kind, event.direction, event.is_from_customer) == ("echo", "out", False)
    assert identifiers(event) == [(platform, PERSON, "sender")]


@PLATFORMS
@pytest.mark.parametrize(
    ("content", "kind", "external_id", "about"),
    [
        ({"message": {"mid": "m_1", "is_deleted": True}}, "status", "m_1:deleted", "m_1"),
        ({"message": {"mid": "m_1", "is_unsupported": True}}, "system", "m_1", None),
        ({"read": {"mid": "m_1"}}, "status", None, "m_1"),
        ({"delivery": {"mids": ["m_1"], "watermark": 1}}, "status", None, None),
        ({"reaction": {"mid": "m_1", "action": "react", "emoji": "❤"}}, "reaction", None, "m_1"),
        ({"message_edit": {"mid": "m_1", "text": "Hey"}}, "status", None, "m_1"),
        ({"optin": {"ref": "x"}}, "system", None, None),
        ({"pass_thread_control": {}}, "system", None, None),
        ({}, "system", None, None),
        ({"message": "Hello"}, "system", None, None),
    ],
)
def test_what_is_no_message(platform: Platform, content: dict[str, Any], kind: str, external_id: str, about: str) -> None:
    event = only(platform, envelope(platform, item(**content)))
    assert (event.kind, event.about, event.is_from_customer) == (kind, about, False)
    assert event.external_id == external_id or event.external_id.startswith("sha256:")


@PLATFORMS
def test_a_pressed_button_is_a_message(platform: Platform) -> None:
    event = only(platform, envelope(platform, item(postback={"mid": "m_2", "title": "Book", "payload": "BOOK"})))
    assert (event.kind, event.text, event.external_id, event.is_from_customer) == ("message", "Book", "m_2", True)


def test_a_comment_is_public_and_makes_no_contact() -> None:
    value = {"id": "c_1", "from": {"id": PERSON, "username": "jo.surfs"}, "text": "Nice!", "media": {"id": "9"}}
    payload = {"object": "instagram", "entry": [{"id": ACCOUNT, "changes": [{"field": "comments", "value": value}]}]}
    event = only("instagram", payload)
    assert (event.kind, event.username, event.text, event.is_from_customer) == ("comment", "jo.surfs", "Nice!", False)
    own = {**value, "from": {"id": ACCOUNT, "username": "clinic"}}
    payload["entry"][0]["changes"][0]["value"] = own  # type: ignore[index]
    assert (only("instagram", payload).kind, identifiers(only("instagram", payload))) == ("echo", [])


def test_a_pages_feed() -> None:
    value = {"item": "comment", "verb": "add", "comment_id": "5_6", "from": {"id": PERSON, "name": "Jo"}, "message": "Hi"}
    changes = [{"field": "feed", "value": value}, {"field": "feed", "value": {"item": "like", "verb": "add"}}]
    found = parsed("messenger", {"object": "page", "entry": [{"id": ACCOUNT, "changes": changes}]})
    assert ([event.kind for event in found.events], found.ignored) == (["comment"], 1)


@pytest.mark.parametrize("sender", [None, {}, {"id": ""}, {"id": "undefined"}, {"id": 1784140000000000777}, {"id": "0"}, "x"])
def test_a_message_of_nobody_is_a_problem_and_no_more(sender: object) -> None:
    good = item(message={"mid": "m_1", "text": "Hi"})
    found = parsed("instagram", envelope("instagram", {**good, "sender": sender}, "x", good))
    assert [problem.code for problem in found.problems] == ["no_sender", "not_an_object"]
    assert [event.external_id for event in found.events] == ["m_1"]


@pytest.mark.parametrize("entry", [{}, {"id": "17", "time": 1, "mesaging": [item(message={"mid": "m_2"})]}, {"messaging": []}])
def test_an_entry_in_which_nothing_is_found_is_a_problem_beside_a_good_one(entry: Any) -> None:
    payload = envelope("instagram", item(message={"mid": "m_1", "text": "Hi"}))
    payload["entry"].append(entry)
    found = parsed("instagram", payload)
    assert [event.external_id for event in found.events] == ["m_1"]
    assert [(one.code, one.path) for one in found.problems] == [("nothing_found", "$.entry[1]")]


def test_the_other_platforms_payload_is_a_problem() -> None:
    assert [one.code for one in parsed("instagram", envelope("messenger", item())).problems] == ["other_object"]
    assert [one.code for one in parsed("messenger", {"object": "page"}).problems] == ["unknown_form"]
