"""Several syncs at one time, and one that is cut off."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contact_hub.automation.partitions import today
from contact_hub.sandbox import LoggedRequest
from contact_hub_tests.reliability.clinics import clinic_of
from contact_hub_tests.reliability.rows import contact_statuses, payloads
from contact_hub_tests.reliability.sync_process import Sync, run_lock_of, wait_until
from contact_hub_tests.support import RESOURCES, SandboxOrganization

pytestmark = pytest.mark.long


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
