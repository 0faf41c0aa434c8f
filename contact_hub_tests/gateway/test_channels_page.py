"""docs/channels.md: its examples are run, in a shell, against a real gateway; its workflows post what the gateway takes."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contact_hub.demo.connections import SECRETS, VERIFY_TOKEN, connect_channels
from contact_hub.sandbox.morning import PUBLIC_URL
from contact_hub.store.database import Database
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.gateway.support import Clinic, open_clinic

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "channels.md").read_text()
BLOCKS = [block for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) if "$GATEWAY" in block]
SETUP = re.search(r"^```sh setup\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
WORKFLOWS = sorted((DOCS / "n8n").glob("*.json"))
# The status goes where the answer does not.
CURL = """curl() { command curl -w '%{stderr}%{http_code}' "$@"; }\n"""

pytestmark = pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "openssl"))), reason="needs bash, curl, openssl")


@pytest.fixture(scope="module")
def clinic(database: Database, gateway: GatewayServer) -> Iterator[Clinic]:
    """A clinic with the demo's connections, on the tests' gateway."""
    before = dict(os.environ)
    clinic = open_clinic(database, gateway, "org_channels_page")
    connect_channels(database, clinic.organization_id)
    yield clinic
    os.environ.clear()
    os.environ.update(before)


def run(clinic: Clinic, block: str) -> tuple[int, str]:
    """The status and the body of a block's one request."""
    assert SETUP is not None
    given = f"export GATEWAY={clinic.gateway.url}/v1/{clinic.organization_id} TOKEN={clinic.token}\n"
    script = CURL + SETUP[1] + given + block.replace("org_surf_rehab", clinic.organization_id)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return int(done.stderr[-3:]), done.stdout


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_an_example_answers_as_the_page_says(clinic: Clinic, block: str) -> None:
    expected = re.search(r"^# (\d{3}) (.*)$", block, re.MULTILINE)
    assert expected is not None, block
    status, body = run(clinic, block)
    assert status == int(expected[1]), body
    for stated in re.findall(r'"\w+":(?:\d+|true|"\w+")', expected[2]):
        assert stated in body
    again, _ = run(clinic, block)
    assert again in (status, 200)


def test_the_examples_are_one_of_each_route() -> None:
    routes = set(re.findall(r'"\$GATEWAY(/[a-z/-]+)', "".join(BLOCKS)))
    assert routes == {
        "/webhooks/whatsapp", "/webhooks/instagram", "/webhooks/chatwoot", "/webhooks/twilio", "/webhooks/email",
        "/webhooks/web-form", "/events", "/contacts/lookup", "/contacts/find-or-create",
    }  # fmt: skip


def test_the_setup_is_the_demos() -> None:
    assert SETUP is not None
    for provider in ("whatsapp", "instagram", "chatwoot", "twilio"):
        assert f"{provider.upper()}_SECRET={SECRETS[provider]}" in SETUP[1]
    assert f"VERIFY_TOKEN={VERIFY_TOKEN}" in SETUP[1]
    assert PUBLIC_URL in PAGE


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_whole_and_calls_routes_that_exist(clinic: Clinic, path: Path) -> None:
    workflow: dict[str, Any] = json.loads(path.read_text())
    nodes = {node["name"]: node for node in workflow["nodes"]}
    assert len({node["id"] for node in nodes.values()}) == len(workflow["nodes"])
    for source, outputs in workflow["connections"].items():
        assert source in nodes
        assert {link["node"] for link in outputs["main"][0]} <= set(nodes)
    paths = clinic.gateway.get("/openapi.json").json()["paths"]
    requests = [node for node in nodes.values() if node["type"] == "n8n-nodes-base.httpRequest"]
    assert requests
    for node in requests:
        route = node["parameters"]["url"].removeprefix("https://YOUR-HOST").replace("my_clinic", "{organization_id}")
        assert node["parameters"]["method"].lower() in paths[route]
        assert (node["retryOnFail"], node["parameters"]["genericAuthType"]) == (True, "httpHeaderAuth")


def test_what_the_bots_workflow_posts_is_a_generic_event() -> None:
    (event,) = (node for node in json.loads((DOCS / "n8n" / "bot-events.json").read_text())["nodes"] if "event" in node["name"])
    members = set(re.findall(r"(\w+): ", event["parameters"]["jsonBody"]))
    assert members == {"channel", "identifier", "external_id", "occurred_at", "direction", "name", "phone", "text"}
    assert event["parameters"]["jsonBody"] in json.dumps(PAGE) or event["parameters"]["jsonBody"] in PAGE
