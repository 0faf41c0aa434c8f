"""Keeping Dagster's history from growing without end: it prunes ticks by itself, and nothing else.

Of runs that ended long ago the log goes, and what the grid, the plots and the checks' histories are made of stays; of runs
from before the horizon everything goes. Statements go straight to Dagster's tables, because its interface deletes a run
with its materializations or not at all.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import dagster as dg
from dagster import DagsterInstance
from pydantic import Field
from sqlalchemy import bindparam, text

from contact_hub.automation.partitions import first_day
from contact_hub.errors import ConfigurationError
from contact_hub.resources.run_tags import TRIGGER_TAG

KEPT_DAYS = 90
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
KEPT_EVENTS = [
    event.value
    for event in dg.DagsterEventType
    if event.value.startswith(("ASSET_", "PIPELINE_")) and not event.value.startswith("PIPELINE_EN")
]
"""What assets, checks and runs are shown by, and sensors look for; steps, engine and logger messages are not among it."""
BATCH = 20_000
RUNS_AT_ONCE = 200
MOST_RUNS = 10_000

_OLD_LOGS = """
    FROM event_logs JOIN runs USING (run_id)
    WHERE runs.status IN :ended AND runs.update_timestamp < :before
      AND (event_logs.dagster_event_type IS NULL OR event_logs.dagster_event_type NOT IN :kept)
"""


@dataclass(frozen=True)
class Pruned:
    """What was deleted: messages of old runs' logs, and runs from before the horizon."""

    log_messages: int
    runs: int


def prune_history(instance: DagsterInstance, *, older_than_days: int = KEPT_DAYS, dry_run: bool = False) -> Pruned:
    """Delete what is old; ``dry_run`` only counts it. Safe beside everything else, and to be broken off at any moment.

    Raises:
        ConfigurationError: less than a day: what has just ended is still looked at, by people and by sensors.
    """
    if older_than_days < 1:
        raise ConfigurationError("logs are kept for a day at least: older than 1 day, or more")
    before = datetime.now(UTC) - timedelta(days=older_than_days)
    return Pruned(_prune_logs(instance, before, dry_run), _prune_runs(instance, dry_run))


def _prune_logs(instance: DagsterInstance, before: datetime, dry_run: bool) -> int:
    parameters = {
        "ended": [status.value for status in ENDED],
        "before": before.replace(tzinfo=None),  # Dagster writes UTC without saying so
        "kept": KEPT_EVENTS,
    }
    binds: tuple[Any, ...] = (bindparam("ended", expanding=True), bindparam("kept", expanding=True))
    count = text(f"SELECT count(*) {_OLD_LOGS}").bindparams(*binds)
    delete = text(
        f"DELETE FROM event_logs WHERE id IN (SELECT event_logs.id {_OLD_LOGS} ORDER BY event_logs.id LIMIT {BATCH})"
    ).bindparams(*binds)
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        if dry_run:
            return int(connection.execute(count, parameters).scalar_one())
        total = 0
        while deleted := connection.execute(delete, parameters).rowcount:
            total += deleted
        return total


def _prune_runs(instance: DagsterInstance, dry_run: bool) -> int:
    """Runs created before the first day that Dagster shows; their materializations are of no cell that is still there."""
    horizon = datetime.combine(first_day(), time(), UTC) - timedelta(days=1)
    wanted = dg.RunsFilter(statuses=ENDED, created_before=horizon)
    if dry_run:
        return instance.get_runs_count(wanted)
    total = 0
    while total < MOST_RUNS and (ids := instance.get_run_ids(wanted, limit=RUNS_AT_ONCE)):
        for run_id in ids:
            instance.delete_run(run_id)
        total += len(ids)
    return total


class PruneConfig(dg.Config):
    """How much history is kept."""

    older_than_days: int = Field(
        default=KEPT_DAYS, ge=1, description="Logs of runs that ended more than so many days ago are deleted."
    )


@dg.op(
    name="prune",
    description="Deletes logs of old runs, and runs from before the horizon; what grids and plots are made of stays.",
)
def prune(context: dg.OpExecutionContext, config: PruneConfig) -> None:
    pruned = prune_history(context.instance, older_than_days=config.older_than_days)
    context.log.info(f"deleted {pruned.log_messages} messages of old logs and {pruned.runs} runs from before the horizon")


@dg.job(
    name="prune_history",
    description="Keeps Dagster's own history from growing without end. Touches none of contact_hub's tables.",
    tags={TRIGGER_TAG: "manual"},
)
def prune_history_job() -> None:
    prune()
