"""All definitions as a page of text, so that a change of the graph shows in a review.

python -m contact_hub_tests.definitions_snapshot      writes definitions.txt anew
"""

from collections.abc import Iterator
from pathlib import Path

from contact_hub.definitions import build_definitions

SNAPSHOT = Path(__file__).parent / "definitions.txt"


def lines() -> Iterator[str]:
    definitions = build_definitions()
    graph = definitions.resolve_asset_graph()
    repository = definitions.get_repository_def()
    yield "assets: group, what it is made of, its checks"
    for key in sorted(graph.get_all_asset_keys(), key=lambda key: (graph.get(key).group_name, key.to_user_string())):
        node = graph.get(key)
        yield f"{node.group_name} / {key.to_user_string()}{' (external)' if node.is_external else ''}"
        yield from (f"    <- {parent}" for parent in sorted(parent.to_user_string() for parent in node.parent_keys))
        for check in sorted(node.check_keys):
            yield f"    ? {check.name}{' (blocking)' if graph.get_check_spec(check).blocking else ''}"
    yield "\njobs: what they make and check"
    for job in sorted(repository.get_all_jobs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            selected = sorted(key.to_user_string() for key in job.asset_layer.selected_asset_keys)
            checks = len(job.asset_layer.asset_graph.asset_check_keys) if job.asset_layer else 0
            yield f"{job.name}: {', '.join(selected) or 'no asset'}; {checks} checks"
    yield "\nschedules: when, which job, from the start"
    for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name):
        yield f"{schedule.name}: {schedule.cron_schedule}, {schedule.job_name}, {schedule.default_status.value.lower()}"
    yield "\nsensors: how often, which job, from the start"
    for sensor in sorted(repository.sensor_defs, key=lambda sensor: sensor.name):
        jobs = ", ".join(target.job_name for target in sensor.targets) or "no job"
        yield f"{sensor.name}: {sensor.minimum_interval_seconds} s, {jobs}, {sensor.default_status.value.lower()}"


def text() -> str:
    return "\n".join(lines()) + "\n"


if __name__ == "__main__":
    SNAPSHOT.write_text(text())
