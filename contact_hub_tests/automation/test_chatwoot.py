"""Which organizations the ticks of Chatwoot's schedules ask for."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster import DagsterInstance

from contact_hub.definitions import build_definitions
from contact_hub.resources.run_tags import DAY_TAG, ORGANIZATION_TAG, TRIGGER_TAG
from contact_hub.resources.store import StoreResource
from contact_hub.store.chatwoot_access import readers
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, disable, register

DEFINITIONS = build_definitions()
RESOURCES = {"store": StoreResource()}
AFTER_MIDNIGHT = datetime(2026, 11, 23, 0, 3, tzinfo=ZoneInfo("Australia/Sydney"))
API = {"url": "https://chatwoot.example.com", "account_id": "1", "api_token_env": "CHATWOOT_TOKEN"}


def tick(instance: DagsterInstance, name: str) -> dict[str, dg.RunRequest]:
    """The requests of a schedule, by organization."""
    with dg.build_schedule_context(instance, resources=RESOURCES, scheduled_execution_time=AFTER_MIDNIGHT) as context:
        requests = DEFINITIONS.resolve_schedule_def(name).evaluate_tick(context).run_requests
    return {one.tags[ORGANIZATION_TAG]: one for one in requests or []}


def connection(organization_id: str, provider: str = "chatwoot", name: str = "main", **settings: str) -> ChannelConnection:
    return ChannelConnection(organization_id, provider, "SIGNING_SECRET", name, settings)


@pytest.mark.parametrize("name", ["chatwoot", "chatwoot_sweep"])
def test_only_organizations_with_api_access_are_asked_for(
    name: str, database: Database, instance: DagsterInstance, organization_id: str
) -> None:
    given = {
        "with_api": connection(f"{organization_id}_with_api", **API),
        "webhooks_only": connection(f"{organization_id}_webhooks_only", account_id="1"),
        "whatsapp": connection(f"{organization_id}_whatsapp", "whatsapp", api_token_env="META_TOKEN"),
        "disabled": connection(f"{organization_id}_disabled", **API),
    }
    with database.transaction() as writer:
        register(writer, Organization(f"{organization_id}_none", "A clinic", "Australia/Sydney", "AU", None))
        for one in given.values():
            register(writer, Organization(one.organization_id, "A clinic", "Australia/Sydney", "AU", None))
            connect(writer, one)
        connect(writer, connection(f"{organization_id}_with_api", name="bot", **API))
        disable(writer, f"{organization_id}_disabled")
    asked = {key: one for key, one in tick(instance, name).items() if key.startswith(f"{organization_id}_")}
    assert list(asked) == [f"{organization_id}_with_api"]
    (request,) = asked.values()
    assert (request.tags[DAY_TAG], request.tags[TRIGGER_TAG]) == ("2026-11-23", name)
    assert request.run_key == f"{organization_id}_with_api:{AFTER_MIDNIGHT.isoformat()}"


def test_nobody_on_chatwoot_is_said(instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contact_hub.automation.schedules.channel_connections", lambda reader: [])
    with dg.build_schedule_context(instance, resources=RESOURCES, scheduled_execution_time=AFTER_MIDNIGHT) as context:
        evaluated = DEFINITIONS.resolve_schedule_def("chatwoot").evaluate_tick(context)
    assert evaluated.run_requests == []
    assert evaluated.skip_message == "no active organization has a Chatwoot connection with API access"


def test_one_reader_an_account() -> None:
    main, bot = connection("a", **API), connection("a", name="bot", **API)
    other = connection("a", name="other", **{**API, "account_id": "2", "url": "https://Chatwoot.example.com/"})
    assert readers([bot, main, other]) == [main, other]
    assert readers([bot, connection("a", name="first", **API)]) == [bot]
    assert readers([connection("a"), connection("a", "whatsapp", **API)]) == []


def test_the_schedules_run_as_the_design_says() -> None:
    crons = {name: DEFINITIONS.resolve_schedule_def(name).cron_schedule for name in ("chatwoot", "chatwoot_sweep")}
    assert crons == {"chatwoot": "3-59/15 * * * *", "chatwoot_sweep": "40 3 * * 0"}
    for name in crons:
        schedule = DEFINITIONS.resolve_schedule_def(name)
        assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
        assert DEFINITIONS.resolve_job_def(schedule.job_name).description
