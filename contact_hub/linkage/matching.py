"""One person against a handful of candidates, and the keys by which a store finds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from contact_hub.linkage.blocking import key_table
from contact_hub.linkage.columns import CALLED_ALIKE, read_people
from contact_hub.linkage.comparison import compare
from contact_hub.linkage.engine import CERTAIN, POSSIBLE
from contact_hub.linkage.explanation import Explanation, explain
from contact_hub.linkage.headings import with_our_names
from contact_hub.linkage.model import LinkageModel, prior_model
from contact_hub.linkage.scoring import score

_PERSON = "\x00person"


def blocking_keys(records: pd.DataFrame, region: str = "AU") -> pd.DataFrame:
    """`record_id`, `rule`, `key`: the keys of every record by the rules that `deduplicate` blocks by.

    `key` is a signed 64-bit hash (PostgreSQL's bigint) of the rule and the compared values, the same on every machine. Two
    records are candidates if they share one. Values that only a whole table shows to be stand-ins (an email that many
    differently named people have) are not left out here.
    """
    return key_table(read_people(records, region))


def match(
    person: Mapping[str, Any],
    candidates: pd.DataFrame,
    model: LinkageModel | None = None,
    region: str = "AU",
    *,
    population: int | None = None,
    certain: float = CERTAIN,
    possible: float = POSSIBLE,
) -> list[Explanation]:
    """How likely each candidate is this person, best first; ties by record id.

    Args:
        person: the columns of `deduplicate`, without `record_id`.
        candidates: records as of `deduplicate`, such as those that share a blocking key.
        model: a frozen model, from a linkage of all records; None takes what is known before any data.
        population: how many records the candidates were chosen from; default: as many as the model was made of.

    Returns:
        An explanation a candidate, `left_id` None, `right_id` its record id, `decision` `certain`, `possible` or `none`.
    """
    candidates = with_our_names(candidates)
    if candidates["record_id"].duplicated().any():
        raise ValueError("record_id of the candidates must be unique")
    model = model or prior_model()
    population = max(population or model.records, len(candidates) + 1, 2)
    all_pairs = population * (population - 1) / 2
    asked = with_our_names(pd.DataFrame([{**person, "record_id": _PERSON}]))
    table = pd.concat([asked, candidates.astype(object)], ignore_index=True)
    stand_ins = {name: share for name, share in model.names.get("given_name", {}).items() if share > CALLED_ALIKE}
    people = read_people(table.assign(record_id=[-1, *range(len(candidates))]), region, stand_ins)
    one, others = np.zeros(len(candidates), dtype=np.int64), np.arange(1, len(people))
    scores = score(model, people, one, others, compare(people, one, others), all_pairs, population)
    answers = [
        explain(model, scores.of([place]), all_pairs, population, (None, record), True, certain, possible)
        for place, record in enumerate(candidates["record_id"])
    ]
    return sorted(answers, key=lambda answer: (-answer.weight, str(answer.right_id)))
