"""Reading a Cliniko record: its id, the records it links to, and text that may be empty in three ways.

Ids are text of up to 19 digits, more than a float can hold; some answers give them as JSON integers. Relations carry
no id, only ``{"links": {"self": URL}}`` (official OpenAPI; redguava/cliniko-api issue 360).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_ID = re.compile(r"[0-9]{1,19}")
_SINGLE_RECORD = re.compile(r"/[a-z_]+/([0-9]{1,19})$", re.ASCII)


def is_id(value: str) -> bool:
    """Whether ``value`` can be the id of a Cliniko record: one to nineteen ASCII digits."""
    return _ID.fullmatch(value) is not None


def record_id(record: object) -> str | None:
    """The id of a record as text; None: it is no object, or its id is missing or not exact (a float, a boolean)."""
    value = record.get("id") if isinstance(record, dict) else None
    if isinstance(value, int):
        value = str(value)  # of a boolean: a word, which is no id
    return value if isinstance(value, str) and is_id(value) else None


def related_id(record: Mapping[str, Any], relation: str) -> str | None:
    """The id of what ``record`` links to as ``relation`` (``patient``, ``business``, ``merged_with_patient``).

    None where the relation is absent or null, and where its link is not of one record: some point at a filtered list
    (``.../attendees?q[]=...``) or at a list below the record (``.../patients/1/appointments``).
    """
    link = record.get(relation)
    links = link.get("links") if isinstance(link, Mapping) else None
    url = links.get("self") if isinstance(links, Mapping) else None
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    found = None if parts.query or parts.fragment else _SINGLE_RECORD.search(parts.path)
    return found[1] if found else None


def text(value: object) -> str | None:
    """``value`` without outer white space; None for null, ``""``, white space, and what is no text or whole number.

    Cliniko sends an empty field as null, as ``""`` or not at all, timestamps included.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return (value.strip() or None) if isinstance(value, str) else None
