"""`contact-hub channel`."""

import pytest

from contact_hub.store.connections import connections_of
from contact_hub.store.database import Database
from contact_hub_tests.cli.support import Terminal

SECRET = "3f9ac0ffee"


def test_connect_list_and_disconnect(terminal: Terminal, database: Database, org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATWOOT_SET", SECRET)
    done = terminal.good("channel", "connect", org, "chatwoot", "--secret-env", "CHATWOOT_SET")
    assert (done.out, done.err) == (f"{org}: chatwoot main connected\n", "")
    done = terminal.good("channel", "connect", org, "chatwoot", "--secret-env", "CHATWOOT_UNSET", "--name", "bot")
    assert "CHATWOOT_UNSET is not set here" in done.err
    again = terminal.good("channel", "connect", org, "chatwoot", "--secret-env", "CHATWOOT_SET", "--set", "account=1")
    assert again.out == f"{org}: chatwoot main updated\n"
    meta = ("--secret-env", "CHATWOOT_SET", "--set", "verify_token=META_TOKEN", "--set", "public_url=https://x.example.com")
    terminal.good("channel", "connect", org, "whatsapp", *meta)

    listed = terminal.good("channel", "list", org)
    assert SECRET not in listed.out + listed.err
    for said in ("CHATWOOT_SET", "CHATWOOT_UNSET", "bot", "account=1", "verify_token_env=META_TOKEN"):
        assert said in listed.out
    assert "CHATWOOT_UNSET is not set here" in listed.err
    assert "META_TOKEN is not set here" in listed.err
    assert "CHATWOOT_SET is not" not in listed.err

    terminal.good("channel", "disconnect", org, "chatwoot", "--name", "bot")
    with database.reading() as connection:
        (left,) = connections_of(connection, org, "chatwoot")
        assert (left.name, left.secret_env, dict(left.settings)) == ("main", "CHATWOOT_SET", {"account": "1"})
        assert connections_of(connection, f"{org}_other", "chatwoot") == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chatwoot", "--secret-env", SECRET], "not the secret"),
        (["twilio", "--secret-env", "MY SECRET"], "not the secret"),
        (["pigeon", "--secret-env", "X"], "one of chatwoot, whatsapp, instagram, messenger, twilio"),
        (["email", "--secret-env", "X"], "contact-hub token create"),
        (["whatsapp", "--secret-env", "X", "--set", f"verify_token={SECRET}"], "not the secret"),
        (["whatsapp", "--secret-env", "X", "--set", f"api_token_env={SECRET}"], "not the secret"),
        (["whatsapp", "--secret-env", "X", "--set", "public_url"], "--set takes KEY=VALUE"),
        (["whatsapp", "--secret-env", "X", "--set", "Public=1"], "a setting's name"),
        (["whatsapp", "--secret-env", "X", "--set", "a=1\n2"], "one line"),
        (["whatsapp", "--secret-env", "X", "--name", "Two Words"], "a connection's name"),
    ],
)
def test_mistakes(terminal: Terminal, org: str, arguments: list[str], says: str) -> None:
    said = terminal.bad("channel", "connect", org, *arguments)
    assert says in said
    assert SECRET not in said


def test_unknown_ones(terminal: Terminal, org: str) -> None:
    nobody = "there is no organization 'org_nobody'"
    assert nobody in terminal.bad("channel", "connect", "org_nobody", "chatwoot", "--secret-env", "X")
    assert nobody in terminal.bad("channel", "list", "org_nobody")
    assert "has no connection 'main' of 'chatwoot'" in terminal.bad("channel", "disconnect", org, "chatwoot")
