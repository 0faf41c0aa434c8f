"""From an API key to the address of its account.

Cliniko spreads accounts over shards; a key made since then ends in a hyphen and its shard's name, and that name is
part of the API's host name (docs.api.cliniko.com, guide on sharding). The suffix is validated before it gets there: a
wrong or hostile key must not steer a request, and the key with it, to another host.
"""

import hashlib
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult

from contact_hub.errors import ConfigurationError
from contact_hub.http_api.urls import split_url

VERSION = "v1"
FIRST_SHARD = "au1"
"""Where the accounts of keys without a suffix are: those made before there were shards."""

_SHARD = re.compile(r"[a-z]{2}[0-9]{1,2}")
_KEY = re.compile(r"[!-9;-~]+")  # printable ASCII without a colon, which ends the user name in Basic authentication
_URL = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")


class InvalidAccount(ConfigurationError):
    """A Cliniko key or URL that no request can be sent with. The message holds neither."""


@dataclass(frozen=True)
class ClinikoAccount:
    """Whose records, and where: one key and the base URL that it belongs to.

    Attributes:
        base_url: scheme, host and version, without a slash at the end (``https://api.au1.cliniko.com/v1``).
        shard: the shard named by the key; None where a URL was given in its place.
        key: the API key; never shown.
    """

    base_url: str
    shard: str | None
    key: str = field(repr=False)

    @property
    def limit_id(self) -> str:
        """What the request limit is counted by: one for each key and address, which tells nothing about the key."""
        return hashlib.sha256(f"{self.base_url}\n{self.key}".encode()).hexdigest()[:32]

    @classmethod
    def from_key(cls, key: str, *, url: str | None = None) -> "ClinikoAccount":
        """The account of an API key.

        Args:
            key: as Cliniko shows it; without a suffix it is of shard ``au1``.
            url: base URL in place of the shard's (a sandbox: ``http://127.0.0.1:8765/v1``); one that names a host alone
                gets the version.

        Raises:
            InvalidAccount: the key's suffix is not a shard, the key is not plain text, or the URL is not usable.
        """
        if not _KEY.fullmatch(key):
            raise InvalidAccount("the Cliniko API key is empty or holds characters that no key has; copy it again")
        if url is not None:
            return cls(base_url=_checked(url), shard=None, key=key)
        shard = _shard(key)
        return cls(base_url=f"https://api.{shard}.cliniko.com/{VERSION}", shard=shard, key=key)


def _shard(key: str) -> str:
    if "-" not in key:
        return FIRST_SHARD
    suffix = key.rpartition("-")[2]
    if not _SHARD.fullmatch(suffix):
        raise InvalidAccount(
            "the Cliniko API key does not end in a shard (a hyphen, two lower-case letters, one or two digits: -au1); "
            "copy the whole key again"
        )
    return suffix


def _checked(url: str) -> str:
    parts = _split(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise InvalidAccount(
            "the Cliniko URL must be https: over http, which is for this machine only, anyone can read the API key"
        )
    base_url = url.rstrip("/")
    return base_url if parts.path.strip("/") else f"{base_url}/{VERSION}"


def _split(url: str) -> SplitResult:
    """The parts of ``url``, which holds no user, query or fragment, and whose host every parser reads alike."""
    if (parts := split_url(url, _URL)) is not None:
        return parts
    raise InvalidAccount("the Cliniko URL is not of the form https://host[:port]/path, for example http://127.0.0.1:8765/v1")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
