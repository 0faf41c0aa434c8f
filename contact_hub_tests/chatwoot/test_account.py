"""Whose conversations, and where."""

import pickle

import pytest

from contact_hub.chatwoot import ChatwootAccount, InvalidAccount, Refused
from contact_hub.errors import ConfigurationError

TOKEN = "canary-token"


@pytest.mark.parametrize(
    "url",
    [
        "https://app.chatwoot.com",
        "https://app.chatwoot.com/",
        "https://chat.clinic.example:8443",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "http://localhost:3000",
        "http://chatwoot:3000",
        "http://chatwoot_web:3000",
        "http://192.168.1.20:3000",
        "http://chat.clinic.local",
    ],
)
def test_where_an_account_may_be(url: str) -> None:
    account = ChatwootAccount(url, 7, TOKEN)
    assert account.base_url == f"{url.rstrip('/')}/api/v1/accounts/7"
    assert TOKEN not in repr(account)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "chat.clinic.example",
        "ftp://chat.clinic.example",
        "https://",
        "https://user:secret@chat.clinic.example",
        "https://chat.clinic.example/app/accounts/1/dashboard",
        "https://chat.clinic.example?x=1",
        "https://chat.clinic.example#x",
        "https://chat.clinic.example:0",
        "https://chat.clinic.example:99999",
        "https://chat.clinic.example\\@evil.example",
        "https://chat clinic.example",
        "https://chat.clinic.example\r\nX-Evil: 1",
        "https://[::1",
        "http://chat.clinic.example",
        "http://8.8.8.8",
    ],
)
def test_where_it_may_not(url: str) -> None:
    with pytest.raises(InvalidAccount, match="the Chatwoot URL") as raised:
        ChatwootAccount(url, 1, TOKEN)
    assert isinstance(raised.value, ConfigurationError)
    assert "clinic" not in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("account_id", [0, -1, True, "1", 1.0, None])
def test_an_account_is_a_number(account_id: int) -> None:
    with pytest.raises(InvalidAccount, match="whole number"):
        ChatwootAccount("https://app.chatwoot.com", account_id, TOKEN)


@pytest.mark.parametrize("token", ["", " ", "a b", "a\n", "schlüssel"])
def test_a_token_is_plain_text(token: str) -> None:
    with pytest.raises(InvalidAccount, match="access token"):
        ChatwootAccount("https://app.chatwoot.com", 1, token)


def test_errors_survive_a_process_boundary() -> None:
    error = Refused("no", action="contact", status=422, fields=("email",))
    error.attempts = 3
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.fields, copy.status) == (str(error), ("email",), 422)
    assert str(copy) == "Chatwoot contact: no (3 attempts)"
