"""What holds for any JSON: nothing raises, nothing of the clinic's own makes a contact, ids do not depend on order or time."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_hub.channels import PARSERS, ChannelEvent, Parsed
from contact_hub.channels import event as events
from contact_hub.channels.event import Provider
from contact_hub.identity.placeholders import is_placeholder_email, is_placeholder_phone, is_withheld_caller
from contact_hub_tests.channels import (
    test_chatwoot,
    test_email,
    test_generic,
    test_meta,
    test_twilio,
    test_web_form,
    test_whatsapp,
)
from contact_hub_tests.channels.support import RECEIVED_AT, parsed

pytestmark = pytest.mark.long

# A payload of each form to start from; the tests damage them.
_WHATSAPP = test_whatsapp.envelope(
    test_whatsapp.change(
        contacts=[test_whatsapp.contact(user_id=test_whatsapp.USER_ID)],
        messages=[
            test_whatsapp.message(),
            test_whatsapp.message(id="wamid.2", type="system", system={"type": "user_changed_number", "wa_id": "61498765432"}),
            test_whatsapp.message(id="wamid.3", type="contacts", contacts=[{"phones": [{"phone": "0498765432"}]}]),
            test_whatsapp.message(id="wamid.4", type="edit", edit={"message": {"type": "text"}}, context={"id": "wamid.1"}),
        ],
        statuses=[{"id": "wamid.5", "status": "read", "recipient_id": test_whatsapp.NUMBER, "errors": [{"code": 1}]}],
        message_echoes=[{"id": "wamid.6", "from": "61290001111", "to": test_whatsapp.NUMBER}],
        calls=[{"id": "wacid.1", "from": test_whatsapp.NUMBER, "event": "terminate"}],
    )
)
_META = [
    test_meta.item(message={"mid": "m_1", "text": "Hi", "attachments": [{"type": "image"}]}),
    test_meta.item(message={"mid": "m_2", "is_echo": True}),
    test_meta.item(reaction={"mid": "m_1", "emoji": "x"}),
    test_meta.item(postback={"mid": "m_3", "title": "Book"}),
]
SEEDS: list[tuple[Provider, Any]] = [
    ("whatsapp", _WHATSAPP),
    ("instagram", test_meta.envelope("instagram", *_META)),
    ("messenger", test_meta.envelope("messenger", *_META)),
    ("chatwoot", test_chatwoot.message(attachments=[{"file_type": "image"}])),
    ("chatwoot", {"event": "conversation_updated", **test_chatwoot.conversation()}),
    ("chatwoot", {"event": "contact_updated", **test_chatwoot.CONTACT, "changed_attributes": [{"email": {}}]}),
    ("twilio", test_twilio.SMS),
    ("twilio", {**test_twilio.CALL, "CallStatus": "completed"}),
    ("email", test_email.IMAP),
    ("email", test_email.GMAIL_RESOLVED),
    ("email", {"raw": test_email.RAW_TEXT}),
    ("web_form", {"Name": "Jo", "Email": "jo@example.com", "Phone": "0412345678", **test_web_form.META}),
    ("generic", [test_generic.EVENT, {**test_generic.EVENT, "channel": "email", "identifier": "jo@example.com"}]),
]

JUNK = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        2**70,
        1e308,
        float("nan"),
        float("inf"),
        "",
        " ",
        "undefined",
        "[object Object]",
        "\x00",
        "\ud800",
        "\u0661\u0662",
        "²",
        "anonymous",
        "+266696687",
        "noreply@x.com",
        "9" * 5000,
        "=?utf-8?b?!!?=",
        [],
        {},
        [[]],
        [None],
        {"id": {}},
    ]
)
ANY = st.recursive(
    JUNK | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "entry",
                    "changes",
                    "value",
                    "field",
                    "messages",
                    "contacts",
                    "from",
                    "to",
                    "id",
                    "type",
                    "text",
                    "sender",
                    "recipient",
                    "messaging",
                    "message",
                    "event",
                    "conversation",
                    "json",
                    "body",
                    "headers",
                    "raw",
                    "MessageSid",
                    "CallSid",
                    "From",
                    "To",
                    "channel",
                    "identifier",
                    "name",
                    "email",
                    "data",
                    "fields",
                    "label",
                    "object",
                    "calls",
                    "statuses",
                    "system",
                    "metadata",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
LISTS = ("entry", "changes", "messages", "contacts", "statuses", "messaging")
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def places(value: Any) -> Iterator[Callable[[Any], None]]:
    """A setter for every member of every object and list in a JSON value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        yield lambda new, name=name: value.__setitem__(name, new)
        yield from places(inner)


def damaged(data: st.DataObject, seed: Any) -> Any:
    payload = copy.deepcopy(seed)
    for _ in range(data.draw(st.integers(1, 3))):
        setters = list(places(payload))
        data.draw(st.sampled_from(setters))(copy.deepcopy(data.draw(ANY)))
    return payload


def check(found: Parsed) -> None:
    """What every result holds."""
    assert "parser_error" not in [problem.code for problem in found.problems]  # the net under the parsers is never needed
    assert len({event.external_id for event in found.events}) == len(found.events)
    for event in found.events:
        check_event(event)
    for problem in found.problems:
        assert problem.path.startswith("$")
        assert len(problem.path) < 120


def check_event(event: ChannelEvent) -> None:
    assert event.provider in events.PROVIDERS
    assert event.channel in events.CHANNELS
    assert event.kind in events.KINDS
    assert event.direction in events.DIRECTIONS
    assert 0 < len(event.external_id) <= 255
    assert event.occurred_at is None or event.occurred_at.utcoffset() == timedelta(0)
    if event.is_from_customer:
        assert event.direction == "in"
        assert event.kind in ("message", "call", "form")
        assert event.identifiers
    assert sum(one.claim == "sender" for one in event.identifiers) <= 1
    for one in event.identifiers:
        assert one.channel in events.IDENTIFIER_CHANNELS
        assert one.claim in events.CLAIMS
        assert one.value.strip() == one.value != ""
        assert len(one.value) <= 255
        assert one.value.lower() not in ("undefined", "null", "[object object]")
        assert not (one.channel in ("phone", "whatsapp") and one.value.startswith("+") and is_placeholder_phone(one.value))
        assert not (one.channel == "email" and is_placeholder_email(one.value))
        assert one.channel == "chatwoot" or not is_withheld_caller(one.value) or one.channel == "web"
    row = json.dumps(event.as_row(), allow_nan=False)
    assert "\\u0000" not in row
    row.encode()
    json.dumps(event.as_row(), ensure_ascii=False).encode()  # no lone surrogate: UTF-8 can hold it


@pytest.mark.parametrize("provider", sorted(PARSERS))
@QUICK
@given(data=st.data())
def test_any_json_is_read_without_an_error(provider: Provider, data: st.DataObject) -> None:
    payload = data.draw(ANY)
    found = parsed(provider, payload)
    check(found)
    assert parsed(provider, copy.deepcopy(payload)) == found


@pytest.mark.parametrize(("provider", "seed"), SEEDS)
@QUICK
@given(data=st.data())
def test_a_damaged_payload_is_read_without_an_error(provider: Provider, seed: Any, data: st.DataObject) -> None:
    payload = damaged(data, seed)
    check(parsed(provider, payload))


@pytest.mark.parametrize(("provider", "seed"), SEEDS)
def test_every_seed_is_read_in_full(provider: Provider, seed: Any) -> None:
    found = parsed(provider, seed)
    check(found)
    assert found.events
    assert found.problems == ()


@pytest.mark.parametrize(("provider", "seed"), SEEDS)
def test_ids_do_not_depend_on_order_or_on_when_it_came(provider: Provider, seed: Any) -> None:
    def turned(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {name: turned(inner, name) for name, inner in reversed(value.items())}
        items = [turned(inner) for inner in value] if isinstance(value, list) else value
        return items[::-1] if name in LISTS else items

    def ids(payload: Any, later: timedelta = timedelta(0)) -> set[str]:
        found = PARSERS[provider](payload, region="AU", received_at=RECEIVED_AT + later)
        return {event.external_id for event in found.events}

    assert ids(seed) == ids(seed, timedelta(days=3)) == ids([{"json": seed}])
    assert ids(turned(seed)) == ids(seed)


@QUICK
@given(
    kind=st.sampled_from(["private", "outgoing", "bot", "agent"]),
    extra=st.dictionaries(
        st.sampled_from(["content", "content_type", "content_attributes", "source_id", "inbox", "conversation", "attachments"]),
        ANY,
        max_size=4,
    ),
)
def test_nothing_of_the_clinics_is_a_customers_in_chatwoot(kind: str, extra: dict[str, Any]) -> None:
    changes: dict[str, dict[str, Any]] = {
        "private": {"private": True},
        "outgoing": {"message_type": "outgoing"},
        "bot": {"sender": test_chatwoot.BOT},
        "agent": {"sender": test_chatwoot.AGENT},
    }
    found = parsed("chatwoot", test_chatwoot.message(**{**extra, **changes[kind]}))
    check(found)
    assert not any(event.is_from_customer for event in found.events)


@QUICK
@given(platform=st.sampled_from(["instagram", "messenger"]), extra=st.dictionaries(st.text(max_size=5), ANY, max_size=4))
def test_no_echo_is_a_customers(platform: Any, extra: dict[str, Any]) -> None:
    item = test_meta.item(message={"mid": "m_1", **extra, "is_echo": True})
    echo = test_whatsapp.message(**{**extra, "from": "61290001111"})
    found = [
        *parsed(platform, test_meta.envelope(platform, item)).events,
        *parsed("whatsapp", test_whatsapp.envelope(test_whatsapp.change(messages=[echo]))).events,
    ]
    assert found
    assert not any(event.is_from_customer for event in found)


def test_deep_nesting_is_a_problem_and_no_crash() -> None:
    deep: Any = {"Name": "Jo"}
    for _ in range(900):
        deep = {"x": [deep]}
    for provider in PARSERS:
        for payload in (deep, [[[[[[[[deep]]]]]]]], {"event": "message_updated", "id": 1, "content": deep}):
            parsed(provider, payload)


def test_a_repr_and_a_problem_hold_nothing_personal() -> None:
    for provider, seed in SEEDS:
        shown = repr(parsed(provider, seed))
        assert not [one for one in ("Jo", "412", "example.com", "Hello", "1784", "Knee", "knee") if one in shown], provider


def test_rows_are_json_and_complete() -> None:
    event = parsed("whatsapp", _WHATSAPP).events[0]
    row = event.as_row()
    assert set(row) == set(ChannelEvent.__slots__)
    assert json.loads(json.dumps(row)) == row
    assert row["identifiers"][0] == {"channel": "whatsapp", "value": "+61412345678", "claim": "sender"}
    assert row["occurred_at"] == "2025-06-02T04:00:00+00:00"
