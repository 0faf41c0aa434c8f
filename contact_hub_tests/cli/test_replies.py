"""`contact-hub replies`."""

from datetime import UTC, datetime, timedelta

import pytest

from contact_hub.channels.chatwoot import parse
from contact_hub.replies.intake import take_in
from contact_hub.replies.outbox import Outbox
from contact_hub.replies.settings import reply_settings_of
from contact_hub.sandbox import ChatwootServer
from contact_hub.store.database import Database
from contact_hub.store.events import land_events
from contact_hub_tests.cli.support import Terminal


def connect(terminal: Terminal, org: str) -> None:
    api = ("--set", "url=http://127.0.0.1:9", "--set", "account_id=1", "--set", "api_token_env=CHATWOOT_API_UNSET")
    terminal.good("channel", "connect", org, "chatwoot", "--secret-env", "CHATWOOT_UNSET", *api)


def test_replies_are_off_and_need_an_api(terminal: Terminal, org: str) -> None:
    assert terminal.good("replies", "mode", org).out.startswith(f"{org}: off;")
    assert "--set url=https://" in terminal.bad("replies", "mode", org, "reply")
    assert "one of off, private_note, reply" in terminal.bad("replies", "mode", org, "loud")
    assert "there is no organization" in terminal.bad("replies", "mode", f"{org}_nobody", "reply")
    assert terminal.good("replies", "mode", org).out.startswith(f"{org}: off;")


def test_what_is_set_stays_and_a_pause_is_told_and_ended(terminal: Terminal, database: Database, org: str) -> None:
    connect(terminal, org)
    given = ("--expires-after", "15", "--cool-down", "0", "--quiet", "2")
    said = terminal.good("replies", "mode", org, "private_note", *given).out
    assert said.startswith(f"{org}: private_note; a message is answered within 15 min, after 2 s of quiet, and a conversation")
    assert said.endswith("not again within 0 min\n")
    Outbox(database).pause(org, 600, "unauthorized")
    assert "(unauthorized)" in terminal.good("replies", "mode", org).err
    terminal.good("replies", "mode", org, "reply")
    with database.reading() as connection:
        known = reply_settings_of(connection, org)
    assert (known.mode, known.expires_after, known.cool_down, known.paused_until) == (
        "reply",
        timedelta(minutes=15),
        timedelta(0),
        None,
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--expires-after", "0"), "1 second to 24 hours"),
        (("--expires-after", "2000"), "1 second to 24 hours"),
        (("--cool-down", "-1"), "0 to 30 days"),
        (("--quiet", "900"), "shorter than"),
    ],
)
def test_times_that_make_no_sense(terminal: Terminal, org: str, given: tuple[str, str], says: str) -> None:
    connect(terminal, org)
    assert says in terminal.bad("replies", "mode", org, "reply", *given)


def test_the_list_says_why_and_names_nobody(terminal: Terminal, database: Database, org: str) -> None:
    connect(terminal, org)
    assert "no replies" in terminal.good("replies", "list", org).out
    terminal.good("replies", "mode", org, "reply")
    chatwoot = ChatwootServer()
    message = chatwoot.receive("whatsapp", "61400700001", "Zephyrina is late", name="Quillfeather")
    chatwoot.assign(message.conversation, chatwoot.agent)
    late = datetime.now(UTC) - timedelta(minutes=30)
    chatwoot.receive("whatsapp", "61400700002", "Zephyrina again", name="Quillfeather", at=late)
    chatwoot.receive("whatsapp", "61400700001", "Zephyrina, still", name="Quillfeather")
    for delivery in chatwoot.deliveries:
        events = parse(delivery.payload, received_at=datetime.now(UTC)).events
        land_events(database, org, events, received_at=datetime.now(UTC))
    take_in(database, org)
    done = terminal.good("replies", "list", org)
    assert "A member of the team has the conversation." in done.out
    assert "It landed too late to be answered." in done.out
    assert done.last_line == "1 expired, 1 pending, 1 skipped"
    assert "Zephyrina" not in done.out
    assert "Quillfeather" not in done.out
    assert "too late" not in terminal.good("replies", "list", org, "--state", "skipped").out
    assert "one of pending" in terminal.bad("replies", "list", org, "--state", "lost")
