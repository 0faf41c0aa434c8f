"""Which columns of which assets each column is made of: data, shown with the assets and held to the tables by a test.

Written ``asset.column``; the columns are those of an asset's first table, like its schema. Columns that are in no list here
say nothing but when a row was written, or are computed from the asset's own table.
"""

from collections.abc import Iterable, Mapping

import dagster as dg

from contact_hub.identity.golden_records import SURVIVING_FIELDS
from contact_hub.store.reporting_tables import contact_metrics

_PATIENT = "raw_cliniko_patients.payload"
_APPOINTMENT = "raw_cliniko_appointments"
_NORMALIZED = "normalized_contacts"
_LINK = "channel_identity_links"
_EVENT = "channel_events"

_OWN_COLUMNS = ("name", "email", "phone")
_PATIENT_ONLY = (
    *(field for field in SURVIVING_FIELDS if field not in _OWN_COLUMNS),
    "cliniko_patient_id",
    "merged_into_source_id",
    "original",
)
_RECORD = (f"{_NORMALIZED}.source", f"{_NORMALIZED}.source_id")
_WINDOW = (f"{_APPOINTMENT}.starts_at", "raw_cliniko_practice.time_zone")
_ATTENDED = (*_WINDOW, f"{_APPOINTMENT}.did_not_arrive", f"{_APPOINTMENT}.cancelled_at")
_LISTED = (*_ATTENDED, f"{_APPOINTMENT}.ends_at", f"{_APPOINTMENT}.practitioner_id", f"{_APPOINTMENT}.appointment_type_id")
_SPOKEN = (f"{_EVENT}.kind", f"{_EVENT}.direction")
_TALKED = ("conversations.contact_id",)
_OF_PATIENTS = ("contacts.cliniko_patient_id", "contacts.status")
_COMPARED = ("contacts.metadata", "contacts.phone", "contacts.email", "contacts.external_ids")
_ACTIVE = "active_patients.contact_id"
_ADDRESSED = (f"{_EVENT}.from_customer", f"{_EVENT}.human_assigned", f"{_EVENT}.kind", f"{_EVENT}.direction")
_VOUCHED = (f"{_LINK}.contact_id", f"{_LINK}.role", f"{_LINK}.method")
_WRITTEN = ("organization_id", "created_at", "updated_at")
_CLUSTERED = ("duplicate_clusters.contact_id", "duplicate_clusters.cluster_id", "duplicate_clusters.decision")
_REPORTED = tuple(f"contact_metrics.{column.name}" for column in contact_metrics.columns if column.name not in _WRITTEN)

COLUMN_LINEAGE: Mapping[str, Mapping[str, Iterable[str]]] = {
    "normalized_contacts": {
        **dict.fromkeys(_PATIENT_ONLY, (_PATIENT,)),
        "source": (f"{_EVENT}.source",),
        "source_id": ("raw_cliniko_patients.cliniko_id", f"{_EVENT}.source_id"),
        "name": (_PATIENT, f"{_EVENT}.profile_name", f"{_EVENT}.name"),
        "phone": (_PATIENT, f"{_EVENT}.identifiers", f"{_EVENT}.phone"),
        "phones": (_PATIENT, f"{_EVENT}.identifiers", f"{_EVENT}.phone"),
        "email": (_PATIENT, f"{_EVENT}.identifiers", f"{_EVENT}.email"),
        "emails": (_PATIENT, f"{_EVENT}.identifiers", f"{_EVENT}.email"),
        "contact_type": (f"{_EVENT}.from_customer",),
        "status": (_PATIENT, "raw_cliniko_patients.vanished_at"),
        "created_at": (_PATIENT, f"{_EVENT}.occurred_at"),
        "updated_at": (_PATIENT, f"{_EVENT}.occurred_at"),
        "issues": (_PATIENT,),
    },
    "channel_identity_links": {
        "channel": (f"{_NORMALIZED}.source",),
        "identifier": (f"{_NORMALIZED}.source_id", f"{_NORMALIZED}.phones", f"{_NORMALIZED}.emails"),
        "contact_id": (*_RECORD, f"{_NORMALIZED}.merged_into_source_id", "identity_decisions.target_source_id"),
        "role": (f"{_NORMALIZED}.status", f"{_NORMALIZED}.date_of_birth", f"{_NORMALIZED}.updated_at"),
        "method": (f"{_NORMALIZED}.merged_into_source_id", "identity_decisions.kind"),
        "confidence": (f"{_NORMALIZED}.phones", f"{_NORMALIZED}.emails"),
        "source": (f"{_NORMALIZED}.source",),
        "source_id": (f"{_NORMALIZED}.source_id",),
        "first_seen_at": (f"{_NORMALIZED}.created_at",),
        "last_seen_at": (f"{_NORMALIZED}.updated_at",),
    },
    "contacts": {
        "id": (f"{_LINK}.contact_id",),
        "name": (f"{_NORMALIZED}.name",),
        "email": (f"{_NORMALIZED}.email",),
        "phone": (f"{_NORMALIZED}.phone", f"{_LINK}.role"),
        "source": (f"{_NORMALIZED}.source",),
        "first_contact_source": (f"{_NORMALIZED}.source", f"{_NORMALIZED}.created_at"),
        "primary_source": (f"{_NORMALIZED}.source",),
        "source_systems": (f"{_NORMALIZED}.source",),
        "cliniko_patient_id": (f"{_NORMALIZED}.cliniko_patient_id",),
        "status": (f"{_NORMALIZED}.status",),
        "contact_type": (f"{_NORMALIZED}.contact_type",),
        "metadata": tuple(f"{_NORMALIZED}.{field}" for field in SURVIVING_FIELDS if field not in _OWN_COLUMNS),
        "external_ids": (f"{_LINK}.channel", f"{_LINK}.identifier", f"{_NORMALIZED}.original"),
        "created_at": (f"{_NORMALIZED}.created_at",),
        "updated_at": (f"{_NORMALIZED}.updated_at",),
    },
    "duplicate_clusters": {
        "contact_id": ("contacts.id", "contacts.status", "contacts.contact_type"),
        "cluster_id": (*_COMPARED, "identity_decisions.kind"),
        "size": _COMPARED,
        "decision": (*_COMPARED, "identity_decisions.kind"),
    },
    "active_patients": {
        "contact_id": ("contacts.id", f"{_LINK}.contact_id", f"{_LINK}.identifier", f"{_APPOINTMENT}.patient_id"),
        "recent_appointment_count": _ATTENDED,
        "upcoming_appointment_count": (*_WINDOW, f"{_APPOINTMENT}.cancelled_at"),
        "no_show_count": (*_WINDOW, f"{_APPOINTMENT}.did_not_arrive"),
        "last_appointment_date": _ATTENDED,
        "recent_appointments": _LISTED,
        "upcoming_appointments": _LISTED,
    },
    "conversations": {
        "contact_id": ("contacts.id", f"{_EVENT}.source", f"{_EVENT}.source_id"),
        "channels": (f"{_EVENT}.channel",),
        "events_in": _SPOKEN,
        "events_out": _SPOKEN,
        "by_channel": (f"{_EVENT}.channel", *_SPOKEN),
        "started_at": (f"{_EVENT}.occurred_at",),
        "last_in_at": (f"{_EVENT}.occurred_at", *_SPOKEN),
        "last_out_at": (f"{_EVENT}.occurred_at", *_SPOKEN),
        "last_channel": (f"{_EVENT}.channel", f"{_EVENT}.occurred_at"),
        "waiting_since": (f"{_EVENT}.occurred_at", *_SPOKEN),
    },
    "replies": {
        "event_id": (f"{_EVENT}.event_id",),
        "state": _ADDRESSED,
        "reason": _ADDRESSED,
        "channel": (f"{_EVENT}.channel",),
        "account": (f"{_EVENT}.account",),
        "conversation_id": (f"{_EVENT}.conversation_id",),
        "received_at": (f"{_EVENT}.occurred_at",),
        "expires_at": (f"{_EVENT}.occurred_at",),
        "disclosure": _VOUCHED,
        "disclosure_reasons": _VOUCHED,
    },
    "contact_merges": {
        "source": _CLUSTERED[:1],
        "source_id": _CLUSTERED[:1],
        "target_source": _CLUSTERED,
        "target_source_id": _CLUSTERED,
        "confidence": ("duplicate_clusters.decision",),
    },
    "clinic_report": {
        "as_of": ("contact_metrics.as_of",),
        "html": (*_REPORTED, "duplicate_clusters.cluster_id", "duplicate_clusters.decision", "replies.state", "replies.reason"),
    },
    "contact_metrics": {
        "patients_covered": _OF_PATIENTS,
        "patient_records": (f"{_LINK}.contact_id", "contacts.cliniko_patient_id"),
        "patient_records_agreeing": (f"{_LINK}.identifier", f"{_LINK}.contact_id"),
        "patient_contacts": _OF_PATIENTS,
        "patient_contacts_complete": (*_OF_PATIENTS, "contacts.external_ids"),
        "contacts_in_use": ("contacts.status",),
        "active_patients": (_ACTIVE,),
        "appointments_matched": (f"{_LINK}.identifier",),
        "customer_records_linked": (f"{_LINK}.contact_id",),
        "conversations": _TALKED,
        "conversations_unified": ("conversations.channels",),
        "conversations_answered": ("replies.state", "replies.account", "replies.conversation_id"),
        "conversations_with_context": ("replies.state", "replies.told_appointment_id"),
        "contacts_by_source": ("contacts.first_contact_source", "contacts.status"),
    },
}
"""Columns by asset, and what each is made of."""


def column_lineage(asset: str) -> dg.TableColumnLineage | None:
    """What Dagster shows of an asset's columns; None where nothing is known."""
    columns = COLUMN_LINEAGE.get(asset)
    if columns is None:
        return None
    return dg.TableColumnLineage({column: [_dependency(one) for one in made_of] for column, made_of in columns.items()})


def _dependency(text: str) -> dg.TableColumnDep:
    asset, column = text.split(".")
    return dg.TableColumnDep(asset_key=dg.AssetKey(asset), column_name=column)
