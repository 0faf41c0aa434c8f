"""The sync killed: again and again, at any moment."""

import itertools
import random
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterRunStatus, RunsFilter

from contact_hub.automation.local_runs import UNENDED
from contact_hub.resources.run_tags import ORGANIZATION_TAG
from contact_hub.sandbox import Fault
from contact_hub_tests.reliability.clinics import free_request_slots
from contact_hub_tests.reliability.rows import sync_states
from contact_hub_tests.reliability.sync_process import Sync, run_lock_of, wait_until
from contact_hub_tests.support import RAW_TABLES, SandboxOrganization

pytestmark = pytest.mark.long


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
        killed, found, seconds = 0, Counter[str](), undisturbed_seconds
        for number in itertools.count():
            if number >= 4 and number % 2 == 0 and killed >= 2:
                break
            assert number < 12, "no kill comes in time"
            if number % 2 == 0:
                organization.forget()
            if self.kill_at(organization, tmp_path, (number % 4 + rng.random()) / 4 * seconds):
                killed += 1
            else:
                seconds *= 0.8  # the machine was busier when this was measured
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
