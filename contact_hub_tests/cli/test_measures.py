"""Measures and the report at the terminal."""

from pathlib import Path

import pytest

from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub_tests.cli.support import Terminal


@pytest.fixture
def organization(database: Database, organization_id: str) -> str:
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))
    return organization_id


def test_measures_are_listed_with_the_clinics_own_limits(terminal: Terminal, organization: str) -> None:
    assert "contacts.completeness - 0 / 0 0.6" in _plain(terminal.good("measures", "list", organization).out)
    terminal.good("measures", "set", organization, "contacts.completeness", "--at-least", "0.85")
    assert "0.85 (own)" in _plain(terminal.good("measures", "list", organization).out)
    terminal.good("measures", "reset", organization, "contacts.completeness")
    assert "(own)" not in terminal.good("measures", "list", organization).out


def test_what_is_no_measure_or_no_limit_is_refused(terminal: Terminal, organization: str) -> None:
    refusal = terminal.bad("measures", "set", organization, "contacts.beauty", "--at-least", "0.5")
    assert "measures list" in refusal
    assert terminal.run("measures", "set", organization, "contacts.coverage", "--at-least", "1.5").code != 0
    assert "org_nowhere" in terminal.bad("measures", "list", "org_nowhere")


def test_the_report_is_written_to_a_file(terminal: Terminal, organization: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert terminal.good("report", organization, "--output", path).last_line == str(path)
    assert "A clinic" in path.read_text()


def _plain(text: str) -> str:
    return " ".join(text.translate(str.maketrans("│┃┏┓┡┩└┘━─┳╇┴", " " * 13)).split())
