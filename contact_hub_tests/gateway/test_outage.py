"""PostgreSQL away: 503 and nothing acknowledged; back: everything works, without a restart."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from contact_hub.directory.pool import POOL_SIZE
from contact_hub.gateway import create_app
from contact_hub.store.database import Database
from contact_hub_tests.channels.test_generic import EVENT
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.gateway.support import Clinic, assert_accepted, assert_problem, open_clinic
from contact_hub_tests.gateway.test_contacts import PERSON


class Wire:
    """A TCP connection to PostgreSQL that can be cut and mended."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self._is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return self._listening.getsockname()[1]

    def cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self._is_cut:
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    @staticmethod
    def _copy(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(database: Database) -> Iterator[Wire]:
    wire = Wire(database.url.host or "127.0.0.1", database.url.port or 5432)
    yield wire
    wire.close()


@pytest.fixture
def far_clinic(database: Database, wire: Wire, organization_id: str) -> Iterator[Clinic]:
    """A clinic whose gateway reaches PostgreSQL over the wire; the test itself does not."""
    url = database.url.set(host="127.0.0.1", port=wire.port)
    far = replace(database, url=url, engine=create_engine(url, pool_pre_ping=True, hide_parameters=True))
    with GatewayServer(create_app(far)) as server:
        yield open_clinic(database, server, organization_id)
    far.close()


def test_while_it_is_away_nothing_is_acknowledged(far_clinic: Clinic, wire: Wire) -> None:
    assert_accepted(far_clinic.post("/events", EVENT), 1)
    assert far_clinic.gateway.get("/readyz").status_code == 200
    wire.cut()
    for answer in (
        far_clinic.post("/events", {**EVENT, "external_id": "e-2"}),
        far_clinic.post("/webhooks/chatwoot", {"event": "message_created"}),
        far_clinic.post("/contacts/find-or-create", PERSON),
        far_clinic.get("/contacts/lookup", params={"channel": "phone", "identifier": "0412345678"}),
    ):
        assert_problem(answer, 503, "store_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.elapsed.total_seconds() < 5
    assert_problem(far_clinic.gateway.get("/readyz"), 503)
    assert far_clinic.gateway.get("/healthz").json() == {"status": "ok"}
    assert far_clinic.gateway.get("/metrics").status_code == 200
    assert far_clinic.count("channel_events") == 1
    assert far_clinic.count("quarantined_deliveries") == 0
    wire.mend()
    assert_accepted(far_clinic.post("/events", {**EVENT, "external_id": "e-2"}), 1)
    assert far_clinic.gateway.get("/readyz").status_code == 200
    # The directory's pool may find each of its sessions dead once.
    statuses = [far_clinic.post("/contacts/find-or-create", PERSON).status_code for _ in range(POOL_SIZE + 1)]
    assert set(statuses) <= {200, 201, 503}
    assert statuses[-1] == 200
    assert far_clinic.count("contacts") == 1


def test_sessions_that_are_killed_are_replaced(clinic: Clinic) -> None:
    assert_accepted(clinic.post("/events", EVENT), 1)
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with clinic.database.transaction() as connection:
        connection.execute(text(kill))
    statuses = [clinic.post("/events", {**EVENT, "external_id": f"again-{number}"}).status_code for number in range(20)]
    assert set(statuses) <= {202, 503}
    assert statuses[-1] == 202
    assert clinic.count("channel_events") == 1 + statuses.count(202)


def test_an_event_is_durable_when_it_is_acknowledged(clinic: Clinic) -> None:
    """Another session sees it at once, and the session that wrote it has nothing open."""
    for number in range(30):
        (event_id,) = assert_accepted(clinic.post("/events", {**EVENT, "external_id": f"e-{number}"}), 1)
        found = clinic.query("SELECT 1 FROM channel_events WHERE organization_id = :organization_id AND event_id = :event_id",
                             event_id=event_id)  # fmt: skip
        assert found == [(1,)]
