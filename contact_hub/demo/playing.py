"""The demo from its first step to its report; what serves it goes on as long as the block."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dagster import DagsterInstance
from rich.console import Console
from sqlalchemy import text

from contact_hub.automation.jobs import FULL_PULL
from contact_hub.automation.partitions import today
from contact_hub.automation.sensors import channel_runs
from contact_hub.demo.asking import ask, chatwoot_server
from contact_hub.demo.clinic import NAME, ORGANIZATION_ID, DemoClinic, served_clinic
from contact_hub.demo.connections import SECRETS, connect_channels, new_token
from contact_hub.demo.duplicates import print_duplicates, turn_on
from contact_hub.demo.report import print_report
from contact_hub.demo.results import Played, Run
from contact_hub.installation import dagster_instance, prepare
from contact_hub.processes import Processes, serve_dagster, start_code_server, start_gateway, wait_for_gateway
from contact_hub.sandbox import ChatwootServer
from contact_hub.sandbox.morning import book, play
from contact_hub.store.changes import pending_changes
from contact_hub.store.database import Database
from contact_hub.sync import PageReceived, run_job

PATIENTS = 632
SETTLED_S = 30.0
_LOOK_S = 0.02

Progress = Callable[[], AbstractContextManager[PageReceived]]


@dataclass(frozen=True)
class Demo:
    """The demo after its report: sandbox and gateway still serve.

    Attributes:
        url: the gateway's, for the demo's organization.
        token: of the organization.
    """

    database: Database
    processes: Processes
    gateway_port: int
    url: str
    token: str
    played: Played

    @property
    def example(self) -> str:
        """A command that asks the gateway who wrote on Instagram."""
        query = f"channel=instagram&identifier={self.played.morning.cast.stranger.instagram}"
        return f"curl -s -H 'Authorization: Bearer {self.token}' '{self.url}/contacts/lookup?{query}'"

    def serve(self, port: int, on_ready: Callable[[], None]) -> None:
        """Serve the Dagster UI beside the gateway, and run the daemon, until ctrl-C or SIGTERM."""
        with contextlib.suppress(KeyboardInterrupt):
            serve_dagster(self.processes, port, self.gateway_port, on_ready)


@contextmanager
def running_demo(
    console: Console, progress: Progress, gateway_port: int, *, with_ui: bool = False, patients: int = PATIENTS
) -> Iterator[Demo]:
    """Play it all and print the report; sandbox and gateway serve until the block ends.

    Args:
        progress: shows a pull's pages as they arrive.
        with_ui: :meth:`Demo.serve` will be called; what it needs comes up meanwhile.
        patients: how many the clinic has; 150 at least.
    """
    console.print("contact_hub demo: preparing the database ...")
    database = prepare()
    console.print(f"generating {NAME}, a clinic with {patients} patients, and serving it as Cliniko would ...")
    url = f"http://127.0.0.1:{gateway_port}/v1/{ORGANIZATION_ID}"
    with (
        Processes() as processes,
        served_clinic(database, patients) as served,
        chatwoot_server(database, url) as chatwoot,
        dagster_instance() as instance,
    ):
        connect_channels(database, chatwoot=chatwoot)
        token = new_token(database)
        start_gateway(processes, gateway_port)  # comes up while the clinic is imported
        if with_ui:
            start_code_server(processes)
        runs = _Runs(instance, progress)
        console.print("importing it through Dagster ...")
        imported = runs.run("full_import", FULL_PULL)
        wait_for_gateway(processes, gateway_port)
        console.print("playing a morning of messages through the gateway ...")
        played = _play(database, served, chatwoot, runs, imported, url, token)
        print_report(console, database, played, url, token)
        turn_on(database)
        print_duplicates(console, database, runs.run("merges").report.metadata["contact_merges"])
        yield Demo(database, processes, gateway_port, url, token, played)


class _Runs:
    """Jobs of the clinic's today, run in this process."""

    def __init__(self, instance: DagsterInstance, progress: Progress) -> None:
        self._instance = instance
        self._progress = progress

    def observe(self, database: Database) -> None:
        """Note what has landed since the last run, as the sensor does which asks for job ``channels`` otherwise."""
        with database.reading() as connection:
            pending = pending_changes(connection, quiet_seconds=0)
        own = [one for one in pending if one.organization_id == ORGANIZATION_ID]
        _, observations = channel_runs(own, busy=(), day=today(), now=time.time())
        for observation in observations:
            self._instance.report_runless_asset_event(observation)

    def run(self, job: str, config: Mapping[str, Any] = MappingProxyType({})) -> Run:
        began = time.monotonic()
        with self._progress() as on_page:
            report = run_job(self._instance, ORGANIZATION_ID, today(), job, config=config, on_page=on_page)
        return Run(job, report, time.monotonic() - began)


def _play(
    database: Database, served: DemoClinic, chatwoot: ChatwootServer, runs: _Runs, imported: Run, url: str, token: str
) -> Played:
    """The morning; what Dagster makes of it; who asks and is answered; the booking; and the day's job, which finds it."""
    outcomes = play(url, token, SECRETS, served.morning.deliveries)
    settled_s = _wait_until_settled(database)
    runs.observe(database)
    channels = runs.run("channels")
    ask(database, served, chatwoot)
    booked_at = served.booked_at
    if booked_at is None:
        booked_at = served.clinic.clock()
        book(served.clinic, served.morning.cast.stranger, booked_at)
    _wait_until_settled(database)
    daily = runs.run("daily")
    return Played(served.morning, served.was_played, outcomes, booked_at, settled_s, (imported, channels, daily))


def _wait_until_settled(database: Database) -> float | None:
    """Until the gateway has a contact for everybody who wrote; the seconds that took, None if it is not through by then."""
    statement = text("SELECT EXISTS (SELECT FROM unsettled_records WHERE organization_id = :organization_id)")
    began = time.monotonic()
    while time.monotonic() < began + SETTLED_S:
        with database.reading() as connection:
            if not connection.execute(statement, {"organization_id": ORGANIZATION_ID}).scalar_one():
                return time.monotonic() - began
        time.sleep(_LOOK_S)
    return None
