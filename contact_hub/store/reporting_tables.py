"""What is reported of each clinic: its numbers by day, the limits that it holds them to, and the page made of them."""

from sqlalchemy import Column, Date, Double, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from contact_hub.store.tables import belongs_to_organization, metadata, organization_column, written_at


def _count(name: str, comment: str) -> Column[int]:
    return Column(name, Integer, nullable=False, comment=comment)


contact_metrics = Table(
    "contact_metrics",
    metadata,
    organization_column(),
    Column("as_of", Date, primary_key=True, comment="The day"),
    _count("patients", "Cliniko patients in use"),
    _count("patients_covered", "Those that are one contact in use: coverage"),
    _count("patient_records", "Accounts, numbers, addresses and forms that belong to a patient"),
    _count("patient_records_agreeing", "Those whose identifier and name are that patient's own: accuracy"),
    _count("patient_contacts", "Contacts in use that are a patient"),
    _count("patient_contacts_complete", "Those that a phone and an email reach: completeness"),
    _count("days_due", "Of the 30 days up to this one, those since the first import"),
    _count("days_synced", "Those that a run has brought to its end: sync success"),
    _count("contacts_in_use", "Contacts in use"),
    _count("active_patients", "Contacts with an appointment in the window around the day"),
    _count("appointments", "Appointments in that window"),
    _count("appointments_matched", "Those whose patient is a contact: matching rate"),
    _count("customer_records", "Accounts, numbers, addresses and forms of customers"),
    _count("customer_records_linked", "Those that belong to a patient: link success"),
    _count("conversations", "Contacts with a history"),
    _count("conversations_unified", "Those over more than one channel: unified experience"),
    Column("contacts_by_source", JSONB, nullable=False, comment="Contacts in use by the source they were first known from"),
    Column(
        "events_by_channel", JSONB, nullable=False, comment="What was said on the day: customers' and the clinic's, by channel"
    ),
    *written_at(),
    _count("conversations_answered", "Conversations of the week to the day that were answered by themselves"),
    _count("conversations_with_context", "Those whose appointment could be named: response context"),
    _count("certain_reviewed", "Pairs scored certain that people decided"),
    _count("certain_same", "Those that they said are one person: precision of certain"),
    _count("possible_reviewed", "Pairs scored possible that people decided"),
    _count("possible_same", "Those that they said are one person: precision of possible"),
    _count("duplicates_estimated", "Pairs that are one person, shown or missed, as a sample tells; 0 without a sample"),
    _count("duplicates_found", "Those that were shown: recall"),
    belongs_to_organization(),
    comment="The numbers of the measures, one row a clinic and day",
)

measure_limits = Table(
    "measure_limits",
    metadata,
    organization_column(),
    Column("asset", Text, primary_key=True, comment="The asset that the measure is of"),
    Column("measure", Text, primary_key=True, comment="The measure"),
    Column("at_least", Double, nullable=False, comment="The smallest share that passes, in place of the default"),
    *written_at(),
    belongs_to_organization(),
    comment="Limits of measures that a clinic holds itself to, where they are not the defaults",
)

clinic_reports = Table(
    "clinic_reports",
    metadata,
    organization_column(),
    Column("as_of", Date, primary_key=True, comment="The day"),
    Column("html", Text, nullable=False, comment="The page, complete in itself; counts only"),
    *written_at(),
    belongs_to_organization(),
    comment="The report of each clinic and day, as it can be sent to it",
)
