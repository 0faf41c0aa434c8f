"""Records that come, change, go and return."""

from datetime import timedelta

import pytest

from contact_hub.automation.partitions import today
from contact_hub.sandbox import LoggedRequest
from contact_hub.sync import SyncFailed
from contact_hub_tests.reliability.rows import active_patients, contact_statuses, payloads, sync_states
from contact_hub_tests.support import SandboxOrganization

pytestmark = pytest.mark.long


@pytest.mark.usefixtures("imported")
class TestClinicsThatChange:
    """Records that come, change, go and return, while they are read or between."""

    def test_nothing_is_skipped_that_was_there_while_pages_were_read(self, organization: SandboxOrganization) -> None:
        clinic = organization.clinic
        patients = sorted(map(int, clinic.truth.live_patients()))
        appointments = sorted(one.id for one in clinic.tables.individual_appointments)
        organization.forget()
        added: dict[str, str] = {}

        def change_between_pages(request: LoggedRequest) -> None:
            """What was on the first page changes, and so does what the second is to hold."""
            if not any(said.startswith("id:>") for said in request.filters):
                return
            if request.resource == "patients":
                for patient_id in (patients[0], patients[5], patients[-1]):
                    clinic.update_patient(patient_id, first_name="Between")
                clinic.archive_patient(patients[1])
                added["patient"] = clinic.add_patient(first_name="Between")
            elif request.resource == "individual_appointments":
                clinic.move_appointment(appointments[0], clinic.clock() + timedelta(days=2))
                clinic.delete_appointment(appointments[2])
                added["appointment"] = clinic.add_appointment(patients[7], clinic.clock() + timedelta(days=1))

        organization.server.on_request = change_between_pages
        organization.sync()
        organization.server.on_request = None
        assert len(added) == 2
        landed = payloads(organization)
        assert set(map(str, patients)) | {added["patient"]} <= set(landed["raw.cliniko_patients"])
        assert set(map(str, appointments)) | {added["appointment"]} <= set(landed["raw.cliniko_individual_appointments"])
        organization.sync()
        caught_up = organization.snapshot()
        assert contact_statuses(organization)[str(patients[1])] == "archived"
        organization.forget()
        organization.sync(full=True)
        assert organization.snapshot() == caught_up
        assert active_patients(organization) == set(clinic.truth.active_patients(today()))

    def test_a_record_that_goes_while_pages_are_read_is_noticed_by_the_next_sweep(
        self, organization: SandboxOrganization
    ) -> None:
        clinic = organization.clinic
        patients = sorted(map(int, clinic.truth.live_patients()))

        def vanish_between_pages(request: LoggedRequest) -> None:
            if request.resource == "patients" and any(said.startswith("id:>") for said in request.filters):
                clinic.vanish_patient(patients[2])
                clinic.vanish_patient(patients[-2])
                organization.server.on_request = None

        organization.server.on_request = vanish_between_pages
        organization.sync(full=True)
        # The first page still held the one, the second no longer the other; nobody else is missed.
        statuses = contact_statuses(organization)
        assert (statuses[str(patients[2])], statuses[str(patients[-2])]) == ("active", "archived")
        organization.sync(full=True)
        statuses = contact_statuses(organization)
        assert {number for number in patients if statuses[str(number)] != "active"} == {patients[2], patients[-2]}

    def test_what_vanished_is_found_by_a_sweep_only_and_may_return(self, organization: SandboxOrganization) -> None:
        clinic = organization.clinic
        clock = clinic.clock()
        patients = sorted(clinic.truth.live_patients() - active_patients(organization))[:4]
        for patient_id in patients[:3]:
            clinic.add_appointment(patient_id, clock + timedelta(days=2))
        lost = clinic.add_appointment(patients[3], clock + timedelta(days=2))
        organization.sync()
        assert set(patients) <= active_patients(organization)

        rows = {patient_id: clinic.tables.patients[int(patient_id)] for patient_id in patients[:3]}
        for patient_id in patients[:3]:
            clinic.vanish_patient(patient_id)
        clinic.vanish_appointment(lost)
        organization.sync()
        assert set(patients) <= active_patients(organization)
        assert {contact_statuses(organization)[patient_id] for patient_id in patients} == {"active"}

        report = organization.sync(full=True)
        assert report.metadata["raw_cliniko_patients"]["records_vanished"] == 3
        assert report.metadata["raw_cliniko_appointments"]["records_vanished"] == 2  # with its attendee
        statuses = contact_statuses(organization)
        assert [statuses[patient_id] for patient_id in patients] == ["archived"] * 3 + ["active"]
        assert not set(patients) & active_patients(organization)

        for row in rows.values():
            clinic.tables.patients.add(row)
        clinic.update_patient(patients[0], first_name="Returned")
        organization.sync()
        statuses = contact_statuses(organization)
        assert [statuses[patient_id] for patient_id in patients[:3]] == ["active", "archived", "archived"]
        organization.sync(full=True)
        statuses = contact_statuses(organization)
        assert [statuses[patient_id] for patient_id in patients] == ["active"] * 4
        assert active_patients(organization) & set(patients) == set(patients[:3])

    def test_a_sweep_that_lacks_too_many_is_refused_and_changes_nothing(self, organization: SandboxOrganization) -> None:
        clinic = organization.clinic
        before = (organization.snapshot(), sync_states(organization)["patients"])
        gone = sorted(clinic.truth.live_patients())[:40]
        rows = [clinic.tables.patients[int(patient_id)] for patient_id in gone]
        for patient_id in gone:
            clinic.vanish_patient(patient_id)
        with pytest.raises(SyncFailed, match=r"a sweep of cliniko_patients lacks 40 of \d+ known records; nothing was changed"):
            organization.sync(full=True)
        assert (organization.snapshot(), sync_states(organization)["patients"]) == before
        assert organization.query(
            "SELECT count(*) FROM raw.cliniko_patients WHERE organization_id = :organization_id AND cliniko_id = ANY(:gone)"
            " AND vanished_at IS NULL",
            gone=gone,
        ) == [(40,)]
        for row in rows:
            clinic.tables.patients.add(row)
