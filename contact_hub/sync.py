"""One organization through a job, in this process: what ``contact-hub sync`` and the demo do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import dagster as dg

from contact_hub.automation.jobs import FULL_PULL
from contact_hub.automation.local_runs import fail_killed_runs, local_run_tags
from contact_hub.automation.partitions import first_day, partition_key, today
from contact_hub.definitions import build_definitions
from contact_hub.errors import ConfigurationError, ContactHubError
from contact_hub.resources.cliniko import ClinikoResource
from contact_hub.resources.run_tags import ORGANIZATION
from contact_hub.store.organizations import Organization

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's own log of the run stays in its event log; a terminal shows progress and the outcome."""

PageReceived = Callable[[str, int, int], None]
"""Called after each page with the resource's name, the records received and the records expected."""


class SyncFailed(ContactHubError):
    """The run did not end well; the message is that of its first failed step."""


def observed_cliniko(on_page: PageReceived) -> ClinikoResource:
    """Cliniko whose pages are reported as they arrive. Dagster makes resources anew for each run, so the class knows."""

    class ObservedCliniko(ClinikoResource):
        def page_received(self, clinic: Organization, resource: str, received: int, expected: int) -> None:
            on_page(resource, received, expected)

    return ObservedCliniko()


@dataclass(frozen=True)
class Check:
    """One asset check's outcome."""

    asset: str
    name: str
    passed: bool
    share: float


@dataclass(frozen=True)
class SyncReport:
    """What one run did: each asset's metadata by asset key, and its checks."""

    run_id: str
    metadata: dict[str, dict[str, Any]]
    checks: list[Check]

    @property
    def requests(self) -> int:
        return sum(int(values.get("requests", 0)) for values in self.metadata.values())


def sync_day(
    instance: dg.DagsterInstance,
    organization_id: str,
    day: date,
    *,
    full: bool = False,
    on_page: PageReceived = lambda resource, received, expected: None,
) -> SyncReport:
    """Take one organization through one day of the whole graph; waits for another run of the organization.

    Raises:
        ConfigurationError: the day is outside the horizon.
        SyncFailed: a step failed; what landed before it stays, and a rerun goes on from there.
    """
    job, config = ("full_import", FULL_PULL) if full else ("daily", {})
    return run_job(instance, organization_id, day, job, config=config, on_page=on_page)


def run_job(
    instance: dg.DagsterInstance,
    organization_id: str,
    day: date,
    job: str,
    *,
    config: Mapping[str, Any] = MappingProxyType({}),
    on_page: PageReceived = lambda resource, received, expected: None,
) -> SyncReport:
    """Run a job by its name for one organization and day; waits for another run of the organization.

    Raises:
        ConfigurationError: the day is outside the horizon.
        SyncFailed: a step failed; what landed before it stays, and a rerun goes on from there.
    """
    instance.add_dynamic_partitions(ORGANIZATION, [organization_id])
    if not first_day() <= day <= today():
        raise ConfigurationError(f"{day} is not from {first_day()} to today (CONTACT_HUB_HORIZON_DAYS sets how far back)")
    fail_killed_runs(instance, organization_id)
    definitions = build_definitions({"cliniko": observed_cliniko(on_page)})
    result = definitions.resolve_job_def(job).execute_in_process(
        partition_key=partition_key(organization_id, day),
        instance=instance,
        tags=local_run_tags(),
        run_config={**config, **QUIET},
        raise_on_error=False,
    )
    if not result.success:
        raise SyncFailed(f"{organization_id}, {day}: {_first_failure(result.all_events)} (run {result.run_id})")
    return SyncReport(result.run_id, _materialized(result.all_events), _checks(result.all_events))


def _first_failure(events: Sequence[dg.DagsterEvent]) -> str:
    for event in events:
        if event.is_step_failure:
            data = event.step_failure_data
            said = data.user_failure_data.description if data.user_failure_data else None
            return f"{event.step_key}: {said or 'failed; its error is masked, see the process log'}"
    return "the run failed before its first step; see the process log"


def _materialized(events: Sequence[dg.DagsterEvent]) -> dict[str, dict[str, Any]]:
    materializations = [event.materialization for event in events if event.is_step_materialization]
    return {
        materialization.asset_key.to_user_string(): {name: value.value for name, value in materialization.metadata.items()}
        for materialization in materializations
    }


def _checks(events: Sequence[dg.DagsterEvent]) -> list[Check]:
    evaluations = [
        event.asset_check_evaluation_data for event in events if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ]
    return [
        Check(
            evaluation.asset_key.to_user_string(),
            evaluation.check_name,
            evaluation.passed,
            float(evaluation.metadata["share"].value),  # type: ignore[arg-type]
        )
        for evaluation in evaluations
    ]
