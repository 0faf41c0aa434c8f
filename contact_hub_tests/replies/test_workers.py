"""Several workers and one that is killed: one message a reply, whoever sends it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from contact_hub.answers import Answers
from contact_hub.directory import ContactDirectory
from contact_hub.replies import Pace, ReplySettings, Sender, set_reply_settings
from contact_hub.replies.intake import organizations_behind, take_in
from contact_hub.sandbox import ChatwootServer
from contact_hub.sandbox.chatwoot.rows import Message
from contact_hub.sandbox.faults import Fault
from contact_hub.sandbox.log import LoggedRequest
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub.store.tokens import create_token
from contact_hub_tests.answers.support import LiveClinic, live_clinic
from contact_hub_tests.replies.support import QUICK, SECRET_VARIABLE, TOKEN_VARIABLE, AnsweringClinic


@contextmanager
def silent_clinic(database: Database, organization_id: str) -> Iterator[AnsweringClinic]:
    """A clinic whose gateway sends no replies; the tests' own workers do."""
    with live_clinic(database, organization_id) as live, ChatwootServer() as chatwoot:
        os.environ[TOKEN_VARIABLE], os.environ[SECRET_VARIABLE] = chatwoot.token, chatwoot.webhook_secret
        chatwoot.webhook_url = f"{live.gateway.url}/v1/{organization_id}/webhooks/chatwoot"
        clinic = AnsweringClinic(live, chatwoot)
        clinic.connect()
        clinic.answers("reply")
        yield clinic


@pytest.fixture
def clinic(database: Database, organization_id: str) -> Iterator[AnsweringClinic]:
    with silent_clinic(database, organization_id) as clinic:
        yield clinic
        clinic.answers("off")


@pytest.fixture
def answers(database: Database, clinic: AnsweringClinic) -> Iterator[Answers]:
    with closing(ContactDirectory(database)) as directory, closing(Answers(database, directory)) as answers:
        yield answers


def write(clinic: AnsweringClinic, count: int) -> list[Message]:
    return [clinic.chatwoot.receive("whatsapp", f"614003{place:05}", "Hello?") for place in range(count)]


def drain(sender: Sender, clinic: AnsweringClinic) -> None:
    """Send until nothing is left."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if not sender.send_next():
            if all(row.state not in ("pending", "sending") for row in clinic.replies()):
                return
            time.sleep(0.01)
    raise AssertionError("the outbox does not come to an end")


def test_many_workers_take_in_and_send_each_message_once(database: Database, clinic: AnsweringClinic, answers: Answers) -> None:
    messages = write(clinic, 12)
    barrier = threading.Barrier(6)

    def work(_: int) -> None:
        sender = Sender(database, answers, pace=QUICK)
        barrier.wait()
        take_in(database, clinic.organization_id)
        drain(sender, clinic)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert [len(clinic.ours(one.conversation)) for one in messages] == [1] * 12
    assert [row.state for row in clinic.replies()] == ["sent"] * 12


def test_two_replies_of_one_conversation_are_never_under_way_at_once(
    database: Database, clinic: AnsweringClinic, answers: Answers
) -> None:
    clinic.answers("reply", cool_down_s=600)
    first, second = clinic.chatwoot.receive("whatsapp", "61400300000", "one"), None
    take_in(database, clinic.organization_id)

    def writes_again(logged: LoggedRequest) -> None:
        nonlocal second
        if logged.method == "POST" and second is None:
            second = clinic.chatwoot.receive("whatsapp", "61400300000", "two")
            take_in(database, clinic.organization_id)
            assert not sender.send_next()  # the first is under way

    sender = Sender(database, answers, pace=QUICK)
    clinic.chatwoot.on_request = writes_again
    assert sender.send_next()
    clinic.chatwoot.on_request = None
    assert second is not None
    drain(sender, clinic)
    assert [(row.state, row.reason) for row in clinic.replies()] == [("sent", None), ("skipped", "cool_down")]
    assert len(clinic.ours(first.conversation)) == 1


def test_a_message_that_is_created_only_after_we_gave_up_waiting_is_found(
    database: Database, clinic: AnsweringClinic, answers: Answers
) -> None:
    slow = threading.Event()

    def hold(logged: LoggedRequest) -> None:
        if logged.method == "POST" and not slow.is_set():
            slow.set()
            time.sleep(0.8)

    message = write(clinic, 1)[0]
    clinic.chatwoot.on_request = hold
    take_in(database, clinic.organization_id)
    drain(Sender(database, answers, pace=Pace(timeout_s=0.5, backoff_s=0.05, uncertain_s=2.5, unavailable_s=0.05)), clinic)
    row = clinic.replies(message)[0]
    assert row.state == "sent"
    assert row.attempts >= 2
    assert len(clinic.ours(message.conversation)) == 1


def out_of_time(clinic: AnsweringClinic, by: timedelta) -> None:
    """As if the time for every answer had run out so long ago; what waits for its next attempt is due."""
    statement = text("""
        UPDATE replies SET expires_at = now() - make_interval(secs => :seconds), next_attempt_at = now()
        WHERE organization_id = :organization_id
    """)
    with clinic.database.transaction() as connection:
        connection.execute(statement, {"seconds": by.total_seconds(), "organization_id": clinic.organization_id})


def test_what_was_sent_before_its_time_ran_out_is_known_to_be_sent(
    database: Database, clinic: AnsweringClinic, answers: Answers
) -> None:
    message = write(clinic, 1)[0]
    take_in(database, clinic.organization_id)
    clinic.chatwoot.faults.add(Fault("reset", path="conversations", method="POST"))
    clinic.chatwoot.drop_webhooks = True
    sender = Sender(database, answers, pace=QUICK)
    assert sender.send_next()
    assert [(row.state, row.tried_at is None) for row in clinic.replies(message)] == [("pending", False)]
    out_of_time(clinic, timedelta(minutes=1))
    assert sender.outbox.expire() == 0  # not without having looked
    drain(sender, clinic)
    assert [row.state for row in clinic.replies(message)] == ["sent"]
    assert len(clinic.ours(message.conversation)) == 1


def test_what_nobody_can_find_out_any_more_is_said_to_be_unknown(
    database: Database, clinic: AnsweringClinic, answers: Answers
) -> None:
    message = write(clinic, 1)[0]
    take_in(database, clinic.organization_id)
    clinic.chatwoot.faults.add(Fault("reset", path="conversations", method="POST"))
    clinic.chatwoot.drop_webhooks = True
    sender = Sender(database, answers, pace=QUICK)
    assert sender.send_next()
    clinic.chatwoot.faults.add(Fault("status", path="conversations", times=None, status=503))
    out_of_time(clinic, timedelta(hours=1))
    drain(sender, clinic)
    assert [(row.state, row.reason) for row in clinic.replies(message)] == [("failed", "outcome_unknown")]


CHILD = """
import sys
from contact_hub.answers import Answers
from contact_hub.directory import ContactDirectory
from contact_hub.replies import Sender
from contact_hub.store.database import open_database
database = open_database()
sender = Sender(database, Answers(database, ContactDirectory(database)), lease_s=2.0)
print("ready", flush=True)
sys.stdin.readline()
sender.send_next()
print("survived", flush=True)
"""


def test_a_worker_killed_between_sending_and_writing_that_down_sends_nothing_twice(
    database: Database, clinic: AnsweringClinic, answers: Answers
) -> None:
    url = database.url.render_as_string(hide_password=False)
    environment = {**os.environ, "CONTACT_HUB_DATABASE_URL": url}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "ready\n"

        def kill(logged: LoggedRequest) -> None:
            if logged.method == "POST" and child.poll() is None:
                child.send_signal(signal.SIGKILL)
                child.wait(10)

        message = write(clinic, 1)[0]
        take_in(database, clinic.organization_id)
        clinic.chatwoot.on_request = kill
        clinic.chatwoot.drop_webhooks = True  # even without the echo
        child.stdin.write("go\n")
        child.stdin.flush()
        assert child.wait(20) == -signal.SIGKILL
    finally:
        child.kill()
        child.wait(10)
        child.stdin.close()
        child.stdout.close()
    assert [row.state for row in clinic.replies(message)] == ["sending"]
    drain(Sender(database, answers, pace=QUICK), clinic)
    row = clinic.replies(message)[0]
    assert row.state == "sent"
    assert row.attempts >= 2
    assert [str(one.id) for one in clinic.ours(message.conversation)] == [row.message_id]


def test_a_gateway_that_dies_after_landing_loses_no_message(
    database: Database, clinic: AnsweringClinic, answers: Answers
) -> None:
    """Nothing but the landed event is needed: whoever looks next takes it in."""
    message = write(clinic, 1)[0]
    assert clinic.replies() == []
    with database.reading() as connection:
        assert clinic.organization_id in organizations_behind(connection)
    assert take_in(database, clinic.organization_id) == 1
    assert take_in(database, clinic.organization_id) == 0
    drain(Sender(database, answers, pace=QUICK), clinic)
    assert len(clinic.ours(message.conversation)) == 1


def test_another_organizations_broken_chatwoot_holds_nobody_up(
    database: Database, clinic: AnsweringClinic, answers: Answers, organization_id: str
) -> None:
    other_id = f"{organization_id}_dead"
    with database.transaction() as connection:
        register(connection, Organization(other_id, "Dead", "Australia/Sydney", "AU", None))
        token = create_token(connection, other_id)
    dead = AnsweringClinic(LiveClinic(other_id, clinic.live.server, database, clinic.live.gateway, token), clinic.chatwoot)
    dead.connect(url="http://127.0.0.1:9")
    with database.transaction() as connection:
        set_reply_settings(connection, other_id, ReplySettings("reply", quiet=timedelta(0)))
    desk = ChatwootServer(webhook_url=f"{clinic.live.gateway.url}/v1/{other_id}/webhooks/chatwoot")
    for place in range(5):
        desk.receive("whatsapp", f"614004{place:05}")
    messages = write(clinic, 3)
    for one in (other_id, clinic.organization_id):
        take_in(database, one)
    sender = Sender(database, answers, pace=Pace(backoff_s=30.0, unavailable_s=30.0))
    for _ in range(4):  # one attempt in vain pauses the dead one
        sender.send_next()
    assert [len(clinic.ours(one.conversation)) for one in messages] == [1] * 3
    assert {row.state for row in dead.replies()} == {"pending"}
    dead.answers("off")
    assert {(row.state, row.reason) for row in dead.replies()} == {("skipped", "mode_off")}
