"""Asset checks made of measures: one step evaluates all of an asset's, for a step costs more than its queries."""

import warnings
from collections.abc import Sequence

import dagster as dg

from contact_hub.assets.organization_asset import cells
from contact_hub.automation.partitions import ORGANIZATION_DAYS
from contact_hub.measures import MEASURES, Measure
from contact_hub.measures.evaluation import Count, count
from contact_hub.resources.store import StoreResource
from contact_hub.store.measure_limits import measure_limits

# Results by partition are what makes a check readable by clinic; they are a preview in this version of Dagster.
warnings.filterwarnings("ignore", category=dg.PreviewWarning, message=".*AssetCheckSpec.*")

_SEVERITY = {"warn": dg.AssetCheckSeverity.WARN, "error": dg.AssetCheckSeverity.ERROR}


def measured_checks(asset: str, measures: Sequence[Measure]) -> dg.AssetChecksDefinition:
    """The checks of one asset, held to each organization's own limits."""

    @dg.multi_asset_check(name=f"{asset}_checks", specs=[_spec(asset, measure) for measure in measures])
    def checks(context: dg.AssetCheckExecutionContext, store: StoreResource):  # type: ignore[no-untyped-def]
        cell = cells(context)[-1]
        with store.database.reading() as connection:
            limits = measure_limits(connection, cell.organization_id)
            counts = [count(connection, measure, cell.organization_id, cell.days[-1]) for measure in measures]
        for measure, counted in zip(measures, counts, strict=True):
            yield _result(asset, measure, counted, limits.get((asset, measure.name), measure.at_least))

    return checks


def _spec(asset: str, measure: Measure) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        measure.name,
        asset=asset,
        description=f"{measure.description} At least {measure.at_least:.4g}, unless the organization has a limit of its own.",
        blocking=measure.blocking,
        partitions_def=ORGANIZATION_DAYS,
    )


def _result(asset: str, measure: Measure, counted: Count, at_least: float) -> dg.AssetCheckResult:
    low, high = counted.interval
    return dg.AssetCheckResult(
        passed=counted.share >= at_least,
        check_name=measure.name,
        asset_key=asset,
        severity=_SEVERITY[measure.severity],
        metadata={
            "share": counted.share,
            "numerator": counted.numerator,
            "denominator": counted.denominator,
            "at_least": at_least,
            "share_low": low,
            "share_high": high,
        },
    )


CHECKS = tuple(measured_checks(asset, measures) for asset, measures in MEASURES.items())
