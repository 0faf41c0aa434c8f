"""What has landed and what was made of it, by the ids that Cliniko gives."""

from typing import Any

from contact_hub_tests.support import RAW_TABLES, SandboxOrganization


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
