"""A clinic to read, a clinic to change, and a client that sends what Cliniko requires."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests

from contact_hub.sandbox import DEFAULT_KEY, Clinic, SandboxServer, generate_clinic

TODAY = date(2026, 11, 23)  # summer: Sydney and Brisbane are an hour apart
CLOCK = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
EVERYTHING = ["archived_at:*", "cancelled_at:*", "deleted_at:*"]


@dataclass
class Api:
    """A client of one server."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.auth = (DEFAULT_KEY, "")
        self.session.headers.update({"Accept": "application/json", "User-Agent": "Sandbox tests (tests@example.com)"})

    def ask(self, path: str, *filters: str, **params: Any) -> requests.Response:
        """One request, whatever comes of it."""
        return self.session.get(f"{self.url}/{path}", params={**params, "q[]": list(filters)}, timeout=5)

    def page(self, path: str, *filters: str, **params: Any) -> dict[str, Any]:
        """One successful answer."""
        answer = self.ask(path, *filters, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def all(self, path: str, *filters: str, **params: Any) -> list[dict[str, Any]]:
        """Every record, by following the links."""
        page, rows = self.page(path, *filters, **{"per_page": 100, **params}), []
        while True:
            rows += page[path.split("/")[0]]
            if "next" not in page["links"]:
                return rows
            page = self.session.get(page["links"]["next"], timeout=5).json()

    def ids(self, path: str, *filters: str, **params: Any) -> list[str]:
        """Every record's id."""
        return [row["id"] for row in self.all(path, *filters, **params)]


@pytest.fixture(scope="session")
def clinic() -> Clinic:
    """The clinic of the usual size; read only."""
    return generate_clinic(today=TODAY, clock=lambda: CLOCK)


@pytest.fixture(scope="session")
def server(clinic: Clinic) -> Iterator[SandboxServer]:
    """It, served without a limit; read only."""
    with SandboxServer(clinic, rate_limit=None) as running:
        yield running


@pytest.fixture(scope="session")
def api(server: SandboxServer) -> Api:
    """A client of the clinic to read."""
    return Api(server.url)


@pytest.fixture
def changing_clinic() -> Clinic:
    """A smaller clinic, to change."""
    return generate_clinic(patients=80, today=TODAY, clock=lambda: CLOCK)


@pytest.fixture
def changing_server(changing_clinic: Clinic) -> Iterator[SandboxServer]:
    """It, served without a limit."""
    with SandboxServer(changing_clinic, rate_limit=None) as running:
        yield running


@pytest.fixture
def changing_api(changing_server: SandboxServer) -> Api:
    """A client of the clinic to change."""
    return Api(changing_server.url)
