"""Who calls: the holder of an organization's token, or a provider that signs. Everyone else gets one and the same answer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy import Connection

from contact_hub.errors import ConfigurationError
from contact_hub.gateway.parts import Gateway, Parts
from contact_hub.gateway.problems import Unauthenticated
from contact_hub.gateway.signing import Incoming, bears_signature, challenge_of, is_signed
from contact_hub.store.connections import connections_of
from contact_hub.store.database import Database
from contact_hub.store.organizations import SLUG, Organization, organization
from contact_hub.store.tokens import TOKEN, organization_of

bearer_scheme = HTTPBearer(auto_error=False, description="A token of the organization: contact-hub token create")
"""For the OpenAPI document; what it parses is not used."""
_BEARER = re.compile(r"bearer +(\S+) *", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a token."""

    organization_id: str
    token_id: str


def bearer_token(headers: list[str]) -> str | None:
    """The token of the ``Authorization`` headers: exactly one of them, of the right form; None otherwise."""
    match = _BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
    return match[1] if match is not None and TOKEN.fullmatch(match[1]) is not None else None


def token_caller(request: Request, organization_id: str, gateway: Parts) -> Caller:
    """The holder of a token of the organization in the path.

    Raises:
        Unauthenticated: anyone else.
        TooManyRequests: the organization's rate is used up.
    """
    token = bearer_token(request.headers.getlist("authorization"))
    if token is None:
        raise Unauthenticated
    owner = gateway.token_owners.get(token)
    if owner is None:
        with _looking_up(gateway.database) as connection:
            owner = gateway.token_owners.keep(token, organization_of(connection, token))
    if owner is None or owner[0] != organization_id:
        raise Unauthenticated
    gateway.admit(organization_id)
    return Caller(*owner)


TokenCaller = Annotated[Caller, Depends(token_caller)]


def webhook_sender(
    gateway: Gateway, organization_id: str, provider: str, incoming: Incoming, headers: list[str]
) -> Organization:
    """The organization that a delivery is for, if it comes from the holder of a token or from the provider itself.

    Raises:
        Unauthenticated: from neither.
        TooManyRequests: the organization's rate is used up.
    """
    token = bearer_token(headers)
    if token is None and not bears_signature(provider, incoming):
        raise Unauthenticated
    with _looking_up(gateway.database) as connection:
        clinic = _active(connection, organization_id)
        is_authentic = clinic is not None and (
            (token is not None and _by_token(connection, organization_id, token) is not None)
            or is_signed(provider, connections_of(connection, organization_id, provider), incoming)
        )
    if clinic is None or not is_authentic:
        raise Unauthenticated
    gateway.admit(organization_id)
    return clinic


def handshake(gateway: Gateway, organization_id: str, provider: str, parameters: dict[str, str]) -> str:
    """The answer to Meta's subscription request.

    Raises:
        Unauthenticated: it knows no verify token of the organization's.
    """
    with _looking_up(gateway.database) as connection:
        clinic = _active(connection, organization_id)
        known = connections_of(connection, organization_id, provider) if clinic is not None else []
    challenge = challenge_of(known, parameters)
    if challenge is None:
        raise Unauthenticated
    return challenge


def _by_token(connection: Connection, organization_id: str, token: str) -> Caller | None:
    owner = organization_of(connection, token)
    return Caller(*owner) if owner is not None and owner[0] == organization_id else None


def _active(connection: Connection, organization_id: str) -> Organization | None:
    if SLUG.fullmatch(organization_id) is None:
        return None
    try:
        clinic = organization(connection, organization_id)
    except ConfigurationError:
        return None
    return clinic if clinic.status == "active" else None


@contextmanager
def _looking_up(database: Database) -> Iterator[Connection]:
    """A connection without a transaction: what is read is one row or two, and every statement saved is latency."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
