"""Chatwoot, as Dagster's steps see it: a client an account, its token read from the environment at that moment."""

from collections.abc import Iterable

import dagster as dg

from contact_hub import settings
from contact_hub.chatwoot import ChatwootAccount, ChatwootClient, InvalidAccount, Patience
from contact_hub.errors import ConfigurationError
from contact_hub.store.connections import ChannelConnection

URL = "url"
ACCOUNT_ID = "account_id"
API_TOKEN = "api_token_env"


class ChatwootResource(dg.ConfigurableResource):
    """Makes Chatwoot clients. Holds no token: a connection names the environment variable that does."""

    backoff_s: float = 1.0
    """The pause after the first broken answer; it doubles from one to the next."""
    read_timeout_s: float = 30.0
    """How long an answer may take."""

    def client(self, connection: ChannelConnection) -> ChatwootClient:
        """A client of the account that a connection with API access names; to be closed.

        Raises:
            ConfigurationError: the URL, account or token variable is missing, empty or not usable.
        """
        where = f"{connection.organization_id}, Chatwoot connection {connection.name!r}"
        missing = [name for name in (URL, ACCOUNT_ID) if not connection.settings.get(name)]
        if missing:
            raise ConfigurationError(f"{where}: the setting {missing[0]} is missing (contact-hub channel connect ... --set)")
        account_id = connection.settings[ACCOUNT_ID]
        token = settings.secret(connection.settings[API_TOKEN], purpose=f"the API access token of {where}")
        try:
            number = int(account_id) if account_id.isdecimal() else 0
            account = ChatwootAccount(connection.settings[URL], number, token)
        except InvalidAccount as error:
            raise ConfigurationError(f"{where}: {error}") from None
        patience = Patience(backoff_s=self.backoff_s, longest_backoff_s=30.0 * self.backoff_s)
        return ChatwootClient(account, patience=patience, read_timeout_s=self.read_timeout_s)


def has_api(connection: ChannelConnection) -> bool:
    """Whether a connection is one to Chatwoot by which its API can be asked."""
    return connection.provider == "chatwoot" and API_TOKEN in connection.settings


def readers(connections: Iterable[ChannelConnection]) -> list[ChannelConnection]:
    """The connections to read by: one an account, where several have API access the one named ``main``, else the first.

    The others are an account's too, mostly of agent bots, whose tokens may write but not read.

    Raises:
        ConfigurationError: they are of several installations, whose ids would be taken for each other.
    """
    chosen: dict[tuple[str | None, str | None], ChannelConnection] = {}
    for one in sorted(filter(has_api, connections), key=lambda one: (one.name != "main", one.name)):
        chosen.setdefault((_installation(one), one.settings.get(ACCOUNT_ID)), one)
    found = list(chosen.values())
    if len({_installation(one) for one in found}) > 1:
        raise ConfigurationError(
            f"{found[0].organization_id}: its Chatwoot connections name several installations, whose ids would be taken for "
            "each other; keep those of one (contact-hub channel list)"
        )
    return sorted(found, key=lambda one: one.name)


def _installation(connection: ChannelConnection) -> str | None:
    return (connection.settings.get(URL) or "").rstrip("/").lower() or None
