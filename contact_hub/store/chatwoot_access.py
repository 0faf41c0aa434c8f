"""How an organization's Chatwoot is reached: by which of its connections, with the token that the environment holds."""

from collections.abc import Iterable

from contact_hub import settings
from contact_hub.chatwoot import ChatwootAccount, InvalidAccount
from contact_hub.errors import ConfigurationError
from contact_hub.store.connections import ChannelConnection

URL = "url"
ACCOUNT_ID = "account_id"
API_TOKEN = "api_token_env"


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


def account_of(connection: ChannelConnection) -> ChatwootAccount:
    """The account that a connection with API access names, with its token.

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
        return ChatwootAccount(connection.settings[URL], int(account_id) if account_id.isdecimal() else 0, token)
    except InvalidAccount as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _installation(connection: ChannelConnection) -> str | None:
    return (connection.settings.get(URL) or "").rstrip("/").lower() or None
