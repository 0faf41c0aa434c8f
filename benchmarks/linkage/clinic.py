"""A synthetic clinic with its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.linkage.people import people
from benchmarks.linkage.records import records

COLUMNS = ("given_name", "family_name", "date_of_birth", "phone", "email", "address", "suburb", "postcode", "state", "source")
MORE_RECORDS = (0.7, 0.2, 0.07, 0.03)
"""Among people with more than one record: two, three, four or five."""


@dataclass(frozen=True)
class Knobs:
    """What to change about a clinic.

    Attributes:
        households: False: nobody shares a home, a telephone, an inbox or a family.
        errors: multiple of the usual rate of mistakes; 2 = twice as many.
        region: ``AU`` or ``GB``.
        duplicates: share of people with more than one record.
        missing: columns that are empty everywhere.
        as_typed: False: no case, spacing or format varies, only the mistakes remain.
    """

    households: bool = True
    errors: float = 1.0
    region: str = "AU"
    duplicates: float = 0.3
    missing: tuple[str, ...] = ()
    as_typed: bool = True

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.missing) - set(COLUMNS)):
            raise ValueError(f"there is no column {', '.join(unknown)}")
        if self.region not in ("AU", "GB"):
            raise ValueError(f"region is AU or GB, not {self.region!r}")
        if not 0 <= self.duplicates <= 1 or self.errors < 0:
            raise ValueError("duplicates is a share from 0 to 1, errors a multiple from 0")


def synthetic_clinic(n_records: int, seed: int = 1, knobs: Knobs | None = None) -> tuple[pd.DataFrame, pd.Series]:
    """Records of a clinic, and whose they are.

    Returns:
        A frame of ``n_records`` rows with ``record_id``, ``COLUMNS`` (text, None = missing; as people typed it), and a
        Series record_id -> person id. The same arguments give the same clinic.
    """
    if n_records < 1:
        raise ValueError(f"a clinic has at least one record, not {n_records}")
    knobs = knobs or Knobs()
    source = np.random.default_rng((seed, n_records))
    counts = _counts(source, n_records, knobs.duplicates)
    who = people(source, len(counts), knobs.region, knobs.households)
    frame, person = records(source, who, counts, knobs.errors, knobs.region, knobs.as_typed)
    frame.insert(0, "record_id", [f"r{number:07}" for number in source.permutation(n_records)])
    for column in knobs.missing:
        frame[column] = pd.Series([None] * len(frame), dtype=object)
    truth = pd.Series(
        source.permutation(len(counts))[person], index=pd.Index(frame["record_id"], name="record_id"), name="person_id"
    )
    return frame, truth


def _counts(source: np.random.Generator, n_records: int, duplicates: float) -> np.ndarray:
    """How many records each person has; they add up to ``n_records``."""
    several = 2 + source.choice(len(MORE_RECORDS), n_records, p=MORE_RECORDS)
    counts = np.where(source.random(n_records) < duplicates, several, 1)
    people = int(np.searchsorted(np.cumsum(counts), n_records)) + 1
    counts = counts[:people]
    counts[-1] -= counts.sum() - n_records
    return counts
