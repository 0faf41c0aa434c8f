"""The trial of callers, with few of them: it finds nothing wrong with the gateway, and a second contact is told."""

from pathlib import Path

from contact_hub.store.database import Database
from contact_hub_tests.gateway.conftest import gateway as gateway
from contact_hub_tests.gateway.server import GatewayServer
from trials.callers import ask_at_once, judge_rows
from trials.outcome import Outcome
from trials.served import Served


def test_callers_at_once_are_told_of_one_contact(database: Database, gateway: GatewayServer, tmp_path: Path) -> None:
    served, outcome = Served(gateway.port, database, tmp_path / "log"), Outcome("")
    ask_at_once(served, 20, outcome)
    assert outcome.faults == []
    assert outcome.counts["one new identifier", "status 201"] == 1
    assert outcome.counts["one new identifier", "status 200"] == 19
    second = {"channel": "whatsapp", "identifier": "+61412345679"}
    token = served.token("org_newcomer")
    assert gateway.post(
        "/v1/org_newcomer/contacts/find-or-create", json=second, headers={"Authorization": f"Bearer {token}"}
    ).ok
    judge_rows(served, 20, outcome)
    assert [fault for fault in outcome.faults if "left 2 rows in contacts" in fault]
