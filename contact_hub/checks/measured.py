"""Asset checks made of measures: one step evaluates all of an asset's, for a step costs more than its queries."""

import warnings
from collections.abc import Sequence

import dagster as dg
from sqlalchemy import text

from contact_hub.assets.organization_asset import cells
from contact_hub.automation.partitions import ORGANIZATION_DAYS
from contact_hub.measures import MEASURES, Measure
from contact_hub.resources.store import StoreResource

# Results by partition are what makes a check readable by clinic; they are a preview in this version of Dagster.
warnings.filterwarnings("ignore", category=dg.PreviewWarning, message=".*AssetCheckSpec.*")

_SEVERITY = {"warn": dg.AssetCheckSeverity.WARN, "error": dg.AssetCheckSeverity.ERROR}


def measured_checks(asset: str, measures: Sequence[Measure]) -> dg.AssetChecksDefinition:
    """The checks of one asset."""

    @dg.multi_asset_check(name=f"{asset}_checks", specs=[_spec(asset, measure) for measure in measures])
    def checks(context: dg.AssetCheckExecutionContext, store: StoreResource):  # type: ignore[no-untyped-def]
        cell = cells(context)[-1]
        parameters = {"organization_id": cell.organization_id, "day": cell.days[-1]}
        with store.database.reading() as connection:
            counts = [connection.execute(text(measure.sql), parameters).one() for measure in measures]
        for measure, (numerator, denominator) in zip(measures, counts, strict=True):
            yield _result(asset, measure, int(numerator), int(denominator))

    return checks


def _spec(asset: str, measure: Measure) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        measure.name,
        asset=asset,
        description=f"{measure.description} At least {measure.at_least:.4g}.",
        blocking=measure.blocking,
        partitions_def=ORGANIZATION_DAYS,
    )


def _result(asset: str, measure: Measure, numerator: int, denominator: int) -> dg.AssetCheckResult:
    share = numerator / denominator if denominator else 1.0
    return dg.AssetCheckResult(
        passed=share >= measure.at_least,
        check_name=measure.name,
        asset_key=asset,
        severity=_SEVERITY[measure.severity],
        metadata={"share": share, "numerator": numerator, "denominator": denominator, "at_least": measure.at_least},
    )


CHECKS = tuple(measured_checks(asset, measures) for asset, measures in MEASURES.items())
