"""The sandbox's Chatwoot does what Chatwoot does: webhooks, contacts found and merged, statuses and bodies of its API."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from contact_hub.channels import PARSERS, ChannelEvent
from contact_hub.channels.signatures import verify_chatwoot
from contact_hub.errors import ContactHubError
from contact_hub.sandbox import ChatwootServer
from contact_hub.sandbox.chatwoot import Invalid
from contact_hub_tests.chatwoot.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def chatwoot(receiver: Receiver) -> Iterator[ChatwootServer]:
    with ChatwootServer(webhook_url=receiver.url) as running:
        yield running


def ask(chatwoot: ChatwootServer, method: str, path: str, token: str | None = None, **content: Any) -> requests.Response:
    headers = {"api_access_token": token or chatwoot.token}
    url = f"{chatwoot.url}/api/v1/accounts/{chatwoot.account_id}/{path}"
    return requests.request(method, url, headers=headers, timeout=5, **content)


def names(receiver: Receiver) -> list[str]:
    return [json.loads(hook.body)["event"] for hook in receiver.hooks]


def event_of(body: bytes) -> ChannelEvent | None:
    """The event of a webhook in which nothing is wrong; None where it says nothing."""
    read = PARSERS["chatwoot"](json.loads(body), received_at=datetime.now(UTC))
    assert read.problems == ()
    return read.events[0] if read.events else None


# Webhooks


def test_a_day_makes_webhooks_that_verify_and_parse(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    for inbox, address in (("whatsapp", "61412345678"), ("instagram", "17841400000000777"), ("email", "jo@example.com")):
        chatwoot.receive(inbox, address, "Am I on tomorrow?", name="Jo Marsh", attachments=["image"])
    for inbox, address in (("web", "5a5b-uuid"), ("api", "61412345678@s.whatsapp.net"), ("sms", "+61498765432")):
        conversation = chatwoot.receive(inbox, address).conversation
        chatwoot.agent_reply(conversation, "Yes")
        chatwoot.private_note(conversation, "Late again")
        chatwoot.assign(conversation, chatwoot.agent)
        chatwoot.set_status(conversation, "resolved")
    message = chatwoot.write(conversation, "Bye", chatwoot.bot)
    chatwoot.edit_message(message, "Good bye")
    chatwoot.delete_message(message)
    chatwoot.edit_contact(conversation.contact, name="Ann", custom_attributes={"vip": True})
    assert [one.status for one in chatwoot.deliveries] == [200] * len(receiver.hooks)
    for hook in receiver.hooks:
        stamp, signature = hook.headers["x-chatwoot-timestamp"], hook.headers["x-chatwoot-signature"]
        assert verify_chatwoot(chatwoot.webhook_secret, stamp, hook.body, signature, datetime.now(UTC))
        assert not verify_chatwoot("another", stamp, hook.body, signature, datetime.now(UTC))
        event_of(hook.body)
    assert len({hook.headers["x-chatwoot-delivery"] for hook in receiver.hooks}) == len(receiver.hooks)
    kinds = {found.kind for hook in receiver.hooks if (found := event_of(hook.body))}
    assert kinds == {"message", "private_note", "bot", "status", "profile"}


def test_the_shape_of_a_message(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    """Against APIS §2.4, which was read from real ones."""
    chatwoot.receive("whatsapp", "61412345678", "Hi\\\nthere\n", name="Jo Marsh")
    body = next(json.loads(hook.body) for hook in receiver.hooks if b'"message_created"' in hook.body)
    assert set(body) == set(
        "event account additional_attributes content_attributes content_type content conversation created_at id inbox"
        " message_type private sender source_id".split()
    )
    assert (body["message_type"], body["content"], body["inbox"]) == ("incoming", "Hi\nthere", {"id": 1, "name": "Whatsapp"})
    assert "type" not in body["sender"]
    assert body["created_at"].endswith("Z")
    conversation = body["conversation"]
    assert (conversation["channel"], conversation["id"]) == ("Channel::Whatsapp", 1)
    assert conversation["contact_inbox"]["source_id"] == "61412345678"
    assert conversation["contact_inbox"]["contact_id"] == body["sender"]["id"] == conversation["meta"]["sender"]["id"]
    assert conversation["meta"]["sender"]["type"] == "contact"
    assert conversation["messages"][0]["message_type"] == 0
    assert isinstance(conversation["updated_at"], float)


def test_what_a_message_fires(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    conversation = chatwoot.receive("whatsapp", "61412345678").conversation
    assert names(receiver) == ["contact_created", "conversation_created", "message_created", "contact_updated"]
    receiver.hooks.clear()
    chatwoot.receive("whatsapp", "61412345678")
    assert names(receiver) == ["message_created", "contact_updated"]
    assert event_of(receiver.hooks[1].body) is None  # mere activity
    receiver.hooks.clear()
    chatwoot.assign(conversation, chatwoot.agent)
    chatwoot.set_status(conversation, "resolved")
    assert names(receiver) == ["conversation_updated", "conversation_status_changed"]
    assert chatwoot.receive("whatsapp", "61412345678").conversation is not conversation


def test_webhooks_are_lost_without_a_second_try(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    receiver.answer = lambda hook: 500
    chatwoot.receive("whatsapp", "61412345678")
    assert [one.status for one in chatwoot.deliveries] == [500] * 4
    chatwoot.webhook_url = "http://127.0.0.1:9/nobody"
    chatwoot.receive("whatsapp", "61412345678")
    assert {one.failure for one in chatwoot.deliveries[4:]} == {"ConnectionError"}
    chatwoot.webhook_url, chatwoot.drop_webhooks = receiver.url, True
    chatwoot.receive("whatsapp", "61412345678")
    assert {one.failure for one in chatwoot.deliveries[6:]} == {"dropped"}
    assert len(receiver.hooks) == 4


def test_a_receiver_has_five_seconds(chatwoot: ChatwootServer, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contact_hub.sandbox.chatwoot.webhooks.TIMEOUT_S", 0.1)
    receiver.answer = lambda hook: time.sleep(0.3) or 200
    chatwoot.edit_contact(chatwoot.state.create_contact(name="Jo"), name="Joanna")
    assert [one.failure for one in chatwoot.deliveries] == ["ReadTimeout"]


def test_webhooks_can_come_late_backwards_and_twice(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    chatwoot.webhooks.hold()
    chatwoot.webhooks.copies = 2
    message = chatwoot.receive("whatsapp", "61412345678", "Hi")
    assert receiver.hooks == []
    chatwoot.webhooks.release(reverse=True)
    order = ["contact_updated", "message_created", "conversation_created", "contact_created"]
    assert names(receiver) == [name for name in order for _ in range(2)]
    receiver.hooks.clear()
    chatwoot.webhooks.hold()
    chatwoot.edit_message(message, "Hi!")
    chatwoot.edit_message(message, "Hi!!")
    chatwoot.webhooks.release()
    assert {json.loads(hook.body)["content"] for hook in receiver.hooks} == {"Hi!!"}  # the state at the time of sending


def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    with ChatwootServer(webhook_url=receiver.url, webhook_secret="") as chatwoot:
        chatwoot.receive("whatsapp", "61412345678")
    assert not any("x-chatwoot-signature" in hook.headers for hook in receiver.hooks)


def test_an_api_message_comes_back_as_a_webhook(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    chatwoot.receive("whatsapp", "61412345678")
    for token, kind in ((chatwoot.token, "message"), (chatwoot.bot_token, "bot")):
        receiver.hooks.clear()
        made = ask(chatwoot, "POST", "conversations/1/messages", token, json={"content": "Hi"}).json()
        event = event_of(receiver.hooks[0].body)
        assert event is not None
        assert (event.external_id, event.kind, event.direction) == (f"message:{made['id']}", kind, "out")
        assert not event.is_from_customer


def test_a_receiver_may_ask_the_api_before_it_answers(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    statuses: list[int] = []
    receiver.answer = lambda hook: statuses.append(ask(chatwoot, "GET", "conversations/1").status_code) or 200
    chatwoot.receive("whatsapp", "61412345678")
    ask(chatwoot, "POST", "conversations/1/messages", json={"content": "Hi"})
    assert statuses == [200] * 6


# Contacts


def test_who_a_newcomer_is_found_to_be(chatwoot: ChatwootServer) -> None:
    def contact(*address: str, **fields: Any) -> int:
        return chatwoot.receive(*address, "Hi", **fields).conversation.contact.id

    jo = contact("whatsapp", "61412345678")
    assert contact("whatsapp", "61412345678", email="other@example.com") == jo  # the address comes first
    assert contact("sms", "+61412345678") == jo
    assert contact("whatsapp", "AU.13491208655302741918") != jo
    ann = contact("email", "Ann@Example.com")
    assert contact("web", "uuid-1", email="ann@example.com", phone="+61412345678") == ann  # email before phone
    assert contact("web", "uuid-2", identifier="member-7") not in (jo, ann)
    assert contact("api", "uuid-3", identifier="member-7", email="ann@example.com") not in (jo, ann)
    chatwoot.add_inbox("page", "Channel::FacebookPage")
    assert contact("page", "17841400000000777") == contact("instagram", "17841400000000777")
    assert chatwoot.state.contacts[contact("web", "uuid-9")].name.count("-") == 2


def test_merging_moves_everything_and_says_nothing(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    jo = chatwoot.receive("whatsapp", "61412345678", name="Jo").conversation.contact
    twin = chatwoot.receive("email", "jo@example.com", name="Joanna").conversation.contact
    chatwoot.edit_contact(twin, custom_attributes={"a": 1})
    receiver.hooks.clear()
    body = {"base_contact_id": jo.id, "mergee_contact_id": twin.id}
    merged = ask(chatwoot, "POST", "actions/contact_merge", json=body).json()
    assert (merged["name"], merged["email"], merged["phone_number"]) == ("Jo", "jo@example.com", "+61412345678")
    assert merged["custom_attributes"] == {"a": 1}
    assert names(receiver) == ["contact_updated"]
    assert ask(chatwoot, "GET", f"contacts/{twin.id}").status_code == 404
    assert {one.contact for one in chatwoot.state.conversations.values()} == {jo}
    assert {one.sender for one in chatwoot.state.messages.values()} == {jo}
    empty = chatwoot.receive("web", "uuid").conversation.contact
    receiver.hooks.clear()
    chatwoot.merge_contacts(jo, empty)
    assert names(receiver) == []


def test_deleting_takes_all_and_says_nothing(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    contact = chatwoot.receive("whatsapp", "61412345678").conversation.contact
    receiver.hooks.clear()
    assert ask(chatwoot, "DELETE", f"contacts/{contact.id}").status_code == 200
    assert names(receiver) == []
    assert ask(chatwoot, "GET", "conversations/1/messages").status_code == 404
    assert ask(chatwoot, "GET", "conversations", params={"status": "all"}).json()["data"]["payload"] == []


@pytest.mark.parametrize(
    ("fields", "attribute"),
    [({"phone_number": "+61412345678"}, "phone_number"), ({"phone_number": "0412"}, "phone_number"), ({"email": "x"}, "email")],
)
def test_what_a_contact_may_not_have(chatwoot: ChatwootServer, fields: dict[str, str], attribute: str) -> None:
    chatwoot.receive("whatsapp", "61412345678")
    other = chatwoot.receive("web", "uuid").conversation.contact
    answer = ask(chatwoot, "PUT", f"contacts/{other.id}", json=fields)
    assert (answer.status_code, answer.json()["attributes"]) == (422, [attribute])
    with pytest.raises(Invalid):
        chatwoot.edit_contact(other, **fields)
    assert getattr(other, attribute) is None


def test_search_and_filter(chatwoot: ChatwootServer) -> None:
    jo = chatwoot.receive("whatsapp", "61412345678", name="Jo Marsh").conversation.contact
    chatwoot.receive("email", "ann@example.com", name="Ann")

    def by(attribute: str, operator: str, value: str) -> list[int]:
        condition = {"attribute_key": attribute, "filter_operator": operator, "values": [value], "query_operator": None}
        found = ask(chatwoot, "POST", "contacts/filter", json={"payload": [condition]})
        return [one["id"] for one in found.json()["payload"]]

    assert [one["id"] for one in ask(chatwoot, "GET", "contacts/search", params={"q": "marsh"}).json()["payload"]] == [jo.id]
    assert by("phone_number", "equal_to", "61412345678") == [jo.id]
    assert by("name", "contains", "jo") == [jo.id]
    assert ask(chatwoot, "GET", "contacts/search").status_code == 422
    unknown = {"payload": [{"attribute_key": "shoe", "filter_operator": "equal_to", "values": [1]}]}
    assert ask(chatwoot, "POST", "contacts/filter", json=unknown).status_code == 422


def test_attributes_come_and_go(chatwoot: ChatwootServer) -> None:
    contact = chatwoot.receive("whatsapp", "61412345678").conversation.contact
    ask(chatwoot, "PUT", f"contacts/{contact.id}", json={"custom_attributes": {"a": 1, "b": 2}})
    ask(chatwoot, "POST", f"contacts/{contact.id}/destroy_custom_attributes", json={"custom_attributes": ["a"]})
    assert contact.custom_attributes == {"b": 2}
    ask(chatwoot, "POST", "conversations/1/custom_attributes", json={"custom_attributes": {"linked": True}})
    assert ask(chatwoot, "GET", "conversations/1").json()["custom_attributes"] == {"linked": True}


# The API


def test_who_is_let_in(chatwoot: ChatwootServer) -> None:
    assert requests.get(f"{chatwoot.url}/api/v1/accounts/1/contacts", timeout=5).status_code == 401
    assert ask(chatwoot, "GET", "contacts", "wrong").json() == {"error": "Invalid Access Token"}
    assert ask(chatwoot, "GET", "contacts", chatwoot.bot_token).status_code == 401
    headers = {"api_access_token": chatwoot.token}
    assert requests.get(f"{chatwoot.url}/api/v1/accounts/2/contacts", headers=headers, timeout=5).status_code == 404
    assert ask(chatwoot, "GET", "nonsense").status_code == 404
    assert "html" in requests.get(f"{chatwoot.url}/app/login", timeout=5).headers["content-type"]
    assert [one.status for one in chatwoot.requests] == [401, 401, 401, 404, 404, 200]


def test_what_may_be_written(chatwoot: ChatwootServer, receiver: Receiver) -> None:
    chatwoot.receive("whatsapp", "61412345678")
    chatwoot.receive("api", "uuid")
    incoming = {"content": "Hi", "message_type": "incoming"}
    assert ask(chatwoot, "POST", "conversations/1/messages", json=incoming).status_code == 422
    assert ask(chatwoot, "POST", "conversations/2/messages", json=incoming).json()["message_type"] == 0
    assert ask(chatwoot, "POST", "conversations/1/messages", json={"content_type": "telepathy"}).status_code == 422
    assert ask(chatwoot, "POST", "conversations/1/messages", data=b"{").status_code == 200
    assert ask(chatwoot, "POST", "conversations/3/messages", json={}).status_code == 404
    deleted = ask(chatwoot, "DELETE", "conversations/1/messages/1000").json()
    assert deleted["content_attributes"] == {"deleted": True}
    assert ask(chatwoot, "DELETE", "conversations/2/messages/1000").status_code == 404


def test_conversations_are_open_ones_unless_all_are_asked_for(chatwoot: ChatwootServer) -> None:
    chatwoot.receive("whatsapp", "61412345678")
    chatwoot.receive("email", "jo@example.com")
    ask(chatwoot, "POST", "conversations/1/toggle_status", json={"status": "resolved"})

    def ids(**params: str) -> list[int]:
        return [one["id"] for one in ask(chatwoot, "GET", "conversations", params=params).json()["data"]["payload"]]

    assert (ids(), ids(status="resolved"), ids(status="all")) == ([2], [1], [1, 2])


def test_the_api_tells_neither_channel_nor_contact_inbox_of_a_conversation(chatwoot: ChatwootServer) -> None:
    chatwoot.receive("whatsapp", "61412345678")
    found = ask(chatwoot, "GET", "conversations/1").json()
    assert not {"channel", "contact_inbox"} & set(found)
    assert found["messages"][0]["conversation"]["contact_inbox"] == {"source_id": "61412345678"}


def test_a_port_that_is_taken(chatwoot: ChatwootServer) -> None:
    port = int(chatwoot.url.rsplit(":", 1)[1])
    with pytest.raises(ContactHubError, match="choose another port"):
        ChatwootServer(port=port)
