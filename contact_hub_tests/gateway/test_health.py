"""Liveness, readiness, metrics, and the OpenAPI document."""

import re
import time
from dataclasses import replace

from sqlalchemy import create_engine, text

from contact_hub.gateway import create_app
from contact_hub.store.database import Database
from contact_hub.store.migrate import is_migrated
from contact_hub_tests.channels.test_generic import EVENT
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.gateway.support import Clinic, open_clinic


def test_health(gateway: GatewayServer) -> None:
    assert gateway.get("/healthz").json() == {"status": "ok"}
    assert gateway.get("/readyz").json() == {"status": "ready"}
    assert {gateway.call("HEAD", path).status_code for path in ("/healthz", "/readyz")} == {200}


def test_a_missing_migration_is_not_ready(database: Database) -> None:
    with database.engine.connect() as connection:
        assert is_migrated(connection)
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        assert not is_migrated(connection)
        connection.rollback()


def test_metrics_count_by_route_and_provider_and_name_nobody(database: Database, organization_id: str) -> None:
    with GatewayServer(create_app(database)) as server:
        clinic = open_clinic(database, server, organization_id)
        clinic.post("/events", [EVENT, {}])
        clinic.post("/events", EVENT)
        clinic.get("/contacts/lookup", params={"channel": "phone", "identifier": "0412345678"})
        clinic.get("/contacts/00000000-0000-4000-8000-000000000000")
        server.get("/nowhere/0412345678")
        server.call("PROPFIND", "/nowhere")
        said = server.get("/metrics").text
    lookup = 'route="/v1/{organization_id}/contacts/lookup",status="200"'
    assert f'contact_hub_gateway_requests_total{{method="GET",{lookup}}} 1.0' in said
    assert 'contact_hub_gateway_requests_total{method="POST",route="/v1/{organization_id}/events",status="202"} 2.0' in said
    assert 'contact_hub_gateway_requests_total{method="other",route="none",status="404"} 1.0' in said
    assert (
        'contact_hub_gateway_request_seconds_count{method="GET",route="/v1/{organization_id}/contacts/{contact_id}"} 1.0'
        in said
    )
    for outcome, count in {"accepted": 1, "known": 1, "quarantined": 1, "ignored": 0}.items():
        assert f'contact_hub_gateway_events_total{{outcome="{outcome}",provider="generic"}} {count:.1f}' in said
    assert organization_id not in said
    assert not re.search("0412345678|Marsh|jo@", said)


def test_two_apps_count_apart(database: Database, clinic: Clinic) -> None:
    clinic.post("/events", EVENT)
    with GatewayServer(create_app(database)) as server:
        assert "/events" not in server.get("/metrics").text


def test_the_document_names_every_problem(gateway: GatewayServer) -> None:
    document = gateway.get("/openapi.json").json()
    assert document["info"]["title"] == "contact_hub gateway"
    assert document["info"]["version"]
    assert gateway.get("/docs").status_code == 200
    for path, operations in document["paths"].items():
        if not path.startswith("/v1/"):
            continue
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            assert {"401", "422", "429", "503"} <= statuses, (method, path)
            assert method == "get" or {"413", "415"} <= statuses, (method, path)
            for status in statuses - {"200", "201", "202"}:
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"], (path, status)
            assert operation.get("security") or "hub.challenge" in str(operation["parameters"])


def test_it_starts_while_the_database_is_away(database: Database) -> None:
    url = database.url.set(port=1)
    began = time.monotonic()
    with GatewayServer(create_app(replace(database, url=url, engine=create_engine(url)))) as server:
        assert time.monotonic() - began < 10
        assert server.get("/healthz").status_code == 200
        assert server.get("/readyz").status_code == 503
