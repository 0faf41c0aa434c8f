"""The generic event, and what n8n wraps around payloads."""

from typing import Any

import pytest

from contact_hub.channels.n8n import bodies
from contact_hub_tests.channels.support import SENT_AT, identifiers, only, parsed

EVENT = {
    "channel": "whatsapp",
    "identifier": "0412 345 678",
    "external_id": "e-1",
    "occurred_at": "2025-06-02T14:00:00+10:00",
    "direction": "in",
    "name": "Jo Marsh",
    "email": "Jo@Example.com",
    "text": "Hello",
    "metadata": {"campaign": "x", "deep": {}},
}


def test_an_event() -> None:
    event = only("generic", EVENT)
    assert (event.channel, event.kind, event.direction, event.external_id) == ("whatsapp", "message", "in", "e-1")
    assert (event.occurred_at, event.name, event.email, event.text) == (SENT_AT, "Jo Marsh", "jo@example.com", "Hello")
    assert identifiers(event) == [("whatsapp", "+61412345678", "sender"), ("email", "jo@example.com", "stated")]
    assert dict(event.hints) == {"metadata.campaign": "x"}
    assert event.is_from_customer
    assert not only("generic", {**EVENT, "direction": "out"}).is_from_customer


@pytest.mark.parametrize(
    ("channel", "identifier", "expected", "kind"),
    [
        ("whatsapp", "61412345678", [("whatsapp", "+61412345678", "sender")], "message"),
        ("whatsapp", "whatsapp:+61412345678", [("whatsapp", "+61412345678", "sender")], "message"),
        ("whatsapp", "6591234567", [("whatsapp", "+6591234567", "sender")], "message"),
        ("whatsapp", "AU.61412345678", [("whatsapp", "AU.61412345678", "sender")], "message"),
        ("whatsapp", "61412345678@s.whatsapp.net", [("whatsapp", "+61412345678", "sender")], "message"),
        ("whatsapp", "61412345678@lid", [("whatsapp", "61412345678@lid", "sender")], "message"),
        ("whatsapp", 61412345678, [("whatsapp", "+61412345678", "sender")], "message"),
        ("sms", "0412 345 678", [("phone", "+61412345678", "sender")], "message"),
        ("sms", "mob 0412 345 678", [("phone", "+61412345678", "sender")], "message"),
        ("phone", "0061 412 345 678", [("phone", "+61412345678", "sender")], "call"),
        ("phone", "02 9123 4567 ext 5", [("phone", "+61291234567", "sender")], "call"),
        ("phone", "sip:+61412345678@pbx.example;transport=udp", [("phone", "+61412345678", "sender")], "call"),
        ("phone", "(02) 9123 4567", [("phone", "+61291234567", "sender")], "call"),
        ("phone", "anonymous", [], "call"),
        ("phone", "+266696687", [], "call"),
        ("phone", "0400 000 000", [], "call"),
        ("email", "Jo <JO@example.com>", [("email", "jo@example.com", "sender")], "message"),
        ("email", "noemail@none.com", [], "message"),
        ("instagram", "17841400000000777", [("instagram", "17841400000000777", "sender")], "message"),
        ("messenger", "7777777777777777", [("messenger", "7777777777777777", "sender")], "message"),
        ("web", "session-1", [("web", "session-1", "sender")], "form"),
        ("web", "jo@example.com", [("email", "jo@example.com", "stated")], "form"),
        ("web", "+61412345678", [("phone", "+61412345678", "stated")], "form"),
        ("chatwoot", 77, [("chatwoot", "77", "sender")], "message"),
    ],
)
def test_identifiers_by_channel(channel: str, identifier: object, expected: list[tuple[str, str, str]], kind: str) -> None:
    event = only("generic", {**EVENT, "channel": channel, "identifier": identifier, "email": None})
    assert (identifiers(event), event.kind) == (expected, kind)
    assert event.is_from_customer == bool(expected)


@pytest.mark.parametrize(
    ("changes", "code", "member"),
    [
        ({"channel": None}, "missing_channel", "channel"),
        ({"channel": "fax"}, "unknown_channel", "channel"),
        ({"channel": []}, "invalid_channel", "channel"),
        ({"identifier": " "}, "missing_identifier", "identifier"),
        ({"identifier": "undefined"}, "broken_expression", "identifier"),
        ({"identifier": "[object Object]"}, "broken_expression", "identifier"),
        ({"identifier": "{{ $json.phone }}"}, "broken_expression", "identifier"),
        ({"identifier": {}}, "invalid_identifier", "identifier"),
        ({"identifier": "12"}, "invalid_identifier", "identifier"),
        ({"channel": "instagram", "identifier": 17841400000000777000}, "rounded_number", "identifier"),
        ({"channel": "instagram", "identifier": "jo.surfs"}, "invalid_identifier", "identifier"),
        ({"channel": "email", "identifier": "jo@"}, "invalid_identifier", "identifier"),
        ({"external_id": ""}, "missing_external_id", "external_id"),
        ({"external_id": "null"}, "broken_expression", "external_id"),
        ({"external_id": True}, "invalid_external_id", "external_id"),
        ({"occurred_at": "yesterday"}, "invalid_occurred_at", "occurred_at"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "invalid_occurred_at", "occurred_at"),
        ({"occurred_at": float("nan")}, "rounded_number", "occurred_at"),
        ({"direction": "inbound"}, "invalid_direction", "direction"),
        ({"kind": "shout"}, "unknown_kind", "kind"),
    ],
)
def test_what_is_wrong_is_said_by_name(changes: dict[str, Any], code: str, member: str) -> None:
    found = parsed("generic", {**EVENT, **changes})
    assert (found.events, [(one.code, one.path) for one in found.problems]) == ((), [(code, f"$.{member}")])


def test_everything_wrong_is_said_at_once() -> None:
    assert [one.code for one in parsed("generic", {}).problems] == [
        "missing_channel",
        "missing_identifier",
        "missing_external_id",
        "missing_occurred_at",
        "missing_direction",
    ]


def test_a_list_and_a_bad_one_in_it() -> None:
    found = parsed("generic", [EVENT, {**EVENT, "external_id": "e-2"}, {**EVENT, "channel": "fax"}, EVENT])
    assert ([event.external_id for event in found.events], found.ignored) == (["e-1", "e-2"], 1)
    assert [(one.code, one.path) for one in found.problems] == [("unknown_channel", "$[2].channel")]


@pytest.mark.parametrize("member", ["name", "email", "phone", "text"])
@pytest.mark.parametrize("junk", ["undefined", "[object Object]", "null", "", {}, [], True])
def test_a_broken_optional_member_is_left_out(member: str, junk: object) -> None:
    assert getattr(only("generic", {**EVENT, member: junk}), member) is None


@pytest.mark.parametrize("kind", ["bot", "echo", "private_note", "status", "system"])
def test_a_workflow_may_say_that_it_is_no_customers(kind: str) -> None:
    assert not only("generic", {**EVENT, "kind": kind}).is_from_customer


@pytest.mark.parametrize(
    ("payload", "paths"),
    [
        ({"a": 1}, ["$"]),
        ([{"a": 1}, {"a": 2}], ["$[0]", "$[1]"]),
        ([{"json": {"a": 1}, "pairedItem": 0}], ["$[0].json"]),
        ({"headers": {}, "params": {}, "query": {}, "body": {"a": 1}, "webhookUrl": "u", "executionMode": "test"}, ["$.body"]),
        ({"body": '{"a": 1}'}, ["$.body"]),
        ({"body": [{"a": 1}, {"a": 2}]}, ["$.body[0]", "$.body[1]"]),
        ([{"json": {"headers": {}, "body": {"a": 1}}}], ["$[0].json.body"]),
        ({"body": "my knee hurts", "name": "Jo"}, ["$"]),  # a form's field
        ({"body": {"a": 1}, "name": "Jo"}, ["$"]),
        ({"body": "{broken"}, ["$"]),
        ({"json": 1}, ["$"]),
        ([], []),
    ],
)
def test_unwrapping(payload: object, paths: list[str]) -> None:
    assert [path for path, _ in bodies(payload)] == paths
