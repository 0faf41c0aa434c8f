"""The row of numbers a clinic and day, limits of a clinic's own, and a clinic that lost its patients overnight."""

from collections.abc import Iterator

import dagster as dg
import pytest

from contact_hub.automation.partitions import today
from contact_hub.errors import ConfigurationError
from contact_hub.measures import ALL_MEASURES
from contact_hub.measures.evaluation import Count
from contact_hub.sandbox import generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.measure_limits import set_limit
from contact_hub.store.reporting_tables import contact_metrics
from contact_hub.sync import SyncFailed
from contact_hub_tests.support import SandboxOrganization, sandbox_organization

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def clinic(database: Database, instance: dg.DagsterInstance) -> Iterator[SandboxOrganization]:
    """A small clinic after its import. What the tests change of it, the next one does not mind; the last one archives most."""
    small = generate_clinic(patients=120, today=today())
    with sandbox_organization(database, instance, "org_contact_metrics", clinic=small) as organization:
        organization.sync()
        yield organization


def metrics(clinic: SandboxOrganization) -> dict[str, object]:
    rows = clinic.query("SELECT * FROM contact_metrics WHERE organization_id = :organization_id")
    assert len(rows) == 1
    return dict(rows[0]._mapping)


def test_what_is_kept_by_day_has_its_columns() -> None:
    kept = [column for measure in ALL_MEASURES for column in measure.counts or ()]
    counted = [column.name for column in contact_metrics.columns if column.type.python_type is int]
    assert sorted(kept) == sorted(counted)


def test_the_numbers_are_those_of_the_clinic(clinic: SandboxOrganization) -> None:
    row, truth = metrics(clinic), clinic.clinic.truth
    assert row["as_of"] == today()
    assert row["patients"] == row["patients_covered"] == len(truth.live_patients()) == 120
    assert row["active_patients"] == len(truth.active_patients(today()))
    assert (row["days_synced"], row["days_due"]) == (1, 1)
    assert row["contacts_by_source"] == {"cliniko": row["contacts_in_use"]}
    assert row["events_by_channel"] == {}


def test_a_day_without_changes_writes_no_row(clinic: SandboxOrganization) -> None:
    before = metrics(clinic)
    clinic.sync()
    assert metrics(clinic) == before


def test_a_limit_of_ones_own_is_what_the_check_holds_to_and_reports(clinic: SandboxOrganization) -> None:
    def check() -> dg.AssetCheckEvaluation:
        clinic.sync()
        key = dg.AssetCheckKey(dg.AssetKey("contacts"), "completeness")
        record = clinic.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)[0]
        assert record.event is not None
        evaluation = record.event.dagster_event.event_specific_data  # type: ignore[union-attr]
        assert isinstance(evaluation, dg.AssetCheckEvaluation)
        return evaluation

    assert check().passed
    with clinic.database.transaction() as connection:
        set_limit(connection, clinic.organization_id, "contacts", "completeness", 1.0)
    held = check()
    assert not held.passed
    assert held.metadata["at_least"].value == 1.0
    with clinic.database.transaction() as connection:
        set_limit(connection, clinic.organization_id, "contacts", "completeness", None)
    assert check().passed


def test_no_limit_without_an_organization(database: Database) -> None:
    with pytest.raises(ConfigurationError), database.transaction() as connection:
        set_limit(connection, "org_that_is_not", "contacts", "completeness", 0.5)


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [(0, 0, 0.0, 1.0), (10, 10, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (95, 100, 0.8882, 0.9785)],
)
def test_the_interval_is_wilsons(numerator: int, denominator: int, low: float, high: float) -> None:
    assert Count(numerator, denominator).interval == pytest.approx((low, high), abs=2e-4)


def test_a_clinic_that_lost_most_patients_overnight_stops_until_somebody_says_that_it_is_so(
    clinic: SandboxOrganization,
) -> None:
    before = metrics(clinic)
    for patient_id in sorted(clinic.clinic.truth.live_patients())[30:]:
        clinic.clinic.archive_patient(patient_id)
    with pytest.raises(SyncFailed):
        clinic.sync()
    live = "SELECT count(*) FROM contacts WHERE organization_id = :organization_id AND status = 'active'"
    assert clinic.query(live)[0][0] == before["contacts_in_use"], "nothing was made of the answer"
    with clinic.database.transaction() as connection:
        set_limit(connection, clinic.organization_id, "raw_cliniko_patients", "steady", 0.0)
    clinic.sync()
    assert clinic.query(live)[0][0] == 30
