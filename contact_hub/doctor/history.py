"""What Dagster knows: whether its daemon lives, which runs are stuck, which checks fail, how many cells it keeps."""

import time
from collections.abc import Iterator

import dagster as dg
from dagster import DagsterInstance
from dagster._core.event_api import EventRecordsFilter

from contact_hub import settings
from contact_hub.automation.local_runs import UNENDED
from contact_hub.automation.partitions import organization_days_of
from contact_hub.doctor.finding import Finding, Level, judged
from contact_hub.errors import ConfigurationError
from contact_hub.installation import dagster_instance, write_dagster_home
from contact_hub.resources.run_tags import ORGANIZATION_TAG
from contact_hub.store.database import Database

HEARTBEAT_S = 300.0
STUCK_S = {dg.DagsterRunStatus.QUEUED: 1800.0, dg.DagsterRunStatus.STARTED: 7500.0}
STARTING_S = 300.0
COMFORTABLE_CELLS, MOST_CELLS = 30_000, 100_000
CHECK_HOURS, CHECKS_LOOKED_AT = 26, 5_000


def history_findings(database: Database, organizations: int, organization_id: str | None) -> Iterator[Finding]:
    """Findings of Dagster's own storage; without one, that it is missing."""
    yield from _horizon(organizations)
    write_dagster_home(database)
    try:
        with dagster_instance() as instance:
            yield _daemon(instance)
            yield _stuck(instance, organization_id)
            yield from _checks(instance, organization_id)
    except Exception as error:  # whatever its storage raises: the rest of the house is looked at all the same
        message = f"its storage cannot be used ({type(error).__name__})"
        yield Finding("FAIL", "Dagster", message, "contact-hub db upgrade; then look at DAGSTER_HOME")


def _horizon(organizations: int) -> Iterator[Finding]:
    try:
        days = settings.horizon_days() + 1
    except ConfigurationError:
        return  # said before
    cells = organizations * days
    message = f"{organizations} organizations x {days} days = {cells} partitions"
    remedy = f"lower {settings.HORIZON_DAYS}: Dagster is comfortable to {COMFORTABLE_CELLS}, slow beyond {MOST_CELLS}"
    yield judged("partitions", cells, message, warn=COMFORTABLE_CELLS, fail=MOST_CELLS, remedy=remedy)


def _daemon(instance: DagsterInstance) -> Finding:
    beats = [beat.timestamp for beat in instance.get_daemon_heartbeats().values()]
    if not beats or time.time() - max(beats) > HEARTBEAT_S:
        return Finding("WARN", "Dagster daemon", "it is not running: no schedule ticks, no sensor looks", "contact-hub up")
    return Finding("OK", "Dagster daemon", f"alive {time.time() - max(beats):.0f} s ago")


def _stuck(instance: DagsterInstance, organization_id: str | None) -> Finding:
    tags = {ORGANIZATION_TAG: organization_id} if organization_id else {}
    wanted = dg.RunsFilter(statuses=[*UNENDED, dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.CANCELING], tags=tags)
    stuck = [
        record.dagster_run.run_id
        for record in instance.get_run_records(wanted, limit=1000)
        if time.time() - record.create_timestamp.timestamp() > STUCK_S.get(record.dagster_run.status, STARTING_S)
    ]
    if not stuck:
        return Finding("OK", "runs", "none is stuck")
    shown = ", ".join(stuck[:3]) + (" ..." if len(stuck) > 3 else "")
    return Finding("FAIL", "runs", f"{len(stuck)} are stuck: {shown}", "is the daemon running? else terminate them in the UI")


def _checks(instance: DagsterInstance, organization_id: str | None) -> Iterator[Finding]:
    """The latest evaluation of each check and organization, of the last day."""
    since = EventRecordsFilter(
        event_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION, after_timestamp=time.time() - CHECK_HOURS * 3600
    )
    latest: dict[tuple[str, str, str], dg.AssetCheckEvaluation] = {}
    for record in instance.event_log_storage.get_event_records(since, limit=CHECKS_LOOKED_AT):
        evaluation = record.event_log_entry.get_dagster_event().asset_check_evaluation_data
        clinics = organization_days_of([evaluation.partition]) if evaluation.partition else []
        where = clinics[0].organization_id if clinics else "all"
        if organization_id in (None, where):
            latest.setdefault((where, evaluation.asset_key.to_user_string(), evaluation.check_name), evaluation)
    failed = {key: one for key, one in latest.items() if not one.passed}
    yield Finding("OK", "checks", f"{len(latest) - len(failed)} of {len(latest)} passed within {CHECK_HOURS} hours")
    for (where, asset, check), evaluation in sorted(failed.items()):
        level: Level = "FAIL" if evaluation.severity == dg.AssetCheckSeverity.ERROR else "WARN"
        yield Finding(level, f"{where}, check {asset}.{check}", "failed", "its page in the UI says by how much, and since when")
