"""What Chatwoot refuses, and who is not let in."""

import pytest
import requests

from contact_hub.chatwoot import ChatwootAccount, ChatwootClient, NotFound, Refused, Unauthorized
from contact_hub.sandbox import ChatwootServer, Fault
from contact_hub_tests.chatwoot.conftest import HURRIED


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
