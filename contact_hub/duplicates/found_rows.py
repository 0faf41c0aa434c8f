"""Rows of the tables of duplicates, as a linkage gives them: clusters and pairs. No SQL is run here."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.duplicates.stored_rows import FoundRows, id_words, mixed
from contact_hub.linkage import Linkage
from contact_hub.linkage.clustering import components
from contact_hub.store.duplicate_tables import duplicate_clusters, duplicate_pairs

Array = np.ndarray[Any, Any]

CLUSTER_COLUMNS = ("organization_id", "contact_id", "cluster_id", "size", "decision")
PAIR_COLUMNS = (
    "organization_id", "left_id", "right_id", "probability", "weight", "decision", "fields", "model_version", "digest",
)  # fmt: skip
_PAIR_SCALARS = ("left_id", "right_id", "probability", "weight", "decision")
_CLUSTER = """
    uuid_send(contact_id) || uuid_send(cluster_id) || int8send(CASE decision WHEN 'certain' THEN -size ELSE size END)
"""
_PAIR = "uuid_send(left_id) || uuid_send(right_id) || int8send(digest)"


def found_clusters(organization_id: str, linkage: Linkage) -> FoundRows:
    """Rows of ``duplicate_clusters``: contacts that have company.

    A cluster is certain where certain pairs alone hold it together.
    """
    label = linkage.label
    sizes = np.bincount(label, minlength=len(label))[label]
    shared = np.flatnonzero(sizes > 1)
    contact, cluster, size = linkage.people.ids[shared], linkage.people.ids[label[shared]], sizes[shared]
    certain = _is_certain(linkage)[label[shared]]
    words = np.column_stack([id_words(contact), id_words(cluster), np.where(certain, -size, size).view(np.uint64)])

    def rows(places: Array) -> Iterator[tuple[Any, ...]]:
        said = np.where(certain, "certain", "possible").astype(object)
        for row in zip(*(values[places].tolist() for values in (contact, cluster, size, said)), strict=True):
            yield (organization_id, *row)

    return FoundRows(duplicate_clusters, CLUSTER_COLUMNS, words, _CLUSTER, rows)


def _is_certain(linkage: Linkage) -> Array:
    """By the number of a cluster: whether the parts that certain pairs make of it are one."""
    certain = linkage.pairs[linkage.pairs["decision"] == "certain"]
    at = linkage.clusters.index.get_indexer
    part = components(at(pd.Index(certain["left_id"])), at(pd.Index(certain["right_id"])), len(linkage.label))
    apart = part != part[linkage.label]
    return np.bincount(linkage.label, weights=apart, minlength=len(apart)) == 0


def found_pairs(organization_id: str, linkage: Linkage) -> FoundRows:
    """Rows of ``duplicate_pairs``; the smaller id is left."""
    version = linkage.model.version
    pairs = _rounded(linkage.pairs)
    fields = pairs.columns.drop(list(_PAIR_SCALARS))
    digest = _digests(pairs, version)
    words = np.column_stack([id_words(pairs["left_id"].to_numpy()), id_words(pairs["right_id"].to_numpy()), digest])

    def rows(places: Array) -> Iterator[tuple[Any, ...]]:
        chosen = pairs.iloc[places]
        scalars = chosen[list(_PAIR_SCALARS)].itertuples(index=False, name=None)
        by_field = chosen[fields].to_dict("records")
        for row, weights, one in zip(scalars, by_field, digest[places].view(np.int64).tolist(), strict=True):
            yield (organization_id, *row, weights, version, one)

    return FoundRows(duplicate_pairs, PAIR_COLUMNS, words, _PAIR, rows)


def _rounded(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs with the smaller id left, and numbers as they are kept; none is -0.0, which the store does not tell from 0."""
    left, right = pairs["left_id"].to_numpy(), pairs["right_id"].to_numpy()
    swapped = left > right
    weights = pairs.drop(columns=["left_id", "right_id", "probability", "decision"]).round(4) + 0.0
    return pairs.assign(
        left_id=np.where(swapped, right, left),
        right_id=np.where(swapped, left, right),
        probability=pairs["probability"].round(9),
        **{str(name): weights[name] for name in weights},
    )


def _digests(pairs: pd.DataFrame, version: str) -> Array:
    """A 64-bit digest a pair, of all that is kept of it besides its ids."""
    numbers = pairs.drop(columns=["left_id", "right_id", "decision"])
    named = hashlib.sha256("\n".join([version, *numbers.columns]).encode()).digest()[:8]
    scheme = np.full(len(pairs), int.from_bytes(named, "big"), dtype=np.uint64)
    certain = (pairs["decision"] == "certain").to_numpy().astype(np.uint64)
    bits = [numbers[name].to_numpy(dtype=np.float64).view(np.uint64) for name in numbers]
    return mixed(np.column_stack([scheme, certain, *bits]))
