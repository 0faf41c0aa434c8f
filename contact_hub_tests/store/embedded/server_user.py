"""A process that uses the embedded server of a home, for tests to start, kill and count.

``python -m contact_hub_tests.store.embedded.server_user HOME [SQL]`` prints one JSON line when the server is there (with the
answer of SQL), and ends when its standard input does.
"""

import json
import sys
from pathlib import Path

import psycopg

from contact_hub.errors import StoreError
from contact_hub.store.embedded.server import ensure_server


def main() -> None:
    try:
        address = ensure_server(Path(sys.argv[1]))
    except StoreError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    answer = None
    if len(sys.argv) > 2:
        with psycopg.connect(address.url(), autocommit=True) as connection:
            cursor = connection.execute(sys.argv[2].encode())
            answer = cursor.fetchone() if cursor.pgresult and cursor.pgresult.ntuples else None
    print(json.dumps({"url": address.url(), "answer": answer}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
