"""A channel record as one row of ``normalized_contacts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contact_hub.channels.records import ChannelRecord, Identifier, RecordKey, Statement
from contact_hub.identity.names import normalize_name
from contact_hub.identity.normalized_rows import NORMALIZED_COLUMNS
from contact_hub.identity.phones import is_mobile

CONTACT_TYPE = "contact"
UNREACHED = "account"
"""What a record is that no customer has used: known from statuses and the clinic's own messages only."""


def channel_row(key: RecordKey, record: ChannelRecord, statements: Mapping[Identifier, Statement]) -> tuple[Any, ...]:
    """The values of one record, in the order of ``NORMALIZED_COLUMNS``; its own identifiers before stated ones."""
    phones, emails = _values(statements, "phone"), _values(statements, "email")
    values = dict.fromkeys(NORMALIZED_COLUMNS) | _name(record.name)
    values |= {
        "source": key[0],
        "source_id": key[1],
        "contact_type": CONTACT_TYPE if record.from_customer else UNREACHED,
        "phone": next(iter(phones), None),
        "email": next(iter(emails), None),
        "phones": [{"number": one, "type": "other", "mobile": is_mobile(one), "placeholder": False} for one in phones],
        "emails": [{"address": one, "placeholder": False} for one in emails],
        "status": "active",
        "created_at": record.first_at,
        "updated_at": record.last_at,
        "issues": [],
        "original": {"identifier": record.identifier, "name": record.name, "username": record.username},
    }
    return tuple(values.values())


def _values(statements: Mapping[Identifier, Statement], kind: str) -> list[str]:
    stated = [(value, statement) for (one, value), statement in statements.items() if one == kind]
    stated.sort(key=lambda entry: (entry[1].claim != "account", -entry[1].last_at.timestamp(), entry[0]))
    return [value for value, _ in stated]


def _name(called: str | None) -> dict[str, str | None]:
    """A name in one piece: the last word is taken for the surname."""
    first, _, last = (called or "").rpartition(" ")
    name = normalize_name(first or last, last if first else None)
    return {
        "name": name.full_name,
        "given_name": name.given_name,
        "family_name": name.family_name,
        "preferred_name": name.preferred_name,
        "title": name.title,
    }
