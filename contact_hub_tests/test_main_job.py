"""The main job on a clinic that knows its own truth: what goes into Cliniko comes out as contacts and active patients."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from dagster import DagsterInstance

from contact_hub.automation.partitions import today
from contact_hub.sandbox import generate_clinic
from contact_hub.store.database import Database
from contact_hub.sync import SyncReport
from contact_hub_tests.support import RESOURCES, SandboxOrganization, sandbox_organization

pytestmark = pytest.mark.long(minutes=1)


@pytest.fixture(scope="module")
def new_clinic(database: Database, instance: DagsterInstance) -> Iterator[SandboxOrganization]:
    with sandbox_organization(database, instance, "org_main_job") as organization:
        yield organization


@pytest.fixture(scope="module")
def first_import(new_clinic: SandboxOrganization) -> tuple[SyncReport, dict[str, int]]:
    """The full import of the sandbox clinic, and how many requests a resource it took."""
    return new_clinic.sync(), dict(new_clinic.server.requests.by_resource())


@pytest.fixture(scope="module")
def surf_rehab(new_clinic: SandboxOrganization, first_import: tuple[SyncReport, dict[str, int]]) -> SandboxOrganization:
    """The sandbox clinic after its full import; tests of this module change nothing in it."""
    return new_clinic


def test_every_live_patient_is_one_contact(surf_rehab: SandboxOrganization) -> None:
    contacts = surf_rehab.query(
        "SELECT cliniko_patient_id FROM contacts WHERE organization_id = :organization_id AND status = 'active'"
    )
    assert sorted(contact.cliniko_patient_id for contact in contacts) == sorted(surf_rehab.clinic.truth.live_patients())
    assert len(contacts) == 632


def test_archived_deleted_and_survivorless_patients_are_archived_contacts(surf_rehab: SandboxOrganization) -> None:
    truth = surf_rehab.clinic.truth
    orphans = {loser for loser, survivor in truth.survivors().items() if survivor is None}
    archived = surf_rehab.query(
        "SELECT cliniko_patient_id FROM contacts WHERE organization_id = :organization_id AND status = 'archived'"
    )
    assert {row.cliniko_patient_id for row in archived} == truth.archived_patients() | truth.deleted_patients() | orphans


def test_merged_patients_fold_into_their_survivor_chains_included(surf_rehab: SandboxOrganization) -> None:
    rows = surf_rehab.query("""
        SELECT merged.cliniko_patient_id AS loser, survivor.cliniko_patient_id AS survivor,
               link.contact_id = survivor.id AS linked
        FROM contacts AS merged
        JOIN contacts AS survivor ON survivor.organization_id = merged.organization_id
             AND survivor.id = (merged.metadata ->> 'merged_into')::uuid
        JOIN channel_identity_links AS link ON link.organization_id = merged.organization_id
             AND link.channel = 'cliniko' AND link.identifier = merged.cliniko_patient_id
        WHERE merged.organization_id = :organization_id AND merged.status = 'merged'
    """)
    truth = {loser: survivor for loser, survivor in surf_rehab.clinic.truth.survivors().items() if survivor is not None}
    assert {row.loser: row.survivor for row in rows} == truth
    assert all(row.linked for row in rows)


@pytest.mark.parametrize("days_ago", [0, 1, 7, 30])
def test_active_patients_are_exactly_those_of_the_clinic(surf_rehab: SandboxOrganization, days_ago: int) -> None:
    day = today() - timedelta(days=days_ago)
    surf_rehab.sync(day)
    rows = surf_rehab.query(
        """
        SELECT contact.cliniko_patient_id AS patient_id, active.* FROM active_patient_days AS active
        JOIN contacts AS contact ON contact.organization_id = active.organization_id AND contact.id = active.contact_id
        WHERE active.organization_id = :organization_id AND as_of = :day
        """,
        day=day,
    )
    found = {
        row.patient_id: (
            row.recent_appointment_count,
            row.upcoming_appointment_count,
            row.no_show_count,
            row.last_appointment_date,
        )
        for row in rows
    }
    truth = surf_rehab.clinic.truth.active_patients(day)
    expected = {
        one.patient_id: (one.recent_count, one.upcoming_count, one.no_show_count, one.last_appointment_date)
        for one in truth.values()
    }
    assert found == expected
    assert len(found) > 20
    assert all(len(row.upcoming_appointments) == row.upcoming_appointment_count for row in rows)
    assert all(len(row.recent_appointments) == row.recent_appointment_count + row.no_show_count for row in rows)


def test_the_view_shows_the_latest_day(surf_rehab: SandboxOrganization) -> None:
    surf_rehab.sync(today() - timedelta(days=3))
    rows = surf_rehab.query("SELECT DISTINCT as_of FROM active_patients WHERE organization_id = :organization_id")
    assert [row.as_of for row in rows] == [today()]


def test_appointments_are_told_with_place_practitioner_and_local_time(surf_rehab: SandboxOrganization) -> None:
    rows = surf_rehab.query("""
        SELECT appointment FROM active_patients, jsonb_array_elements(upcoming_appointments) AS appointment
        WHERE organization_id = :organization_id
    """)
    assert rows
    for (appointment,) in rows:
        assert {"appointment_id", "kind", "starts_at", "local_start", "place", "practitioner", "appointment_type"} <= set(
            appointment
        )


def test_no_two_contacts_own_one_phone_and_families_share_it(surf_rehab: SandboxOrganization) -> None:
    shared = surf_rehab.query("""
        SELECT identifier, count(*) AS holders, count(*) FILTER (WHERE role = 'owner') AS owners,
               count(contact.phone) FILTER (WHERE contact.phone = identifier) AS shown
        FROM channel_identity_links AS link
        JOIN contacts AS contact ON contact.organization_id = link.organization_id AND contact.id = link.contact_id
        WHERE link.organization_id = :organization_id AND channel = 'phone' GROUP BY identifier HAVING count(*) > 1
    """)
    assert len(shared) > 50
    assert all(row.owners == 1 and row.shown <= 1 for row in shared)


def test_links_and_external_ids_say_the_same(surf_rehab: SandboxOrganization) -> None:
    disagreeing = surf_rehab.query("""
        SELECT contact.id FROM contacts AS contact LEFT JOIN (
            SELECT contact_id, jsonb_object_agg(channel, identifiers) AS channels FROM (
                SELECT contact_id, channel, jsonb_agg(identifier ORDER BY identifier) AS identifiers
                FROM channel_identity_links WHERE organization_id = :organization_id GROUP BY 1, 2) AS by_channel GROUP BY 1
        ) AS linked ON linked.contact_id = contact.id
        WHERE contact.organization_id = :organization_id
          AND contact.external_ids -> 'channels' IS DISTINCT FROM coalesce(linked.channels, '{}')
    """)
    assert disagreeing == []


def test_a_full_import_uses_the_least_number_of_pages(
    surf_rehab: SandboxOrganization, first_import: tuple[SyncReport, dict[str, int]]
) -> None:
    report, requests = first_import
    counts = {
        resource: surf_rehab.query(f"SELECT count(*) FROM raw.cliniko_{resource} WHERE organization_id = :organization_id")[0][
            0
        ]
        for resource in RESOURCES
    }
    least = {resource: max(1, -(-count // 100)) for resource, count in counts.items()}
    least["practitioners/inactive"] = 1
    assert requests == least
    assert report.requests == sum(least.values())


def test_a_day_without_changes_costs_one_request_a_resource_and_writes_nothing(surf_rehab: SandboxOrganization) -> None:
    surf_rehab.server.requests.clear()
    report = surf_rehab.sync()
    assert set(surf_rehab.server.requests.by_resource().values()) == {1}
    written = {
        asset: metadata[count]
        for asset, metadata in report.metadata.items()
        for count in ("rows_inserted", "rows_updated", "rows_deleted")
    }
    assert set(written.values()) == {0}


def test_rows_written_are_rows_that_changed(database: Database, instance: DagsterInstance, organization_id: str) -> None:
    with sandbox_organization(
        database, instance, organization_id, clinic=generate_clinic(patients=60, today=today())
    ) as organization:
        organization.sync()
        patient_id = min(organization.clinic.truth.live_patients())
        organization.clinic.update_patient(patient_id, first_name="Zebedee")
        metadata = organization.sync().metadata
        for asset in ("raw_cliniko_patients", "normalized_contacts", "contacts"):
            assert (metadata[asset]["rows_inserted"], metadata[asset]["rows_updated"]) == (0, 1), asset
        assert metadata["channel_identity_links"]["rows_inserted"] == 0


def test_a_missed_day_heals_in_the_next_run(database: Database, instance: DagsterInstance, organization_id: str) -> None:
    clinic = generate_clinic(patients=60, today=today())
    past = today() - timedelta(days=5)
    with sandbox_organization(database, instance, organization_id, clinic=clinic) as organization:
        organization.sync(past)
        behind = organization.snapshot("raw.cliniko_individual_appointments")
        organization.sync()
        assert organization.snapshot("raw.cliniko_individual_appointments") != behind
        organization.sync(past)
        healed = organization.snapshot()
        organization.forget()
        organization.sync()
        organization.sync(past)
        assert organization.snapshot() == healed


def test_rebuilding_from_nothing_gives_the_same_rows_with_the_same_ids(
    database: Database, instance: DagsterInstance, organization_id: str
) -> None:
    with sandbox_organization(database, instance, organization_id) as organization:
        organization.sync()
        before = organization.snapshot()
        organization.forget()
        organization.sync()
        assert organization.snapshot() == before


def test_a_clinic_without_patients_is_a_clinic(database: Database, instance: DagsterInstance, organization_id: str) -> None:
    clinic = generate_clinic(patients=1, today=today())
    for patient_id in clinic.truth.live_patients() | clinic.truth.archived_patients():
        clinic.vanish_patient(patient_id)
    with sandbox_organization(database, instance, organization_id, clinic=clinic) as organization:
        report = organization.sync()
        assert organization.query("SELECT * FROM contacts WHERE organization_id = :organization_id") == []
        assert all(check.passed for check in report.checks if check.name != "active_count")
