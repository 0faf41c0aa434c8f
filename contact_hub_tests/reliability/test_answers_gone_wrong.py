"""Answers that go wrong, and keys that are refused."""

from datetime import timedelta

import pytest
from dagster import DagsterInstance

from contact_hub.automation.partitions import today
from contact_hub.sandbox import DEFAULT_KEY, Fault
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub.sync import SyncFailed
from contact_hub_tests.reliability.clinics import clinic_of
from contact_hub_tests.reliability.rows import contact_statuses, sync_states
from contact_hub_tests.support import DERIVED_TABLES, SandboxOrganization

pytestmark = pytest.mark.long


@pytest.mark.usefixtures("imported")
class TestAnswersGoneWrong:
    """What Cliniko, or the way to it, does to answers."""

    def test_faults_in_the_middle_of_an_import_leave_it_complete(self, organization: SandboxOrganization) -> None:
        undisturbed = organization.snapshot()
        organization.forget()
        organization.server.requests.clear()
        faults = [
            Fault("status", path="patients", status=500),
            Fault("short_page", path="patients", after=1),
            Fault("truncated_json", path="individual_appointments"),
            Fault("reset", path="individual_appointments", after=1),
            Fault("truncated_body", path="attendees", after=1),
            Fault("html", path="businesses"),
            Fault("empty", path="practitioners"),
            Fault("wrong_envelope", path="appointment_types"),
            Fault("missing_id", path="group_appointments"),
        ]
        organization.server.faults.add(*faults)
        organization.sync(full=True)
        organization.server.faults.clear()
        assert [fault.applied for fault in faults] == [1] * len(faults)
        assert organization.snapshot() == undisturbed

    def test_a_storm_of_refusals_is_waited_out_and_nothing_is_sent_before_its_time(
        self, organization: SandboxOrganization
    ) -> None:
        undisturbed = organization.snapshot()
        organization.forget()
        organization.server.requests.clear()
        organization.server.faults.add(
            Fault("too_many_requests", path="patients", after=1, times=2, seconds=1),
            Fault("too_many_requests", path="attendees", times=1, seconds=1, limit_headers="retry_after"),
        )
        organization.sync(full=True)
        organization.server.faults.clear()
        requests = list(organization.server.requests)
        refused = [number for number, request in enumerate(requests) if request.status == 429]
        assert len(refused) == 3
        assert all(requests[number + 1].wall >= requests[number].wall + 1 for number in refused)
        assert organization.snapshot() == undisturbed

    @pytest.mark.parametrize(
        ("fault", "says"),
        [
            (Fault("status", status=401, after=1, times=None), "the API key was refused"),
            (Fault("status", status=404, after=1, times=None), "not found"),
            (Fault("status", status=422, after=1, times=None, body={"errors": {"q": ["Canary"]}}), "refused the request (422)"),
            (Fault("too_many_requests", after=1, times=None, seconds=5000), "next request not before"),
        ],
    )
    def test_what_does_not_pass_fails_by_name_and_lands_nothing_of_the_resource(
        self, organization: SandboxOrganization, fault: Fault, says: str
    ) -> None:
        """The first page came; the second never does."""
        table = "raw.cliniko_individual_appointments"
        for appointment in organization.clinic.tables.individual_appointments:
            organization.clinic.move_appointment(appointment.id, appointment.starts_at + timedelta(minutes=1))
        before = (organization.snapshot(table), sync_states(organization)["individual_appointments"])
        derived = organization.snapshot(*DERIVED_TABLES)
        fault.path = "individual_appointments"
        organization.server.faults.add(fault)
        with pytest.raises(SyncFailed) as raised:
            organization.sync(full=True)
        organization.server.faults.clear()
        message = str(raised.value)
        assert says in message
        assert (
            f"{organization.organization_id}, {today()}: raw_cliniko_appointments: Cliniko individual_appointments: " in message
        )
        assert "records received: 100, missing: " in message
        assert "\n" not in message
        assert DEFAULT_KEY not in message
        assert "Canary" not in message
        assert (organization.snapshot(table), sync_states(organization)["individual_appointments"]) == before
        assert organization.snapshot("active_patient_days")["active_patient_days"] == derived["active_patient_days"]

    def test_and_a_rerun_heals(self, organization: SandboxOrganization) -> None:
        organization.sync()
        served = {str(one.id): one.starts_at for one in organization.clinic.tables.individual_appointments}
        landed = organization.query(
            "SELECT cliniko_id, starts_at FROM raw.cliniko_individual_appointments WHERE organization_id = :organization_id"
        )
        assert {row.cliniko_id: row.starts_at for row in landed} == served


def test_a_key_that_is_refused_stops_its_own_organization_only(
    database: Database, instance: DagsterInstance, organization_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIKO_KEY_THAT_IS_WRONG", "a-wrong-key-au1")
    locked_out = f"{organization_id}_locked_out"
    with clinic_of(database, instance, organization_id, patients=20) as organization:
        with database.transaction() as connection:
            url = organization.server.url
            register(connection, Organization(locked_out, "", "Australia/Sydney", "AU", "CLINIKO_KEY_THAT_IS_WRONG", url))
        other = SandboxOrganization(locked_out, organization.server, database, instance)
        with pytest.raises(
            SyncFailed, match="the API key was refused; check the key in this organization's variable"
        ) as raised:
            other.sync()
        assert "a-wrong-key" not in str(raised.value)
        assert sync_states(other) == {}
        organization.sync()
        assert len(contact_statuses(organization)) > 20

        organization.server.faults.add(Fault("status", status=403, path="group_appointments", times=3))
        with pytest.raises(SyncFailed, match=r"Cliniko group_appointments: access refused; give the Cliniko user .* a role"):
            organization.sync()
