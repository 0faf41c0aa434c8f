"""Measures of group identity that ask whether a link is the right one."""

from contact_hub.measures.measure import Measure

# What a channel record says of itself is compared with what the patient's own records say, not with what was derived.
ACCURACY = Measure(
    name="accuracy",
    description=(
        "Accounts, numbers, addresses and forms linked to a patient whose identifier is on the patient's own record (or that "
        "somebody decided on), and whose name, where it is a person's, is not another's / those linked to a patient."
    ),
    sql="""
        WITH linked AS (
            SELECT record.source, record.source_id, link.contact_id, link.method,
                   lower(named.given_name) AS given_name, lower(named.family_name) AS family_name
            FROM channel_records AS record
            JOIN source_record_links AS link USING (organization_id, source, source_id)
            LEFT JOIN normalized_contacts AS named USING (organization_id, source, source_id)
            JOIN contacts AS contact ON contact.organization_id = :organization_id AND contact.id = link.contact_id
                 AND contact.cliniko_patient_id IS NOT NULL
            WHERE record.organization_id = :organization_id AND record.from_customer
        ),
        patient AS (
            SELECT link.contact_id, record.source, record.source_id, lower(record.given_name) AS given_name,
                   lower(record.preferred_name) AS preferred_name, lower(record.family_name) AS family_name
            FROM normalized_contacts AS record
            JOIN source_record_links AS link USING (organization_id, source, source_id)
            WHERE record.organization_id = :organization_id AND record.contact_type = 'cliniko_patient'
        ),
        vouched AS (
            SELECT DISTINCT patient.contact_id, stated.kind, stated.value
            FROM patient JOIN identifier_statements AS stated ON stated.organization_id = :organization_id
                 AND stated.source = patient.source AND stated.source_id = patient.source_id AND stated.until IS NULL
        ),
        judged AS (
            SELECT linked.method = 'decision' OR EXISTS (
                       SELECT FROM identifier_statements AS own JOIN vouched USING (kind, value)
                       WHERE own.organization_id = :organization_id AND own.source = linked.source
                         AND own.source_id = linked.source_id AND vouched.contact_id = linked.contact_id) AS is_vouched,
                   linked.given_name IS NULL OR linked.family_name IS NULL OR EXISTS (
                       SELECT FROM patient WHERE patient.contact_id = linked.contact_id
                         AND (linked.family_name = patient.family_name
                              OR linked.given_name IN (patient.given_name, patient.preferred_name))) AS is_named_alike
            FROM linked
        )
        SELECT count(*) FILTER (WHERE is_vouched AND is_named_alike), count(*) FROM judged
    """,
    at_least=0.95,
    severity="warn",
    counts=("patient_records_agreeing", "patient_records"),
)
