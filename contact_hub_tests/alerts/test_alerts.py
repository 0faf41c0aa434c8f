"""Alerts: noticed once, told to whom they concern over real HTTP and SMTP, and never held up by who does not answer."""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterInstance
from sqlalchemy import text

from contact_hub.alerts.delivery import deliver_due
from contact_hub.alerts.sending import NotTold, tell
from contact_hub.alerts.wording import TEST
from contact_hub.automation.partitions import partition_tags, today
from contact_hub.definitions import build_definitions
from contact_hub.errors import ConfigurationError
from contact_hub.resources.store import StoreResource
from contact_hub.store.alerts import EVERYWHERE, PAUSES, AlertTarget, Failure, note_failures, outbox, set_target
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub.sync import SyncFailed, sync_day
from contact_hub_tests.alerts.support import Letters, Webhook, mail_server

DEFINITIONS = build_definitions()
HOOK, OTHER_HOOK, ADDRESSES = "ALERTS_HOOK", "ALERTS_OTHER_HOOK", "ALERTS_ADDRESSES"


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with Webhook().serving() as webhook:
        monkeypatch.setenv(HOOK, webhook.url)
        yield webhook


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[Letters]:
    with mail_server() as (url, letters):
        monkeypatch.setenv("CONTACT_HUB_SMTP_URL", url)
        monkeypatch.setenv(ADDRESSES, "data@example.com, ops@example.com")
        yield letters


@pytest.fixture
def org(database: Database, organization_id: str) -> Iterator[str]:
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))
    yield organization_id
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM alert_targets"))


def target(database: Database, scope: str, variable: str = HOOK, kind: str = "webhook", **options: Any) -> AlertTarget:
    one = AlertTarget(scope, options.pop("name", "main"), kind, variable, **options)
    with database.transaction() as connection:
        set_target(connection, one)
    return one


def failure(organization_id: str | None, number: int = 1, severity: str = "error") -> Failure:
    body = {"kind": "check_failed", "organization_id": organization_id, "asset": "contacts", "check": "coverage"}
    return Failure(f"f{number}:{organization_id}", organization_id, severity, {**body, "severity": severity})


def note(database: Database, *failures: Failure) -> int:
    with database.transaction() as connection:
        return note_failures(connection, failures)


def make_due(database: Database) -> None:
    """As if the pauses were over."""
    with database.transaction() as connection:
        connection.execute(text("UPDATE alert_deliveries SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL"))


def counts(database: Database, scope: str) -> tuple[int, int, int]:
    with database.reading() as connection:
        return outbox(connection).get((scope, "main"), (0, 0, 0))


def test_nobody_is_told_by_default(database: Database, org: str) -> None:
    assert note(database, failure(org)) == 0


def test_a_failure_is_told_once_to_all_whom_it_concerns(
    database: Database, org: str, webhook: Webhook, letters: Letters
) -> None:
    target(database, org)
    target(database, EVERYWHERE, ADDRESSES, "email")
    assert note(database, failure(org), failure("another"), failure(org, severity="warn", number=2)) == 3
    assert note(database, failure(org)) == 0
    assert deliver_due(database).told == 3
    assert deliver_due(database).told == 0
    (posted,) = webhook.received
    assert [alert["organization_id"] for alert in posted["alerts"]] == [org]
    assert "contacts.coverage" in posted["text"]
    (letter,) = letters.received
    assert letter["To"] == "data@example.com, ops@example.com"
    assert letter["Subject"].strip().startswith("contact_hub: ")
    assert "and 1 more" in letter["Subject"]
    assert org in letter.get_content()


def test_warnings_are_told_to_who_asks_for_them(database: Database, org: str, webhook: Webhook) -> None:
    target(database, org)
    assert note(database, failure(org, severity="warn")) == 0
    target(database, org, warnings=True)
    assert note(database, failure(org, severity="warn")) == 1


def test_who_refuses_is_tried_again_and_given_up_at_last(database: Database, org: str, webhook: Webhook) -> None:
    target(database, org)
    note(database, failure(org))
    webhook.status = 500
    for _ in range(len(PAUSES)):
        done = deliver_due(database)
        assert (done.told, done.put_off, done.given_up) == (0, 1, 0)
        assert deliver_due(database).put_off == 0  # not before its time
        make_due(database)
    assert deliver_due(database).given_up == 1
    make_due(database)
    webhook.status = 200
    assert deliver_due(database).told == 0
    assert len(webhook.received) == len(PAUSES) + 1
    assert counts(database, org) == (0, 0, 1)


def test_who_recovers_is_told(database: Database, org: str, webhook: Webhook) -> None:
    target(database, org)
    note(database, failure(org))
    webhook.status = 503
    deliver_due(database)
    webhook.status = 200
    make_due(database)
    assert deliver_due(database).told == 1
    assert counts(database, org) == (1, 0, 0)


def test_who_does_not_answer_holds_up_nobody(database: Database, org: str, webhook: Webhook, letters: Letters) -> None:
    target(database, org)
    target(database, EVERYWHERE, ADDRESSES, "email")
    note(database, *(failure(org, number) for number in range(20)))
    webhook.silent.set()
    began = time.monotonic()
    done = deliver_due(database, timeout_s=0.5)
    assert time.monotonic() - began < 5
    assert (done.told, done.put_off) == (20, 20)


def test_a_round_that_has_no_time_left_leaves_the_rest_for_later(database: Database, org: str, webhook: Webhook) -> None:
    target(database, org)
    note(database, failure(org))
    assert deliver_due(database, budget_s=0).told == 0
    assert counts(database, org) == (0, 1, 0)
    make_due(database)
    assert deliver_due(database).told == 1


@pytest.mark.parametrize(
    "url",
    ["http://alerts.example.com/secret-path", "ftp://127.0.0.1/secret-path", "secret-path", "http://127.0.0.1:1/secret-path"],
)
def test_errors_name_no_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(HOOK, url)
    with pytest.raises((ConfigurationError, NotTold)) as raised:
        tell(AlertTarget(EVERYWHERE, "main", "webhook", HOOK), [TEST])
    assert "secret-path" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:1", "http://127.0.0.1", "smtp://:x"])
def test_a_mail_server_that_is_none_says_so(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CONTACT_HUB_SMTP_URL", url)
    monkeypatch.setenv(ADDRESSES, "data@example.com")
    with pytest.raises((ConfigurationError, NotTold)) as raised:
        tell(AlertTarget(EVERYWHERE, "main", "email", ADDRESSES), [TEST])
    assert "data@example.com" not in str(raised.value)


def tick(instance: DagsterInstance, name: str, cursor: str | None) -> str | None:
    context = dg.build_sensor_context(
        instance=instance,
        instance_ref=instance.get_ref(),
        definitions=DEFINITIONS,
        resources={"store": StoreResource()},
        cursor=cursor,
    )
    with context:
        return DEFINITIONS.resolve_sensor_def(name).evaluate_tick(context).cursor


def test_sensors_notice_failed_runs_and_checks_once(
    database: Database, instance: DagsterInstance, org: str, webhook: Webhook
) -> None:
    target(database, org)
    cursors = {name: tick(instance, name, None) for name in ("failed_runs", "failed_checks")}
    tags = partition_tags(org, today())
    with pytest.raises(SyncFailed):  # it has no Cliniko key
        sync_day(instance, org, today())
    # A worker that died, whose run Dagster starts again by itself: nothing has failed yet.
    retried = dg.DagsterRun(job_name="hourly", tags=tags)
    instance.add_run(retried)
    instance.report_run_failed(retried, "the error of a person called Canary")
    numbers: dict[str, Any] = {"numerator": 3, "denominator": 4, "share": 0.75, "at_least": 1.0}
    for name, passed in (("coverage", False), ("completeness", True)):
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey("contacts"),
                check_name=name,
                passed=passed,
                metadata=numbers,
                partition=tags["dagster/partition"],
            )
        )
    for _ in range(2):  # a tick that is evaluated again after a crash
        for name, cursor in cursors.items():
            tick(instance, name, cursor)
    assert deliver_due(database).told == 2
    (posted,) = webhook.received
    alerts = {alert["kind"]: alert for alert in posted["alerts"]}
    assert alerts["run_failed"]["job"] == "daily"
    assert alerts["run_failed"]["run_url"].endswith(f"/runs/{alerts['run_failed']['run_id']}")
    assert "raw_cliniko_patients" in alerts["run_failed"]["steps"]
    assert (alerts["check_failed"]["asset"], alerts["check_failed"]["check"]) == ("contacts", "coverage")
    assert (alerts["check_failed"]["numerator"], alerts["check_failed"]["day"]) == (3, today().isoformat())
    assert "Canary" not in str(posted)
    instance.delete_run(retried.run_id)


def test_the_cursor_moves_past_what_was_read(database: Database, instance: DagsterInstance, org: str) -> None:
    begin = tick(instance, "failed_runs", None)
    run = dg.DagsterRun(job_name="daily", tags=partition_tags(org, today()))
    instance.add_run(run)
    instance.report_run_failed(run)
    after = tick(instance, "failed_runs", begin)
    assert int(after or 0) > int(begin or 0)
    instance.delete_run(run.run_id)
