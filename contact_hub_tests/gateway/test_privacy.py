"""A planted person goes through every route, good and bad, and is found in no log, metric or problem."""

import logging
import logging.config
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from contact_hub.gateway import create_app
from contact_hub.gateway.server import LOGGING
from contact_hub.store.database import Database
from contact_hub.store.embedded.server_files import ServerFiles
from contact_hub_tests.conftest import HOME
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.gateway.support import Clinic, open_clinic

NAME, EMAIL, NUMBER, WORDS = "Zephyrina Quillfeather", "zephyrina@quillfeather.au", "0491570156", "my knee prefers the window"
TRACES = re.compile("zephyrina|quillfeather|491 ?570 ?156|prefers", re.IGNORECASE)
EVENT = {
    "channel": "whatsapp",
    "identifier": NUMBER,
    "external_id": "planted",
    "occurred_at": "2025-06-02T14:00:00+10:00",
    "direction": "in",
    "name": NAME,
    "email": EMAIL,
    "text": WORDS,
}
PERSON = {"channel": "phone", "identifier": NUMBER, "name": NAME, "email": EMAIL}


@pytest.fixture
def clinic_with_logs(database: Database, organization_id: str, tmp_path: Any) -> Iterator[tuple[Clinic, Any]]:
    """A gateway that logs as the server does, everything, to a file as well."""
    log = tmp_path / "gateway.log"
    logging.config.dictConfig(LOGGING)
    handler = logging.FileHandler(log)
    names = ("contact_hub", "uvicorn.error", "uvicorn.access", "sqlalchemy", "asyncio", "psycopg", "psycopg.pool")
    loggers = [logging.getLogger(name) for name in names]
    for logger in loggers:
        logger.addHandler(handler)
    with GatewayServer(create_app(database)) as server:
        yield open_clinic(database, server, organization_id), log
    for logger in loggers:
        logger.removeHandler(handler)
        logger.propagate = True
        logger.handlers.clear()


def test_no_trace(clinic_with_logs: tuple[Clinic, Any], capfd: pytest.CaptureFixture[str]) -> None:
    clinic, log = clinic_with_logs
    problems = []

    def keep(answer: Any) -> None:
        if answer.status_code >= 400:
            problems.append(answer.text + str(answer.headers))

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for route in ("/events", "/webhooks/chatwoot", "/webhooks/web-form", "/webhooks/email", "/webhooks/whatsapp"):
        for payload in (EVENT, [EVENT, {**EVENT, "channel": NAME}], {NAME: EMAIL}, [[NAME]], NAME):
            keep(clinic.post(route, payload))
    keep(clinic.send("/webhooks/twilio", urlencode({"From": NUMBER, "Body": WORDS, "MessageSid": "SM1"}).encode(), form))
    keep(clinic.send("/events", NAME.encode()))
    keep(clinic.send("/events", b'{"name": "' + NAME.encode() + b"\xff"))
    contact_id = clinic.post("/contacts/find-or-create", PERSON).json()["contact_id"]
    for body in (
        {**PERSON, "identifier": [NUMBER]},
        {**PERSON, "channel": EMAIL},
        {**PERSON, "name": {NAME: EMAIL}},
        {NAME: NAME},
    ):
        keep(clinic.post("/contacts/find-or-create", body))
    for path in (
        f"/contacts/{NAME}",
        f"/contacts/{EMAIL}/timeline",
        f"/nowhere/{NUMBER}",
        f"/contacts/{contact_id}/timeline?limit={NAME}",
    ):
        keep(clinic.get(path))
    keep(clinic.get("/contacts/lookup", params={"channel": EMAIL, "identifier": NAME}))
    keep(clinic.get("/contacts/lookup", params={NAME: NAME}))
    keep(clinic.get("/contacts/lookup", params=PERSON))
    keep(clinic.post(f"/contacts/{contact_id}/link", {"cliniko_patient_id": NAME, "reason": WORDS}))
    keep(clinic.gateway.get(f"/v1/{NUMBER}/contacts/{NAME}", headers={"Authorization": f"Bearer {EMAIL}"}))
    clinic.gateway.raw(f"GET /{NAME} HTTP/1.1 broken {EMAIL}\r\n\r\n".encode())
    assert clinic.gateway.app.state.gateway.settler.wait_until_idle(20)

    assert len(problems) > 15
    assert not [found for found in problems if TRACES.search(found)]
    assert not TRACES.search(clinic.gateway.get("/metrics").text)
    assert not TRACES.search(log.read_text())
    out, err = capfd.readouterr()
    assert not TRACES.search(out + err)
    assert not TRACES.search(ServerFiles.of(HOME).log.read_text())
    assert clinic.count("channel_events") > 0
