"""A page for each asset, generated from the definitions.

python -m docs_tools.assets      writes docs/assets/ anew
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from contact_hub.definitions import build_definitions

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "assets"
ORDER = ("sources", "cliniko", "channels", "identity", "duplicates", "activity", "replies", "reporting")
"""Groups from left to right; others come last, by name."""


def pages() -> dict[str, str]:
    """The text of each page by its file's name."""
    definitions = build_definitions()
    graph = definitions.resolve_asset_graph()
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    jobs = _jobs(definitions)
    named = {f"{name}.md": "\n".join(_page(graph, specs, spec, jobs.get(name, []))) + "\n" for name, spec in specs.items()}
    return {"README.md": "\n".join(_index(specs)) + "\n", **named}


def _jobs(definitions: dg.Definitions) -> dict[str, list[str]]:
    """The jobs that make each asset."""
    made: dict[str, list[str]] = {}
    for job in definitions.get_repository_def().get_all_jobs():
        if not job.name.startswith("__"):
            for key in job.asset_layer.selected_asset_keys:
                made.setdefault(key.to_user_string(), []).append(job.name)
    return {name: sorted(jobs) for name, jobs in made.items()}


def _rank(group: str) -> tuple[int, str]:
    return (ORDER.index(group) if group in ORDER else len(ORDER), group)


def _index(specs: dict[str, dg.AssetSpec]) -> Iterator[str]:
    yield "# Assets\n\nGenerated from the definitions (`python -m docs_tools.assets`). Groups from left to right.\n"
    yield "| group | asset | is |"
    yield "|---|---|---|"
    for name, spec in sorted(specs.items(), key=lambda item: (_rank(item[1].group_name or ""), item[0])):
        first = _sentence(spec.description or "")
        yield f"| {spec.group_name} | [{name}]({name}.md) | {first} |"


def _sentence(description: str) -> str:
    return description.partition(". ")[0].rstrip(".") + "."


def _page(graph: Any, specs: dict[str, dg.AssetSpec], spec: dg.AssetSpec, jobs: list[str]) -> Iterator[str]:
    name, node = spec.key.to_user_string(), graph.get(spec.key)
    yield f"# {name}\n\n{spec.description}\n"
    yield "| | |"
    yield "|---|---|"
    yield f"| group | {spec.group_name} |"
    yield f"| made of | {_links(key.to_user_string() for key in node.parent_keys)} |"
    yield f"| is used by | {_links(key.to_user_string() for key in node.child_keys)} |"
    yield f"| partitions | {'organization × day' if spec.partitions_def else 'none'} |"
    yield f"| made by | {', '.join(f'job `{job}`' for job in jobs) or 'nothing in Dagster: it comes from outside'} |"
    yield f"| kinds | {', '.join(sorted(spec.kinds))} |"
    yield f"| owners | {', '.join(spec.owners)} |"
    if spec.freshness_policy is not None:
        yield f"| fresh | {_freshness(spec.freshness_policy)} |"
    if spec.code_version:
        yield f"| code version | {spec.code_version} |"
    if "dagster/table_name" in spec.metadata:
        yield f"| tables | {', '.join(f'`{table}`' for table in spec.metadata['dagster/table_name'].split(', '))} |"
    yield from _checks(graph, node)
    yield from _columns(spec)


def _links(names: Any) -> str:
    return ", ".join(f"[{name}]({name}.md)" for name in sorted(names)) or "-"


def _freshness(policy: Any) -> str:
    hours = [window.to_timedelta().total_seconds() / 3600 for window in (policy.warn_window, policy.fail_window)]
    return f"warns after {hours[0]:g} hours without a run of any organization, fails after {hours[1]:g}"


def _checks(graph: Any, node: Any) -> Iterator[str]:
    if not node.check_keys:
        return
    yield "\n## Checks\n\n| check | measures | blocks |"
    yield "|---|---|---|"
    for key in sorted(node.check_keys, key=lambda key: key.name):
        spec = graph.get_check_spec(key)
        yield f"| `{key.name}` | {_cell(spec.description)} | {'yes' if spec.blocking else ''} |"


def _columns(spec: dg.AssetSpec) -> Iterator[str]:
    schema = spec.metadata.get("dagster/column_schema")
    if schema is None:
        return
    lineage = spec.metadata.get("dagster/column_lineage")
    made_of = lineage.deps_by_column if lineage else {}
    yield f"\n## Columns of `{spec.metadata['dagster/table_name'].split(', ')[0]}`\n\n| column | type | is | made of |"
    yield "|---|---|---|---|"
    for column in schema.columns:
        deps = ", ".join(f"{dep.asset_key.to_user_string()}.{dep.column_name}" for dep in made_of.get(column.name, ()))
        yield f"| `{column.name}` | {column.type} | {_cell(column.description)} | {deps} |"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def write() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    write()
