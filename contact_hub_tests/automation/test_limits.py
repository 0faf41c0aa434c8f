"""Job `set_limits`, launched as from the UI: what it changes, and what it refuses without changing anything."""

from typing import Any

import dagster as dg
import pytest
from dagster import DagsterInstance

from contact_hub.definitions import build_definitions
from contact_hub.resources.run_tags import ORGANIZATIONS_TAG
from contact_hub.store.database import Database
from contact_hub.store.measure_limits import measure_limits
from contact_hub.store.organizations import Organization, register

COMPLETENESS, COVERAGE = ("contacts", "completeness"), ("contacts", "coverage")


@pytest.fixture
def org(database: Database, organization_id: str) -> str:
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))
    return organization_id


def launch(instance: DagsterInstance, **config: Any) -> dg.ExecuteInProcessResult:
    job = build_definitions().resolve_job_def("set_limits")
    run_config = {"ops": {"limits": {"config": config}}}
    return job.execute_in_process(run_config, instance=instance, raise_on_error=False)


def limits(database: Database, org: str) -> dict[tuple[str, str], float]:
    with database.reading() as connection:
        return dict(measure_limits(connection, org))


def in_force(run: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (output,) = run.filter_events(lambda event: event.is_successful_output)
    table = output.step_output_data.metadata["limits_in_force"]
    assert isinstance(table, dg.TableMetadataValue)
    return {str(row.data["measure"]): row.data for row in table.records}


def test_limits_are_set_reset_and_told(database: Database, instance: DagsterInstance, org: str) -> None:
    assert launch(instance, organization_id=org, limits={"contacts.completeness": 0.8, "contacts.coverage": 0}).success
    assert limits(database, org) == {COMPLETENESS: 0.8, COVERAGE: 0.0}
    run = launch(instance, organization_id=org, limits={"contacts.completeness": 0.9}, reset=["contacts.coverage"])
    assert limits(database, org) == {COMPLETENESS: 0.9}
    told = in_force(run)
    assert told["contacts.completeness"] == {"measure": "contacts.completeness", "at least": 0.9, "default": 0.6, "own": "own"}
    assert told["contacts.coverage"]["own"] == ""
    kept = instance.get_run_by_id(run.run_id)
    assert kept is not None
    assert kept.tags[ORGANIZATIONS_TAG] == org


def test_with_an_organization_alone_it_only_tells(database: Database, instance: DagsterInstance, org: str) -> None:
    told = in_force(launch(instance, organization_id=org))
    assert told["contacts.coverage"]["at least"] == 1.0
    assert limits(database, org) == {}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"limits": {"contacts.completenes": 0.5}}, "no measure 'contacts.completenes' (is contacts.completeness meant?)"),
        ({"reset": ["beauty"]}, "there is no measure 'beauty'; contact-hub measures list"),
        ({"limits": {"contacts.coverage": 85}}, "contacts.coverage: a limit is a share from 0 to 1, not 85"),
        ({"limits": {"contacts.coverage": 0.5}, "reset": ["contacts.coverage"]}, "leave it in one of the two"),
        ({"organization_id": "org_nowhere"}, "there is no organization 'org_nowhere'"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(
    database: Database, instance: DagsterInstance, org: str, config: dict[str, Any], said: str
) -> None:
    good = {"contacts.completeness": 0.8}
    run = launch(instance, **{"organization_id": org, **config, "limits": {**good, **config.get("limits", {})}})
    assert not run.success
    failure = run.failure_data_for_node("limits")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert str(failure.user_failure_data.description).startswith("nothing was changed: ")
    assert said in str(failure.user_failure_data.description)
    assert limits(database, org) == {}


@pytest.mark.parametrize(
    "config", [{}, {"organization_id": 7}, {"organization_id": "a", "limits": {"contacts.coverage": "much"}}]
)
def test_what_has_no_shape_is_refused_before_the_run(instance: DagsterInstance, config: dict[str, Any]) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match=r"organization_id|limits"):
        launch(instance, **config)
