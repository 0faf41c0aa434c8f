"""WhatsApp Cloud webhooks: numbers, user ids, both, neither."""

from typing import Any

import pytest

from contact_hub.channels import Problem
from contact_hub_tests.channels.support import SECONDS, SENT_AT, identifiers, only, parsed

NUMBER = "61412345678"
USER_ID = "AU.13491208655302741918"
PARENT_ID = "AU.ENT.11815799212886844830"
METADATA = {"display_phone_number": "61290001111", "phone_number_id": "1122334455667"}


def message(**more: Any) -> dict[str, Any]:
    return {"from": NUMBER, "id": "wamid.A1", "timestamp": SECONDS, "type": "text", "text": {"body": "Hello"}, **more}


def without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


def contact(**more: Any) -> dict[str, Any]:
    return {"profile": {"name": "Jo Marsh"}, "wa_id": NUMBER, **more}


def value(**lists: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "metadata": METADATA, **lists}


def change(field: str = "messages", **lists: Any) -> dict[str, Any]:
    return {"field": field, "value": value(**lists)}


def envelope(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": [{"id": "998877", "changes": list(changes)}]}


def test_a_text_message() -> None:
    event = only("whatsapp", envelope(change(contacts=[contact()], messages=[message(context={"id": "wamid.B0"})])))
    assert (event.provider, event.channel, event.kind, event.direction) == ("whatsapp", "whatsapp", "message", "in")
    assert (event.external_id, event.occurred_at, event.text, event.profile_name) == ("wamid.A1", SENT_AT, "Hello", "Jo Marsh")
    assert (event.account, event.in_reply_to) == ("1122334455667", "wamid.B0")
    assert identifiers(event) == [("whatsapp", "+61412345678", "sender")]
    assert event.is_from_customer


def test_every_form_gives_the_same_event() -> None:
    lists = {"contacts": [contact()], "messages": [message()]}
    whole = envelope(change(**lists))
    forms = [
        whole,
        change(**lists),  # one change
        {**value(**lists), "field": "messages"},  # n8n's WhatsApp trigger
        [{"json": whole}],
        {"headers": {"host": "x"}, "params": {}, "query": {}, "body": whole},
    ]
    assert {only("whatsapp", form) for form in forms} == {only("whatsapp", whole)}
    legacy = only("whatsapp", lists)  # 360dialog
    assert (legacy.external_id, identifiers(legacy), legacy.account) == (
        "wamid.A1",
        [("whatsapp", "+61412345678", "sender")],
        None,
    )


def test_several_entries_changes_and_messages() -> None:
    payload = envelope(
        change(messages=[message(id="wamid.1"), message(id="wamid.2")]), change(messages=[message(id="wamid.3")])
    )
    payload["entry"] += envelope(change(messages=[message(id="wamid.4"), 7, {"type": "text"}, message(id="wamid.1")]))["entry"]
    found = parsed("whatsapp", payload)
    assert [event.external_id for event in found.events] == ["wamid.1", "wamid.2", "wamid.3", "wamid.4"]
    assert found.ignored == 1  # the repeated one
    where = "$.entry[1].changes[0].value.messages"
    assert found.problems == (Problem("not_an_object", f"{where}[1]"), Problem("no_sender", f"{where}[2]"))


@pytest.mark.parametrize(
    ("message_ids", "contact_ids", "expected"),
    [
        ({"from_user_id": USER_ID}, {"user_id": USER_ID}, [USER_ID]),
        ({"from": NUMBER, "from_user_id": USER_ID}, {"wa_id": NUMBER}, ["+61412345678", USER_ID]),
        ({"from": NUMBER}, {"wa_id": NUMBER, "user_id": USER_ID}, ["+61412345678", USER_ID]),
        ({"from_user_id": USER_ID}, {"wa_id": NUMBER, "user_id": USER_ID}, ["+61412345678", USER_ID]),
        (
            {"from_user_id": USER_ID, "from_parent_user_id": PARENT_ID},
            {"user_id": USER_ID, "parent_user_id": PARENT_ID},
            [USER_ID, PARENT_ID],
        ),
        ({"from": NUMBER}, {"wa_id": "61498765432", "user_id": USER_ID}, ["+61412345678"]),  # somebody else's entry
        ({"from": NUMBER, "from_user_id": "AU.1"}, {"wa_id": NUMBER, "user_id": USER_ID}, ["+61412345678", "AU.1"]),
        ({}, {"user_id": USER_ID}, [USER_ID]),
    ],
)
def test_who_it_is(message_ids: dict[str, str], contact_ids: dict[str, str], expected: list[str]) -> None:
    sent = {**without(message(), "from"), **message_ids}
    event = only("whatsapp", envelope(change(contacts=[{"profile": {"name": "Jo"}, **contact_ids}], messages=[sent])))
    claims = ["sender", *["same_person"] * (len(expected) - 1)]
    assert identifiers(event) == [("whatsapp", one, claim) for one, claim in zip(expected, claims, strict=True)]


def test_an_entry_that_contradicts_the_message_is_somebody_elses() -> None:
    sent = message(from_user_id="AU.1")
    event = only("whatsapp", envelope(change(contacts=[contact(user_id=USER_ID)], messages=[sent])))
    assert (event.profile_name, [one.value for one in event.identifiers]) == (None, ["+61412345678", "AU.1"])


def test_two_senders_in_one_delivery_are_kept_apart() -> None:
    contacts = [contact(user_id=USER_ID), {"profile": {"name": "Kim"}, "wa_id": "61498765432"}]
    messages = [message(id="1", **{"from": "61498765432"}), message(id="2"), {"id": "3", "type": "text", "text": {"body": "?"}}]
    found = parsed("whatsapp", envelope(change(contacts=contacts, messages=messages)))
    assert [(event.profile_name, event.identifiers[0].value) for event in found.events] == [
        ("Kim", "+61498765432"),
        ("Jo Marsh", "+61412345678"),
    ]
    assert [problem.code for problem in found.problems] == ["no_sender"]  # one of the two, but nobody says which


@pytest.mark.parametrize(
    ("wa_id", "expected"),
    [
        ("551187654321", ["+5511987654321", "+551187654321"]),
        ("5511987654321", ["+5511987654321"]),
        ("551134567890", ["+551134567890"]),  # a landline
        ("541123456789", ["+5491123456789", "+541123456789"]),
        ("5491123456789", ["+5491123456789"]),
        ("5215512345678", ["+525512345678", "+5215512345678"]),
        ("525512345678", ["+525512345678"]),
    ],
)
def test_numbers_that_whatsapp_writes_its_own_way(wa_id: str, expected: list[str]) -> None:
    event = only("whatsapp", envelope(change(messages=[message(**{"from": wa_id})])))
    assert [one.value for one in event.identifiers] == expected


@pytest.mark.parametrize("junk", ["undefined", "", "[object Object]", "0", "61400000000", None, [], "120363041234567890@g.us"])
def test_a_message_of_nobody_is_a_problem(junk: object) -> None:
    found = parsed("whatsapp", envelope(change(messages=[message(**{"from": junk})])))
    assert (found.events, [problem.code for problem in found.problems]) == ((), ["no_sender"])


@pytest.mark.parametrize(
    ("content", "text", "attachments"),
    [
        ({"type": "image", "image": {"id": "1", "caption": "My knee"}}, "My knee", ("image",)),
        ({"type": "audio", "audio": {"id": "1", "voice": True}}, None, ("audio",)),
        ({"type": "location", "location": {"latitude": 1.0, "name": "Beach"}}, "Beach", ("location",)),
        ({"type": "button", "button": {"text": "Yes", "payload": "y"}}, "Yes", ()),
        ({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "2", "title": "Two"}}}, "Two", ()),
        ({"type": "interactive"}, None, ()),
        ({"type": "order", "order": {"text": "for mum"}}, "for mum", ()),
    ],
)
def test_what_a_message_says(content: dict[str, Any], text: str | None, attachments: tuple[str, ...]) -> None:
    event = only("whatsapp", envelope(change(messages=[without(message(**content), "text")])))
    assert (event.kind, event.text, event.attachments, event.is_from_customer) == ("message", text, attachments, True)


@pytest.mark.parametrize(
    ("content", "kind", "about"),
    [
        ({"type": "reaction", "reaction": {"message_id": "wamid.Z", "emoji": "👍"}}, "reaction", "wamid.Z"),
        (
            {"type": "edit", "edit": {"original_message_id": "wamid.Z", "message": {"type": "text", "text": {"body": "x"}}}},
            "status",
            "wamid.Z",
        ),
        ({"type": "revoke", "revoke": {"original_message_id": "wamid.Z"}}, "status", "wamid.Z"),
        ({"type": "unsupported", "errors": [{"code": 131051}]}, "system", None),
        ({"type": "unknown"}, "system", None),
        ({"type": "request_welcome"}, "system", None),
        ({"type": "hologram", "hologram": {"body": "hi"}}, "system", None),
        ({"type": {"text": 1}}, "system", None),
    ],
)
def test_what_is_no_message(content: dict[str, Any], kind: str, about: str | None) -> None:
    event = only("whatsapp", envelope(change(messages=[message(**content)])))
    assert (event.kind, event.about, event.is_from_customer) == (kind, about, False)


def test_a_number_change_links_old_and_new() -> None:
    system = {"type": "user_changed_number", "wa_id": "61498765432", "body": "Jo changed"}
    event = only("whatsapp", envelope(change(messages=[message(type="system", system=system)])))
    assert identifiers(event) == [("whatsapp", "+61498765432", "sender"), ("whatsapp", "+61412345678", "former")]
    assert (event.kind, event.is_from_customer, event.text) == ("identity_change", False, None)


def test_a_user_id_change_links_old_and_new() -> None:
    system = {"type": "user_changed_user_id", "user_id": "NZ.22", "previous_user_id": "AU.11"}
    event = only("whatsapp", envelope(change(messages=[without(message(type="system", system=system), "from")])))
    assert identifiers(event) == [("whatsapp", "NZ.22", "sender"), ("whatsapp", "AU.11", "former")]


def test_a_new_security_code_is_told() -> None:
    item = message(type="system", system={"type": "customer_identity_changed"}, identity={"hash": "h"})
    event = only("whatsapp", envelope(change(contacts=[contact()], messages=[item])))
    assert (event.kind, identifiers(event)) == ("identity_change", [("whatsapp", "+61412345678", "sender")])
    assert ("change", "customer_identity_changed") in event.hints


@pytest.mark.parametrize("origin", ["contact_request", "other"])
def test_a_contact_card_is_only_stated(origin: str) -> None:
    card = {
        "name": {"formatted_name": "Mum"},
        "phones": [{"phone": "0498 765 432", "wa_id": "61498765432"}],
        "emails": [{"email": "Mum@Example.com"}],
    }
    sent = without(message(type="contacts", contacts=[card], origin=origin, from_user_id=USER_ID), "from")
    event = only("whatsapp", envelope(change(messages=[sent])))
    assert identifiers(event) == [
        ("whatsapp", USER_ID, "sender"),
        ("whatsapp", "+61498765432", "stated"),
        ("phone", "+61498765432", "stated"),
        ("email", "mum@example.com", "stated"),
    ]
    assert ("card_origin", origin) in event.hints


def test_a_status_may_be_first_to_show_number_and_user_id_together() -> None:
    status = {"id": "wamid.OUT", "status": "delivered", "timestamp": SECONDS, "recipient_user_id": USER_ID}
    event = only("whatsapp", envelope(change(contacts=[contact(user_id=USER_ID)], statuses=[status])))
    assert identifiers(event) == [("whatsapp", "+61412345678", "sender"), ("whatsapp", USER_ID, "same_person")]
    assert (event.kind, event.direction, event.external_id, event.about) == (
        "status",
        "out",
        "wamid.OUT:delivered",
        "wamid.OUT",
    )
    assert not event.is_from_customer


def test_each_status_of_a_message_is_its_own_event() -> None:
    statuses = [{"id": "wamid.OUT", "status": name, "recipient_id": NUMBER} for name in ("sent", "delivered", "read", "failed")]
    found = parsed("whatsapp", envelope(change(statuses=[*statuses, {"id": "wamid.OUT"}])))
    assert len(found.events) == 4
    assert [problem.code for problem in found.problems] == ["no_status"]


def test_echoes_are_the_clinics_own() -> None:
    echo = message(**{"from": "61290001111", "to": NUMBER})
    for payload in (envelope(change("smb_message_echoes", message_echoes=[echo])), envelope(change(messages=[echo]))):
        event = only("whatsapp", payload)
        assert (event.kind, event.direction, event.is_from_customer) == ("echo", "out", False)
        assert identifiers(event) == [("whatsapp", "+61412345678", "sender")]


def test_calls() -> None:
    call = {
        "id": "wacid.1",
        "from": NUMBER,
        "to": "61290001111",
        "event": "connect",
        "timestamp": SECONDS,
        "direction": "USER_INITIATED",
    }
    event = only("whatsapp", envelope(change("calls", calls=[call])))
    assert (event.kind, event.direction, event.external_id, event.is_from_customer) == ("call", "in", "wacid.1", True)
    ended = parsed(
        "whatsapp", envelope(change("calls", calls=[{**call, "event": "terminate", "status": "COMPLETED", "duration": 12}]))
    )
    assert [(one.kind, one.external_id) for one in ended.events] == [("call", "wacid.1"), ("status", "wacid.1:terminate")]
    assert ("duration", 12) in ended.events[1].hints
    outgoing = only(
        "whatsapp",
        envelope(change("calls", calls=[{**call, "from": "61290001111", "to": NUMBER, "direction": "BUSINESS_INITIATED"}])),
    )
    assert (outgoing.direction, identifiers(outgoing)) == ("out", [("whatsapp", "+61412345678", "sender")])


@pytest.mark.parametrize("field", ["account_update", "message_template_status_update", "user_preferences", "history"])
def test_what_is_about_the_account_is_ignored(field: str) -> None:
    found = parsed("whatsapp", envelope({"field": field, "value": {"event": "x"}}))
    assert (found.events, found.ignored, found.problems) == ((), 1, ())


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"object": "page", "entry": []}, "other_object"),
        ({"hello": 1}, "unknown_form"),
        (None, "not_an_object"),
        ({"entry": {}}, "not_a_list"),
        (envelope({"field": "messages", "value": []}), "not_an_object"),
        (envelope({"field": "messages", "value": {"messages": []}}), "nothing_found"),
        ({"object": "whatsapp_business_account", "entry": [{"id": "1", "changed": []}]}, "nothing_found"),
    ],
)
def test_what_cannot_be_read(payload: object, code: str) -> None:
    found = parsed("whatsapp", payload)
    assert (found.events, [problem.code for problem in found.problems]) == ((), [code])


@pytest.mark.parametrize("timestamp", ["0", "", None, "soon", "99999999999999999999", -1, "1e999", [], "4102444800"])
def test_a_time_that_is_not_credible_is_none(timestamp: object) -> None:
    assert only("whatsapp", envelope(change(messages=[message(timestamp=timestamp)]))).occurred_at is None


def test_a_message_without_an_id_gets_the_same_one_every_time() -> None:
    item = without(message(), "id")
    ids = {only("whatsapp", envelope(change(messages=[entry]))).external_id for entry in (item, dict(reversed(item.items())))}
    assert len(ids) == 1
    assert ids.pop().startswith("sha256:")


def test_a_user_id_where_the_number_was() -> None:
    user = "AU.13491208655302741918"
    contact = {"profile": {"name": "Jo"}, "wa_id": user}
    event = only("whatsapp", envelope(change(contacts=[contact], messages=[message(**{"from": user})])))
    assert (identifiers(event), event.profile_name) == ([("whatsapp", user, "sender")], "Jo")
