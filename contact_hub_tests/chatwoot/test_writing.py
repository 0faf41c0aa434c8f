"""What the client writes: once, or an error that says whether it may have been written."""

import pytest

from contact_hub.chatwoot import ChatwootClient, ChatwootError, Unauthorized, Unavailable
from contact_hub.sandbox import ChatwootServer, Fault
from contact_hub_tests.chatwoot.conftest import Connect


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
