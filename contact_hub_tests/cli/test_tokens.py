"""`contact-hub token`."""

from contact_hub.store.database import Database
from contact_hub.store.tokens import TOKEN, organization_of
from contact_hub_tests.cli.support import Terminal


def test_a_token_is_printed_once_and_alone(terminal: Terminal, database: Database, org: str) -> None:
    done = terminal.good("token", "create", org, "--name", "n8n [prod]")
    token = done.last_line
    match = TOKEN.fullmatch(token)
    assert match is not None
    assert done.out.count(token) == 1
    assert token not in done.err
    with database.reading() as connection:
        assert organization_of(connection, token) == (org, match[1])
    listed = terminal.good("token", "list", org)
    assert match[1] in listed.out
    assert "n8n [prod]" in listed.out
    assert token not in listed.out
    assert token.rpartition("_")[2] not in listed.out + listed.err


def test_revoking_ends_it(terminal: Terminal, database: Database, org: str) -> None:
    first, second = (terminal.good("token", "create", org).last_line for _ in range(2))
    token_id = first.split("_")[1]
    assert terminal.good("token", "revoke", org, token_id).last_line == f"{org}: token {token_id} is revoked"
    terminal.good("token", "revoke", org, token_id)
    with database.reading() as connection:
        assert organization_of(connection, first) is None
        assert organization_of(connection, second) is not None
    assert terminal.good("token", "list", org).out.count(f" {org} ") == 2


def test_mistakes(terminal: Terminal, org: str) -> None:
    assert "there is no organization 'org_nobody'" in terminal.bad("token", "create", "org_nobody")
    assert "there is no organization 'org_nobody'" in terminal.bad("token", "list", "org_nobody")
    token = terminal.good("token", "create", org).last_line
    said = terminal.bad("token", "revoke", org, token)
    assert "has no such token" in said
    assert token not in said
    assert "one line" in terminal.bad("token", "create", org, "--name", "x" * 101)
