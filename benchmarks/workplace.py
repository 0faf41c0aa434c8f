"""Where benchmarks work: an installation that is thrown away, and a sandbox clinic in a process of its own."""

import multiprocessing
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg

from contact_hub import settings
from contact_hub.automation.partitions import partition_key, today
from contact_hub.cliniko import ClinikoAccount, ClinikoClient, Limiter
from contact_hub.installation import prepare
from contact_hub.resources.run_tags import ORGANIZATION, TRIGGER_TAG
from contact_hub.sandbox import DEFAULT_KEY, Clinic, RateLimit, SandboxServer, generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.embedded.server import ensure_server, release, wait_until_stopped
from contact_hub.store.organizations import Organization, register
from contact_hub.sync import QUIET

ORGANIZATION_ID = "org_benchmark"
KEY_VARIABLE = "CLINIKO_KEY_OF_BENCHMARKS"
_SPAWN = multiprocessing.get_context("spawn")

Result = TypeVar("Result")


@contextmanager
def temporary_installation(kept: Path | None = None) -> Iterator[None]:
    """A home of its own with a running server, for this process and those that it starts; gone afterwards, unless ``kept``
    says where it stays."""
    home = kept or Path(tempfile.mkdtemp(prefix="contact_hub_benchmark_"))
    for variable in (settings.DATABASE_URL, "DAGSTER_HOME"):
        os.environ.pop(variable, None)
    os.environ.update({settings.HOME: str(home), KEY_VARIABLE: DEFAULT_KEY, "CONTACT_HUB_SECRET": "of benchmarks only"})
    try:
        ensure_server(home)
        prepare().close()
        yield
    finally:
        release(home)
        wait_until_stopped(home)
        if kept is None:
            shutil.rmtree(home, ignore_errors=True)


def register_clinic(database: Database, url: str) -> None:
    """Register the organization of benchmarks; its Cliniko is the sandbox at ``url``."""
    clinic = Organization(ORGANIZATION_ID, "Benchmark", "Australia/Sydney", "AU", KEY_VARIABLE, url)
    with database.transaction() as connection:
        register(connection, clinic)


def client(url: str, limiter: Limiter) -> ClinikoClient:
    """A client of the sandbox at ``url``."""
    return ClinikoClient(ClinikoAccount.from_key(DEFAULT_KEY, url=url), limiter=limiter)


def run_job(
    definitions: dg.Definitions, instance: dg.DagsterInstance, job: str, run_config: Mapping[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    """Take the organization of benchmarks through today, as :func:`contact_hub.sync.sync_day` does; metadata by asset."""
    instance.add_dynamic_partitions(ORGANIZATION, [ORGANIZATION_ID])
    result = definitions.resolve_job_def(job).execute_in_process(
        partition_key=partition_key(ORGANIZATION_ID, today()),
        instance=instance,
        tags={TRIGGER_TAG: "benchmark"},
        run_config={**(run_config or {}), **QUIET},
    )
    materializations = [event.materialization for event in result.all_events if event.is_step_materialization]
    return {
        one.asset_key.to_user_string(): {name: value.value for name, value in one.metadata.items()} for one in materializations
    }


def in_process(work: Callable[..., Result], *arguments: Any) -> Result:
    """What ``work`` returns in a fresh process, whose memory holds nothing else."""
    receiver, sender = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_send_result, args=(sender, work, arguments))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        raise RuntimeError(f"{work.__name__} broke off; its error is above") from None
    finally:
        process.join()


def _send_result(sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    sender.send(work(*arguments))


class SandboxProcess:
    """A sandbox clinic served by a process of its own: it takes nothing of the time and memory that is measured."""

    def __init__(self, patients: int, rate_limit: RateLimit | None = None) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs, patients, rate_limit), daemon=True)
        self._process.start()
        theirs.close()
        self.url: str = self._pipe.recv()

    def counts(self) -> tuple[int, int]:
        """Requests so far, and how many of them the rate limit refused."""
        return self._ask("counts", None)

    def patient_records(self) -> int:
        """Patients that Cliniko would list, archived and merged ones included."""
        return self._ask("patients", None)

    def live_through_a_day(self, changes: int) -> None:
        """Change so many patients' records, and book as many appointments."""
        self._ask("day", changes)

    def _ask(self, question: str, argument: Any) -> Any:
        self._pipe.send((question, argument))
        return self._pipe.recv()

    def __enter__(self) -> "SandboxProcess":
        return self

    def __exit__(self, *error: object) -> None:
        self._pipe.close()
        self._process.join()


def _serve(pipe: Connection, patients: int, rate_limit: RateLimit | None) -> None:
    served = generate_clinic(patients=patients, today=today())
    with SandboxServer(served, rate_limit=rate_limit) as server:
        answers: dict[str, Callable[[Any], Any]] = {
            "counts": lambda _: (len(server.requests), server.refused),
            "patients": lambda _: len(served.tables.patients.rows),
            "day": lambda changes: _live_through_a_day(served, changes),
        }
        pipe.send(server.url)
        while True:
            try:
                question, argument = pipe.recv()
            except EOFError:
                return
            pipe.send(answers[question](argument))


def _live_through_a_day(served: Clinic, changes: int) -> None:
    source = random.Random(len(served.tables.individual_appointments.rows))
    live = [patient.id for patient in served.tables.patients if patient.is_live]
    for patient_id in source.sample(live, changes):
        served.update_patient(patient_id, address_1=f"{source.randrange(1, 300)} Ocean Parade")
    for patient_id in source.sample(live, changes):
        served.add_appointment(patient_id, datetime.now(UTC) + timedelta(days=source.randrange(1, 40)))
