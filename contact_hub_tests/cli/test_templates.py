"""`contact-hub templates`: the clinic's own words."""

from pathlib import Path

import pytest

from contact_hub.context.cases import CASES
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, register
from contact_hub.store.templates import own_templates, templates_of
from contact_hub_tests.cli.support import Terminal

OURS = "Good news{% if name %}, {{ name }}{% endif %}: {{ when }}{% if practitioner %} with {{ practitioner }}{% endif %}."
VALUES = {"clinic": "A clinic", "when": "tomorrow at 2 pm"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "appointment.txt"
    written.write_text(OURS + "\n", encoding="utf-8")
    return written


def german(database: Database, org: str) -> str:
    with database.transaction() as connection:
        register(connection, Organization(org, "Praxis", "Europe/Berlin", "DE", None, language="de-AT"))
    return org


def said(database: Database, org: str, language: str = "en-AU") -> str:
    with database.reading() as connection:
        return templates_of(connection, org).render("appointment", language, VALUES).text


def test_set_is_used_shown_and_listed_until_it_is_removed(terminal: Terminal, database: Database, org: str, file: Path) -> None:
    before = said(database, org)
    assert terminal.good("templates", "set", org, "appointment", file).out == f"{org}: appointment in en is in use\n"
    assert said(database, org) == "Good news: tomorrow at 2 pm."
    assert terminal.good("templates", "show", org, "appointment").out == OURS + "\n"
    assert "was the same already" in terminal.good("templates", "set", org, "appointment", file).out
    rows = {
        line.split("│")[1].strip(): line for line in terminal.good("templates", "list", org).out.splitlines() if "│" in line
    }
    assert set(CASES) <= set(rows)
    assert [case for case, line in rows.items() if line.split("│")[5].strip() == "en"] == ["appointment"]
    terminal.good("templates", "remove", org, "appointment")
    assert said(database, org) == before
    assert "has no template of its own" in terminal.bad("templates", "remove", org, "appointment")


def test_what_cannot_be_used_changes_nothing(terminal: Terminal, database: Database, org: str, file: Path) -> None:
    terminal.good("templates", "set", org, "appointment", file)
    file.write_text("Hi!\n\nSee you {{ whenever }}", encoding="utf-8")
    error = terminal.bad("templates", "set", org, "appointment", file)
    assert "line 3: 'appointment' has no variable 'whenever'; it has clinic, name, place, practitioner, type, when" in error
    file.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read as text" in terminal.bad("templates", "set", org, "appointment", file)
    assert "cannot be read as text" in terminal.bad("templates", "set", org, "appointment", file.with_name("missing"))
    file.write_text(OURS, encoding="utf-8")
    assert "the cases are appointment, moved" in terminal.bad("templates", "set", org, "apointment", file)
    assert "there is no organization" in terminal.bad("templates", "show", f"{org}_nobody", "appointment")
    assert said(database, org) == "Good news: tomorrow at 2 pm."


def test_a_language_that_days_cannot_be_worded_in(terminal: Terminal, org: str, file: Path) -> None:
    assert "there are en" in terminal.bad("templates", "set", org, "appointment", file, "--language", "tlh")


def test_the_words_are_for_the_clinics_language_unless_said(
    terminal: Terminal, database: Database, org: str, tmp_path: Path
) -> None:
    german(database, org)
    words = tmp_path / "termin.txt"
    words.write_text("Ihr Termin: {{ when }}", encoding="utf-8")
    assert "appointment in de is in use" in terminal.good("templates", "set", org, "appointment", words).out
    assert said(database, org, "de-AT") == "Ihr Termin: tomorrow at 2 pm"
    assert terminal.good("templates", "show", org, "appointment").out == "Ihr Termin: {{ when }}\n"
    assert "I see you have" in terminal.good("templates", "show", org, "appointment", "--language", "en").out
    terminal.good("templates", "remove", org, "appointment")
    assert "Ich sehe" in terminal.good("templates", "show", org, "appointment").out


def test_preview_shows_every_case_in_every_language_of_the_clinic(
    terminal: Terminal, database: Database, org: str, file: Path
) -> None:
    german(database, org)
    terminal.good("templates", "set", org, "appointment", file, "--language", "en-GB")
    shown = terminal.good("templates", "preview", org).words
    for words in (
        "heute um 16:00 Uhr",
        "morgen um 10:30 Uhr",
        "am Dienstag, 5. Jänner 2027",
        "Good news, John: today at 16:00 with Anna.",
        "Good news: tomorrow at 10:30.",
    ):
        assert words in shown, words
    assert all(case in shown for case in CASES)
    assert "{{" not in shown


def test_a_text_is_previewed_before_it_is_saved(terminal: Terminal, database: Database, org: str, file: Path) -> None:
    shown = terminal.good("templates", "preview", org, "appointment", "--file", file)
    assert "Good news, John: tomorrow at 10:30 am with Anna." in shown.words
    with database.reading() as connection:
        assert own_templates(connection, org) == {}
    assert "needs the CASE" in terminal.bad("templates", "preview", org, "--file", file)
    file.write_text("{{ name }}", encoding="utf-8")
    assert "line 1" in terminal.bad("templates", "preview", org, "appointment", "--file", file)
