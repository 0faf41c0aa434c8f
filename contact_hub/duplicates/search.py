"""The search for duplicates of one organization: read, score, write what differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from contact_hub.duplicates.block_keys import found_keys
from contact_hub.duplicates.decided import distinct_pairs
from contact_hub.duplicates.found_rows import found_clusters, found_pairs
from contact_hub.duplicates.people import people
from contact_hub.duplicates.reviewed import keep_reviewed
from contact_hub.duplicates.scoring import FittedModel, Scored, score, statistics
from contact_hub.duplicates.stored_rows import FoundRows, changed_rows
from contact_hub.linkage import LinkageModel
from contact_hub.store import duplicate_tables as tables
from contact_hub.store.changed_rows import ChangedRows, Difference
from contact_hub.store.database import Database, lock_organization
from contact_hub.store.difference import Staging
from contact_hub.store.duplicates import keep_model, latest_model
from contact_hub.store.organizations import organization


@dataclass(frozen=True)
class Found:
    """
    Attributes:
        differences: what was written, by table; that of the clusters first.
        counts: the row of ``duplicate_statistics``, and whether the model is a new one.
        model: the model in use.
    """

    differences: Sequence[Difference]
    counts: dict[str, Any]
    model: LinkageModel


def fitted_model(connection: Connection, organization_id: str) -> FittedModel | None:
    """The model in use; None where there is none that this version can use."""
    kept = latest_model(connection, organization_id)
    if kept is None:
        return None
    try:
        return FittedModel(LinkageModel.from_json(kept[0]), kept[1])
    except ValueError:  # of other fields than are compared now
        return None


def search(database: Database, organization_id: str) -> Found:
    """Find an organization's duplicates, and write clusters, pairs, keys and counts where they differ."""
    with database.reading() as snapshot:
        region = organization(snapshot, organization_id).region
        found = people(snapshot.connection.driver_connection, organization_id)  # type: ignore[arg-type]
        distinct = distinct_pairs(snapshot, organization_id)
        fitted = fitted_model(snapshot, organization_id)
    scored = score(found, region, distinct=distinct, fitted=fitted)
    counts = statistics(scored)
    return Found(
        _write(database, organization_id, scored, counts), {**counts, "refitted": scored.refitted}, scored.linkage.model
    )


def _write(database: Database, organization_id: str, scored: Scored, counts: dict[str, Any]) -> list[Difference]:
    with database.engine.connect() as writer:
        keys = _write_keys(writer, organization_id, found_keys(organization_id, scored.keys))
        found = (found_clusters(organization_id, scored.linkage), found_pairs(organization_id, scored.linkage))
        clusters, pairs = (changed_rows(writer, organization_id, rows) for rows in found)
        counted = _compare_counts(writer, organization_id, counts)
        writer.commit()
        lock_organization(writer, organization_id)
        keep_reviewed(writer, organization_id, pairs)
        for changed in (clusters, pairs):
            _forget_the_gone(writer, changed)
        written = [changed.write("updated_at") for changed in (clusters, pairs, counted)]
        for changed in (clusters, pairs, counted):
            changed.drop()
        if scored.refitted:
            model = scored.linkage.model
            keep_model(writer, organization_id, model.version, model.to_json(), counts["people"])
        writer.commit()
    return [*written[:2], keys, written[2]]


def _write_keys(writer: Connection, organization_id: str, found: FoundRows) -> Difference:
    """Without the write lock, for the first keys of a large clinic take minutes to index. Nobody else writes keys, and those of
    a contact that is merged away meanwhile find nobody: who looks for candidates asks for contacts in use."""
    lock_organization(writer, organization_id, "block keys")
    changed = changed_rows(writer, organization_id, found)
    _forget_the_gone(writer, changed)
    written = changed.write()
    changed.drop()
    writer.commit()
    return written


def _compare_counts(writer: Connection, organization_id: str, counts: dict[str, Any]) -> ChangedRows:
    staging = Staging(writer, tables.duplicate_statistics, ("organization_id", *counts))
    staging.copy([(organization_id, *counts.values())])
    return staging.compare({"organization_id": organization_id}, delete_missing=True)


def _forget_the_gone(writer: Connection, changed: ChangedRows) -> None:
    """Write nothing about contacts that were merged away or archived while the rest was computed."""
    for column in {"contact_id", "left_id", "right_id"} & set(changed.columns):
        gone = f"""
            DELETE FROM {changed.name} AS changed WHERE NOT EXISTS (
                SELECT FROM contacts WHERE organization_id = changed.organization_id AND id = changed.{column}
                  AND status = 'active')
        """
        writer.execute(text(gone))
