"""What the gateway's tests share: a clinic that calls it, and signatures as the providers make them."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from sqlalchemy import text

from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub.store.tokens import create_token
from contact_hub_tests.gateway.server import GatewayServer

WRITTEN = ("channel_events", "channel_records", "identifier_statements", "quarantined_deliveries", "contacts",
           "identity_decisions", "organization_changes", "unsettled_records")  # fmt: skip
"""The tables in which a request may leave something."""

Headers = dict[str, str]


@dataclass(frozen=True)
class Clinic:
    """An organization, a valid token of it, and the gateway it calls."""

    database: Database
    gateway: GatewayServer
    organization_id: str
    token: str

    @property
    def bearer(self) -> Headers:
        return {"Authorization": f"Bearer {self.token}"}

    def path(self, path: str) -> str:
        return f"/v1/{self.organization_id}{path}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.gateway.get(self.path(path), headers=self.bearer, **options)

    def post(self, path: str, payload: Any, headers: Mapping[str, str] | None = None) -> requests.Response:
        """JSON, with the token."""
        return self.send(path, json.dumps(payload).encode(), {"Content-Type": "application/json", **(headers or {})})

    def send(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> requests.Response:
        """These bytes, with the token."""
        return self.gateway.post(self.path(path), data=body, headers={**self.bearer, **(headers or {})})

    def send_unauthenticated(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> requests.Response:
        """These bytes, with no other headers than these."""
        return self.gateway.post(self.path(path), data=body, headers=dict(headers or {}))

    def connect(self, provider: str, secret_env: str, name: str = "main", **settings: str) -> None:
        with self.database.transaction() as connection:
            connect(connection, ChannelConnection(self.organization_id, provider, secret_env, name, settings))

    def query(self, statement: str, **parameters: Any) -> list[Any]:
        """Rows of a SELECT; ``:organization_id`` is given."""
        with self.database.reading() as connection:
            return list(connection.execute(text(statement), {"organization_id": self.organization_id, **parameters}))

    def count(self, table: str) -> int:
        return self.query(f"SELECT count(*) FROM {table} WHERE organization_id = :organization_id")[0][0]

    def left(self) -> dict[str, int]:
        """How many rows each table has."""
        return {table: count for table in WRITTEN if (count := self.count(table))}


def open_clinic(database: Database, gateway: GatewayServer, organization_id: str, region: str = "AU") -> Clinic:
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", region, None))
        token = create_token(connection, organization_id, "of the tests")
    return Clinic(database, gateway, organization_id, token)


def secret(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> str:
    monkeypatch.setenv(variable, value)
    return value


def chatwoot_headers(secret: str, body: bytes, at: float | None = None) -> Headers:
    """As Chatwoot 4.13 sends them (APIS §2.2)."""
    stamp = str(int(at if at is not None else time.time()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Chatwoot-Timestamp": stamp,
        "X-Chatwoot-Signature": f"sha256={digest}",
        "X-Chatwoot-Delivery": "1f0c6a3e-0000-4000-8000-000000000000",
    }


def meta_headers(secret: str, body: bytes) -> Headers:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}


def twilio_headers(token: str, url: str, fields: Mapping[str, str]) -> Headers:
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
    }


def assert_problem(answer: requests.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """That the answer is a problem document of this status; the document."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert set(document) - {"errors"} == {"type", "title", "status", "detail", "code"}
    assert document["status"] == status
    assert code is None or document["code"] == code, document
    return document


def assert_accepted(answer: requests.Response, accepted: int, *, ignored: int = 0, quarantined: int = 0) -> list[str]:
    """That a delivery was taken with these counts; the ids of its events."""
    assert answer.status_code == 202, (answer.status_code, answer.text)
    receipt = answer.json()
    counts = {name: receipt[name] for name in ("accepted", "ignored", "quarantined")}
    assert counts == {"accepted": accepted, "ignored": ignored, "quarantined": quarantined}
    return receipt["event_ids"]
