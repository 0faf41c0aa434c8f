"""A lease keeps the embedded server up for programs that are not ours, and no longer than they use it."""

import subprocess
import sys
from pathlib import Path

import psycopg

from contact_hub.store.embedded import server

HOLD = (
    "import sys; from pathlib import Path; from contact_hub.store.embedded.lease import hold_while_used; "
    "hold_while_used(Path(sys.argv[1]), idle_seconds=1.0, poll_seconds=0.1)"
)


def test_a_lease_lasts_as_long_as_somebody_is_connected(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)])
    with server.running_server(tmp_path) as address:
        client = psycopg.connect(address.url())
    try:
        assert not server.wait_until_stopped(tmp_path, seconds=2.5)
        assert client.execute("SELECT 1").fetchone() == (1,)
    finally:
        client.close()
    assert holder.wait(20) == 0
    assert server.wait_until_stopped(tmp_path, seconds=20)
