"""The demo's connections to the providers, and its token."""

import os
from collections.abc import Mapping
from types import MappingProxyType

from contact_hub.demo.clinic import ORGANIZATION_ID
from contact_hub.sandbox import ChatwootServer
from contact_hub.sandbox.morning import PUBLIC_URL
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database
from contact_hub.store.tokens import create_token, revoke_token, tokens

SECRETS: Mapping[str, str] = MappingProxyType(
    {provider: f"demo-secret-of-{provider}" for provider in ("chatwoot", "whatsapp", "instagram", "messenger", "twilio")}
)
"""Known to everybody: they let in whoever reads the documentation, to a clinic that is invented, on this machine."""
_SETTINGS = {"twilio": {"public_url": PUBLIC_URL}}
_CHATWOOT_TOKEN = "CHATWOOT_TOKEN_SURF_REHAB"
_META = ("whatsapp", "instagram", "messenger")
VERIFY_TOKEN = "demo-verify-token"
_TOKEN_NAME = "demo"


def connect_channels(
    database: Database, organization_id: str = ORGANIZATION_ID, *, chatwoot: ChatwootServer | None = None
) -> None:
    """Connect every provider that signs; its secret is in the environment of this process and of those that it starts."""
    os.environ[_verify_variable()] = VERIFY_TOKEN
    api = {} if chatwoot is None else _api_of(chatwoot)
    with database.transaction() as connection:
        for provider, secret in SECRETS.items():
            variable = f"{provider.upper()}_SECRET_SURF_REHAB"
            os.environ[variable] = secret
            handshake = {"verify_token_env": _verify_variable()} if provider in _META else {}
            settings = {**_SETTINGS.get(provider, {}), **handshake, **(api if provider == "chatwoot" else {})}
            connect(connection, ChannelConnection(organization_id, provider, variable, settings=settings))


def _api_of(chatwoot: ChatwootServer) -> dict[str, str]:
    """By which settings it is read and written to; the token is in the environment then."""
    os.environ[_CHATWOOT_TOKEN] = chatwoot.token
    return {"url": chatwoot.url, "account_id": str(chatwoot.account_id), "api_token_env": _CHATWOOT_TOKEN}


def new_token(database: Database) -> str:
    """A token for the demo's workflows. It cannot be read again, so each start makes one and ends the last one's."""
    with database.transaction() as connection:
        for token in tokens(connection, ORGANIZATION_ID):
            if token.name == _TOKEN_NAME and token.revoked_at is None:
                revoke_token(connection, ORGANIZATION_ID, token.token_id)
        return create_token(connection, ORGANIZATION_ID, _TOKEN_NAME)


def _verify_variable() -> str:
    return "META_VERIFY_TOKEN_SURF_REHAB"
