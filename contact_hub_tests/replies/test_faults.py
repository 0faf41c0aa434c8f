"""What goes wrong on the way, at Chatwoot and at Cliniko: one answer or none, never two, and a reason for each."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from contact_hub.sandbox.chatwoot.rows import Conversation, Message
from contact_hub.sandbox.faults import Fault, FaultKind
from contact_hub.sandbox.log import LoggedRequest
from contact_hub.store.database import Database
from contact_hub_tests.answers.support import days_ahead
from contact_hub_tests.replies.support import TOKEN_VARIABLE, AnsweringClinic, answering_clinic

pytestmark = pytest.mark.long

ANNA = "61412345801"
_numbers = count(61400200000)


@pytest.fixture(scope="module")
def shared(database: Database) -> Iterator[AnsweringClinic]:
    with answering_clinic(database, "org_reply_faults") as clinic:
        anna = clinic.live.patient("Anna", "Smith", f"+{ANNA}")
        clinic.live.cliniko.add_appointment(anna, days_ahead(1))
        clinic.live.sync()
        yield clinic


@pytest.fixture
def clinic(shared: AnsweringClinic) -> Iterator[AnsweringClinic]:
    shared.connect()
    shared.answers("reply")
    yield shared
    shared.chatwoot.faults.clear()
    shared.chatwoot.on_request = None
    shared.chatwoot.webhooks.copies = 1
    shared.live.server.faults.clear()
    shared.answers("off")


def writes(clinic: AnsweringClinic, text: str = "Hello?", number: str | None = None) -> Message:
    """Somebody whom nobody knows writes on WhatsApp."""
    return clinic.chatwoot.receive("whatsapp", number or str(next(_numbers)), text)


POST = {"path": "conversations", "method": "POST"}


@pytest.mark.parametrize("kind", ["delay", "reset", "truncated_body", "truncated_json", "html", "empty"])
def test_a_message_that_was_created_though_the_answer_was_lost_is_found_and_not_sent_again(
    clinic: AnsweringClinic, kind: FaultKind
) -> None:
    clinic.chatwoot.faults.add(Fault(kind, seconds=1.5, **POST))
    message = writes(clinic)
    row = clinic.ended(message)
    assert row.state == "sent"
    assert row.attempts >= 2
    assert [str(one.id) for one in clinic.ours(message.conversation)] == [row.message_id]


def test_an_old_chatwoot_that_keeps_no_attributes_is_searched_for_the_text(clinic: AnsweringClinic) -> None:
    def forget(logged: LoggedRequest) -> None:
        for one in clinic.ours(message.conversation):
            one.content_attributes = {}

    clinic.chatwoot.webhooks.hold()
    message = writes(clinic)
    clinic.chatwoot.on_request = forget
    clinic.chatwoot.faults.add(Fault("delay", seconds=1.5, **POST))
    clinic.chatwoot.webhooks.release()
    row = clinic.ended(message)
    assert row.state == "sent"
    assert row.attempts >= 2
    assert [str(one.id) for one in clinic.ours(message.conversation)] == [row.message_id]


def test_a_message_that_was_not_created_is_sent_by_the_next_attempt(clinic: AnsweringClinic) -> None:
    clinic.chatwoot.faults.add(Fault("status", times=2, status=502, **POST))
    message = writes(clinic)
    row = clinic.ended(message)
    assert row.state == "sent"
    assert row.attempts >= 3
    assert len(clinic.ours(message.conversation)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", path="conversations", method="GET", times=3, status=500),
        Fault("delay", path="conversations", method="GET", times=1, seconds=1.5),
        Fault("too_many_requests", path="conversations", times=2, seconds=0.1, limit_headers="none"),
        Fault("html", path="conversations", method="GET", times=2),
        Fault("wrong_envelope", path="conversations", method="GET", times=2),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_chatwoot_that_fails_for_a_while_only_delays(clinic: AnsweringClinic, fault: Fault) -> None:
    clinic.chatwoot.faults.add(fault)
    message = writes(clinic)
    assert clinic.outcome(message) == ("sent", None)
    assert len(clinic.ours(message.conversation)) == 1


def test_a_chatwoot_that_stays_away_lets_the_reply_expire(clinic: AnsweringClinic) -> None:
    clinic.answers("reply", expires_after_s=3)
    clinic.chatwoot.faults.add(Fault("status", path="conversations", times=None, status=503))
    message = writes(clinic)
    row = clinic.ended(message)
    assert row.state == "expired"
    assert row.reason in ("not_in_time", "paused")
    assert row.attempts >= 1
    assert clinic.ours(message.conversation) == []


def test_a_refused_token_stops_it_and_is_not_hammered(clinic: AnsweringClinic) -> None:
    clinic.chatwoot.faults.add(Fault("status", path="conversations", times=None, status=401, body={"error": "Invalid"}))
    first = writes(clinic)
    assert clinic.outcome(first) == ("failed", "unauthorized")
    asked = len(clinic.chatwoot.requests)
    second = writes(clinic)
    time.sleep(0.5)
    assert len(clinic.chatwoot.requests) == asked  # paused
    assert [row.state for row in clinic.replies(second)] == ["pending"]
    clinic.chatwoot.faults.clear()
    clinic.answers("reply")  # whoever has mended the token says so, or waits ten minutes
    assert clinic.outcome(second) == ("sent", None)


def test_a_token_that_may_not_write_ends_the_reply(clinic: AnsweringClinic) -> None:
    clinic.chatwoot.faults.add(Fault("status", status=403, body={"error": "No"}, **POST))
    message = writes(clinic)
    assert clinic.outcome(message) == ("failed", "unauthorized")
    assert clinic.ours(message.conversation) == []


def test_what_chatwoot_does_not_accept_is_not_tried_again(clinic: AnsweringClinic) -> None:
    clinic.chatwoot.faults.add(Fault("status", status=422, body={"error": "No"}, **POST))
    message = writes(clinic)
    assert clinic.outcome(message) == ("failed", "refused")
    assert clinic.ours(message.conversation) == []


def test_a_conversation_that_is_gone(clinic: AnsweringClinic) -> None:
    clinic.chatwoot.webhooks.hold()
    message = writes(clinic)
    clinic.chatwoot.faults.add(Fault("status", path="conversations", status=404, body={"error": "No"}))
    clinic.chatwoot.webhooks.release()
    assert clinic.outcome(message) == ("skipped", "conversation_gone")


def test_an_api_that_is_not_as_registered(clinic: AnsweringClinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE)
    assert clinic.outcome(writes(clinic)) == ("failed", "not_connected")
    clinic.connect(account_id="99")
    assert clinic.outcome(writes(clinic)) == ("failed", "not_connected")


def test_a_cliniko_that_does_not_answer_names_no_time(clinic: AnsweringClinic) -> None:
    for fault in (Fault("status", times=None, status=503), Fault("delay", times=None, seconds=4.0)):
        clinic.live.server.faults.add(fault)
        message = clinic.chatwoot.receive("whatsapp", ANNA, "When?")
        row = clinic.ended(message)
        assert (row.state, row.template, row.freshness, row.told_starts_at) == ("sent", "unconfirmed", "unconfirmed", None)
        assert not any(char.isdigit() for char in clinic.said(message.conversation)[-1] or "")
        clinic.live.server.faults.clear()


def test_attributes_that_cannot_be_set_cost_no_reply(clinic: AnsweringClinic) -> None:
    clinic.chatwoot.faults.add(Fault("status", path="contacts", method="PUT", times=None, status=500))
    message = writes(clinic)
    assert clinic.outcome(message) == ("sent", None)
    assert len(clinic.ours(message.conversation)) == 1


def test_a_message_in_a_conversation_that_somebody_has_is_left_to_them(clinic: AnsweringClinic) -> None:
    first = writes(clinic)
    clinic.ended(first)
    clinic.chatwoot.assign(first.conversation, clinic.chatwoot.agent)
    second = writes(clinic, "And?", first.conversation.contact_inbox.source_id)
    row = clinic.ended(second)
    assert (row.state, row.reason, row.attempts) == ("skipped", "human_assigned", 0)


def test_an_agent_bot_is_no_human(clinic: AnsweringClinic) -> None:
    first = writes(clinic)
    clinic.ended(first)
    clinic.chatwoot.assign(first.conversation, clinic.chatwoot.bot)
    assert clinic.outcome(writes(clinic, "And?", first.conversation.contact_inbox.source_id)) == ("sent", None)


class Meanwhile:
    """Does something to a conversation right before Chatwoot is asked how it stands."""

    def __init__(self, clinic: AnsweringClinic, change: Callable[[Conversation], None]) -> None:
        self._clinic, self._change = clinic, change
        self._done = threading.Event()

    def __call__(self, logged: LoggedRequest) -> None:
        if logged.method == "GET" and logged.path.startswith("conversations/") and not self._done.is_set():
            self._done.set()
            number = int(logged.path.split("/")[1])
            self._change(self._clinic.chatwoot.state.conversations[number])


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("human_assigned", lambda desk, one: desk.assign(one, desk.agent)),
        ("resolved", lambda desk, one: desk.set_status(one, "resolved")),
        ("snoozed", lambda desk, one: desk.set_status(one, "snoozed")),
        ("answered", lambda desk, one: desk.agent_reply(one, "You are.")),
        ("window_closed", lambda desk, one: setattr(one, "can_reply", False)),
        ("silenced", lambda desk, one: setattr(one, "muted", True)),
        ("silenced", lambda desk, one: setattr(one.contact, "blocked", True)),
        ("path_changed", lambda desk, one: setattr(one.contact_inbox, "source_id", "61400299999")),
    ],
)
def test_the_conversation_as_it_is_at_the_moment_of_sending_decides(
    clinic: AnsweringClinic, reason: str, change: Callable[..., None]
) -> None:
    clinic.chatwoot.on_request = Meanwhile(clinic, lambda one: change(clinic.chatwoot, one))
    message = writes(clinic)
    assert clinic.outcome(message) == ("skipped", reason)
    assert clinic.ours(message.conversation) == []


def test_a_closed_window_keeps_no_note_from_the_team(clinic: AnsweringClinic) -> None:
    clinic.answers("private_note")
    clinic.chatwoot.on_request = Meanwhile(clinic, lambda one: setattr(one, "can_reply", False))
    message = writes(clinic)
    assert clinic.outcome(message) == ("sent", None)
    assert [one.private for one in clinic.ours(message.conversation)] == [True]


def test_mail_goes_to_the_contacts_address_so_that_must_be_the_senders(clinic: AnsweringClinic) -> None:
    def changed_at_the_desk(conversation: Conversation) -> None:
        conversation.contact.email = "somebody.else@quill.au"

    clinic.chatwoot.on_request = Meanwhile(clinic, changed_at_the_desk)
    message = clinic.chatwoot.receive("email", "pat@quill.au", "Am I on?")
    assert clinic.outcome(message) == ("skipped", "path_changed")


def test_doubled_webhooks_make_one_reply(clinic: AnsweringClinic) -> None:
    clinic.chatwoot.webhooks.copies = 3
    message = writes(clinic)
    assert clinic.outcome(message) == ("sent", None)
    clinic.settled()
    assert len(clinic.ours(message.conversation)) == len(clinic.replies(message)) == 1


def test_a_late_webhook_is_not_answered(clinic: AnsweringClinic) -> None:
    late = clinic.chatwoot.receive("whatsapp", str(next(_numbers)), at=datetime.now(UTC) - timedelta(minutes=5))
    assert clinic.outcome(late) == ("expired", "too_late")
    history = clinic.chatwoot.receive("whatsapp", str(next(_numbers)), at=datetime.now(UTC) - timedelta(days=3))
    clinic.settled()
    assert clinic.replies(history) == []
    assert clinic.ours(late.conversation) == []


def test_an_earlier_message_that_lands_after_a_later_one_was_answered_is_not(clinic: AnsweringClinic) -> None:
    number = str(next(_numbers))
    clinic.chatwoot.drop_webhooks = True
    first = writes(clinic, "one", number)
    clinic.chatwoot.drop_webhooks = False
    time.sleep(0.002)
    second = writes(clinic, "two", number)
    assert clinic.outcome(second) == ("sent", None)
    lost = next(one for one in clinic.chatwoot.deliveries if one.payload.get("id") == first.id and one.failure == "dropped")
    clinic.live.gateway.post(f"/v1/{clinic.organization_id}/webhooks/chatwoot", data=lost.body, headers=lost.headers)
    assert clinic.outcome(first) == ("skipped", "superseded")
    assert len(clinic.ours(second.conversation)) == 1


def test_a_burst_gets_one_answer(clinic: AnsweringClinic) -> None:
    clinic.answers("reply", quiet_s=0.6)
    number = str(next(_numbers))
    burst = [writes(clinic, f"{place}", number) for place in range(5)]
    clinic.settled()
    assert [clinic.outcome(one) for one in burst] == [("skipped", "superseded")] * 4 + [("sent", None)]
    assert len(clinic.ours(burst[0].conversation)) == 1


def test_who_goes_on_writing_is_answered_all_the_same(clinic: AnsweringClinic) -> None:
    clinic.answers("reply", quiet_s=0.3)
    number, sent = str(next(_numbers)), False
    end = time.monotonic() + 10
    while not sent and time.monotonic() < end:
        message = writes(clinic, "and another thing", number)
        time.sleep(0.1)
        sent = bool(clinic.ours(message.conversation))
    assert sent


def test_after_a_reply_there_is_quiet_for_a_while(clinic: AnsweringClinic) -> None:
    clinic.answers("reply", cool_down_s=600)
    number = str(next(_numbers))
    first = writes(clinic, "one", number)
    assert clinic.outcome(first) == ("sent", None)
    assert clinic.outcome(writes(clinic, "two", number)) == ("skipped", "cool_down")
    assert len(clinic.ours(first.conversation)) == 1


def test_the_echo_of_our_own_reply_leads_to_no_other(clinic: AnsweringClinic) -> None:
    messages = [writes(clinic) for _ in range(3)]
    for message in messages:
        clinic.ended(message)
    clinic.settled()
    echoes = [one for one in clinic.chatwoot.deliveries if one.payload.get("message_type") == "outgoing"]
    for echo in echoes:  # once more, as doubled deliveries do
        clinic.live.gateway.post(f"/v1/{clinic.organization_id}/webhooks/chatwoot", data=echo.body, headers=echo.headers)
    clinic.settled()
    assert all(len(clinic.ours(one.conversation)) == 1 for one in messages)


def test_a_bridge_that_hands_our_words_back_as_the_customers_gets_no_answer_to_them(clinic: AnsweringClinic) -> None:
    first = clinic.chatwoot.receive("api", "bridge-1", "Hello")
    assert clinic.outcome(first) == ("sent", None)
    parrot = clinic.chatwoot.receive("api", "bridge-1", clinic.said(first.conversation)[0])
    assert clinic.outcome(parrot) == ("skipped", "own_message")
    assert len(clinic.ours(first.conversation)) == 1


def test_machines_and_colleagues_are_not_answered(clinic: AnsweringClinic) -> None:
    chatwoot = clinic.chatwoot
    first = writes(clinic)
    clinic.ended(first)
    made = len(clinic.replies())
    chatwoot.private_note(first.conversation, "Call them back.")
    chatwoot.agent_reply(first.conversation, "We will call you.")
    chatwoot.write(first.conversation, "We are closed.", chatwoot.bot)
    chatwoot.write(first.conversation, "How did we do?", chatwoot.agent, message_type="template")
    chatwoot.receive("email", "away@quill.au", "I am away", content_attributes={"email": {"auto_reply": True}})
    chatwoot.receive("email", "mailer-daemon@quill.au", "Undelivered")
    clinic.settled()
    assert len(clinic.replies()) == made


def test_nothing_personal_is_logged(clinic: AnsweringClinic, caplog: pytest.LogCaptureFixture) -> None:
    clinic.chatwoot.faults.add(Fault("status", path="conversations", times=2, status=500))
    message = clinic.chatwoot.receive("whatsapp", ANNA, "Zebedee wants to know", name="Anna Smith")
    clinic.ended(message)
    assert "a reply was not sent" in caplog.text
    for private in ("Anna", "Smith", ANNA, "Zebedee", "tomorrow"):
        assert private not in caplog.text
