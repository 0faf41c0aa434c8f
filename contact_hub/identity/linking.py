"""A resolution, spelled out as channel identity links: one row an identifier and contact."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from contact_hub.identity.phones import is_mobile
from contact_hub.identity.resolve import Objects, Resolution, SourceRecords, utc_texts

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


def link_rows(records: SourceRecords, resolution: Resolution, contact_ids: Objects) -> Iterator[tuple[Any, ...]]:
    """Rows of ``channel_identity_links`` in the order of :data:`LINK_COLUMNS`.

    Every record links its source's channel to its contact. A phone links ``phone``, and ``whatsapp`` too where the number
    can be a mobile; an email links ``email``.

    Args:
        contact_ids: the id that each record would found (by position).
    """
    yield from _record_links(records, resolution, contact_ids)
    yield from _identifier_links(records, resolution, contact_ids)


def _record_links(records: SourceRecords, resolution: Resolution, contact_ids: Objects) -> Iterator[tuple[Any, ...]]:
    founded = resolution.founder == np.arange(len(records))
    method = np.where(founded, "source_record", "cliniko_merge")
    return zip(
        records.source,
        records.source_id,
        contact_ids[resolution.founder],
        ["owner"] * len(records),
        method.tolist(),
        [1.0] * len(records),
        records.source,
        records.source_id,
        utc_texts(records.created_at),
        utc_texts(records.updated_at),
        strict=True,
    )


def _identifier_links(records: SourceRecords, resolution: Resolution, contact_ids: Objects) -> Iterator[tuple[Any, ...]]:
    links = resolution.links
    rows = zip(
        links.value,
        contact_ids[links.contact],
        np.where(links.owner, "owner", "shared").tolist(),
        (1.0 / links.holders).tolist(),
        records.source[links.record],
        records.source_id[links.record],
        utc_texts(links.first_seen),
        utc_texts(links.last_seen),
        strict=True,
    )
    for kind, (value, contact_id, role, confidence, *evidence) in zip(links.kind, rows, strict=True):
        yield (kind, value, contact_id, role, "stated", confidence, *evidence)
        if kind == "phone" and is_mobile(value):
            yield ("whatsapp", value, contact_id, role, "stated", confidence, *evidence)
