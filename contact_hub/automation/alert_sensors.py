"""Sensors that notice failures and have people told of them. They do nothing until a target is set (`contact-hub alerts`).

Noticing and telling are apart: the first two sensors only write into the outbox of :mod:`contact_hub.store.alerts`, the
third empties it. So a target that does not answer holds up nobody, and a failure that is noticed twice is told once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from contact_hub.alerts.delivery import deliver_due
from contact_hub.alerts.wording import run_url
from contact_hub.automation.partitions import organization_days_of, today
from contact_hub.resources.run_tags import DAY_TAG, organizations_of_run
from contact_hub.resources.store import StoreResource
from contact_hub.store.alerts import Failure, note_failures

AT_ONCE = 500
"""Events that one tick looks at."""
WILL_RETRY = "dagster/will_retry"

Events = Mapping[int, dg.EventLogEntry]
Read = Callable[[dg.DagsterInstance, Events], Iterable[Failure]]


def failed_runs(instance: dg.DagsterInstance, events: Events) -> Iterator[Failure]:
    """The failures among events of failed runs: one an hour, job and organization; none that Dagster runs again by itself."""
    ids = sorted({event.run_id for event in events.values()})
    for record in instance.get_run_records(dg.RunsFilter(run_ids=ids)):
        run = record.dagster_run
        if run.tags.get(WILL_RETRY) == "true":
            continue
        ended = datetime.fromtimestamp(record.end_time or record.update_timestamp.timestamp(), UTC)
        concerned: list[str | None] = [*organizations_of_run(run, instance)]
        for organization_id in concerned or [None]:
            body = {
                "kind": "run_failed",
                "organization_id": organization_id,
                "day": run.tags.get(DAY_TAG),
                "job": run.job_name,
                "run_id": run.run_id,
                "run_url": run_url(run.run_id),
                "steps": _failed_steps(instance, run.run_id),
                "severity": "error",
                "at": ended.isoformat(timespec="seconds"),
            }
            failure_id = f"run:{run.job_name}:{organization_id or '*'}:{ended:%Y-%m-%dT%H}"
            yield Failure(failure_id, organization_id, "error", body)


def failed_checks(instance: dg.DagsterInstance, events: Events) -> Iterator[Failure]:
    """The failures among evaluations of checks: one a day, check and organization."""
    for event in events.values():
        evaluation = event.get_dagster_event().asset_check_evaluation_data
        if evaluation.passed:
            continue
        # Not every check is of a partition; a range run's is of several, and says so by none.
        cells = organization_days_of([evaluation.partition]) if evaluation.partition else []
        organization_id = cells[0].organization_id if cells else None
        asset, severity = evaluation.asset_key.to_user_string(), evaluation.severity.value.lower()
        body = {
            "kind": "check_failed",
            "organization_id": organization_id,
            "day": cells[0].days[0].isoformat() if cells else None,
            "asset": asset,
            "check": evaluation.check_name,
            "severity": severity,
            **{name: _number(evaluation.metadata, name) for name in ("numerator", "denominator", "share", "at_least")},
            "run_id": event.run_id,
            "run_url": run_url(event.run_id) if event.run_id else None,
            "at": datetime.fromtimestamp(event.timestamp, UTC).isoformat(timespec="seconds"),
        }
        failure_id = f"check:{asset}.{evaluation.check_name}:{organization_id or '*'}:{today()}"
        yield Failure(failure_id, organization_id, severity, body)


def _failed_steps(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    failed = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return sorted({event.step_key for event in failed if event.step_key})


def _number(metadata: Mapping[str, Any], name: str) -> int | float | None:
    value = getattr(metadata.get(name), "value", None)
    return value if isinstance(value, int | float) else None


def failure_sensor(name: str, event_type: dg.DagsterEventType, read: Read, description: str) -> dg.SensorDefinition:
    """A sensor that reads events of one type from where it stopped, and puts what failed into the outbox.

    At its first tick it begins with what happens from then on: an installation that is upgraded tells no old stories.
    """

    @dg.sensor(
        name=name,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
    def sensor(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SkipReason:
        log = context.instance.event_log_storage
        if context.cursor is None or not context.cursor.isdecimal():
            context.update_cursor(str(log.get_maximum_record_id() or 0))
            return dg.SkipReason("begins with what fails from now on")
        events = log.get_logs_for_all_runs_by_log_id(
            after_cursor=int(context.cursor), dagster_event_type=event_type, limit=AT_ONCE
        )
        failures = list(read(context.instance, events)) if events else []
        with store.database.transaction() as connection:
            noted = note_failures(connection, failures)
        if events:
            context.update_cursor(str(max(events)))
        return dg.SkipReason(f"{len(failures)} failures among {len(events)} events, {noted} alerts are new")

    return sensor


@dg.sensor(
    name="alerts",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the targets of alerts what has failed, by webhook or mail; tries again for some nine hours.",
)
def alerts_sensor(store: StoreResource) -> dg.SkipReason:
    done = deliver_due(store.database)
    return dg.SkipReason(f"{done.told} alerts told, {done.put_off} put off, {done.given_up} given up")


ALERT_SENSORS = (
    failure_sensor(
        "failed_runs",
        dg.DagsterEventType.RUN_FAILURE,
        failed_runs,
        "Notices runs that failed, and puts an alert into the outbox of whom it concerns: one an hour, job and organization.",
    ),
    failure_sensor(
        "failed_checks",
        dg.DagsterEventType.ASSET_CHECK_EVALUATION,
        failed_checks,
        "Notices checks that failed, and puts an alert into the outbox of whom it concerns: one a day, check and organization.",
    ),
    alerts_sensor,
)
