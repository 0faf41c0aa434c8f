"""Pruning Dagster's history: logs of old runs go, what the UI is made of stays; runs off the grid go altogether."""

import dagster as dg
import pytest
from dagster import DagsterInstance
from sqlalchemy import text

from contact_hub.automation.partitions import partition_key, partition_tags, today
from contact_hub.automation.pruning import KEPT_EVENTS, prune_history
from contact_hub.definitions import build_definitions
from contact_hub.errors import ConfigurationError
from contact_hub.resources.run_tags import ORGANIZATION
from contact_hub_tests.cli.conftest import terminal  # noqa: F401 (a fixture)
from contact_hub_tests.cli.support import Terminal


def age(instance: DagsterInstance, run_id: str, days: int) -> None:
    with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        connection.execute(
            text("""
                UPDATE runs SET create_timestamp = create_timestamp - make_interval(days => :days),
                                update_timestamp = update_timestamp - make_interval(days => :days)
                WHERE run_id = :run_id
            """),
            {"run_id": run_id, "days": days},
        )


def events(instance: DagsterInstance, run_id: str) -> set[str]:
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        statement = text("SELECT coalesce(dagster_event_type, 'message') FROM event_logs WHERE run_id = :run_id")
        return set(connection.execute(statement, {"run_id": run_id}).scalars())


@pytest.fixture
def run_id(instance: DagsterInstance, organization_id: str) -> str:
    """A run that materialized one cell."""

    @dg.asset(partitions_def=build_definitions().resolve_assets_def("contacts").partitions_def, name="pruned")
    def pruned(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        context.log.info("a message")
        return dg.MaterializeResult()

    instance.add_dynamic_partitions(ORGANIZATION, [organization_id])
    key = partition_key(organization_id, today())
    return dg.materialize([pruned], partition_key=key, instance=instance, tags=partition_tags(organization_id, today())).run_id


def test_logs_of_old_runs_go_and_materializations_stay(instance: DagsterInstance, run_id: str) -> None:
    before = events(instance, run_id)
    assert before - set(KEPT_EVENTS) >= {"STEP_START", "STEP_SUCCESS"}
    prune_history(instance)
    assert events(instance, run_id) == before  # not old yet
    age(instance, run_id, 91)
    planned = prune_history(instance, dry_run=True)
    assert planned.log_messages > 0
    assert events(instance, run_id) == before
    assert prune_history(instance) == planned
    left = events(instance, run_id)
    assert left == before & set(KEPT_EVENTS)
    assert left >= {"ASSET_MATERIALIZATION", "PIPELINE_SUCCESS"}
    assert prune_history(instance).log_messages == 0
    assert instance.get_latest_materialization_event(dg.AssetKey("pruned"))


def test_runs_from_before_the_horizon_go(instance: DagsterInstance, run_id: str) -> None:
    age(instance, run_id, 364)
    assert prune_history(instance).runs == 0
    age(instance, run_id, 4)
    assert prune_history(instance, dry_run=True).runs == 1
    assert prune_history(instance).runs == 1
    assert instance.get_run_by_id(run_id) is None


def test_runs_under_way_are_left_alone(instance: DagsterInstance, organization_id: str) -> None:
    run = dg.DagsterRun(job_name="daily", status=dg.DagsterRunStatus.STARTED, tags=partition_tags(organization_id, today()))
    instance.add_run(run)
    age(instance, run.run_id, 500)
    prune_history(instance)
    assert instance.get_run_by_id(run.run_id) is not None
    instance.delete_run(run.run_id)


@pytest.mark.usefixtures("instance")
def test_the_command(terminal: Terminal) -> None:  # noqa: F811
    assert "would be deleted" in terminal.good("dagster", "prune", "--older-than", "30d", "--dry-run").out
    for mistake in ("a month", "-1d", "", "1.5"):
        assert "is not a number of days" in terminal.bad("dagster", "prune", f"--older-than={mistake}")
    for option in ((), ("--dry-run",)):
        assert "for a day at least" in terminal.bad("dagster", "prune", "--older-than", "0d", *option)


def test_what_has_just_ended_is_never_pruned(instance: DagsterInstance, run_id: str) -> None:
    before = events(instance, run_id)
    for days in (0, -1):
        with pytest.raises(ConfigurationError, match="for a day at least"):
            prune_history(instance, older_than_days=days)
    job = build_definitions().resolve_job_def("prune_history")
    config = {"ops": {"prune": {"config": {"older_than_days": 0}}}}
    assert not job.execute_in_process(instance=instance, run_config=config, raise_on_error=False).success
    assert events(instance, run_id) == before
    assert prune_history(instance, older_than_days=1).log_messages == 0
    age(instance, run_id, 2)
    assert prune_history(instance, older_than_days=1).log_messages > 0


def test_the_job(instance: DagsterInstance) -> None:
    assert build_definitions().resolve_job_def("prune_history").execute_in_process(instance=instance).success
