"""Reconciliation with Chatwoot: what webhooks lose is landed by the poll, once, and people stay who they are."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dagster import DagsterInstance
from sqlalchemy import text

from contact_hub.automation.partitions import today
from contact_hub.channels.chatwoot import parse
from contact_hub.channels.event import Parsed, Problem
from contact_hub.directory import ContactDirectory, reconciliation
from contact_hub.gateway import create_app
from contact_hub.sandbox import ChatwootServer, Fault
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub_tests.assets.chatwoot_support import (
    DERIVED,
    LANDED,
    SECRET_VARIABLE,
    TOKEN_VARIABLE,
    ChatwootClinic,
)
from contact_hub_tests.gateway.server import GatewayServer

JO, ANN = "61412345678", "61498765432"
INSTAGRAM = "17841400000000777"


@pytest.fixture(scope="module")
def gateway(database: Database) -> Iterator[GatewayServer]:
    with GatewayServer(create_app(database)) as server:
        yield server


@pytest.fixture(scope="module")
def directory(database: Database) -> Iterator[ContactDirectory]:
    directory = ContactDirectory(database)
    yield directory
    directory.close()


@pytest.fixture
def hub(
    database: Database,
    instance: DagsterInstance,
    directory: ContactDirectory,
    gateway: GatewayServer,
    organization_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ChatwootClinic]:
    """A clinic whose webhooks arrive and whose API may be read."""
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))
    with ChatwootServer(webhook_url=f"{gateway.url}/v1/{organization_id}/webhooks/chatwoot") as chatwoot:
        monkeypatch.setenv(TOKEN_VARIABLE, chatwoot.token)
        monkeypatch.setenv(SECRET_VARIABLE, chatwoot.webhook_secret)
        clinic = ChatwootClinic(organization_id, chatwoot, database, directory, instance)
        clinic.connect()
        yield clinic


def ago(**duration: float) -> datetime:
    return datetime.now(UTC) - timedelta(**duration)


# What webhooks lose


def test_what_webhooks_lost_is_landed_and_what_they_brought_stays(hub: ChatwootClinic) -> None:
    assert hub.reconcile().success
    expected = []
    for number in range(30):
        hub.chatwoot.drop_webhooks = number % 3 == 0
        hub.chatwoot.receive("whatsapp", f"6141234{number % 7:04}", f"Message {number:02}")
        expected.append(f"Message {number:02}")
    assert len(hub.texts()) == 20
    brought = set(hub.rows(["channel_events"])["channel_events"])

    outcome = hub.reconcile()
    assert outcome.success
    assert hub.texts() == expected
    assert brought <= set(hub.rows(["channel_events"])["channel_events"])
    assert outcome.metadata["polled"] >= 30
    assert outcome.metadata["events_landed"] == 10 + 7  # and the contacts as they now are
    polled = (
        "SELECT count(*) FROM channel_events WHERE organization_id = :organization_id AND hints ? 'polled' AND kind = 'message'"
    )
    assert hub.query(polled)[0][0] == 10


def test_contacts_know_at_once_what_was_landed(hub: ChatwootClinic) -> None:
    hub.chatwoot.drop_webhooks = True
    hub.chatwoot.receive("whatsapp", JO, "Am I on tomorrow?", name="Jo Marsh")
    assert hub.reconcile().success
    (contact,) = hub.query("SELECT * FROM contacts WHERE organization_id = :organization_id AND status = 'active'")
    assert (contact.name, contact.phone) == ("Jo Marsh", f"+{JO}")
    assert hub.query("SELECT * FROM unsettled_records WHERE organization_id = :organization_id") == []


def test_twice_changes_nothing(hub: ChatwootClinic) -> None:
    for number in range(5):
        hub.chatwoot.drop_webhooks = number % 2 == 0
        hub.chatwoot.receive("whatsapp", f"6141234000{number}", name=f"Jo {number}")
        hub.chatwoot.receive("email", f"jo{number}@example.com")
    assert hub.reconcile().metadata["events_landed"] > 0
    tables = (*LANDED, *DERIVED)
    before = hub.rows(tables)
    for job in ("chatwoot", "chatwoot_full"):
        outcome = hub.reconcile(job=job)
        assert (outcome.success, outcome.metadata["events_landed"], outcome.metadata["addresses_moved"]) == (True, 0, 0)
        assert hub.rows(tables) == before


def test_the_real_time_rows_are_those_of_the_batch(hub: ChatwootClinic) -> None:
    hub.chatwoot.drop_webhooks = True
    jo = hub.chatwoot.receive("whatsapp", JO, name="Jo Marsh").conversation.contact
    twin = hub.chatwoot.receive("email", "jo@example.com").conversation.contact
    hub.reconcile()
    hub.chatwoot.merge_contacts(jo, twin)
    hub.reconcile(job="chatwoot_full")
    settled = hub.rows(DERIVED)
    hub.derive()
    assert hub.rows(DERIVED) == settled


def test_webhooks_doubled_out_of_order_and_after_the_poll(hub: ChatwootClinic) -> None:
    chatwoot = hub.chatwoot
    chatwoot.webhooks.hold()
    chatwoot.webhooks.copies = 2
    for number in range(6):
        chatwoot.receive("whatsapp", (JO, ANN)[number % 2], f"Message {number}", name=("Jo", "Ann")[number % 2])
    hub.reconcile()
    before = (hub.texts(), hub.who("whatsapp", JO), hub.who("whatsapp", ANN))
    chatwoot.webhooks.release(reverse=True)
    assert {one.status for one in chatwoot.deliveries} == {202}
    assert hub.reconcile().metadata["addresses_moved"] == 0
    assert (hub.texts(), hub.who("whatsapp", JO), hub.who("whatsapp", ANN)) == before
    assert before[0] == [f"Message {number}" for number in range(6)]


def test_the_first_run_reads_everything_later_ones_what_is_new(hub: ChatwootClinic) -> None:
    chatwoot = hub.chatwoot
    chatwoot.drop_webhooks = True
    for number in range(30):
        chatwoot.receive("whatsapp", f"614123400{number:02}", f"Long ago {number:02}", at=ago(days=400 - number))
    began = datetime.now(UTC)
    assert hub.reconcile().success
    assert len(hub.texts()) == 30
    (state,) = hub.query("SELECT * FROM reconciliations WHERE organization_id = :organization_id")
    assert state.first_at == state.reconciled_through >= began
    assert state.account == f"{chatwoot.url}/api/v1/accounts/1"

    chatwoot.receive("whatsapp", JO, "New")
    chatwoot.requests.clear()
    assert hub.reconcile().metadata["events_landed"] == 2
    assert {one.path for one in chatwoot.requests} == {"conversations", "conversations/31/messages", "contacts"}
    (later,) = hub.query("SELECT * FROM reconciliations WHERE organization_id = :organization_id")
    assert (later.first_at, later.reconciled_through > state.reconciled_through) == (state.first_at, True)


def test_a_past_day_is_read_again(hub: ChatwootClinic) -> None:
    hub.reconcile()
    hub.chatwoot.drop_webhooks = True
    hub.chatwoot.receive("whatsapp", JO, "Seen by nobody", at=ago(days=3))  # as if the walk had missed it
    assert hub.reconcile().metadata["events_landed"] == 0
    assert hub.reconcile(today() - timedelta(days=3)).metadata["events_landed"] == 2
    assert hub.texts() == ["Seen by nobody"]


# Merged and deleted contacts


@pytest.mark.parametrize("polled", [False, True])
def test_after_a_merge_both_addresses_are_one_person(hub: ChatwootClinic, polled: bool) -> None:
    """Whether the webhooks of before arrive or were polled."""
    hub.chatwoot.drop_webhooks = polled
    mail = hub.chatwoot.receive("email", "jo@example.com", "By mail", name="Jo Marsh", at=ago(minutes=2))
    jo = mail.conversation.contact
    twin = hub.chatwoot.receive("instagram", INSTAGRAM, "By Instagram", at=ago(minutes=1)).conversation.contact
    hub.reconcile()
    assert hub.who("email", "jo@example.com") != hub.who("instagram", INSTAGRAM)
    hub.chatwoot.merge_contacts(jo, twin)

    assert hub.reconcile().metadata["addresses_moved"] == 1
    one = hub.who("email", "jo@example.com")
    assert one is not None
    assert {hub.who(*of) for of in (("instagram", INSTAGRAM), ("chatwoot", jo.id), ("chatwoot", twin.id))} == {one}
    assert hub.history(one) == ["By mail", "By Instagram"]
    assert hub.reconcile().metadata["addresses_moved"] == 0


def test_a_silent_merge_is_noticed_by_the_sweep(hub: ChatwootClinic) -> None:
    long_ago = ago(days=100)
    jo = hub.chatwoot.receive("email", "jo@example.com", "By mail", at=long_ago).conversation.contact
    twin = hub.chatwoot.receive("instagram", INSTAGRAM, "By Instagram", at=long_ago).conversation.contact
    hub.reconcile()
    hub.chatwoot.merge_contacts(twin, jo)
    assert hub.reconcile().metadata["addresses_moved"] == 0
    assert hub.reconcile(job="chatwoot_full").metadata["addresses_moved"] == 1
    assert hub.who("email", "jo@example.com") == hub.who("instagram", INSTAGRAM) == hub.who("chatwoot", jo.id)


def test_a_message_after_the_merge_is_enough(hub: ChatwootClinic) -> None:
    jo = hub.chatwoot.receive("email", "jo@example.com", "By mail", at=ago(minutes=2)).conversation.contact
    twin = hub.chatwoot.receive("instagram", INSTAGRAM, "By Instagram", at=ago(minutes=1)).conversation.contact
    hub.chatwoot.merge_contacts(jo, twin)
    hub.chatwoot.drop_webhooks = True
    hub.chatwoot.receive("instagram", INSTAGRAM, "Again")
    outcome = hub.reconcile()
    assert outcome.metadata["addresses_moved"] == 0  # the new message has said so itself
    one = hub.who("email", "jo@example.com")
    assert one == hub.who("instagram", INSTAGRAM) == hub.who("chatwoot", twin.id)
    assert hub.history(one) == ["By mail", "By Instagram", "Again"]


def test_a_chain_of_merges(hub: ChatwootClinic) -> None:
    chatwoot = hub.chatwoot
    jo = chatwoot.receive("email", "jo@example.com").conversation.contact
    second = chatwoot.receive("instagram", INSTAGRAM).conversation.contact
    third = chatwoot.receive("web", "5a5b-uuid").conversation.contact
    hub.reconcile()
    chatwoot.merge_contacts(second, third)
    hub.reconcile()
    chatwoot.merge_contacts(jo, second)
    assert hub.reconcile().metadata["addresses_moved"] == 2
    asked = (("instagram", INSTAGRAM), *(("chatwoot", one.id) for one in (jo, second, third)))
    assert {hub.who(*of) for of in asked} == {hub.who("email", "jo@example.com")}


def test_a_merge_with_a_patient_joins_them_to_the_patient(hub: ChatwootClinic) -> None:
    hub.has_patients({"id": "1", "first_name": "Jo", "last_name": "Marsh", "email": "jo@example.com"})
    jo = hub.chatwoot.receive("email", "jo@example.com", "By mail").conversation.contact
    twin = hub.chatwoot.receive("instagram", INSTAGRAM, "By Instagram").conversation.contact
    hub.reconcile()
    patient = hub.who("email", "jo@example.com")
    assert hub.who("instagram", INSTAGRAM) != patient
    hub.chatwoot.merge_contacts(jo, twin)
    hub.reconcile()
    assert hub.who("instagram", INSTAGRAM) == hub.who("chatwoot", twin.id) == patient
    assert hub.history(patient) == ["By mail", "By Instagram"]


def patients(hub: ChatwootClinic) -> None:
    """One with an email, two with a phone each."""
    hub.has_patients(
        {"id": "1", "first_name": "Jo", "last_name": "Marsh", "email": "jo@example.com"},
        {
            "id": "2",
            "first_name": "Ann",
            "last_name": "Reed",
            "patient_phone_numbers": [{"number": f"+{ANN}", "phone_type": "Mobile"}],
        },
        {
            "id": "3",
            "first_name": "Kim",
            "last_name": "Lau",
            "patient_phone_numbers": [{"number": f"+{JO}", "phone_type": "Mobile"}],
        },
    )


def owners(hub: ChatwootClinic) -> dict[tuple[str, str], str | None]:
    """Of each channel record, the patient whose contact it belongs to."""
    rows = hub.query("""
        SELECT link.source, link.source_id, contact.cliniko_patient_id AS patient FROM source_record_links AS link
        JOIN contacts AS contact ON contact.organization_id = link.organization_id AND contact.id = link.contact_id
        WHERE link.organization_id = :organization_id AND link.source <> 'cliniko'
    """)
    return {(row.source, row.source_id): row.patient for row in rows}


@pytest.mark.parametrize(
    "places",
    [
        (("whatsapp", JO), ("whatsapp", ANN)),
        (("email", "jo@example.com"), ("whatsapp", ANN)),
    ],
)
def test_two_patients_stay_two_whatever_chatwoot_merges(hub: ChatwootClinic, places: tuple[tuple[str, str], ...]) -> None:
    patients(hub)
    first, second = (hub.chatwoot.receive(*place, f"By {place[0]}").conversation.contact for place in places)
    hub.reconcile()
    before = owners(hub)
    hub.chatwoot.merge_contacts(first, second)
    assert hub.reconcile().metadata["addresses_moved"] == 1
    after = owners(hub)
    assert {place: after[place] for place in before if place[0] != "chatwoot"} == {
        place: patient for place, patient in before.items() if place[0] != "chatwoot"
    }


def test_after_a_deletion_history_stays_and_the_same_address_is_the_same_person(hub: ChatwootClinic) -> None:
    jo = hub.chatwoot.receive("whatsapp", JO, "Before", name="Jo Marsh").conversation.contact
    hub.reconcile()
    person = hub.who("whatsapp", JO)
    hub.chatwoot.delete_contact(jo)
    assert hub.reconcile().success
    assert hub.reconcile(job="chatwoot_full").success
    assert hub.who("chatwoot", jo.id) == person
    assert hub.history(person) == ["Before"]

    hub.chatwoot.drop_webhooks = True
    time.sleep(1.0 - time.time() % 1.0)  # the API tells whole seconds, webhooks tell milliseconds
    again = hub.chatwoot.receive("whatsapp", JO, "After").conversation.contact
    assert again.id != jo.id
    hub.reconcile()
    assert {hub.who("whatsapp", JO), hub.who("chatwoot", jo.id), hub.who("chatwoot", again.id)} == {person}
    assert hub.history(person) == ["Before", "After"]


# What goes wrong


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("status", status=401, path="conversations/2/messages", times=None), "the access token was refused"),
        (Fault("status", status=503, path="conversations/2/messages", times=None), "Chatwoot answered 503"),
        (Fault("delay", seconds=2, path="conversations/2/messages", times=None), "no answer from Chatwoot in time"),
    ],
)
def test_a_failure_half_way_loses_nothing(hub: ChatwootClinic, fault: Fault, says: str) -> None:
    chatwoot = hub.chatwoot
    chatwoot.drop_webhooks = True
    for number in range(3):
        chatwoot.receive("whatsapp", f"6141234000{number}", f"Message {number}")
    chatwoot.faults.add(fault)
    outcome = hub.reconcile()
    assert not outcome.success
    assert says in outcome.failure
    assert chatwoot.token not in outcome.failure
    assert hub.texts() == ["Message 2"]
    assert hub.who("whatsapp", "61412340002") is not None
    assert hub.query("SELECT * FROM reconciliations WHERE organization_id = :organization_id") == []

    chatwoot.faults.clear()
    assert hub.reconcile().success
    assert hub.texts() == ["Message 0", "Message 1", "Message 2"]


def test_a_later_failure_keeps_the_watermark(hub: ChatwootClinic) -> None:
    hub.reconcile()
    before = hub.rows(["reconciliations"])
    hub.chatwoot.drop_webhooks = True
    hub.chatwoot.receive("whatsapp", JO, "Hello")
    hub.chatwoot.faults.add(Fault("status", status=404, path="contacts", times=None))
    outcome = hub.reconcile()
    assert not outcome.success
    assert "contacts" in outcome.failure
    assert "404" in outcome.failure
    assert (hub.rows(["reconciliations"]), hub.texts()) == (before, ["Hello"])


def test_small_batches_are_the_same(hub: ChatwootClinic, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.chatwoot.drop_webhooks = True
    jo = hub.chatwoot.receive("email", "jo@example.com").conversation.contact
    twin = hub.chatwoot.receive("instagram", INSTAGRAM).conversation.contact
    hub.reconcile()
    hub.chatwoot.merge_contacts(jo, twin)
    for number in range(7):
        hub.chatwoot.receive("instagram", INSTAGRAM, f"Message {number}")
    monkeypatch.setattr(reconciliation, "BATCH", 2)
    assert hub.reconcile().metadata["events_landed"] >= 7
    assert hub.who("email", "jo@example.com") == hub.who("instagram", INSTAGRAM)
    tables = (*LANDED, *DERIVED)
    before = hub.rows(tables)
    monkeypatch.undo()
    monkeypatch.setenv(TOKEN_VARIABLE, hub.chatwoot.token)
    assert hub.reconcile(job="chatwoot_full").metadata["events_landed"] == 0
    assert hub.rows(tables) == before


def test_what_cannot_be_read_is_kept_aside_once(hub: ChatwootClinic, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.chatwoot.drop_webhooks = True
    hub.chatwoot.receive("whatsapp", JO, "Strange")
    hub.chatwoot.receive("whatsapp", ANN, "Fine")

    def failing(payload: dict[str, object], **options: object) -> Parsed:
        if payload.get("content") == "Strange":
            return Parsed(problems=(Problem("parser_error", "$"),))
        return parse(payload, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reconciliation, "parse", failing)
    for _ in range(2):
        outcome = hub.reconcile()
        assert (outcome.success, outcome.metadata["quarantined"]) == (True, 1)
    assert hub.texts() == ["Fine"]
    (kept,) = hub.query("SELECT * FROM quarantined_deliveries WHERE organization_id = :organization_id")
    assert (kept.provider, kept.content_type, kept.problems) == (
        "chatwoot",
        "application/json",
        [{"code": "parser_error", "path": "$"}],
    )


# Connections


def test_without_api_access_nothing_is_read_and_nothing_fails(hub: ChatwootClinic) -> None:
    hub.connect(url=None, account_id=None, api_token_env=None)
    outcome = hub.reconcile()
    assert outcome.success
    assert outcome.metadata["skipped"] == "no Chatwoot connection with API access"
    assert (outcome.metadata["dagster/partition_row_count"], outcome.metadata["requests"]) == (0, 0)
    assert len(hub.chatwoot.requests) == 0


def test_several_connections_to_one_account_read_it_once(hub: ChatwootClinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATWOOT_BOT_OF_TESTS", hub.chatwoot.bot_token)
    hub.connect("a_bot", api_token_env="CHATWOOT_BOT_OF_TESTS")
    hub.connect("unread", api_token_env=None)
    hub.chatwoot.receive("whatsapp", JO)
    assert hub.reconcile().metadata["dagster/partition_row_count"] == 1
    assert {one.key for one in hub.chatwoot.requests} == {hub.chatwoot.token}


def test_of_two_accounts_one_that_fails_keeps_not_the_other_from_being_read(hub: ChatwootClinic) -> None:
    hub.connect("another", account_id="2")
    hub.chatwoot.drop_webhooks = True
    hub.chatwoot.receive("whatsapp", JO, "Hello")
    outcome = hub.reconcile()
    assert (outcome.success, hub.texts()) == (False, ["Hello"])
    assert "not found; there is no such account" in outcome.failure
    assert [
        row.account for row in hub.query("SELECT account FROM reconciliations WHERE organization_id = :organization_id")
    ] == [f"{hub.chatwoot.url}/api/v1/accounts/1"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": None}, "the setting url is missing"),
        ({"account_id": None}, "the setting account_id is missing"),
        ({"account_id": "one"}, "whole number"),
        ({"url": "http://chatwoot.example.com"}, "must be https"),
        ({"api_token_env": "UNSET_OF_TESTS"}, "UNSET_OF_TESTS is not set"),
    ],
)
def test_a_connection_that_lacks_something_says_what(hub: ChatwootClinic, changes: dict[str, str | None], says: str) -> None:
    hub.connect(**changes)
    outcome = hub.reconcile()
    assert not outcome.success
    assert says in outcome.failure
    assert hub.organization_id in outcome.failure


def test_two_installations_are_refused(hub: ChatwootClinic) -> None:
    hub.connect("another", url="https://chatwoot.example.com")
    outcome = hub.reconcile()
    assert not outcome.success
    assert "several installations" in outcome.failure


# How much is lost


def test_the_check_tells_how_much_webhooks_lose(hub: ChatwootClinic) -> None:
    hub.chatwoot.drop_webhooks = True
    hub.chatwoot.receive("whatsapp", JO, "Before there was anything to lose", at=ago(days=2))
    assert hub.reconcile().checks["webhooks_arrived"].metadata["denominator"].value == 0
    move = "UPDATE reconciliations SET first_at = first_at - INTERVAL '1 hour' WHERE organization_id = :organization_id"
    with hub.database.transaction() as connection:
        connection.execute(text(move), {"organization_id": hub.organization_id})
    for number in range(10):
        hub.chatwoot.drop_webhooks = number < 3
        hub.chatwoot.receive("whatsapp", JO, f"Message {number}", at=ago(minutes=4, seconds=30 - number))
    hub.chatwoot.drop_webhooks = True
    hub.chatwoot.receive("whatsapp", JO, "Still on its way")
    check = hub.reconcile().checks["webhooks_arrived"]
    assert not check.passed
    assert (check.metadata["numerator"].value, check.metadata["denominator"].value) == (8, 11)
    assert hub.reconcile().checks["webhooks_arrived"].metadata["numerator"].value == 8


def test_another_organization_is_not_touched(hub: ChatwootClinic) -> None:
    other = f"{hub.organization_id}_other"
    with hub.database.transaction() as connection:
        register(connection, Organization(other, "Another", "Australia/Sydney", "AU", None))
        connect(connection, ChannelConnection(other, "chatwoot", SECRET_VARIABLE, settings={"url": "https://x.example.com"}))
    hub.chatwoot.receive("whatsapp", JO)
    assert hub.reconcile().success
    assert hub.query("SELECT * FROM channel_events WHERE organization_id = :other", other=other) == []
