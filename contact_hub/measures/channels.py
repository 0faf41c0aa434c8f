"""Measures of what the channels bring: does everybody who writes become a contact, and is nothing left lying?

They are evaluated with the assets of group identity (a step costs more than all of its measures).
"""

from contact_hub.measures.measure import Measure

LINKED = [
    Measure(
        name="customers_are_contacts",
        description="Customers' events, up to the asset's watermark, whose sender is a contact / customers' events.",
        sql="""
            SELECT count(record.contact_id), count(*) FROM channel_events AS event
            JOIN derivations AS derived USING (organization_id)
            LEFT JOIN source_record_links AS record USING (organization_id, source, source_id)
            WHERE organization_id = :organization_id AND event.from_customer
              AND derived.asset = 'channel_identity_links' AND event.number <= derived.through_number
        """,
    ),
    Measure(
        name="link_success",
        description="Accounts, numbers, addresses and forms of customers that belong to a patient / those of customers.",
        sql="""
            SELECT count(*) FILTER (WHERE patient.contact_id IS NOT NULL), count(*)
            FROM channel_records AS record
            LEFT JOIN source_record_links AS link USING (organization_id, source, source_id)
            LEFT JOIN (SELECT DISTINCT contact_id FROM source_record_links
                       WHERE organization_id = :organization_id AND source = 'cliniko') AS patient USING (contact_id)
            WHERE record.organization_id = :organization_id AND record.from_customer
        """,
        at_least=0.0,
        severity="warn",
        counts=("customer_records_linked", "customer_records"),
    ),
]

SETTLED = [
    Measure(
        name="settled",
        description="Channel records whose news has reached links and contacts / channel records.",
        sql="""
            SELECT count(*) FILTER (WHERE unsettled.source_id IS NULL), count(*)
            FROM channel_records AS record
            LEFT JOIN unsettled_records AS unsettled USING (organization_id, source, source_id)
            WHERE record.organization_id = :organization_id
        """,
        # What lands during a run is settled behind the gateway's answers, or by the next run.
        at_least=0.95,
        severity="warn",
    ),
]
