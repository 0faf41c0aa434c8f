"""`contact-hub gateway` as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests

from contact_hub.store.database import Database
from contact_hub.store.tokens import create_token
from contact_hub_tests.channels.test_generic import EVENT
from contact_hub_tests.cli.support import Terminal

pytestmark = pytest.mark.long

COMMAND = [sys.executable, "-m", "contact_hub.cli", "gateway"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    pytest.fail("the gateway does not answer")


def test_it_serves_until_sigterm_and_logs_no_request(database: Database, org: str) -> None:
    with database.transaction() as connection:
        token = create_token(connection, org)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "CONTACT_HUB_GATEWAY_PORT": str(port)}
    process = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until_ready(url, process)
        bearer = {"Authorization": f"Bearer {token}"}
        answer = requests.post(f"{url}/v1/{org}/events", json=EVENT, headers=bearer, timeout=20)
        assert answer.json()["accepted"] == 1
        query = {"channel": "phone", "identifier": "0412345678"}
        assert requests.get(f"{url}/v1/{org}/contacts/lookup", params=query, headers=bearer, timeout=20).ok
        assert requests.get(f"{url}/v1/{org}/contacts/lookup", params=query, timeout=20).status_code == 401
        taken = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert taken.returncode == 1
        assert taken.stderr.splitlines()[-1].startswith(f"error: cannot listen on 127.0.0.1:{port}")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert url in out
    for said in ("0412345678", "lookup", token, "Marsh"):
        assert said not in out + err


def test_ports_that_are_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_HUB_GATEWAY_PORT", "eighty")
    assert "CONTACT_HUB_GATEWAY_PORT: 'eighty' is not a port" in terminal.bad("gateway")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = terminal.bad("up", "--port", free_port(), "--gateway-port", port)
        assert said == f"error: port {port} is taken by another program; choose one with --gateway-port"
