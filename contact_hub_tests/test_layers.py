"""Data flows one way: who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "contact_hub"
OUTSIDE_WORLD = (
    "dagster",
    "sqlalchemy",
    "psycopg",
    "psycopg2",
    "alembic",
    "requests",
    "urllib3",
    "fastapi",
    "prometheus_client",
    "starlette",
    "uvicorn",
    "httpx",
)
PURE = ("identity", "linkage", "channels", "context")

# A layer imports from its own and from lower ones.
LAYERS = (
    ("errors", "settings"),
    ("identity",),
    ("linkage",),
    ("channels",),
    ("context",),
    ("http_api",),
    ("cliniko", "chatwoot"),
    ("store",),
    ("directory",),
    ("answers", "duplicates"),
    ("replies",),
    ("gateway", "contacts"),
    ("alerts", "measures", "resources"),
    ("reporting",),
    ("automation",),
    ("assets",),
    ("checks",),
    ("definitions",),
    ("installation", "processes", "sync"),
    ("doctor",),
    ("demo",),
    ("cli",),
)
FLOOR = {name: floor for floor, names in enumerate(LAYERS) for name in names}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            # `from contact_hub import settings` imports a module of the package.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(*packages: str) -> list[Path]:
    return [
        path
        for package in packages
        for path in sorted(PACKAGE.glob(f"{package}/**/*.py")) + sorted(PACKAGE.glob(f"{package}.py"))
    ]


@pytest.mark.parametrize("path", modules(*PURE), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_pure_packages_do_not_touch_the_outside_world(path: Path) -> None:
    assert [name for name in imports(path) if name.split(".")[0] in OUTSIDE_WORLD] == []


@pytest.mark.parametrize("path", modules(*FLOOR), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    own = FLOOR[path.relative_to(PACKAGE).parts[0].removesuffix(".py")]
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "contact_hub" and len(parts) > 1 and parts[1] in FLOOR:
            assert FLOOR[parts[1]] <= own, f"{path.name} imports {name}"


def test_the_production_path_does_not_know_the_sandbox() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] not in ("cli", "demo", "sandbox"):
            assert not any(name.startswith("contact_hub.sandbox") for name in imports(path)), path


def test_every_part_of_the_package_has_its_layer() -> None:
    parts = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir() if not path.name.startswith(("_", "."))}
    assert parts - {"py", "sandbox"} <= set(FLOOR)
