"""A resolution, spelled out as rows: who holds which identifier, where each source record belongs, what disagrees."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np

from contact_hub.identity.attachment import NOBODY
from contact_hub.identity.phones import is_mobile
from contact_hub.identity.resolve import Resolution
from contact_hub.identity.source_records import Objects, SourceRecords, utc_texts

LINK_COLUMNS = (
    "channel",
    "identifier",
    "contact_id",
    "role",
    "method",
    "confidence",
    "source",
    "source_id",
    "first_seen_at",
    "last_seen_at",
)
RECORD_LINK_COLUMNS = ("source", "source_id", "contact_id", "founds", "method", "confidence", "candidates")
REVIEW_COLUMNS = ("source", "source_id", "contact_id", "kind")


def link_rows(records: SourceRecords, resolution: Resolution, contact_ids: Objects) -> Iterator[tuple[Any, ...]]:
    """Rows of ``channel_identity_links`` in the order of :data:`LINK_COLUMNS`.

    A patient's id links its source's channel. A phone links ``phone``, and ``whatsapp`` too where the number can be a mobile
    or WhatsApp has delivered for it; any other identifier links its channel.

    Args:
        contact_ids: the id that each record would found (by position).
    """
    yield from _patient_links(records, resolution, contact_ids)
    yield from _identifier_links(records, resolution, contact_ids)


def record_link_rows(records: SourceRecords, resolution: Resolution, contact_ids: Objects) -> Iterator[tuple[Any, ...]]:
    """Rows of ``source_record_links`` in the order of :data:`RECORD_LINK_COLUMNS`, one a source record."""
    attachment = resolution.attachment
    rows = zip(records.source, records.source_id, resolution.founder.tolist(), contact_ids, attachment.method, strict=True)
    for record, (source, source_id, founder, founds, method) in enumerate(rows):
        candidates: list[UUID] = [contact_ids[patient] for patient in attachment.candidates.get(record, ())]
        contact_id = None if founder == NOBODY else contact_ids[founder]
        confidence = 1.0 / len(candidates) if candidates and method == "household" else 1.0
        yield (source, source_id, contact_id, founds, method, confidence, candidates)


def review_rows(records: SourceRecords, resolution: Resolution, contact_ids: Objects) -> Iterator[tuple[Any, ...]]:
    """Rows of ``identity_reviews`` in the order of :data:`REVIEW_COLUMNS`: the strongest kind, once a record and contact."""
    kinds: dict[tuple[int, int], str] = {}
    for record, kind, patient in resolution.attachment.disagreements:
        if kinds.get((record, patient)) != "phone":
            kinds[record, patient] = kind
    for (record, patient), kind in kinds.items():
        yield (records.source[record], records.source_id[record], contact_ids[patient], kind)


def _patient_links(records: SourceRecords, resolution: Resolution, contact_ids: Objects) -> Iterator[tuple[Any, ...]]:
    patients = np.flatnonzero(records.patient)
    return zip(
        records.source[patients],
        records.source_id[patients],
        contact_ids[resolution.founder[patients]],
        ["owner"] * len(patients),
        resolution.attachment.method[patients],
        [1.0] * len(patients),
        records.source[patients],
        records.source_id[patients],
        utc_texts(records.created_at[patients]),
        utc_texts(records.updated_at[patients]),
        strict=True,
    )


def _identifier_links(records: SourceRecords, resolution: Resolution, contact_ids: Objects) -> Iterator[tuple[Any, ...]]:
    links = resolution.links
    rows = zip(
        links.value,
        contact_ids[links.contact],
        np.where(links.owner, "owner", "shared").tolist(),
        links.claim,
        (1.0 / links.holders).tolist(),
        records.source[links.record],
        records.source_id[links.record],
        utc_texts(links.first_seen),
        utc_texts(links.last_seen),
        strict=True,
    )
    for kind, on_whatsapp, row in zip(links.kind, links.on_whatsapp.tolist(), rows, strict=True):
        yield (kind, *row)
        if kind == "phone" and (on_whatsapp or is_mobile(row[0])):
            yield ("whatsapp", *row)
