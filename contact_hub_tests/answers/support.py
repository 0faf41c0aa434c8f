"""A small clinic whose Cliniko is a sandbox over HTTP, landed and derived, with the gateway that answers for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contact_hub.answers import Answers
from contact_hub.answers.fresh import FreshAppointments
from contact_hub.cliniko import RESOURCES, ClinikoAccount, ClinikoClient, Unlimited
from contact_hub.directory import ContactDirectory
from contact_hub.gateway import create_app
from contact_hub.replies import Pace, ReplyWorker, Sender
from contact_hub.sandbox import DEFAULT_KEY, Clinic, SandboxServer
from contact_hub.sandbox.practice import open_practice
from contact_hub.store.database import Database
from contact_hub.store.landing import land
from contact_hub.store.organizations import Organization, register
from contact_hub.store.tokens import create_token
from contact_hub_tests.directory.support import derive
from contact_hub_tests.gateway.server import GatewayServer

KEY_VARIABLE = "CLINIKO_KEY_OF_ANSWERS"
os.environ[KEY_VARIABLE] = DEFAULT_KEY
SYDNEY = ZoneInfo("Australia/Sydney")
TIMEOUT_S = 2.5


def days_ahead(days: int, hour: int = 14) -> datetime:
    """So many days from now, at this hour on the clock in Sydney."""
    day = datetime.now(SYDNEY).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=SYDNEY)


@dataclass(frozen=True)
class LiveClinic:
    """One organization, its Cliniko, and a gateway that keeps no answer."""

    organization_id: str
    server: SandboxServer
    database: Database
    gateway: GatewayServer
    token: str

    @property
    def cliniko(self) -> Clinic:
        return self.server.clinic

    @property
    def directory(self) -> ContactDirectory:
        directory: ContactDirectory = self.gateway.app.state.gateway.directory
        return directory

    def patient(self, first_name: str | None, last_name: str, *phones: str, **fields: Any) -> str:
        """An adult, of whom nobody asked about the privacy policy."""
        numbers = [{"number": phone, "phone_type": "Mobile"} for phone in phones]
        known = {"date_of_birth": "1980-05-06", "patient_phone_numbers": numbers, "accepted_privacy_policy": None}
        return self.cliniko.add_patient(first_name=first_name, last_name=last_name, **{**known, **fields})

    def sync(self) -> None:
        """All that Cliniko has, landed and derived."""
        account = ClinikoAccount.from_key(DEFAULT_KEY, url=self.server.url)
        with ClinikoClient(account, limiter=Unlimited()) as client:
            for resource in RESOURCES:
                pages = [page.records for page in client.pages(resource)]
                name = "practitioners" if resource.name == "inactive_practitioners" else resource.name
                land(self.database, self.organization_id, name, pages, changed_through=datetime.now(UTC), sweep=False)
        derive(self.database, self.organization_id)

    def ask(self, channel: str, identifier: str) -> dict[str, Any]:
        """The context, over HTTP."""
        answer = self.gateway.get(
            f"/v1/{self.organization_id}/context",
            params={"channel": channel, "identifier": identifier},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def write(self, channel: str, identifier: str, name: str | None = None, **more: Any) -> None:
        """A message from somebody, as a workflow delivers it."""
        event = {
            "channel": channel,
            "identifier": identifier,
            "external_id": f"{identifier}-{name}-{datetime.now(UTC).isoformat()}",
            "occurred_at": datetime.now(UTC).isoformat(),
            "direction": "in",
            "text": "hello",
            **({"name": name} if name else {}),
            **more,
        }
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.gateway.post(f"/v1/{self.organization_id}/events", json=event, headers=headers)
        assert answer.status_code == 202, answer.text
        assert self.gateway.app.state.gateway.settler.wait_until_idle(20)

    def requests(self) -> int:
        return len(self.server.requests)


@contextmanager
def live_clinic(
    database: Database, organization_id: str, *, kept_s: float = 0.0, name: str = "Surf Rehab", pace: Pace | None = None
) -> Iterator[LiveClinic]:
    """A clinic of its own; Cliniko has its practice, and nobody in it. Its gateway sends replies if their pace is given."""
    today = datetime.now(SYDNEY).date()
    clinic = Clinic(seed=4, today=today)
    open_practice(clinic, datetime.now(UTC) - timedelta(days=900))
    app = create_app(database, sends_replies=pace is not None)
    app.state.gateway.answers.close()
    fresh = FreshAppointments(database, timeout_s=TIMEOUT_S, kept_s=kept_s, pause_s=0.0, requests_per_minute=5_000)
    answers = Answers(database, app.state.gateway.directory, fresh=fresh)
    worker = ReplyWorker(database, Sender(database, answers, pace=pace), look_s=0.1)
    app.state.gateway = replace(app.state.gateway, answers=answers, replies=worker)
    with SandboxServer(clinic, rate_limit=None) as server, GatewayServer(app) as gateway:
        with database.transaction() as connection:
            register(connection, Organization(organization_id, name, "Australia/Sydney", "AU", KEY_VARIABLE, server.url))
            token = create_token(connection, organization_id, "of the tests")
        yield LiveClinic(organization_id, server, database, gateway, token)
