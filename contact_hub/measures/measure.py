"""A measure: a share of something over something, with the least that is acceptable. Data, from which checks are made."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["warn", "error"]


@dataclass(frozen=True)
class Measure:
    """One number that says whether an asset is right.

    Attributes:
        name: stable for ever (the history of the check of this name hangs on it).
        description: the formula in words.
        sql: one row (numerator, denominator) for ``:organization_id`` and ``:day``; nothing to measure is denominator 0.
        at_least: the smallest share that passes.
        severity: ``warn`` for quality that drifts, ``error`` for what must never be.
        blocking: a failure with ``error`` keeps later assets from being made out of a bad state.
        is_sampled: the row of ``sql`` goes on with (hits, size, population) of a random sample: what the denominator lacks is
            estimated from it.
        counts: the columns of ``contact_metrics`` that keep numerator and denominator by day, where it is kept.
    """

    name: str
    description: str
    sql: str
    at_least: float = 1.0
    severity: Severity = "error"
    blocking: bool = False
    counts: tuple[str, str] | None = None
    is_sampled: bool = False
