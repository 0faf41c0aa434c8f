"""One account of one Chatwoot installation, and the token that opens it."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult

from contact_hub.errors import ConfigurationError
from contact_hub.http_api.urls import split_url

_TOKEN = re.compile(r"[!-~]+")
_URL = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?")
_LOCAL_NAMES = (".local", ".internal", ".localhost", ".lan")


class InvalidAccount(ConfigurationError):
    """A URL, account or token that no request can be sent with. The message holds none of them."""


@dataclass(frozen=True)
class ChatwootAccount:
    """Whose conversations, and where.

    Attributes:
        url: the installation's, without a slash at the end (``https://app.chatwoot.com``).
        account_id: the number after ``/app/accounts/`` in the dashboard's address.
        token: an access token of a user (Profile settings) or of an agent bot; never shown. A user who is not an
            administrator sees only the inboxes whose member they are, and a bot may do little but write messages.

    Raises:
        InvalidAccount: one of them is not usable.
    """

    url: str
    account_id: int
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.account_id, bool) or not isinstance(self.account_id, int) or self.account_id < 1:
            raise InvalidAccount("the Chatwoot account is a whole number, the one after /app/accounts/ in the dashboard")
        if not _TOKEN.fullmatch(self.token):
            raise InvalidAccount("the Chatwoot access token is empty or holds characters that no token has; copy it again")
        object.__setattr__(self, "url", _checked(self.url))

    @property
    def base_url(self) -> str:
        """What the paths of the API follow."""
        return f"{self.url}/api/v1/accounts/{self.account_id}"


def _checked(url: str) -> str:
    parts = _split(url)
    if parts.scheme == "http" and not _is_local(parts.hostname or ""):
        raise InvalidAccount(
            "the Chatwoot URL must be https: over http, which is for this machine or network only, anyone can read the token"
        )
    return url.rstrip("/")


def _split(url: str) -> SplitResult:
    """The parts of ``url``, which holds no user, path, query or fragment, and whose host every parser reads alike."""
    if (parts := split_url(url, _URL)) is not None:
        return parts
    raise InvalidAccount(
        "the Chatwoot URL is not of the form https://host[:port], without a path, for example https://app.chatwoot.com"
    )


def _is_local(host: str) -> bool:
    """This machine, a private address, or a name that only a private network knows (a container's: ``chatwoot``)."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_LOCAL_NAMES)
    return address.is_loopback or address.is_private
