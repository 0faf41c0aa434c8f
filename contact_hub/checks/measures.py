"""A measure: a share of something over something, with the least that is acceptable. Data, from which checks are made."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
from sqlalchemy import text

from contact_hub.assets.organization_asset import cells
from contact_hub.automation.partitions import ORGANIZATION_DAYS
from contact_hub.resources.store import StoreResource

# Results by partition are what makes a check readable by clinic; they are a preview in this version of Dagster.
warnings.filterwarnings("ignore", category=dg.PreviewWarning, message=".*AssetCheckSpec.*")


@dataclass(frozen=True)
class Measure:
    """One asset check.

    Attributes:
        name: the check's name, stable for ever (its history hangs on it).
        description: the formula in words.
        sql: one row (numerator, denominator) for ``:organization_id`` and ``:day``; nothing to measure is denominator 0.
        at_least: the smallest share that passes.
        severity: WARN for quality that drifts, ERROR for what must never be.
        blocking: a failure with ERROR keeps later assets from being made out of a bad state.
    """

    name: str
    description: str
    sql: str
    at_least: float = 1.0
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR
    blocking: bool = False

    def spec(self, asset: str) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(
            self.name,
            asset=asset,
            description=f"{self.description} At least {self.at_least:.4g}.",
            blocking=self.blocking,
            partitions_def=ORGANIZATION_DAYS,
        )

    def result(self, asset: str, numerator: int, denominator: int) -> dg.AssetCheckResult:
        share = numerator / denominator if denominator else 1.0
        return dg.AssetCheckResult(
            passed=share >= self.at_least,
            check_name=self.name,
            asset_key=asset,
            severity=self.severity,
            metadata={"share": share, "numerator": numerator, "denominator": denominator, "at_least": self.at_least},
        )


def measure_checks(asset: str, measures: Sequence[Measure]) -> dg.AssetChecksDefinition:
    """The checks of one asset, evaluated in one step: a step costs more than all of its measures."""

    @dg.multi_asset_check(name=f"{asset}_checks", specs=[measure.spec(asset) for measure in measures])
    def checks(context: dg.AssetCheckExecutionContext, store: StoreResource):  # type: ignore[no-untyped-def]
        cell = cells(context)[-1]
        parameters = {"organization_id": cell.organization_id, "day": cell.days[-1]}
        with store.database.reading() as connection:
            counts = [connection.execute(text(measure.sql), parameters).one() for measure in measures]
        for measure, (numerator, denominator) in zip(measures, counts, strict=True):
            yield measure.result(asset, int(numerator), int(denominator))

    return checks
