"""What goes wrong half-way loses nothing."""

import pytest

from contact_hub.channels.chatwoot import parse
from contact_hub.channels.event import Parsed, Problem
from contact_hub.directory import reconciliation
from contact_hub.sandbox import Fault
from contact_hub_tests.assets.chatwoot.clinic import DERIVED, LANDED, TOKEN_VARIABLE, ChatwootClinic
from contact_hub_tests.assets.chatwoot.people import ANN, INSTAGRAM, JO


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
