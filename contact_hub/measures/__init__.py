"""Measures: what is counted to tell whether an asset is right, as data. The numbers' formulae are here and nowhere else.

What runs them is elsewhere: :mod:`contact_hub.checks` makes asset checks of them.
"""

from collections.abc import Mapping, Sequence

from contact_hub.measures import activity, channels, chatwoot, cliniko, duplicates, identity, replies, reporting
from contact_hub.measures.accuracy import ACCURACY
from contact_hub.measures.measure import Measure

MEASURES: Mapping[str, Sequence[Measure]] = {
    "raw_cliniko_patients": cliniko.PATIENTS,
    "raw_cliniko_appointments": cliniko.APPOINTMENTS,
    "raw_cliniko_practice": cliniko.PRACTICE,
    "chatwoot_reconciliation": chatwoot.RECONCILIATION,
    "normalized_contacts": identity.NORMALIZED,
    "channel_identity_links": [*identity.LINKS, *channels.LINKED, ACCURACY],
    "contacts": [*identity.CONTACTS, *channels.SETTLED],
    "active_patients": activity.ACTIVE,
    "conversations": activity.CONVERSATIONS,
    "replies": replies.REPLIES,
    "duplicate_clusters": duplicates.CLUSTERS,
    "contact_merges": duplicates.MERGES,
    "contact_metrics": reporting.METRICS,
    "clinic_report": reporting.REPORT,
}
"""By the asset that each is evaluated with."""

ALL_MEASURES = tuple(measure for measures in MEASURES.values() for measure in measures)

__all__ = ["ALL_MEASURES", "MEASURES", "Measure"]
