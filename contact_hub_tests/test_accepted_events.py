"""No accepted event is lost, whichever process is killed and when: gateway or database. The daemon's turn is in test_served."""

import random
import sys
import time
from collections.abc import Iterator

import pytest

from contact_hub_tests.processes import SENDERS, Installation, Writers, free_port, is_ready, landed, wait_until

pytestmark = pytest.mark.long
ORGANIZATION_ID = "org_accepted"
REGISTER = f"""
from contact_hub.installation import prepare
from contact_hub.store.organizations import Organization, register
from contact_hub.store.tokens import create_token
database = prepare()
with database.transaction() as connection:
    register(connection, Organization("{ORGANIZATION_ID}", "Accepted", "Australia/Sydney", "AU", None))
    print(create_token(connection, "{ORGANIZATION_ID}", ""))
"""


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("accepted"))
    yield installation
    installation.end()


def test_killing_gateway_and_database_loses_no_accepted_event(installation: Installation) -> None:
    chance = random.Random(7)
    token = installation.run(sys.executable, "-c", REGISTER).splitlines()[-1]
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ("gateway", "--port", str(port), "--quiet")
    gateway = installation.start(*arguments)
    wait_until(lambda: is_ready(url), "the gateway")
    writers = Writers(url, ORGANIZATION_ID, token)
    try:
        for kind in ("gateway", "database", "gateway", "gateway", "database", "gateway"):
            time.sleep(chance.uniform(0.2, 1.5))
            before = len(writers.accepted)
            if kind == "gateway":
                gateway.kill()
                gateway.wait()
                gateway = installation.start(*arguments)
            else:
                installation.kill_database()
            wait_until(lambda before=before: len(writers.accepted) > before + 10, f"events after the {kind} was killed")
    finally:
        writers.stop()
    unsettled = f"SELECT count(*) FROM unsettled_records WHERE organization_id = '{ORGANIZATION_ID}'"
    wait_until(lambda: installation.rows(unsettled) == [(0,)], "contacts of everything that landed")
    events = landed(installation, ORGANIZATION_ID)
    assert writers.accepted <= set(events)
    assert set(events.values()) == {1}
    contacts = f"SELECT count(*), count(DISTINCT phone) FROM contacts WHERE organization_id = '{ORGANIZATION_ID}'"
    assert installation.rows(contacts) == [(SENDERS, SENDERS)]
