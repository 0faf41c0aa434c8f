"""`contact-hub alerts`."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from contact_hub.store.database import Database
from contact_hub_tests.alerts.support import Webhook
from contact_hub_tests.cli.support import Terminal


@pytest.fixture(autouse=True)
def _no_targets_left(database: Database) -> Iterator[None]:
    yield
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM alert_targets"))


def test_set_test_list_remove(terminal: Terminal, org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Webhook().serving() as webhook:
        monkeypatch.setenv("MY_HOOK", webhook.url)
        assert terminal.good("alerts", "set", org, "--webhook-env", "MY_HOOK").out == f"{org}: alerts by webhook set (main)\n"
        everyone = terminal.good("alerts", "set", "--email-env", "MY_ADDRESSES", "--name", "data-team", "--warnings")
        assert everyone.out == "all: alerts by email set (data-team)\n"
        for unset in ("MY_ADDRESSES", "CONTACT_HUB_SMTP_URL"):
            assert f"{unset} is not set here" in everyone.err
        listed = terminal.good("alerts", "list").words
        for said in (org, "MY_HOOK", "data-team", "MY_ADDRESSES", "webhook", "email"):
            assert said in listed
        assert webhook.url not in listed
        assert terminal.good("alerts", "test", org).out == f"{org}: main (webhook): told\n"
        assert [alert["kind"] for alert in webhook.received[0]["alerts"]] == ["test"]
        failed = terminal.run("alerts", "test", "--name", "data-team")
        assert failed.code == 1
        assert "all: data-team (email): environment variable MY_ADDRESSES is not set" in failed.err
    terminal.good("alerts", "remove", org)
    assert "there is no alert target 'main'" in terminal.bad("alerts", "remove", org)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "say where alerts go"),
        (["--webhook-env", "A", "--email-env", "B"], "give either"),
        (["--webhook-env", "https://hooks.example.com/x"], "the NAME of an environment variable"),
        (["--webhook-env", "A", "--name", "Two Words"], "a target's name"),
    ],
)
def test_mistakes(terminal: Terminal, org: str, arguments: list[str], says: str) -> None:
    said = terminal.bad("alerts", "set", org, *arguments)
    assert says in said
    assert "hooks.example.com" not in said


def test_unknown_ones(terminal: Terminal) -> None:
    assert "there is no organization 'nobody'" in terminal.bad("alerts", "set", "nobody", "--webhook-env", "A")
    assert "there is no such alert target" in terminal.bad("alerts", "test")
