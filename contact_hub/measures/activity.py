"""Measures of group activity: is everybody found who comes, is anybody coming at all, and is all counted that was said?"""

from contact_hub.measures.measure import Measure
from contact_hub.measures.parts import APPOINTMENTS_IN_WINDOW
from contact_hub.store.conversations import KINDS

ACTIVE = [
    Measure(
        name="matching_rate",
        description="Appointments in the window around the day whose patient is a contact / appointments in the window.",
        sql=f"""
            SELECT count(link.contact_id), count(*) FROM {APPOINTMENTS_IN_WINDOW}
            LEFT JOIN channel_identity_links AS link ON link.organization_id = appointment.organization_id
                 AND link.channel = 'cliniko' AND link.identifier = appointment.patient_id
        """,
        at_least=0.99,
        counts=("appointments_matched", "appointments"),
    ),
    Measure(
        name="active_count",
        description="Active patients / contacts in use; a clinic where nobody comes is likelier not read than empty.",
        sql="""
            SELECT (SELECT coalesce(sum(active_patients), 0) FROM activity_days
                    WHERE organization_id = :organization_id AND as_of = :day),
                   (SELECT count(*) FROM contacts WHERE organization_id = :organization_id AND status = 'active')
        """,
        at_least=0.0001,
        severity="warn",
        counts=("active_patients", "contacts_in_use"),
    ),
    Measure(
        name="reconciles_with_day",
        description="Rows of the day / active patients that the day counted.",
        sql="""
            SELECT (SELECT count(*) FROM active_patient_days WHERE organization_id = :organization_id AND as_of = :day),
                   (SELECT active_patients FROM activity_days WHERE organization_id = :organization_id AND as_of = :day)
        """,
    ),
]

CONVERSATIONS = [
    Measure(
        name="every_event_counted",
        description="Spoken events of contacts that conversations count / those that they should, or the other way round.",
        sql=f"""
            SELECT least(counted, spoken), greatest(counted, spoken)
            FROM (SELECT coalesce(sum(events_in + events_out), 0) AS counted FROM conversations
                  WHERE organization_id = :organization_id) AS counted,
                 (SELECT count(*) AS spoken FROM channel_events AS event
                  JOIN source_record_links AS record USING (organization_id, source, source_id)
                  JOIN derivations AS derived USING (organization_id)
                  WHERE organization_id = :organization_id AND record.contact_id IS NOT NULL
                    AND event.kind IN ({", ".join(f"'{kind}'" for kind in KINDS)})
                    AND derived.asset = 'conversations' AND event.number <= derived.through_number) AS spoken
        """,
        # Between the asset and its check, a first message may give a contact to what the clinic had sent before.
        at_least=0.999,
        severity="warn",
    ),
    Measure(
        name="of_live_contacts",
        description="Conversations of a contact that exists and was not merged away / conversations.",
        sql="""
            SELECT count(contact.id), count(*) FROM conversations AS conversation
            LEFT JOIN contacts AS contact ON contact.organization_id = conversation.organization_id
                 AND contact.id = conversation.contact_id AND contact.status <> 'merged'
            WHERE conversation.organization_id = :organization_id
        """,
    ),
    Measure(
        name="unified_experience",
        description="Conversations over more than one channel / conversations.",
        sql="""
            SELECT count(*) FILTER (WHERE cardinality(channels) > 1), count(*) FROM conversations
            WHERE organization_id = :organization_id
        """,
        at_least=0.0,
        severity="warn",
        counts=("conversations_unified", "conversations"),
    ),
]
