"""How each provider's deliveries are verified and its API is reached: settings, and the names of variables with secrets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from contact_hub.errors import ConfigurationError
from contact_hub.store.organizations import SLUG, VARIABLE, organization

SigningProvider = Literal["chatwoot", "whatsapp", "instagram", "messenger", "twilio"]
SIGNING_PROVIDERS: tuple[SigningProvider, ...] = get_args(SigningProvider)

_SETTING = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SECRETIVE = re.compile(r"(token|secret|password|key)$")
"""A setting of such a name is one that must not be stored: its value is the name of a variable, and its own name says so."""
_ENV = "_env"
_VALUE_LENGTH = 500


@dataclass(frozen=True)
class ChannelConnection:
    """One webhook or app of a provider.

    Attributes:
        name: tells several of one provider apart: Chatwoot's account webhook, API channels and bots each have a secret.
        secret_env: variable that holds the signing secret: Chatwoot's webhook secret, Meta's app secret, Twilio's auth token.
        settings: ``verify_token_env`` (Meta's handshake), ``public_url``, ``trust_forwarded`` (Twilio), and what else
            reaching the provider's API takes. Names that end in ``_env`` name variables.

    Raises:
        ConfigurationError: a provider that does not sign, or what cannot be a name, a variable or a setting.
    """

    organization_id: str
    provider: str
    secret_env: str
    name: str = "main"
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.provider not in SIGNING_PROVIDERS:
            raise ConfigurationError(
                f"{self.provider!r} does not sign its deliveries; it is one of {', '.join(SIGNING_PROVIDERS)} that do. "
                "For others make a token: contact-hub token create"
            )
        if not SLUG.fullmatch(self.name):
            raise ConfigurationError("a connection's name must be 1 to 63 of a-z, 0-9, _ and -")
        if not VARIABLE.fullmatch(self.secret_env):
            raise ConfigurationError(
                "--secret-env must be the NAME of an environment variable, in capitals (for example "
                f"{self.provider.upper()}_SECRET), not the secret"
            )
        object.__setattr__(self, "settings", MappingProxyType(_checked(self.settings)))


def _checked(settings: Mapping[str, str]) -> dict[str, str]:
    checked = {}
    for key, value in settings.items():
        if not _SETTING.fullmatch(key):
            raise ConfigurationError("a setting's name must be 1 to 63 of a-z, 0-9 and _, beginning with a letter")
        if len(value) > _VALUE_LENGTH or not value.isprintable():
            raise ConfigurationError(f"setting {key}: its value must be one line of at most {_VALUE_LENGTH} characters")
        stored = key + _ENV if _SECRETIVE.search(key) else key
        if stored.endswith(_ENV) and not VARIABLE.fullmatch(value):
            raise ConfigurationError(
                f"setting {key} must be the NAME of an environment variable, in capitals (for example MY_{key.upper()}), "
                "not the secret"
            )
        checked[stored] = value
    return checked


def connect(connection: Connection, channel: ChannelConnection) -> bool:
    """Add a connection, or bring the one of its name up to date. True: it is new.

    Raises:
        ConfigurationError: there is no such organization.
    """
    organization(connection, channel.organization_id)
    statement = text("""
        INSERT INTO channel_connections (organization_id, provider, name, secret_env, settings)
        VALUES (:organization_id, :provider, :name, :secret_env, :settings)
        ON CONFLICT (organization_id, provider, name) DO UPDATE
        SET secret_env = excluded.secret_env, settings = excluded.settings, updated_at = now()
        RETURNING xmax = 0
    """).bindparams(bindparam("settings", type_=JSONB))
    values = {**vars(channel), "settings": dict(channel.settings)}
    return bool(connection.execute(statement, values).scalar_one())


_COLUMNS = "organization_id, provider, secret_env, name, settings"


def _connection(row: Row[Any]) -> ChannelConnection:
    return ChannelConnection(**row._mapping)


def channel_connections(connection: Connection, organization_id: str | None = None) -> list[ChannelConnection]:
    """The connections of one organization, or of all, sorted."""
    statement = f"""
        SELECT {_COLUMNS} FROM channel_connections
        WHERE CAST(:organization_id AS text) IS NULL OR organization_id = :organization_id
        ORDER BY organization_id, provider, name
    """
    return [_connection(row) for row in connection.execute(text(statement), {"organization_id": organization_id})]


_OF_PROVIDER = text(f"""
    SELECT {_COLUMNS} FROM channel_connections
    WHERE organization_id = :organization_id AND provider = :provider ORDER BY name
""")


def connections_of(connection: Connection, organization_id: str, provider: str) -> list[ChannelConnection]:
    """The organization's connections of one provider, by name."""
    rows = connection.execute(_OF_PROVIDER, {"organization_id": organization_id, "provider": provider})
    return [_connection(row) for row in rows]


def disconnect(connection: Connection, organization_id: str, provider: str, name: str) -> None:
    """Forget a connection: deliveries signed with its secret are refused from now on.

    Raises:
        ConfigurationError: the organization has no such connection.
    """
    statement = """
        DELETE FROM channel_connections
        WHERE organization_id = :organization_id AND provider = :provider AND name = :name
    """
    values = {"organization_id": organization_id, "provider": provider, "name": name}
    if connection.execute(text(statement), values).rowcount == 0:
        raise ConfigurationError(f"{organization_id} has no connection {name!r} of {provider!r}; see contact-hub channel list")
