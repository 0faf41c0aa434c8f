"""A planted patient goes through every asset, a reply, a merge, a report and alerts: found in the store, and nowhere else."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from dagster import DagsterInstance
from sqlalchemy import text

from contact_hub import settings
from contact_hub.automation.partitions import today
from contact_hub.definitions import ASSETS
from contact_hub.store.alerts import AlertTarget, set_target
from contact_hub.store.database import Database
from contact_hub.store.duplicates import DuplicateSettings, choose
from contact_hub.store.embedded.server_files import ServerFiles
from contact_hub.store.measure_limits import set_limit
from contact_hub.sync import SyncFailed, run_job
from contact_hub_tests.alerts.support import Webhook
from contact_hub_tests.alerts.test_alerts import make_due, tick
from contact_hub_tests.conftest import HOME
from contact_hub_tests.duplicates.support import FAMILY, GIVEN
from contact_hub_tests.replies.support import AnsweringClinic, answering_clinic
from contact_hub_tests.test_privacy import traces_in, traces_in_dagster

pytestmark = pytest.mark.long
NUMBER, NAME = "61491570156", "Zephyrina Quillfeather"
WORDS = "Quillfeather here: is my appointment tomorrow?"
"""Whoever quotes the message quotes the name."""
HOOK = "CANARY_HOOK"
SENSORS = ("failed_runs", "failed_checks")
JOBS = ("full_import", "channels", "chatwoot", "merges", "daily", "report")


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with Webhook().serving() as webhook:
        monkeypatch.setenv(HOOK, webhook.url)
        yield webhook


@pytest.fixture
def clinic(database: Database, organization_id: str) -> Iterator[AnsweringClinic]:
    """A clinic in which the planted patient is there twice, among others, and writes twice."""
    with answering_clinic(database, organization_id) as clinic:
        planted: dict[str, Any] = {"email": "zephyrina.quillfeather@mailbox.au", "date_of_birth": "1931-07-19"}
        for _ in range(2):
            clinic.live.patient(*NAME.split(), "0491 570 156", **planted)
        for number in range(40):
            given, family = GIVEN[number % len(GIVEN)], FAMILY[number % len(FAMILY)]
            clinic.live.patient(given, family, f"04123{number:05}", email=None, date_of_birth=f"{1950 + number}-02-03")
        with database.transaction() as connection:
            choose(connection, organization_id, DuplicateSettings(merges_automatically=True, share=0.5))
            set_limit(connection, organization_id, "contacts", "completeness", 1.0)
            set_target(connection, AlertTarget(organization_id, "main", "webhook", HOOK, warnings=True))
        clinic.answers("reply", cool_down_s=600)
        yield clinic
        clinic.answers("off")
        with database.transaction() as connection:
            connection.execute(text("DELETE FROM alert_targets"))


def count(clinic: AnsweringClinic, statement: str) -> int:
    with clinic.database.reading() as connection:
        return int(connection.execute(text(statement), {"org": clinic.organization_id}).scalar_one())


def run_everything(clinic: AnsweringClinic, instance: DagsterInstance) -> set[str]:
    """All jobs, with messages of the planted patient after the first; the assets that they made."""
    made: set[str] = set()
    for job in JOBS:
        config = {"ops": {"raw_cliniko_patients": {"config": {"full": True}}}} if job == "full_import" else {}
        made |= run_job(instance, clinic.organization_id, today(), job, config=config).metadata.keys()
        if job == "full_import":
            for words in (WORDS, f"It is about my knee. {WORDS}"):
                clinic.ended(clinic.chatwoot.receive("whatsapp", NUMBER, words, name=NAME))
    return made


def fail(clinic: AnsweringClinic, instance: DagsterInstance) -> str:
    """A run that fails on the planted patient's own row; what is said of it."""
    with clinic.database.transaction() as connection:
        connection.execute(
            text("ALTER TABLE normalized_contacts ADD CONSTRAINT canary CHECK (name !~ 'Quillfeather') NOT VALID")
        )
        connection.execute(
            text("DELETE FROM normalized_contacts WHERE organization_id = :org"), {"org": clinic.organization_id}
        )
    try:
        with pytest.raises(SyncFailed) as failure:
            run_job(instance, clinic.organization_id, today(), "hourly")
    finally:
        with clinic.database.transaction() as connection:
            connection.execute(text("ALTER TABLE normalized_contacts DROP CONSTRAINT canary"))
    return str(failure.value)


def test_a_person_in_every_asset_is_told_to_nobody(
    clinic: AnsweringClinic,
    instance: DagsterInstance,
    webhook: Webhook,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for logger in ("contact_hub", "uvicorn.access", "uvicorn.error", "dagster"):
        caplog.set_level(logging.INFO, logger=logger)
    cursors = {name: tick(instance, name, None) for name in SENSORS}
    assert run_everything(clinic, instance) == {asset.key.to_user_string() for asset in ASSETS}
    assert count(clinic, "SELECT count(*) FROM replies WHERE organization_id = :org AND state = 'sent'") == 1
    merges = "SELECT count(*) FROM identity_decisions WHERE organization_id = :org AND authority = 'model'"
    assert count(clinic, merges) == 1, "the planted patient was there twice"
    failed = fail(clinic, instance)
    for name, cursor in cursors.items():
        tick(instance, name, cursor)
    make_due(clinic.database)
    tick(instance, "alerts", None)

    kinds = {alert["kind"] for posted in webhook.received for alert in posted["alerts"]}
    assert kinds == {"run_failed", "check_failed"}
    with clinic.database.reading() as connection:
        reports = "SELECT html FROM clinic_reports WHERE organization_id = :org"
        (report,) = connection.execute(text(reports), {"org": clinic.organization_id}).scalars()
        people = "SELECT string_agg(t::text, '') FROM contacts AS t WHERE organization_id = :org"
        assert traces_in(connection.execute(text(people), {"org": clinic.organization_id}).scalar_one()), "in the store"
    out, err = capfd.readouterr()
    logs = [path.read_text(errors="replace") for path in (settings.home() / "dagster").rglob("*") if path.is_file()]
    for said in (report, str(webhook.received), failed, out, err, caplog.text, *logs, ServerFiles.of(HOME).log.read_text()):
        assert traces_in(said) == []
    assert traces_in_dagster(clinic.database) == []
