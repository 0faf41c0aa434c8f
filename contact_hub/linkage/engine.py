"""Records to clusters: blocking, comparison, estimation, scoring, clustering, in this order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage import clustering
from contact_hub.linkage.blocking import BLOCK_CAP, Candidates, candidate_pairs
from contact_hub.linkage.columns import People, read_people
from contact_hub.linkage.comparison import compare
from contact_hub.linkage.constraints import Constraints, Pairs, read_constraints
from contact_hub.linkage.decisions import contradictory
from contact_hub.linkage.headings import with_our_names
from contact_hub.linkage.model import LinkageModel, Patterns, estimate, patterns
from contact_hub.linkage.result import Linkage, pair_table
from contact_hub.linkage.scoring import Scores, score, with_names

Array = np.ndarray[Any, Any]

CERTAIN = 0.999
POSSIBLE = 0.5
SAMPLE = 150_000
"""Random pairs that show what unrelated people have in common."""
ONE_TABLE = 2.0
"""What two records of one of two linked tables weigh against being one person: a table has few duplicates of its own."""
WITNESS = 0.7
"""What a pair that speaks against a cluster counts of its weight, for it repeats in part what others of the cluster say."""
MOST_OF_CHANGES = 1.0
"""What a pair can say against a cluster (natural log) by nothing but what people change: phone, email, home, family name."""
_SEED = 20_250_101


@dataclass(frozen=True)
class Settings:
    """Thresholds and decisions of one run."""

    certain: float = CERTAIN
    possible: float = POSSIBLE
    block_cap: int = BLOCK_CAP

    def __post_init__(self) -> None:
        if not 0 < self.possible <= self.certain < 1:
            raise ValueError("thresholds are probabilities with 0 < possible <= certain < 1")
        if self.block_cap < 2:
            raise ValueError("a block cap is at least 2 records")


def deduplicate(
    records: pd.DataFrame,
    region: str = "AU",
    *,
    model: LinkageModel | None = None,
    certain: float = CERTAIN,
    possible: float = POSSIBLE,
    same: Pairs = (),
    distinct: Pairs = (),
    block_cap: int = BLOCK_CAP,
) -> Linkage:
    """Which of these records are one person.

    Args:
        records: `record_id` (unique) and any of `given_name, family_name, date_of_birth, phone, email, address, suburb,
            postcode, state` as typed or normalized; None, NaN and '' are missing. `identity_number` (or `soc_sec_id`), a
            number that belongs to one person alone, is compared too; a column that is missing is taken from one that others
            call so (`headings.OTHER_NAMES`), the rest is ignored.
        region: the ISO 3166 code of the country whose telephone numbers need no prefix.
        model: a frozen model to score with; None estimates one from these records.
        certain: the least probability of a pair that may be merged without a person's look.
        possible: the least probability of a pair that belongs together at all.
        same, distinct: pairs of record ids that people decided on.
        block_cap: records of one block at most; larger blocks are dropped, and counted in `statistics`.

    Raises:
        ValueError: ids are missing or repeated, no column can be compared or one holds no values, an unknown region,
            thresholds out of order, or decisions that are no pairs or contradict each other.
    """
    settings = Settings(certain, possible, block_cap)
    people = read_people(records, region)
    return _linkage(people, settings, read_constraints(people.ids, same, distinct), model)


def link(
    left: pd.DataFrame,
    right: pd.DataFrame,
    region: str = "AU",
    *,
    model: LinkageModel | None = None,
    certain: float = CERTAIN,
    possible: float = POSSIBLE,
    same: Pairs = (),
    distinct: Pairs = (),
    block_cap: int = BLOCK_CAP,
) -> Linkage:
    """Which records of two tables are one person; arguments as of `deduplicate`. Record ids differ between the tables.

    Only pairs across the tables are candidates and appear in `pairs` (left_id from `left`). Pairs within one table serve as
    evidence against joining different people through a third record.
    """
    settings = Settings(certain, possible, block_cap)
    left, right = with_our_names(left), with_our_names(right)
    both = pd.concat([left.astype(object), right.astype(object)], ignore_index=True)
    if set(left["record_id"]) & set(right["record_id"]):
        raise ValueError("the two tables share record ids; give them a prefix each")
    people = read_people(both, region)
    of_left = set(left["record_id"])
    side = np.array([record not in of_left for record in people.ids], dtype=np.int8)
    return _linkage(people, settings, read_constraints(people.ids, same, distinct), model, side)


def _linkage(
    people: People, settings: Settings, constraints: Constraints, model: LinkageModel | None, side: Array | None = None
) -> Linkage:
    found = candidate_pairs(people, side, settings.block_cap)
    levels = compare(people, found.left, found.right)
    n = len(people)
    all_pairs = float(n * (n - 1) / 2 if side is None else side.sum() * (n - side.sum()))
    seen = patterns(levels)
    if model is None:
        model = _estimated(people, found, seen, all_pairs, side)
    scores = score(model, people, found.left, found.right, levels, all_pairs, found=seen)
    label = _clusters(people, settings, constraints, model, found, scores, all_pairs, side)
    table = pair_table(people, model, scores, label, settings.certain, settings.possible, side)
    return Linkage(
        clusters=pd.Series(
            people.ids[label], index=pd.Index(people.ids, name="record_id"), name="cluster_id", dtype=_dtype(people.ids)
        ),
        pairs=table,
        model=model,
        statistics=_statistics(people, found, label, table),
        people=people, label=label, all_pairs=all_pairs, certain=settings.certain, possible=settings.possible,
    )  # fmt: skip


def _dtype(ids: Array) -> Any:
    return pd.Series(ids).infer_objects().dtype if len(ids) else object


def _estimated(people: People, found: Candidates, seen: Patterns, all_pairs: float, side: Array | None) -> LinkageModel:
    n = len(people)
    if n < 2 or all_pairs < 1:
        return with_names(estimate(seen, seen, all_pairs, max(n, 1)), people)
    source = np.random.default_rng(_SEED)
    a, b = source.integers(0, n, SAMPLE), source.integers(0, n, SAMPLE)
    a, b = np.minimum(a, b), np.maximum(a, b)
    keep = a != b if side is None else side[a] != side[b]
    packed = clustering.absent(a[keep] * n + b[keep], found.left.astype(np.int64) * n + found.right)
    random_levels = compare(people, packed // n, packed % n)
    return with_names(estimate(seen, patterns(random_levels), all_pairs, n), people)


def _clusters(
    people: People, settings: Settings, constraints: Constraints, model: LinkageModel, found: Candidates, scores: Scores,
    all_pairs: float, side: Array | None,
) -> Array:  # fmt: skip
    """The cluster of each row, as its smallest row."""
    shift = math.log(settings.possible / (1 - settings.possible))
    good = np.flatnonzero(scores.log_odds - shift > 0)
    left, right = np.r_[found.left[good], constraints.same[:, 0]], np.r_[found.right[good], constraints.same[:, 1]]
    group = clustering.components(left, right, len(people))
    within = np.flatnonzero(group[found.left] == group[found.right])
    left, right = found.left[within], found.right[within]
    signed = _signed(scores.log_odds[within] - shift, scores.against[within], scores.levels[within])
    more_left, more_right = clustering.missing_pairs(group, left, right)
    if len(more_left):
        levels = compare(people, more_left, more_right)
        more = score(model, people, more_left, more_right, levels, all_pairs)
        left, right = np.r_[left, more_left], np.r_[right, more_right]
        against = np.minimum(_signed(more.log_odds - shift, more.against, levels), 0)
        if side is not None:
            against = against - np.where(side[more_left] == side[more_right], ONE_TABLE, 0)
        signed = np.r_[signed, against]
    first = constraints.label
    left, right = first[np.r_[left, constraints.distinct[:, 0]]], first[np.r_[right, constraints.distinct[:, 1]]]
    signed = np.r_[signed, np.full(len(constraints.distinct), clustering.NEVER)]
    other = left != right
    label = clustering.cluster(len(people), left[other], right[other], signed[other])[first]
    return clustering.smallest_rows(label)


def _signed(weight: Array, against: Array, levels: Array) -> Array:
    """Positive where the pair belongs together; negative only where something speaks against it, not where little speaks
    at all. Records of one person that have moved or changed numbers differ from another one all alike: such pairs are no
    independent witnesses, so they count less."""
    most = np.where(contradictory(levels), clustering.CLIP, MOST_OF_CHANGES)
    return np.where(weight > 0, np.minimum(weight, clustering.CLIP), np.clip(WITNESS * against, -most, 0))


def _statistics(people: People, found: Candidates, label: Array, table: pd.DataFrame) -> dict[str, Any]:
    decided = table["decision"].value_counts()
    return {
        "records": len(people),
        "clusters": int((label == np.arange(len(label))).sum()),
        "candidate_pairs": len(found.left),
        "pairs_by_rule": found.pairs_by_rule,
        "dropped_blocks": {rule: count for rule, count in found.dropped_blocks.items() if count},
        "dropped_pairs": {rule: count for rule, count in found.dropped_pairs.items() if count},
        "placeholders": people.placeholders,
        "certain": int(decided.get("certain", 0)),
        "possible": int(decided.get("possible", 0)),
    }
