"""Duplicates in the store: the models in use, what organizations have chosen, and the pairs for people to look at."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from contact_hub.store.duplicate_tables import linkage_models
from contact_hub.store.rows import insert_new

DEFAULT_SHARE = 0.02


@dataclass(frozen=True)
class DuplicateSettings:
    """
    Attributes:
        merges_automatically: certain duplicates are merged without a person; else the run only says what it would merge.
        share: of contacts, the most that one run may merge away.
    """

    merges_automatically: bool = False
    share: float = DEFAULT_SHARE


def duplicate_settings(connection: Connection, organization_id: str) -> DuplicateSettings:
    """What an organization has chosen, or what holds until it does."""
    statement = text("SELECT merges_automatically, share FROM duplicate_settings WHERE organization_id = :organization_id")
    row = connection.execute(statement, {"organization_id": organization_id}).one_or_none()
    return DuplicateSettings() if row is None else DuplicateSettings(*row)


def choose(connection: Connection, organization_id: str, chosen: DuplicateSettings) -> None:
    """Keep what an organization has chosen."""
    statement = text("""
        INSERT INTO duplicate_settings (organization_id, merges_automatically, share)
        VALUES (:organization_id, :merges_automatically, :share)
        ON CONFLICT (organization_id) DO UPDATE
        SET merges_automatically = excluded.merges_automatically, share = excluded.share, updated_at = now()
    """)
    connection.execute(statement, {"organization_id": organization_id, **vars(chosen)})


def latest_model(connection: Connection, organization_id: str) -> tuple[str, int] | None:
    """The model in use as JSON, and the number of contacts that it was fitted on."""
    statement = text("""
        SELECT model::text, contacts FROM linkage_models
        WHERE organization_id = :organization_id ORDER BY made_at DESC, version LIMIT 1
    """)
    row = connection.execute(statement, {"organization_id": organization_id}).one_or_none()
    return None if row is None else (row[0], row[1])


def keep_model(connection: Connection, organization_id: str, version: str, model_json: str, contacts: int) -> None:
    """Keep a model as the one in use."""
    row = {"version": version, "model": json.loads(model_json), "contacts": contacts, "made_at": datetime.now(UTC)}
    insert_new(connection, linkage_models, organization_id, [row])


_TOLD = """
    {of}.name AS {side}_name, {of}.metadata ->> 'date_of_birth' AS {side}_date_of_birth, {of}.phone AS {side}_phone,
    {of}.email AS {side}_email, {of}.cliniko_patient_id AS {side}_patient_id
"""


def listed_pairs(
    connection: Connection, organization_id: str, *, decision: str | None = None, limit: int | None = None
) -> list[Any]:
    """Pairs of contacts in use, the likeliest first: columns of ``duplicate_pairs``, and what is told of both sides."""
    told = ", ".join(_TOLD.format(side=side, of=of) for side, of in (("left", "one"), ("right", "other")))
    statement = text(f"""
        SELECT pair.left_id, pair.right_id, pair.probability, pair.weight, pair.decision, pair.fields, pair.model_version,
               {told}
        FROM duplicate_pairs AS pair
        JOIN contacts AS one ON one.organization_id = pair.organization_id AND one.id = pair.left_id
        JOIN contacts AS other ON other.organization_id = pair.organization_id AND other.id = pair.right_id
        WHERE pair.organization_id = :organization_id AND one.status = 'active' AND other.status = 'active'
          AND pair.decision = coalesce(:decision, pair.decision)
        ORDER BY pair.weight DESC, pair.left_id, pair.right_id LIMIT :limit
    """)
    return list(connection.execute(statement, {"organization_id": organization_id, "decision": decision, "limit": limit}))
