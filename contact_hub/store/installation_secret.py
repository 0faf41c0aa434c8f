"""The secret under which this installation derives contact ids: with another one, every id would be another."""

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from contact_hub.errors import ConfigurationError

SECRET = "CONTACT_HUB_SECRET"
FILE_NAME = "installation-secret"

_LEAST_LENGTH = 16
_FILE_BYTES = 32


def installation_secret(home: Path) -> bytes:
    """The secret: ``CONTACT_HUB_SECRET`` if it is set, else what ``home`` keeps in a file (made at the first call).

    Raises:
        ConfigurationError: the variable is too short to be a secret, or the file cannot be used.
    """
    said = os.environ.get(SECRET)
    if said:
        if len(said) < _LEAST_LENGTH:
            raise ConfigurationError(f"{SECRET} is too short to be a secret: give it {_LEAST_LENGTH} characters or more")
        return said.encode("utf-8", "surrogateescape")
    path = home / FILE_NAME
    try:
        if not path.exists():
            _create(path)
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "not text"
        raise ConfigurationError(f"{path} cannot be used ({reason}): mend it, or set {SECRET}") from None
    return _decoded(text, path)


def check_value(secret: bytes) -> str:
    """What may be kept beside the data to notice, later, that the secret is another one; it tells nothing about it."""
    return hmac.new(secret, b"contact_hub installation secret", hashlib.sha256).hexdigest()[:16]


def _decoded(text: str, path: Path) -> bytes:
    # from None: the message of fromhex would quote the secret's characters in a traceback.
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        secret = b""
    if len(secret) != _FILE_BYTES:
        raise ConfigurationError(
            f"{path} is damaged: restore it from a backup, for contact ids depend on it (a new one gives new ids)"
        )
    return secret


def _create(path: Path) -> None:
    """Write a new secret so that of several processes one wins and none sees half a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_FILE_BYTES) + "\n")
            file.flush()
            os.fsync(descriptor)
        # A link, unlike a rename, fails if another process was first: its secret stands.
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)
