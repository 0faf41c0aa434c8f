"""Bearer tokens of the gateway: several at once for an organization, each of them revocable, none of them kept.

A token is ``ch_<token_id>_<secret>``. Its secret has 256 random bits, so its plain SHA-256 is as good a password hash as
any: there is nothing to guess.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from contact_hub.errors import ConfigurationError
from contact_hub.store.organizations import organization

TOKEN = re.compile(r"ch_([0-9a-f]{12})_[0-9a-f]{64}", re.ASCII)
_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token once it has been handed out."""

    organization_id: str
    token_id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


def create_token(connection: Connection, organization_id: str, name: str = "") -> str:
    """A new token of the organization: the only time that anyone sees its text.

    Raises:
        ConfigurationError: there is no such organization, or the name is longer than a line.
    """
    organization(connection, organization_id)
    if len(name) > _NAME_LENGTH or not name.isprintable():
        raise ConfigurationError(f"a token's name must be one line of at most {_NAME_LENGTH} characters")
    token_id = secrets.token_hex(6)
    token = f"ch_{token_id}_{secrets.token_hex(32)}"
    statement = """
        INSERT INTO gateway_tokens (organization_id, token_id, name, token_hash)
        VALUES (:organization_id, :token_id, :name, :token_hash)
    """
    values = {"organization_id": organization_id, "token_id": token_id, "name": name, "token_hash": _hash(token)}
    connection.execute(text(statement), values)
    return token


_OWNER = text("""
    SELECT token.organization_id, token.token_id
    FROM gateway_tokens AS token JOIN organizations USING (organization_id)
    WHERE token.token_hash = :token_hash AND token.revoked_at IS NULL AND organizations.status = 'active'
""")


def organization_of(connection: Connection, token: str) -> tuple[str, str] | None:
    """(organization id, token id) of a valid token; None for any other text, and where the organization is disabled.

    What is compared are hashes, so how long it takes says nothing about a token.
    """
    if TOKEN.fullmatch(token) is None:
        return None
    row = connection.execute(_OWNER, {"token_hash": _hash(token)}).one_or_none()
    return None if row is None else (row.organization_id, row.token_id)


def tokens(connection: Connection, organization_id: str | None = None) -> list[Token]:
    """The tokens of one organization, or of all, revoked ones too, oldest first."""
    statement = """
        SELECT organization_id, token_id, name, created_at, revoked_at FROM gateway_tokens
        WHERE CAST(:organization_id AS text) IS NULL OR organization_id = :organization_id
        ORDER BY organization_id, created_at, token_id
    """
    rows = connection.execute(text(statement), {"organization_id": organization_id})
    return [Token(**row._mapping) for row in rows]


def revoke_token(connection: Connection, organization_id: str, token_id: str) -> None:
    """End a token; the next request with it is refused. Ending it again changes nothing.

    Raises:
        ConfigurationError: the organization has no such token.
    """
    statement = """
        UPDATE gateway_tokens SET revoked_at = coalesce(revoked_at, now())
        WHERE organization_id = :organization_id AND token_id = :token_id
    """
    done = connection.execute(text(statement), {"organization_id": organization_id, "token_id": token_id})
    if done.rowcount == 0:
        # Not repeated: whoever mistakes the token for its id would find it on the screen.
        raise ConfigurationError(f"{organization_id} has no such token; contact-hub token list shows the ids of its tokens")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
