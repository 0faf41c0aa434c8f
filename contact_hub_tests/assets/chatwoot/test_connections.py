"""Which accounts are read: each once, one's failure is no other's."""

import pytest

from contact_hub_tests.assets.chatwoot.clinic import ChatwootClinic
from contact_hub_tests.assets.chatwoot.people import JO


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
