"""Every error is a problem document that says what is wrong, and never with which value."""

from typing import Any

import pytest

from contact_hub.gateway import create_app
from contact_hub.store.database import Database
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.gateway.support import Clinic, assert_problem, open_clinic


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v1/org_x", "/v1/org_x/webhooks/pigeon", "/v2/org_x/events", "/%00", "/v1/a/b/c/d", "/docs/x"]
)
def test_no_such_route(gateway: GatewayServer, path: str) -> None:
    assert_problem(gateway.get(path), 404, "no_such_route")
    assert_problem(gateway.post(path, json={}), 404, "no_such_route")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
def test_no_such_method(clinic: Clinic, method: str) -> None:
    answer = clinic.gateway.call(method, clinic.path("/events"), headers=clinic.bearer)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_path_with_an_end_slash_is_not_redirected(clinic: Clinic) -> None:
    """A redirect would repeat the identifier of its query in a header."""
    answer = clinic.get("/contacts/lookup/", params={"channel": "phone", "identifier": "0412345678"})
    assert_problem(answer, 404, "no_such_route")
    assert_problem(clinic.post("/events/", {}), 404, "no_such_route")


def test_an_unexpected_error_says_nothing(
    database: Database, organization_id: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    app = create_app(database)

    def failing(*_: Any, **__: Any) -> Any:
        raise RuntimeError("Zephyrina Quillfeather, 0491 570 156")

    monkeypatch.setattr(app.state.gateway.directory, "lookup", failing)
    with GatewayServer(app) as server:
        clinic = open_clinic(database, server, organization_id)
        answer = clinic.get("/contacts/lookup", params={"channel": "phone", "identifier": "0412345678"})
        document = assert_problem(answer, 500, "internal_error")
    out, err = capfd.readouterr()
    assert "RuntimeError" in caplog.text
    for said in (str(document), caplog.text, out, err):
        assert "Quillfeather" not in said
        assert "0491" not in said


def test_answers_are_not_to_be_kept_or_guessed_at(clinic: Clinic) -> None:
    answers = [clinic.gateway.get("/healthz"), clinic.gateway.get("/nowhere"), clinic.post("/events", {})]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "server" not in {name.lower() for name in answer.headers} or answer.headers["server"] == "uvicorn"
