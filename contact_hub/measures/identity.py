"""Measures of group identity: does every count reconcile from source to contact, and is a contact worth having?"""

from contact_hub.measures.measure import Measure
from contact_hub.measures.parts import PATIENTS_IN_USE

NORMALIZED = [
    Measure(
        name="reconciles_with_source",
        description="Cliniko patients with exactly one normalized record / Cliniko patients and normalized records together.",
        sql="""
            SELECT count(*) FILTER (WHERE raw.cliniko_id IS NOT NULL AND record.source_id IS NOT NULL), count(*)
            FROM (SELECT cliniko_id FROM raw.cliniko_patients WHERE organization_id = :organization_id) AS raw
            FULL JOIN (SELECT source_id FROM normalized_contacts
                       WHERE organization_id = :organization_id AND source = 'cliniko') AS record
                 ON record.source_id = raw.cliniko_id
        """,
        blocking=True,
    ),
    Measure(
        name="named",
        description="Patients' records in use that have a name / those in use.",
        sql="""
            SELECT count(name), count(*) FROM normalized_contacts
            WHERE organization_id = :organization_id AND status = 'active' AND contact_type = 'cliniko_patient'
        """,
        at_least=0.98,
        severity="warn",
    ),
]

LINKS = [
    Measure(
        name="every_record_linked",
        description="Normalized records that belong to exactly one contact, or to nobody yet / normalized records.",
        sql="""
            SELECT count(*) FILTER (WHERE links = 1), count(*) FROM (
                SELECT count(link.source_id) AS links FROM normalized_contacts AS record
                LEFT JOIN source_record_links AS link USING (organization_id, source, source_id)
                WHERE record.organization_id = :organization_id AND (link.contact_id IS NOT NULL
                      OR link.source_id IS NULL OR record.contact_type = 'account')
                GROUP BY record.source, record.source_id
            ) AS linked
        """,
        blocking=True,
    ),
    Measure(
        name="one_owner_per_identifier",
        description="Identifiers that exactly one contact owns / identifiers.",
        sql="""
            SELECT count(*) FILTER (WHERE owners = 1), count(*) FROM (
                SELECT count(*) FILTER (WHERE role = 'owner') AS owners FROM channel_identity_links
                WHERE organization_id = :organization_id GROUP BY channel, identifier
            ) AS owned
        """,
        blocking=True,
    ),
]

CONTACTS = [
    Measure(
        name="coverage",
        description="Cliniko patients in use that belong to a contact in use / Cliniko patients in use.",
        sql=f"""
            SELECT count(contact.id), count(*) FROM raw.cliniko_patients AS patient
            LEFT JOIN source_record_links AS record ON record.organization_id = patient.organization_id
                 AND record.source = 'cliniko' AND record.source_id = patient.cliniko_id
            LEFT JOIN contacts AS contact ON contact.organization_id = patient.organization_id
                 AND contact.id = record.contact_id AND contact.status = 'active'
            WHERE {PATIENTS_IN_USE}
        """,
        counts=("patients_covered", "patients"),
    ),
    Measure(
        name="reconciles_with_records",
        description="Records of a person that found a contact row of their own, live or merged / records and rows together.",
        sql="""
            SELECT count(*) FILTER (WHERE record.founds IS NOT NULL AND contact.id IS NOT NULL), count(*)
            FROM (SELECT founds FROM source_record_links
                  WHERE organization_id = :organization_id AND contact_id IS NOT NULL) AS record
            FULL JOIN (SELECT id FROM contacts WHERE organization_id = :organization_id) AS contact
                 ON contact.id = record.founds
        """,
    ),
    Measure(
        name="no_orphan_links",
        description="Links to a contact that exists and was not merged away / links.",
        sql="""
            SELECT count(contact.id), count(*) FROM channel_identity_links AS link
            LEFT JOIN contacts AS contact ON contact.organization_id = link.organization_id
                 AND contact.id = link.contact_id AND contact.status <> 'merged'
            WHERE link.organization_id = :organization_id
        """,
    ),
    Measure(
        name="identifiers_agree_with_links",
        description=(
            "Identifiers that a contact's external_ids and its links both hold / those that either holds, channel by channel."
        ),
        sql="""
            SELECT count(*) FILTER (WHERE told.identifier IS NOT NULL AND link.identifier IS NOT NULL), count(*)
            FROM (SELECT id AS contact_id, channel, identifier FROM contacts
                  CROSS JOIN LATERAL jsonb_each(external_ids -> 'channels') AS by_channel (channel, identifiers)
                  CROSS JOIN LATERAL jsonb_array_elements_text(identifiers) AS one (identifier)
                  WHERE organization_id = :organization_id) AS told
            FULL JOIN (SELECT contact_id, channel, identifier FROM channel_identity_links
                       WHERE organization_id = :organization_id) AS link USING (contact_id, channel, identifier)
        """,
    ),
    Measure(
        name="completeness",
        description="Patients in use that a phone (own or shared) and an email reach / patients in use.",
        sql="""
            SELECT count(*) FILTER (WHERE external_ids -> 'channels' ?& ARRAY['phone', 'email']), count(*)
            FROM contacts
            WHERE organization_id = :organization_id AND status = 'active' AND cliniko_patient_id IS NOT NULL
        """,
        at_least=0.6,
        severity="warn",
        counts=("patient_contacts_complete", "patient_contacts"),
    ),
]
