"""The report: what is on it, who can open it, and that nobody can be found in it."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import pytest
from sqlalchemy import text

from contact_hub.automation.partitions import partition_key, today
from contact_hub.definitions import build_definitions
from contact_hub.gateway import create_app
from contact_hub.measures import MEASURES
from contact_hub.reporting import page, report_facts
from contact_hub.sandbox import generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub.store.tokens import create_token
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.support import SandboxOrganization, sandbox_organization


@pytest.fixture(scope="module")
def clinic(database: Database, instance: dg.DagsterInstance) -> Iterator[SandboxOrganization]:
    small = generate_clinic(patients=60, today=today())
    with sandbox_organization(database, instance, "org_report", clinic=small) as organization:
        organization.sync()
        yield organization


@pytest.fixture(scope="module")
def link(clinic: SandboxOrganization) -> str:
    """The link in the asset's metadata, after the job of the report."""
    day = today()
    job = build_definitions().resolve_job_def("report")
    result = job.execute_in_process(partition_key=partition_key(clinic.organization_id, day), instance=clinic.instance)
    materialized = result.asset_materializations_for_node("clinic_report")[0]
    url = str(materialized.metadata["report"].value)
    assert url.startswith("http://127.0.0.1:8000/v1/")
    return url.removeprefix("http://127.0.0.1:8000")


@pytest.fixture(scope="module")
def http(database: Database) -> Iterator[GatewayServer]:
    with GatewayServer(create_app(database)) as server:
        yield server


def test_the_link_in_the_metadata_opens_the_page(http: GatewayServer, link: str) -> None:
    answer = http.get(link)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "no-store" in answer.headers["cache-control"]
    for measure in (one for measures in MEASURES.values() for one in measures):
        assert measure.name.replace("_", " ") in answer.text
    assert answer.text.count("<svg") == 6


@pytest.mark.parametrize("change", ["key=" + "0" * 32, "key=", "key=%00", "key=" + "é" * 99, ""])
def test_without_its_key_it_opens_to_nobody(http: GatewayServer, link: str, change: str) -> None:
    assert http.get(link.partition("?")[0] + "?" + change).status_code == 401


def test_a_key_opens_one_day_of_one_clinic(http: GatewayServer, link: str, clinic: SandboxOrganization) -> None:
    yesterday = (today() - timedelta(days=1)).isoformat()
    assert http.get(link.replace(today().isoformat(), yesterday)).status_code == 401
    assert http.get(link.replace(clinic.organization_id, "org_other")).status_code == 401


def test_a_token_of_the_clinic_opens_it_and_another_ones_does_not(
    http: GatewayServer, link: str, clinic: SandboxOrganization, organization_id: str
) -> None:
    with clinic.database.transaction() as connection:
        register(connection, Organization(organization_id, "Another", "Australia/Sydney", "AU", None))
        own, other = (create_token(connection, one, "tests") for one in (clinic.organization_id, organization_id))
    path = link.partition("?")[0]
    assert http.get(path, headers={"Authorization": f"Bearer {own}"}).status_code == 200
    assert http.get(path, headers={"Authorization": f"Bearer {other}"}).status_code == 401
    unmade = path.replace(today().isoformat(), "2020-01-01")
    assert http.get(unmade, headers={"Authorization": f"Bearer {own}"}).status_code == 404


def test_nobody_can_be_found_in_it(http: GatewayServer, link: str, clinic: SandboxOrganization) -> None:
    html = http.get(link).text
    words = set(re.findall(r"[^\W\d_]{3,}|\+?\d{9,}|\S+@\S+|\d{4}-\d{2}-\d{2}", html))
    rows = clinic.query("SELECT family_name, phone, email, date_of_birth FROM normalized_contacts"
                        " WHERE organization_id = :organization_id")  # fmt: skip
    for row in rows:
        assert row.family_name not in words
        for value in (row.phone, row.email, row.date_of_birth):
            assert value is None or str(value) not in html


def test_duplicates_and_replies_are_counted_in_words(clinic: SandboxOrganization) -> None:
    decide = """
        INSERT INTO identity_decisions (organization_id, decision_id, number, kind, source, source_id, target_source,
                                        target_source_id, decided_by, decided_at, authority, undoes)
        VALUES (:org, CAST('00000000-0000-4000-8000-00000000000' || :id AS uuid), 1, :kind, 'cliniko', 'a', 'cliniko', 'b',
                'somebody', now() - CAST(:ago AS interval), :authority, CAST(:undoes AS uuid))"""
    taken_back = "00000000-0000-4000-8000-000000000004"
    decisions = (
        (1, "merge", "model", "1 day", None),
        (2, "merge", "person", "1 day", None),
        (3, "distinct", "person", "1 day", None),
        (4, "merge", "model", "1 day", None),
        (5, "undo", "person", "1 hour", taken_back),
        (6, "merge", "model", "200 days", None),
    )
    answer = """
        INSERT INTO replies (organization_id, event_id, state, reason, mode, channel, received_at, expires_at, burst_at)
        VALUES (:org, gen_random_uuid(), :state, :reason, 'reply', 'whatsapp', now() - interval '1 hour', now(), now())"""
    outcomes = (("sent", None), ("skipped", "cool_down"), ("skipped", "cool_down"))
    org = clinic.organization_id
    with clinic.database.engine.connect() as connection:
        for number, kind, authority, ago, undoes in decisions:
            values = {"id": str(number), "kind": kind, "authority": authority, "ago": ago, "undoes": undoes}
            connection.execute(text(decide), {"org": org, **values})
        for state, reason in outcomes:
            connection.execute(text(answer), {"org": org, "state": state, "reason": reason})
        facts = report_facts(connection, org, today())
        html = page(facts)
        connection.rollback()
    assert facts.replies == {"sent": 1, "skipped: cool down": 2}
    assert list(facts.duplicates.values())[2:] == [1, 1, 1], facts.duplicates
    assert "skipped: cool down" in html
    assert "reviewed: two people" in html


def test_the_same_numbers_give_the_same_page(clinic: SandboxOrganization) -> None:
    with clinic.database.reading() as connection:
        facts = report_facts(connection, clinic.organization_id, today())
    assert page(facts) == page(facts)


def test_a_clinic_without_numbers_gets_a_page_that_says_so(database: Database, organization_id: str) -> None:
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "<b>Clinic</b> & Sons", "Australia/Sydney", "AU", None))
        html = page(report_facts(connection, organization_id, date(2026, 2, 3)))
    assert "No numbers have been kept" in html
    assert "&lt;b&gt;Clinic" in html
