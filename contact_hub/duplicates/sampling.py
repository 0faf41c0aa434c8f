"""A random sample of pairs that the search did not show, for people to decide: how much it misses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from contact_hub.duplicates.decided import DISTINCT_PAIRS
from contact_hub.duplicates.people import people
from contact_hub.duplicates.search import fitted_model
from contact_hub.errors import ConfigurationError
from contact_hub.linkage import deduplicate
from contact_hub.store.database import Database
from contact_hub.store.duplicate_tables import reviewed_pairs
from contact_hub.store.organizations import organization
from contact_hub.store.rows import insert_new

LEAST = 0.001
"""Pairs that the model gives less are not sampled: nearly all are strangers, and people would read for days."""


@dataclass(frozen=True)
class Sample:
    """
    Attributes:
        drawn: pairs to be decided.
        population: pairs that they were drawn from, each with the same chance.
    """

    drawn: int
    population: int


def draw_sample(database: Database, organization_id: str, size: int, least: float = LEAST, seed: int | None = None) -> Sample:
    """Draw pairs below the threshold at random for people to decide, in place of an earlier sample.

    Raises:
        ConfigurationError: there is no model yet.
    """
    with database.reading() as connection:
        region = organization(connection, organization_id).region
        everybody = people(connection.connection.driver_connection, organization_id)  # type: ignore[arg-type]
        fitted = fitted_model(connection, organization_id)
    if fitted is None:
        raise ConfigurationError(f"{organization_id} has no model yet: materialize duplicate_clusters first")
    found = deduplicate(everybody, region=region, model=fitted.model)
    left, right, bits = found.scored_candidates()
    probability = 1 / (1 + np.exp2(-np.clip(bits, -1000, 1000)))
    below = np.flatnonzero((probability >= least) & (probability < found.possible))
    with database.transaction() as connection:
        said = {(str(row.left_id), str(row.right_id)) for row in _decided(connection, organization_id)}
        ids = found.clusters.index.to_numpy()
        ends = [tuple(sorted((ids[left[row]], ids[right[row]]))) for row in below]
        open_pairs = [place for place, pair in enumerate(ends) if pair not in said]
        chosen = np.random.default_rng(seed).permutation(open_pairs)[:size].astype(int).tolist()
        rows = [
            {
                "left_id": ends[place][0], "right_id": ends[place][1], "decision": "below",
                "probability": float(probability[below[place]]), "model_version": fitted.model.version,
                "population": len(open_pairs),
            }
            for place in chosen
        ]  # fmt: skip
        _replace(connection, organization_id, rows)
    return Sample(len(rows), len(open_pairs))


def _decided(connection: Connection, organization_id: str) -> list[Any]:
    return list(connection.execute(text(DISTINCT_PAIRS), {"organization_id": organization_id}))


def _replace(connection: Connection, organization_id: str, rows: list[dict[str, Any]]) -> None:
    scope = {"organization_id": organization_id}
    connection.execute(
        text("DELETE FROM reviewed_pairs WHERE organization_id = :organization_id AND decision = 'below'"), scope
    )
    insert_new(connection, reviewed_pairs, organization_id, rows)
    connection.execute(
        text("UPDATE reviewed_pairs SET sampled_at = now() WHERE organization_id = :organization_id AND decision = 'below'"),
        scope,
    )


_SAMPLED = """
    SELECT pair.left_id, pair.right_id, pair.probability, one.name AS left_name, other.name AS right_name,
           one.metadata ->> 'date_of_birth' AS left_date_of_birth, other.metadata ->> 'date_of_birth' AS right_date_of_birth
    FROM reviewed_pairs AS pair
    JOIN contacts AS one ON one.organization_id = pair.organization_id AND one.id = pair.left_id
    JOIN contacts AS other ON other.organization_id = pair.organization_id AND other.id = pair.right_id
    WHERE pair.organization_id = :organization_id AND pair.decision = 'below'
      AND one.status = 'active' AND other.status = 'active'
    ORDER BY pair.left_id, pair.right_id
"""


def sampled_pairs(connection: Connection, organization_id: str) -> list[Any]:
    """The sample's pairs that nobody has decided yet, in no order that tells how likely they are."""
    said = {(row.left_id, row.right_id) for row in _decided(connection, organization_id)}
    rows = connection.execute(text(_SAMPLED), {"organization_id": organization_id})
    return [row for row in rows if (row.left_id, row.right_id) not in said]
