"""What webhooks lose is landed by the poll, once; the check tells how much that is."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from contact_hub.automation.partitions import today
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.organizations import Organization, register
from contact_hub_tests.assets.chatwoot.clinic import DERIVED, LANDED, SECRET_VARIABLE, ChatwootClinic
from contact_hub_tests.assets.chatwoot.people import ANN, JO, ago


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
