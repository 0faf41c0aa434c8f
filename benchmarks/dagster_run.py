"""One organization's daily run through Dagster against an empty run of the same shape.

python -m benchmarks.dagster_run [--patients 632] [--changes 20] [--rounds 5] [--json FILE]

The empty run has the same assets, partitions, dependencies, check steps, checks, configuration and resources by name, and
reports as many values; nothing in it does anything. Both run in this process, on Dagster's real storage in PostgreSQL.
"""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg

from benchmarks.report import Line, Report, at_most, medians, seconds, take_turns
from benchmarks.workplace import ORGANIZATION_ID, SandboxProcess, register_clinic, run_job, temporary_installation
from contact_hub.assets.chatwoot import ReconciliationConfig
from contact_hub.assets.cliniko import PullConfig
from contact_hub.automation.jobs import FULL_PULL, JOBS
from contact_hub.automation.partitions import ORGANIZATION_DAYS, today
from contact_hub.automation.schedules import SCHEDULES
from contact_hub.automation.sensors import SENSORS
from contact_hub.definitions import ASSETS, CHECKS
from contact_hub.installation import dagster_instance, prepare
from contact_hub.resources.chatwoot import ChatwootResource
from contact_hub.resources.cliniko import ClinikoResource
from contact_hub.resources.store import StoreResource
from contact_hub.sync import sync_day

CONFIGS = {"chatwoot_reconciliation": ReconciliationConfig, **dict.fromkeys(FULL_PULL["ops"], PullConfig)}
Metadata = Mapping[str, Mapping[str, Any]]
"""Values that each asset's run reports, by asset key."""


class NoStore(StoreResource):
    """The store's place in a run, without a database."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["NoStore"]:
        yield self


def empty_definitions(reported: Metadata) -> dg.Definitions:
    """The graph with every step's work taken out; built anew for each run, as a sync builds its own."""
    return dg.Definitions(
        assets=[empty_asset(asset, reported.get(asset.key.to_user_string(), {})) for asset in ASSETS],
        asset_checks=[empty_checks(checks) for checks in CHECKS],
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=SENSORS,
        resources={"store": NoStore(), "cliniko": ClinikoResource(), "chatwoot": ChatwootResource()},
        executor=dg.in_process_executor,
    )


def empty_asset(asset: dg.AssetsDefinition, values: Mapping[str, Any]) -> dg.AssetsDefinition:
    """An asset of the same key, description, dependencies, partitions and configuration, that reports as many values."""

    @dg.multi_asset(
        name=asset.op.name,
        specs=list(asset.specs),
        partitions_def=ORGANIZATION_DAYS,
        required_resource_keys=asset.required_resource_keys,
        config_schema=CONFIGS[asset.op.name].to_fields_dict() if asset.op.name in CONFIGS else None,
    )
    def nothing(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata=dict.fromkeys(values, 0))

    return nothing


def empty_checks(checks: dg.AssetChecksDefinition) -> dg.AssetChecksDefinition:
    """As many checks of the same asset in one step, all passed."""
    specs = list(checks.check_specs)

    @dg.multi_asset_check(name=checks.op.name, specs=specs, required_resource_keys=checks.required_resource_keys)
    def nothing(context: dg.AssetCheckExecutionContext):  # type: ignore[no-untyped-def]
        for spec in specs:
            values = dict.fromkeys(("share", "numerator", "denominator", "at_least", "share_low", "share_high"), 1.0)
            yield dg.AssetCheckResult(passed=True, check_name=spec.name, asset_key=spec.asset_key, metadata=values)

    return nothing


def measure(patients: int, changes: int, rounds: int) -> Report:
    title = f"A clinic with {patients:,} live patients, {changes} changed and {changes} booked a day (medians of {rounds})"
    report = Report(title)
    with (
        temporary_installation(),
        SandboxProcess(patients) as sandbox,
        closing(prepare()) as database,
        dagster_instance() as instance,
    ):
        register_clinic(database, sandbox.url)
        first_s = seconds(lambda: sync_day(instance, ORGANIZATION_ID, today(), full=True))
        reported = sync_day(instance, ORGANIZATION_ID, today()).metadata
        run_job(empty_definitions(reported), instance, "daily")

        def day() -> float:
            sandbox.live_through_a_day(changes)
            return seconds(lambda: sync_day(instance, ORGANIZATION_ID, today()))

        def empty() -> float:
            return seconds(lambda: run_job(empty_definitions(reported), instance, "daily"))

        report.rounds = take_turns({"empty_run_s": empty, "daily_run_s": day}, rounds)
    add_lines(report, first_s)
    return report


def add_lines(report: Report, first_s: float) -> None:
    took = medians(report.rounds)
    empty_s, day_s = took["empty_run_s"], took["daily_run_s"]
    report.lines += [
        Line("empty_run_s", f"empty run: {len(ASSETS)} assets, {len(CHECKS)} check steps", empty_s, "s"),
        Line("daily_run_s", "daily run / empty run", day_s, "s", day_s / empty_s, at_most(2)),
        Line("first_run_s", "first import (one run) / empty run", first_s, "s", first_s / empty_s),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dagster_run", description=__doc__)
    parser.add_argument("--patients", type=int, default=632, help="live patients of the clinic")
    parser.add_argument("--changes", type=int, default=20, help="records changed, and appointments booked, before each run")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each kind")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    report = measure(options.patients, options.changes, options.rounds)
    report.print()
    if options.json is not None:
        report.write(options.json)


if __name__ == "__main__":
    main()
