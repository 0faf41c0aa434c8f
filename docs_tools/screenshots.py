"""Pictures of the Dagster UI for docs/images/, from a demo that is played for them.

make screenshots      (or: python -m docs_tools.screenshots [--url URL])

Needs Chromium (Debian, Ubuntu: apt-get install chromium) and the extra `docs` (pip install -e '.[docs]').
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from contact_hub import settings
from contact_hub.automation.partitions import today
from contact_hub.definitions import build_definitions
from contact_hub.processes import free_port

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = {"width": 1600, "height": 1000}
MARGIN, COLOURS = 24, 256
REPORT_SIZE = {"width": 1080, "height": 1500}
HISTORY_DAYS = 5
START_SECONDS = 300
BACKFILL_SECONDS = 900
SHARPER = 1.3
"""A page of which more is shown at once gets more pixels, so that its names can be read."""
LOOK_MS, MOST_LOOKS = 2_500, 24
"""A page is complete when two looks at it are alike: nothing loads, turns or moves any more."""
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COMMAND = [sys.executable, "-m", "contact_hub.cli"]


@dataclass(frozen=True)
class Picture:
    """One page of the UI.

    Attributes:
        wait_for: text that is there once the page is complete.
        scale: below 1 shows more of the page at once.
        height: of the page; a graph's picture ends where the graph does.
    """

    name: str
    path: str
    wait_for: str
    scale: float = 1.0
    height: int = SIZE["height"]


def pictures(organization_id: str) -> list[Picture]:
    """What is taken; assets and checks are found by the definitions."""
    graph = build_definitions().resolve_asset_graph()
    checked = {key.asset_key.to_user_string(): key.name for key in sorted(graph.asset_check_keys, key=lambda key: key.name)}
    asset = "contacts" if "contacts" in checked else sorted(checked)[0]
    names = [key.name for key in graph.asset_check_keys if key.asset_key.to_user_string() == asset]
    check = "coverage" if "coverage" in names else sorted(names)[0]
    groups = ",".join(f"global@global:{group}" for group in sorted({node.group_name for node in graph.asset_nodes}))
    return [
        Picture("lineage", f"/asset-groups?expanded={groups}", asset, scale=0.6, height=2000),
        Picture("asset", f"/assets/{asset}?view=overview", "Description"),
        Picture("partitions", f"/assets/{asset}?view=partitions&partition={today()}%7C{organization_id}", organization_id),
        Picture("check_history", f"/assets/{asset}?view=checks&checkDetail={check}", check),
        Picture("automation", "/automation", "daily"),
    ]


@contextmanager
def demo() -> Iterator[tuple[str, str, dict[str, str]]]:
    """A played demo, with some days behind it: the UI's address, the organization, and the demo's environment."""
    home, port = tempfile.mkdtemp(prefix="contact_hub_screenshots_"), free_port()
    environment = {**os.environ, "CONTACT_HUB_HOME": home}
    for variable in ("DAGSTER_HOME", "CONTACT_HUB_DATABASE_URL"):
        environment.pop(variable, None)
    arguments = ["demo", "--port", str(port), "--gateway-port", str(free_port())]
    process = subprocess.Popen([*COMMAND, *arguments], env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_served(process, url)
        yield url, _organization(url), environment
    finally:
        process.terminate()
        process.wait(90)
        shutil.rmtree(home, ignore_errors=True)


def _wait_until_served(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"the demo ended with exit code {process.returncode}")
        try:
            if requests.get(f"{url}/server_info", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(1)
    raise SystemExit(f"the demo was not up after {START_SECONDS} s")


def _graphql(url: str, query: str, **variables: Any) -> Any:
    answer = requests.post(f"{url}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
    return answer["data"]


def _organization(url: str) -> str:
    query = """query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
               partitionKeysByDimension { name partitionKeys } } } }"""
    node = _graphql(url, query, key={"path": ["contacts"]})["assetNodeOrError"]
    keys = {one["name"]: one["partitionKeys"] for one in node["partitionKeysByDimension"]}
    return keys["organization"][0]


def backfill(url: str, organization_id: str) -> None:
    """Some days of the whole graph, as a user asks for them in the UI, so that grids and plots have a history."""
    launch = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
                ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
    status = "query ($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
    nodes = _graphql(url, "{ assetNodes { assetKey { path } isMaterializable } }")["assetNodes"]
    days = [today() - timedelta(days=back) for back in range(HISTORY_DAYS)]
    params = {
        "assetSelection": [{"path": node["assetKey"]["path"]} for node in nodes if node["isMaterializable"]],
        "partitionNames": [f"{day}|{organization_id}" for day in days],
        "title": "the last week",
    }
    launched = _graphql(url, launch, params=params)["launchPartitionBackfill"]
    end = time.monotonic() + BACKFILL_SECONDS
    while time.monotonic() < end:
        found = _graphql(url, status, id=launched["backfillId"])["partitionBackfillOrError"]["status"]
        if found.startswith(("COMPLETED", "FAILED", "CANCELED")):
            print(f"backfill of {HISTORY_DAYS} days: {found}", flush=True)
            return
        time.sleep(2)
    raise SystemExit(f"the backfill was not done after {BACKFILL_SECONDS} s")


def take(url: str, organization_id: str, chromium: str, only: str | None = None) -> None:
    """Write the pictures, one a page, or one of them."""
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        for picture in (one for one in pictures(organization_id) if only in (None, one.name)):
            size = {"width": round(SIZE["width"] / picture.scale), "height": round(picture.height / picture.scale)}
            sharpness = min(1.0, picture.scale * SHARPER)
            context = browser.new_context(viewport=size, device_scale_factor=sharpness, timezone_id=settings.time_zone())
            page = context.new_page()
            page.goto(f"{url}{picture.path}")
            page.get_by_text(picture.wait_for).locator("visible=true").first.wait_for(timeout=60_000)
            _tidy(page)
            path = IMAGES / f"{picture.name}.png"
            page.screenshot(path=path, clip=_graph(page))
            _keep_small(path)
            context.close()
        browser.close()


def _graph(page: Any) -> dict[str, float] | None:
    """Where the graph's nodes are, with a margin; None on a page without."""
    boxes = page.evaluate("""() => [...document.querySelectorAll("foreignObject")].map(one => one.getBoundingClientRect())
                             .map(({left, top, right, bottom}) => [left, top, right, bottom])""")
    boxes = [box for box in boxes if box[2] > box[0]]
    if not boxes:
        return None
    size = page.viewport_size
    left, top = (max(min(box[side] for box in boxes) - MARGIN, 0) for side in (0, 1))
    right = min(max(box[2] for box in boxes) + MARGIN, size["width"])
    bottom = min(max(box[3] for box in boxes) + MARGIN, size["height"])
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def _keep_small(path: Path) -> None:
    """As many colours as a UI needs: a third of the bytes."""
    from PIL import Image

    with Image.open(path) as picture:
        fewer = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
    fewer.save(path, optimize=True)
    print(f"{path} ({path.stat().st_size // 1000} kB)", flush=True)


def take_report(organization_id: str, environment: dict[str, str], chromium: str) -> None:
    """The upper part of the clinic's report, as the clinic sees it."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        written = [*COMMAND, "report", organization_id, "--output", str(report)]
        subprocess.run(written, env=environment, check=True, stdout=subprocess.DEVNULL)
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport=REPORT_SIZE)
        page.goto(report.as_uri())
        path = IMAGES / "report.png"
        page.screenshot(path=path)
        _keep_small(path)
        browser.close()


def _tidy(page: Any) -> None:
    """What a reader does first: put navigation and the list beside the graph away, and fit the graph into the room."""
    _wait_until_still(page)
    graph = page.locator("button:right-of([placeholder^='Jump to'])")
    has_graph = bool(graph.count())
    for clutter in (page.get_by_text("Hide navigation"), graph):
        if clutter.count():
            clutter.first.click()
            page.wait_for_timeout(700)
    if has_graph:
        page.mouse.dblclick(page.viewport_size["width"] - 300, page.viewport_size["height"] - 60)
    page.mouse.move(5, 5)
    _wait_until_still(page)


def _wait_until_still(page: Any) -> None:
    seen = None
    for _ in range(MOST_LOOKS):
        page.wait_for_timeout(LOOK_MS)
        now = page.screenshot()
        if now == seen:
            return
        seen = now


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m docs_tools.screenshots", description=__doc__)
    parser.add_argument("--url", help="take the pictures of a UI that runs already, instead of a demo")
    parser.add_argument("--only", help="take this picture alone, with --url")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium")
    if options.url:
        take(options.url, _organization(options.url), chromium, options.only)
        return
    with demo() as (url, organization_id, environment):
        backfill(url, organization_id)
        take(url, organization_id, chromium)
        take_report(organization_id, environment, chromium)


if __name__ == "__main__":
    main()
