"""What the client asks for, what it makes of the answers, and what it does about missing ones."""

import itertools
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from contact_hub.chatwoot import (
    ChatwootAccount,
    ChatwootClient,
    ChatwootError,
    NotFound,
    Patience,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from contact_hub.chatwoot.answers import next_request_at
from contact_hub.sandbox import ChatwootServer, Fault, LoggedRequest
from contact_hub.sandbox.faults import FaultKind
from contact_hub_tests.chatwoot.conftest import HURRIED, Connect

SECRETS = ("+61412345678", "61412345678", "Jo Marsh", "sandbox-chatwoot-token", "api/v1", "127.0.0.1")


def write(chatwoot: ChatwootServer, count: int) -> None:
    """As many customers write, one after the other."""
    for number in range(count):
        chatwoot.receive("whatsapp", f"614000000{number:02}", f"Message {number}")


# Lists


def test_contacts_come_newest_activity_first_and_only_as_many_pages_as_are_taken(
    chatwoot: ChatwootServer, client: ChatwootClient
) -> None:
    write(chatwoot, 40)
    newest = [one["phone_number"] for one in itertools.islice(client.contacts(), 16)]
    assert newest == [f"+614000000{number:02}" for number in range(39, 23, -1)]
    assert [dict(one.params)["page"] for one in chatwoot.requests] == ["1", "2"]
    assert len(list(client.contacts())) == 40


def test_contacts_without_any_identifier_are_not_listed(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    message = chatwoot.receive("instagram", "17841400000000777", name="Jo")
    assert list(client.contacts()) == []
    assert client.contact(message.conversation.contact.id)["name"] == "Jo"


def test_a_contact_has_its_addresses(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    contact = chatwoot.receive("whatsapp", "61412345678", name="Jo Marsh").conversation.contact
    chatwoot.receive("sms", "+61412345678")
    found = client.contact(contact.id)
    assert (found["id"], found["phone_number"]) == (contact.id, "+61412345678")
    assert [one["source_id"] for one in found["contact_inboxes"]] == ["61412345678", "+61412345678"]


def test_conversations_of_every_status_come_newest_activity_first(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    write(chatwoot, 30)
    first, last = chatwoot.state.conversations[1], chatwoot.state.conversations[30]
    chatwoot.set_status(first, "resolved", at=datetime.now(UTC) + timedelta(seconds=1))
    found = list(client.conversations())
    assert [one["id"] for one in found] == [1, *range(30, 1, -1)]
    assert found[0]["meta"]["channel"] == "Channel::Whatsapp"
    assert client.conversation(last.display_id) == found[1]


def test_messages_back_and_forth(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    conversation = chatwoot.receive("whatsapp", "61412345678", "0").conversation
    for number in range(1, 45):
        chatwoot.agent_reply(conversation, str(number))
    all_of_them = [str(number) for number in range(45)]
    ids = [one["id"] for one in client.messages(conversation.display_id)]
    assert [one["content"] for one in client.messages(conversation.display_id)] == all_of_them[::-1]
    assert [one["content"] for one in client.messages(conversation.display_id, after=0)] == all_of_them
    assert [one["content"] for one in client.messages(conversation.display_id, after=ids[3])] == all_of_them[-3:]
    assert [one["content"] for one in client.messages(conversation.display_id, before=ids[-3])] == ["1", "0"]
    with pytest.raises(ValueError, match="either"):
        client.messages(conversation.display_id, after=1, before=2)


def test_messages_over_several_pages_forward(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    conversation = chatwoot.receive("whatsapp", "61412345678", "0").conversation
    for number in range(1, 130):
        chatwoot.write(conversation, str(number), chatwoot.agent)
    assert len(list(client.messages(conversation.display_id, after=0))) == 130


@pytest.mark.parametrize("read", [lambda client: client.contacts(), lambda client: client.conversations()])
def test_a_list_that_does_not_move_on_is_an_error(
    chatwoot: ChatwootServer, client: ChatwootClient, read: Callable[[ChatwootClient], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(chatwoot, 3)
    monkeypatch.setattr("contact_hub.sandbox.chatwoot.api.Asked.page", 1)
    with pytest.raises(UnexpectedAnswer, match="what the last one held"):
        list(read(client))


@pytest.mark.parametrize("bounds", [{}, {"after": 1}])
def test_messages_that_do_not_move_on_are_an_error(
    chatwoot: ChatwootServer, client: ChatwootClient, bounds: dict[str, int]
) -> None:
    conversation = chatwoot.receive("whatsapp", "61412345678").conversation
    asked: list[str] = []

    def drop_query(request: LoggedRequest) -> None:
        request.params = ()
        asked.append(request.path)

    chatwoot.on_request = drop_query
    with pytest.raises(UnexpectedAnswer, match="what the last one held"):
        list(client.messages(conversation.display_id, **bounds))
    assert len(asked) == 2


# Writing


def test_a_created_message_comes_back_as_chatwoot_has_it(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    conversation = chatwoot.receive("whatsapp", "61412345678").conversation
    template = {"name": "reminder", "language": "en"}
    made = client.create_message(
        conversation.display_id, "Hi Jo", content_attributes={"in_reply_to": 1000}, template_params=template
    )
    row = chatwoot.state.messages[made["id"]]
    assert (made["content"], made["message_type"], made["private"], made["conversation_id"]) == ("Hi Jo", 1, False, 1)
    assert (row.sender, row.content_attributes, row.additional_attributes) == (
        chatwoot.integration,
        {"in_reply_to": 1000},
        {"template_params": template},
    )
    note = client.create_message(conversation.display_id, "Household", private=True)
    assert chatwoot.state.messages[note["id"]].private


def test_a_bot_may_write_and_little_else(chatwoot: ChatwootServer, connect: Connect) -> None:
    client = connect(token=chatwoot.bot_token)
    conversation = chatwoot.receive("whatsapp", "61412345678").conversation
    assert client.create_message(conversation.display_id, "Hi")["sender"]["type"] == "agent_bot"
    with pytest.raises(Unauthorized):
        next(client.conversations())


def test_attributes_are_merged(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    contact = chatwoot.receive("whatsapp", "61412345678").conversation.contact
    client.update_contact(contact.id, custom_attributes={"contact_hub_id": "1"})
    found = client.update_contact(contact.id, custom_attributes={"linked": True}, additional_attributes={"city": "Manly"})
    assert found["custom_attributes"] == contact.custom_attributes == {"contact_hub_id": "1", "linked": True}
    assert found["additional_attributes"] == {"city": "Manly"}


def test_nothing_is_written_twice(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    conversation = chatwoot.receive("whatsapp", "61412345678").conversation
    before = len(chatwoot.state.messages)
    for fault in (Fault("status", status=502), Fault("too_many_requests"), Fault("reset"), Fault("truncated_json")):
        chatwoot.faults.add(fault)
        chatwoot.requests.clear()
        with pytest.raises(ChatwootError) as raised:
            client.create_message(conversation.display_id, "Hi")
        assert (len(chatwoot.requests), raised.value.attempts) == (1, 1)
    assert len(chatwoot.state.messages) == before + 2  # cut off and garbled, but done


@pytest.mark.parametrize(
    ("fault", "may_have_happened"),
    [
        (Fault("status", status=502), True),
        (Fault("reset"), True),
        (Fault("truncated_body"), True),
        (Fault("truncated_json"), True),
        (Fault("html"), True),
        (Fault("delay", seconds=0.5), True),
        (Fault("too_many_requests"), False),
        (Fault("status", status=422), False),
        (Fault("status", status=401), False),
        (Fault("status", status=404), False),
    ],
)
def test_whether_it_may_have_been_written(
    chatwoot: ChatwootServer, connect: Connect, fault: Fault, may_have_happened: bool
) -> None:
    conversation = chatwoot.receive("whatsapp", "61412345678").conversation
    chatwoot.faults.add(fault)
    with pytest.raises(ChatwootError) as raised:
        connect(read_timeout_s=0.2).create_message(conversation.display_id, "Hi")
    assert raised.value.may_have_happened is may_have_happened


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.localhost.invalid.local:3000"])
def test_nobody_there(connect: Connect, url: str) -> None:
    client = connect(url=url)
    with pytest.raises(Unavailable) as raised:
        client.create_message(1, "Hi")
    assert not raised.value.may_have_happened
    with pytest.raises(Unavailable, match=r"no connection .* \(5 attempts\)"):
        next(client.contacts())


# Refusals


def test_what_is_refused_names_the_field_and_nothing_else(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    chatwoot.receive("whatsapp", "61412345678", name="Jo Marsh")
    other = chatwoot.receive("web", "uuid-1").conversation.contact
    with pytest.raises(Refused) as raised:
        client._write("contact", "PUT", f"contacts/{other.id}", {"phone_number": "+61412345678"}, lambda body: body)
    assert raised.value.fields == ("phone_number",)
    assert str(raised.value) == "Chatwoot contact: Chatwoot refused the request (422); fields: phone_number"
    with pytest.raises(Refused) as raised:
        client.create_message(1, "Hi", content_type="telepathy")
    assert (raised.value.fields, raised.value.retryable) == ((), False)


@pytest.mark.parametrize("attributes", [None, "email", [1, {}], ["a B", "x" * 60], {"email": 1}])
def test_fields_are_named_only_if_they_are_names(chatwoot: ChatwootServer, client: ChatwootClient, attributes: object) -> None:
    chatwoot.faults.add(Fault("status", status=422, body={"message": "Jo Marsh", "attributes": attributes}))
    with pytest.raises(Refused) as raised:
        client.contact(1)
    assert raised.value.fields == ()


def test_merged_and_deleted_contacts_are_not_found(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    jo = chatwoot.receive("whatsapp", "61412345678").conversation.contact
    twin = chatwoot.receive("email", "jo@example.com").conversation.contact
    chatwoot.merge_contacts(jo, twin)
    with pytest.raises(NotFound):
        client.contact(twin.id)
    assert client.contact(jo.id)["email"] == "jo@example.com"
    chatwoot.delete_contact(jo)
    for ask in (lambda: client.contact(jo.id), lambda: next(client.messages(1)), lambda: client.update_contact(jo.id)):
        with pytest.raises(NotFound):
            ask()
    assert client.requests_sent == len(chatwoot.requests)  # asked once each


@pytest.mark.parametrize(("token", "account_id"), [("wrong", 1), (None, 2)])
def test_who_is_not_let_in(chatwoot: ChatwootServer, token: str | None, account_id: int) -> None:
    account = ChatwootAccount(chatwoot.url, account_id, token or chatwoot.token)
    with ChatwootClient(account, patience=HURRIED) as client, pytest.raises((Unauthorized, NotFound)):
        next(client.contacts())
    assert len(chatwoot.requests) == 1


def test_the_environment_changes_neither_the_token_nor_the_way_to_this_machine(
    chatwoot: ChatwootServer, client: ChatwootClient, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:
        file.write("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", netrc)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert list(client.contacts()) == []
    assert [one.key for one in chatwoot.requests] == [chatwoot.token]


def test_a_netrc_adds_no_password_to_the_token(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:
        file.write("machine app.chatwoot.com login other password other\n")
    monkeypatch.setenv("NETRC", netrc)
    with ChatwootClient(ChatwootAccount("https://app.chatwoot.com", 1, "canary")) as client:
        headers = client._session.prepare_request(requests.Request("GET", client.account.base_url)).headers
    assert headers["api_access_token"] == "canary"
    assert "Authorization" not in headers


# Faults


@pytest.mark.parametrize(
    "kind",
    [
        "status",
        "reset",
        "truncated_body",
        "truncated_json",
        "html",
        "empty",
        "too_many_requests",
        "wrong_envelope",
        "missing_id",
    ],
)
def test_reading_goes_on_after_a_fault(chatwoot: ChatwootServer, client: ChatwootClient, kind: FaultKind) -> None:
    write(chatwoot, 20)
    chatwoot.faults.add(Fault(kind, after=1, times=2, status=503, limit_headers="none"))
    assert len(list(client.contacts())) == 20
    assert client.requests_sent == 5  # three pages, the last one empty


@pytest.mark.parametrize(
    ("kind", "expected", "attempts"),
    [
        ("status", Unavailable, 5),
        ("reset", (Unavailable, UnexpectedAnswer), 5),
        ("truncated_body", (Unavailable, UnexpectedAnswer), 5),
        ("truncated_json", UnexpectedAnswer, 5),
        ("html", UnexpectedAnswer, 5),
        ("empty", UnexpectedAnswer, 5),
        ("wrong_envelope", UnexpectedAnswer, 5),
        ("missing_id", UnexpectedAnswer, 5),
        ("too_many_requests", RateLimited, 11),
    ],
)
def test_a_fault_for_ever_is_an_error_that_tells_nothing_private(
    chatwoot: ChatwootServer, client: ChatwootClient, kind: FaultKind, expected: type[ChatwootError], attempts: int
) -> None:
    chatwoot.receive("whatsapp", "61412345678", name="Jo Marsh")
    chatwoot.faults.add(Fault(kind, times=None, status=500, limit_headers="none"))
    with pytest.raises(expected) as raised:
        list(client.contacts())
    assert raised.value.retryable
    assert raised.value.attempts == client.requests_sent == attempts
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert not any(secret in str(raised.value) for secret in SECRETS)


def test_a_slow_answer_is_asked_for_again(chatwoot: ChatwootServer, connect: Connect) -> None:
    chatwoot.faults.add(Fault("delay", seconds=0.5))
    assert list(connect(read_timeout_s=0.2).contacts()) == []
    chatwoot.faults.add(Fault("delay", seconds=0.5, times=None))
    with pytest.raises(Unavailable, match="no answer from Chatwoot in time"):
        next(connect(read_timeout_s=0.1, patience=Patience(attempts=2, backoff_s=0.01)).contacts())


def test_a_redirect_is_not_followed(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    chatwoot.faults.add(Fault("status", status=302, body="elsewhere", times=None))
    with pytest.raises(UnexpectedAnswer, match="redirect"):
        next(client.contacts())


def test_what_is_no_chatwoot(chatwoot: ChatwootServer, client: ChatwootClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChatwootAccount, "base_url", property(lambda self: f"{self.url}/dashboard"))
    with pytest.raises(UnexpectedAnswer, match="is this the URL of a Chatwoot installation"):
        next(client.contacts())


def test_the_time_that_a_429_names_is_waited_for(chatwoot: ChatwootServer, client: ChatwootClient) -> None:
    chatwoot.faults.add(Fault("too_many_requests", seconds=1, limit_headers="retry_after"))
    started = time.monotonic()
    assert list(client.contacts()) == []
    assert time.monotonic() - started >= 1.0


def test_waiting_has_a_deadline(chatwoot: ChatwootServer, connect: Connect) -> None:
    client = connect(patience=Patience(deadline_s=1.0, backoff_s=0.4, attempts=100))
    chatwoot.faults.add(Fault("too_many_requests", seconds=3600, limit_headers="retry_after"))
    started = time.monotonic()
    with pytest.raises(RateLimited, match="next request not before 20"):
        next(client.contacts())
    assert client.requests_sent == 1
    chatwoot.faults.add(Fault("status", status=503, times=None))
    with pytest.raises(Unavailable):
        next(client.contacts())
    assert time.monotonic() - started < 2.5


def test_a_deadline_shortens_the_last_timeout(chatwoot: ChatwootServer, connect: Connect) -> None:
    chatwoot.faults.add(Fault("delay", seconds=1.0, times=None))
    started = time.monotonic()
    with pytest.raises(Unavailable):
        next(connect(patience=Patience(deadline_s=0.3)).contacts())
    assert time.monotonic() - started < 0.9


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 1007.0),
        ({"Retry-After": " 1.5 "}, 1001.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-7"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:16:50 GMT"}, 1010.0),
        ({"Retry-After": "Thu, 01 Jan 1970 02:16:50 GMT", "Date": "Thu, 01 Jan 1970 02:16:40 GMT"}, 1010.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:01 GMT"}, 1000.0),
    ],
)
def test_when_to_come_back(headers: dict[str, str], expected: float | None) -> None:
    assert next_request_at(headers, now=1000.0) == expected


def test_a_refusal_until_the_end_of_time_can_be_told() -> None:
    assert "centuries away" in str(RateLimited("no", action="contacts", status=429, retry_at=1e300))


def test_nothing_private_is_logged(chatwoot: ChatwootServer, client: ChatwootClient, caplog: pytest.LogCaptureFixture) -> None:
    chatwoot.receive("whatsapp", "61412345678", name="Jo Marsh")
    chatwoot.faults.add(Fault("truncated_json"), Fault("status", status=500))
    list(client.contacts())
    told = [record.getMessage() for record in caplog.records if record.name.startswith("contact_hub")]
    assert [re.sub(r"in [\d.]+ s", "in N s", one) for one in told] == [
        "Chatwoot contacts: the answer is not JSON; is this the URL of a Chatwoot installation?; trying again in N s",
        "Chatwoot contacts: Chatwoot answered 500 (2 attempts); trying again in N s",
    ]
