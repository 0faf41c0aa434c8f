"""What the client asks for, and what it makes of the answers."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contact_hub.chatwoot import ChatwootClient, UnexpectedAnswer
from contact_hub.sandbox import ChatwootServer, LoggedRequest
from contact_hub_tests.chatwoot.writers import write


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
