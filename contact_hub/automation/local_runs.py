"""Runs that a command carries out in its own process, outside Dagster's queue, and what is left of them if it is killed."""

import os
import socket

import dagster as dg

from contact_hub.resources.run_tags import ORGANIZATION_TAG, PROCESS_TAG, TRIGGER_TAG

UNENDED = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
_TRIGGER = {TRIGGER_TAG: "sync"}


def local_run_tags() -> dict[str, str]:
    """The tags of a run that this process carries out itself."""
    return {**_TRIGGER, PROCESS_TAG: f"{socket.gethostname()}:{os.getpid()}"}


def fail_killed_runs(instance: dg.DagsterInstance, organization_id: str | None = None) -> int:
    """Mark local runs whose process is gone as failed; how many there were.

    Dagster takes them for running, and its queue would hold the organization's next run back for hours.
    """
    tags = {**_TRIGGER, **({ORGANIZATION_TAG: organization_id} if organization_id else {})}
    killed = [run for run in instance.get_runs(dg.RunsFilter(statuses=UNENDED, tags=tags)) if _was_killed(run)]
    for run in killed:
        instance.report_run_failed(run, "The process of this run was killed.")
    return len(killed)


def _was_killed(run: dg.DagsterRun) -> bool:
    """Whether the run's process was on this host and is gone; of other hosts nothing is known here."""
    host, _, process = run.tags.get(PROCESS_TAG, "").rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # another user's
        return False
    return False
