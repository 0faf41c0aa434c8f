"""One gateway for all tests of a process, and a clinic with a token for each test."""

from collections.abc import Iterator

import pytest

from contact_hub.gateway import create_app
from contact_hub.store.database import Database
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.gateway.support import Clinic, open_clinic


@pytest.fixture(scope="session")
def gateway(database: Database) -> Iterator[GatewayServer]:
    with GatewayServer(create_app(database, sends_replies=False)) as server:
        yield server


@pytest.fixture
def clinic(database: Database, gateway: GatewayServer, organization_id: str) -> Clinic:
    return open_clinic(database, gateway, organization_id)


@pytest.fixture
def other_clinic(database: Database, gateway: GatewayServer, organization_id: str) -> Clinic:
    return open_clinic(database, gateway, f"{organization_id}_other")
