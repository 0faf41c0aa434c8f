"""The demo: a sandbox clinic taken through the whole graph, and a report of what came of it."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from contact_hub.automation.partitions import today
from contact_hub.installation import dagster_instance, prepare
from contact_hub.processes import serve_dagster
from contact_hub.sandbox import DEFAULT_KEY, SandboxServer, generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub.sync import SyncReport, sync_day

ORGANIZATION_ID = "org_surf_rehab"
KEY_VARIABLE = "CLINIKO_KEY_SURF_REHAB"


@dataclass(frozen=True)
class RunningDemo:
    """The demo after its report: the sandbox still serves."""

    sandbox: SandboxServer

    def until_interrupted(self, port: int, on_ready: Callable[[], None]) -> None:
        """Serve the Dagster UI and run the daemon until ctrl-C."""
        try:
            serve_dagster(port, on_ready)
        finally:
            self.close()

    def close(self) -> None:
        self.sandbox.stop()


def run_demo(console: Console, on_page: Callable[[str, int, int], None]) -> RunningDemo:
    """Generate the clinic, import it in full through Dagster, print the report."""
    console.print("contact_hub demo: preparing the database ...")
    database = prepare()
    console.print("generating Surf Rehab, a clinic with 632 patients, and serving it as Cliniko would ...")
    sandbox = SandboxServer(generate_clinic(today=today()))
    sandbox.start()
    os.environ[KEY_VARIABLE] = DEFAULT_KEY
    _register(database, sandbox.url)
    console.print("importing it through Dagster ...")
    with dagster_instance() as instance:
        report = sync_day(instance, ORGANIZATION_ID, today(), full=True, on_page=on_page)
    print_report(console, database, report)
    return RunningDemo(sandbox)


def _register(database: Database, url: str) -> None:
    clinic = Organization(ORGANIZATION_ID, "Surf Rehab", "Australia/Sydney", "AU", KEY_VARIABLE, url)
    with database.transaction() as connection:
        register(connection, clinic)


def print_report(console: Console, database: Database, report: SyncReport) -> None:
    """What was fetched, what it became, and whether the checks passed: counts only."""
    console.print(_fetched(report))
    console.print(_contacts(database))
    console.print(_activity(report))
    console.print(_checks(report))


def _fetched(report: SyncReport) -> Table:
    table = Table("from Cliniko", "records", title="Fetched", title_justify="left")
    for metadata in report.metadata.values():
        for name, count in metadata.items():
            if name.startswith("received_"):
                table.add_row(name.removeprefix("received_").replace("_", " "), str(count))
    table.add_section()
    table.add_row("requests used", str(report.requests))
    return table


def _contacts(database: Database) -> Table:
    table = Table("contacts", "status", "count", title="One contact per person", title_justify="left")
    statement = text("""
        SELECT contact_type, status, count(*) FROM contacts WHERE organization_id = :organization_id
        GROUP BY 1, 2 ORDER BY 1, 2
    """)
    links = text("""
        SELECT channel, count(*), count(*) FILTER (WHERE role = 'shared') FROM channel_identity_links
        WHERE organization_id = :organization_id GROUP BY 1 ORDER BY 1
    """)
    with database.reading() as connection:
        for contact_type, status, count in connection.execute(statement, {"organization_id": ORGANIZATION_ID}):
            table.add_row(contact_type, status, str(count))
        table.add_section()
        for channel, count, shared in connection.execute(links, {"organization_id": ORGANIZATION_ID}):
            table.add_row(f"links: {channel}", f"{shared} shared" if shared else "", str(count))
    return table


def _activity(report: SyncReport) -> Table:
    table = Table("active patients", "count", title="45 days before and after today", title_justify="left")
    table.add_row("contacts with an appointment", str(report.metadata["active_patients"]["active_patients"]))
    return table


def _checks(report: SyncReport) -> Table:
    passed = sum(check.passed for check in report.checks)
    table = Table(
        "asset",
        "check",
        "share",
        "",
        title=f"Asset checks: {passed} of {len(report.checks)} passed",
        title_justify="left",
    )
    for check in report.checks:
        table.add_row(check.asset, check.name, f"{check.share:.4f}", "[green]passed" if check.passed else "[red]failed")
    return table
