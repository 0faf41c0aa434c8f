"""A clinic with a Chatwoot whose webhooks arrive at a gateway."""

from collections.abc import Iterator

import pytest
from dagster import DagsterInstance

from contact_hub.directory import ContactDirectory
from contact_hub.gateway import create_app
from contact_hub.sandbox import ChatwootServer
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub_tests.assets.chatwoot.clinic import SECRET_VARIABLE, TOKEN_VARIABLE, ChatwootClinic
from contact_hub_tests.gateway.server import GatewayServer


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
