"""The whole sync under faults: killed, cut off, refused, beside another one, over data that changes or makes no sense."""

import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from sqlalchemy import text

from contact_hub.automation.local_runs import UNENDED
from contact_hub.automation.partitions import today
from contact_hub.resources.run_tags import ORGANIZATION_TAG
from contact_hub.sandbox import DEFAULT_KEY, Fault, LoggedRequest, generate_clinic
from contact_hub.store.database import Database, lock_space
from contact_hub.store.organizations import Organization, register
from contact_hub.sync import SyncFailed
from contact_hub_tests.support import DERIVED_TABLES, RAW_TABLES, RESOURCES, SandboxOrganization, sandbox_organization

pytestmark = pytest.mark.long

PROCESSES = multiprocessing.get_context("forkserver")  # children begin with the program loaded, so that kills hit its work
PROCESSES.set_forkserver_preload(["contact_hub.cli", "contact_hub.definitions", "contact_hub.sync", __name__])


def command(arguments: list[str], output: str) -> None:
    """``contact-hub`` with ``arguments``, in a process of its own."""
    from contact_hub.cli import main

    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["contact-hub", *arguments]
    main()


class Sync:
    """``contact-hub sync`` as a process."""

    def __init__(self, folder: Path, organization_id: str, *options: str) -> None:
        self._output = folder / f"{organization_id}_{time.monotonic_ns()}"
        self._process = PROCESSES.Process(target=command, args=(["sync", organization_id, *options], str(self._output)))
        self._process.start()

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> bool:
        """``kill -9``; whether it was still at work."""
        assert self._process.pid is not None
        was_running = self.is_running
        if was_running:
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.join(30)
        return was_running and self._process.exitcode == -signal.SIGKILL

    def end(self) -> tuple[int | None, str]:
        """Wait for it: its exit code and what it printed."""
        self._process.join(60)
        return self._process.exitcode, self._output.read_text()


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def run_lock_of(organization: SandboxOrganization, *, granted: bool) -> int:
    """How many processes hold the organization's run lock, or wait for it."""
    statement = """
        SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted = :granted
        AND classid::bigint = :space AND objid::bigint = hashtext(:organization_id)::bigint & 4294967295
    """
    return organization.query(statement, granted=granted, space=lock_space("run") % 2**32)[0][0]


def free_request_slots(organization: SandboxOrganization) -> None:
    """Forget what was sent in the last minute; these tests send more than a minute allows."""
    with organization.database.transaction() as connection:
        connection.execute(text("DELETE FROM cliniko_request_slots"))


def sync_states(organization: SandboxOrganization) -> dict[str, Any]:
    rows = organization.query("SELECT * FROM sync_states WHERE organization_id = :organization_id")
    return {row.resource: row for row in rows}


def payloads(organization: SandboxOrganization) -> dict[str, dict[str, Any]]:
    """What has landed, by table and id."""
    return {
        table: {
            row.cliniko_id: row.payload
            for row in organization.query(f"SELECT cliniko_id, payload FROM {table} WHERE organization_id = :organization_id")
        }
        for table in RAW_TABLES
    }


def contact_statuses(organization: SandboxOrganization) -> dict[str, str]:
    rows = organization.query("SELECT cliniko_patient_id, status FROM contacts WHERE organization_id = :organization_id")
    assert len(rows) == len({row.cliniko_patient_id for row in rows})
    return {row.cliniko_patient_id: row.status for row in rows}


def active_patients(organization: SandboxOrganization) -> set[str]:
    rows = organization.query("""
        SELECT contact.cliniko_patient_id FROM active_patients AS active
        JOIN contacts AS contact ON contact.organization_id = active.organization_id AND contact.id = active.contact_id
        WHERE active.organization_id = :organization_id
    """)
    return {row.cliniko_patient_id for row in rows}


@contextmanager
def clinic_of(
    database: Database, instance: DagsterInstance, organization_id: str, patients: int
) -> Iterator[SandboxOrganization]:
    clinic = generate_clinic(patients=patients, today=today())
    with sandbox_organization(database, instance, organization_id, clinic=clinic) as organization:
        yield organization


@pytest.fixture(scope="class")
def organization(
    database: Database, instance: DagsterInstance, request: pytest.FixtureRequest
) -> Iterator[SandboxOrganization]:
    """One organization for the tests of a class; two pages of patients and of appointments."""
    name = f"org_{request.cls.__name__.lower()}"
    with clinic_of(database, instance, name, patients=125) as organization:
        assert len(organization.clinic.tables.patients) > 100
        assert len(organization.clinic.tables.individual_appointments) > 100
        yield organization


@pytest.fixture(scope="class")
def imported(organization: SandboxOrganization) -> SandboxOrganization:
    """The organization after an undisturbed full import."""
    organization.sync(full=True)
    return organization


class TestKilled:
    """``kill -9``, again and again."""

    def kill_at(self, organization: SandboxOrganization, folder: Path, seconds: float, *options: str) -> bool:
        """Kill a sync so long after its first request; whether it was still running."""
        free_request_slots(organization)
        organization.server.requests.clear()
        sync = Sync(folder, organization.organization_id, *options)
        wait_until(lambda: len(organization.server.requests) > 0 or not sync.is_running)
        time.sleep(seconds)
        return sync.kill()

    @pytest.fixture(scope="class")
    @staticmethod
    def undisturbed_seconds(organization: SandboxOrganization, tmp_path_factory: pytest.TempPathFactory) -> float:
        """From the first request of a first import to its end, each answer so slow that kills hit the reading, too."""
        organization.server.faults.add(Fault("delay", seconds=0.06, times=None))
        exit_code, printed = Sync(tmp_path_factory.mktemp("undisturbed"), organization.organization_id).end()
        assert exit_code == 0, printed
        return time.monotonic() - organization.server.requests[0].at

    def test_a_first_import_killed_at_any_moment_leaves_whole_steps_and_the_next_sync_completes_it(
        self, organization: SandboxOrganization, undisturbed_seconds: float, tmp_path: Path
    ) -> None:
        rng = random.Random(2)
        undisturbed = organization.snapshot()
        killed, found = 0, Counter[str]()
        for number in range(4):
            if number % 2 == 0:
                organization.forget()
            killed += self.kill_at(organization, tmp_path, (number + rng.random()) / 4 * undisturbed_seconds)
            for table, rows in organization.snapshot().items():
                assert rows in ([], undisturbed[table]), table
                found["nothing" if not rows else "everything"] += 1
            landed = {table.removeprefix("raw.cliniko_") for table, rows in organization.snapshot(*RAW_TABLES).items() if rows}
            assert landed <= set(sync_states(organization)) <= landed | {"group_appointments"}
            if number % 2 == 1:
                free_request_slots(organization)
                organization.sync()
                assert organization.snapshot() == undisturbed
                assert run_lock_of(organization, granted=True) == 0
        assert killed >= 2
        assert min(found["nothing"], found["everything"]) > 0

    def test_a_full_import_of_changes_killed_again_and_again_ends_as_if_never_killed(
        self, organization: SandboxOrganization, undisturbed_seconds: float, tmp_path: Path
    ) -> None:
        rng = random.Random(3)
        clinic = organization.clinic
        patients = sorted(clinic.truth.live_patients())
        for patient_id in patients[::3]:
            clinic.update_patient(patient_id, last_name="Changed", email=f"changed{patient_id}@example.com")
        clinic.merge_patients(patients[1], patients[2])
        clinic.archive_patient(patients[4])
        clinic.add_patient(first_name="Newcomer")
        clinic.add_appointment(patients[5], datetime.now(ZoneInfo("Australia/Sydney")) + timedelta(days=3))
        killed = sum(
            self.kill_at(organization, tmp_path, (number + rng.random()) / 2 * undisturbed_seconds, "--full")
            for number in range(2)
        )
        assert killed >= 1
        free_request_slots(organization)
        organization.sync(full=True)
        disturbed = organization.snapshot()
        organization.forget()
        organization.sync(full=True)
        assert organization.snapshot() == disturbed

    def test_the_run_of_a_killed_process_does_not_stay_started(self, organization: SandboxOrganization, tmp_path: Path) -> None:
        """Dagster's queue lets one run an organization through; it would wait for the dead one for hours."""
        of_organization = {ORGANIZATION_TAG: organization.organization_id}
        assert self.kill_at(organization, tmp_path, 0)
        left = organization.instance.get_runs(RunsFilter(tags=of_organization, statuses=UNENDED))
        assert len(left) == 1
        organization.sync()
        assert organization.instance.get_runs(RunsFilter(tags=of_organization, statuses=UNENDED)) == []
        ended = organization.instance.get_run_by_id(left[0].run_id)
        assert ended is not None
        assert ended.status == DagsterRunStatus.FAILURE


class TestAtOnce:
    """Several syncs at one time."""

    @contextmanager
    def held_at_first_request(self, organization: SandboxOrganization) -> Iterator[threading.Event]:
        """The organization's Cliniko answers nothing until the event is set (or the block ends)."""
        gate = threading.Event()

        def wait(request: LoggedRequest) -> None:
            gate.wait(60)

        organization.server.on_request = wait
        try:
            yield gate
        finally:
            gate.set()
            organization.server.on_request = None

    def test_of_two_syncs_of_one_organization_one_waits_and_both_succeed(
        self, organization: SandboxOrganization, tmp_path: Path
    ) -> None:
        organization.forget()
        with self.held_at_first_request(organization) as gate:
            organization.server.requests.clear()
            syncs = [Sync(tmp_path, organization.organization_id) for _ in range(2)]
            wait_until(lambda: run_lock_of(organization, granted=False) == 1 and len(organization.server.requests) > 0)
            assert run_lock_of(organization, granted=True) == 1
            gate.set()
        for sync in syncs:
            exit_code, printed = sync.end()
            assert exit_code == 0, printed
        # The second began where the first had ended: it asked for changes only.
        updated_from = [one for one in organization.server.requests if any("updated_at:>=" in said for said in one.filters)]
        assert len(updated_from) == len(RESOURCES)
        together = organization.snapshot()
        organization.forget()
        organization.sync()
        assert organization.snapshot() == together

    def test_a_sync_that_waits_for_one_that_is_killed_goes_on(self, organization: SandboxOrganization, tmp_path: Path) -> None:
        with self.held_at_first_request(organization) as gate:
            organization.server.requests.clear()
            first = Sync(tmp_path, organization.organization_id)
            wait_until(lambda: len(organization.server.requests) > 0)
            second = Sync(tmp_path, organization.organization_id)
            wait_until(lambda: run_lock_of(organization, granted=False) == 1)
            assert first.kill()
            wait_until(lambda: run_lock_of(organization, granted=False) == 0)
            gate.set()
            exit_code, printed = second.end()
        assert exit_code == 0, printed

    def test_another_organization_does_not_wait(self, organization: SandboxOrganization, tmp_path: Path) -> None:
        with (
            clinic_of(organization.database, organization.instance, "org_beside", patients=20) as other,
            self.held_at_first_request(organization) as gate,
        ):
            organization.server.requests.clear()
            held = Sync(tmp_path, organization.organization_id)
            wait_until(lambda: len(organization.server.requests) > 0)
            other.sync()
            assert held.is_running
            gate.set()
            exit_code, printed = held.end()
        assert exit_code == 0, printed
        assert set(contact_statuses(other)) == set(payloads(other)["raw.cliniko_patients"])

    def test_a_sync_whose_database_connections_are_cut_fails_cleanly_and_the_next_one_heals(
        self, organization: SandboxOrganization, tmp_path: Path
    ) -> None:
        patient_id = min(organization.clinic.truth.live_patients())
        organization.clinic.update_patient(patient_id, first_name="Zebedee")
        with self.held_at_first_request(organization) as gate:
            organization.server.requests.clear()
            sync = Sync(tmp_path, organization.organization_id)
            wait_until(lambda: len(organization.server.requests) > 0)
            cut = (
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname <> '' AND pid <> pg_backend_pid()"
            )
            assert organization.query(cut)[0][0] >= 1
            gate.set()
            exit_code, printed = sync.end()
        assert exit_code == 1
        assert f"error: {organization.organization_id}, {today()}: " in printed
        assert "Zebedee" not in printed
        organization.sync()
        assert payloads(organization)["raw.cliniko_patients"][patient_id]["first_name"] == "Zebedee"
        names = organization.query(
            "SELECT name FROM contacts WHERE organization_id = :organization_id AND name LIKE 'Zebedee %'"
        )
        assert len(names) == 1


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


class TestOddPatients:
    """People whose records no form should have let through."""

    ODD: Mapping[str, Mapping[str, Any]] = {
        "numbers for names": {"first_name": 5, "last_name": 1.5, "date_of_birth": 19800101, "email": 7, "post_code": 2000},
        "objects for texts": {"first_name": {"a": 1}, "last_name": ["x"], "email": {"x": "y"}, "city": ["z"], "title": True},
        "null and empty": {"patient_phone_numbers": None, "email": "", "first_name": "", "last_name": None},
        "junk in the list of phones": {"patient_phone_numbers": [None, 7, "0412 345 678", [], {}, {"number": 412345678}]},
        "an object for the list of phones": {"patient_phone_numbers": {"number": "0412 345 679"}},
        "two numbers in one field": {"patient_phone_numbers": [{"number": "0412 345 671 / 02 9374 4000"}]},
        "junk numbers": {"patient_phone_numbers": [{"number": number} for number in ("n/a", "0", "+", "1" * 400, "０４１２")]},
        "a character that no database holds": {"notes": "a\x00b", "first_name": "N\x00ul", "last_name": "\x00", "city": "\x00"},
        "born tomorrow": {"date_of_birth": "2999-01-01"},
        "born never": {"date_of_birth": "1985-02-30", "last_name": "."},
        "many scripts": {"first_name": "Зоя 👩🏽‍⚕️", "last_name": "O’Neill-Ñandú 王", "preferred_first_name": "اسم"},
        "long fields": {name: name[0] * 10_000 for name in ("first_name", "last_name", "email", "address_1", "city", "notes")},
        "a long email": {"email": f"{'a' * 10_000}@example.com"},
        "long numbers": {"patient_phone_numbers": [{"number": "0412345672" * 1_000}] * 50},
        "commands": {"first_name": "<script>alert(1)</script>", "last_name": "'; DROP TABLE contacts; --", "city": "\\N\t\n"},
        "fields that nobody knows": {"a_new_field": {"deep": [[[]]]}, "large": 2**70, "custom_fields": [1, {"x": None}]},
        "words for flags": {"time_zone": 5, "reminder_type": {"a": "b"}, "accepted_privacy_policy": "yes", "country_code": 61},
    }

    def test_each_is_one_contact_and_kept_as_sent(self, organization: SandboxOrganization) -> None:
        clinic = organization.clinic
        ids = {name: clinic.add_patient(**fields) for name, fields in self.ODD.items()}
        first, second = clinic.add_patient(first_name="One"), clinic.add_patient(first_name="Other")
        clinic.merge_patients(first, second)
        clinic.merge_patients(second, first)
        clinic.merge_patients(nowhere := clinic.add_patient(), survivor := clinic.add_patient())
        clinic.vanish_patient(survivor)
        report = organization.sync()
        assert [
            check
            for check in report.checks
            if not check.passed and check.name not in ("named", "completeness", "merges_have_survivors")
        ] == []
        landed, statuses = payloads(organization)["raw.cliniko_patients"], contact_statuses(organization)
        assert set(statuses) == set(landed) >= {*ids.values(), first, second, nowhere}
        assert {statuses[patient_id] for patient_id in ids.values()} == {"active"}
        for name, patient_id in ids.items():
            for field, sent in self.ODD[name].items():
                stored = sent.replace("\x00", "\ufffd") if isinstance(sent, str) else sent
                assert landed[patient_id][field] == stored, (name, field)
        phones = organization.query(
            """
            SELECT identifier FROM channel_identity_links AS link JOIN contacts AS contact
                 ON contact.organization_id = link.organization_id AND contact.id = link.contact_id
            WHERE link.organization_id = :organization_id AND channel = 'phone' AND cliniko_patient_id = :patient_id
            """,
            patient_id=ids["two numbers in one field"],
        )
        assert {row.identifier for row in phones} == {"+61412345671", "+61293744000"}

    def test_and_the_next_sync_finds_nothing_new_in_them(self, organization: SandboxOrganization) -> None:
        metadata = organization.sync(full=True).metadata
        written = {
            asset: (values["rows_inserted"], values["rows_updated"], values["rows_deleted"])
            for asset, values in metadata.items()
        }
        assert set(written.values()) == {(0, 0, 0)}


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
