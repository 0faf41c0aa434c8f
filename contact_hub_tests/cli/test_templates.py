"""`contact-hub templates`, and the clinic's words in what it answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from contact_hub.context.built_in_templates import BUILT_IN
from contact_hub.store.database import Database
from contact_hub.store.templates import own_templates, templates_of
from contact_hub_tests.answers.support import LiveClinic, days_ahead, live_clinic
from contact_hub_tests.cli.support import Terminal

OWN = "G'day{% if name %} {{ name }}{% endif %}, see you {{ when }}."


@pytest.fixture(scope="module")
def clinic(database: Database) -> Iterator[LiveClinic]:
    with live_clinic(database, "org_own_words") as clinic:
        patient = clinic.patient("Anna", "Smith", "0412 345 601")
        clinic.cliniko.add_appointment(patient, days_ahead(1))
        clinic.sync()
        yield clinic


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.txt"
    path.write_text(OWN)
    return path


def said(clinic: LiveClinic) -> str:
    words: str = clinic.ask("sms", "0412 345 601")["reply"]["text"]
    return words


def test_own_words_are_set_used_and_removed(terminal: Terminal, clinic: LiveClinic, own: Path) -> None:
    org = clinic.organization_id
    before = said(clinic)
    assert before.startswith("Hi Anna! I see you have an appointment tomorrow at 2 pm")
    assert terminal.good("templates", "set", org, "appointment", own).last_line == f"{org}: appointment in en is in use"
    assert said(clinic) == "G'day Anna, see you tomorrow at 2 pm."
    assert terminal.good("templates", "show", org, "appointment").out == OWN + "\n"
    assert "was the same already" in terminal.good("templates", "set", org, "appointment", own).out
    terminal.good("templates", "remove", org, "appointment")
    assert said(clinic) == before
    assert "has no template of its own" in terminal.bad("templates", "remove", org, "appointment")


def test_the_list_names_every_case_and_what_is_the_clinics_own(terminal: Terminal, org: str, own: Path) -> None:
    terminal.good("templates", "set", org, "appointment", own)
    terminal.good("templates", "set", org, "appointment", own, "--language", "en-GB")
    listed = terminal.good("templates", "list", org).out
    assert all(case in listed for case in BUILT_IN["en"])
    assert "en, en-GB" in listed


@pytest.mark.parametrize(
    ("case", "words", "says"),
    [
        ("appointment", "See you {{ wen }}.", "wen"),
        ("appointment", "See you {{ when ", ""),
        ("appointment", "", ""),
        ("appointment", "{{ ''.__class__ }} {{ when }}", ""),
        ("appointment", "Hi {{ name }}, see you {{ when }}.", "name"),
        ("stranger", "Hi {{ name }}!", "name"),
        ("neutral", "See you {{ when }}", "when"),
    ],
)
def test_a_bad_template_is_one_error_and_changes_nothing(
    terminal: Terminal, database: Database, org: str, own: Path, case: str, words: str, says: str
) -> None:
    terminal.good("templates", "set", org, "appointment", own)
    own.write_text(words)
    assert says in terminal.bad("templates", "set", org, case, own)
    with database.reading() as connection:
        assert own_templates(connection, org) == {("appointment", "en"): OWN}


def test_what_is_no_case_language_file_or_organization(terminal: Terminal, org: str, own: Path, tmp_path: Path) -> None:
    assert "the cases are appointment, moved" in terminal.bad("templates", "set", org, "hello", own)
    assert "the cases are appointment, moved" in terminal.bad("templates", "show", org, "hello")
    assert "there are en, de" in terminal.bad("templates", "set", org, "appointment", own, "--language", "tlh")
    assert "cannot be read as text" in terminal.bad("templates", "set", org, "appointment", tmp_path / "none.txt")
    for command in (("list",), ("show", "neutral"), ("preview",), ("set", "appointment", own)):
        assert "there is no organization" in terminal.bad("templates", command[0], f"{org}_nobody", *command[1:])


def test_a_preview_saves_nothing_and_shows_what_is_missing_too(
    terminal: Terminal, database: Database, org: str, own: Path
) -> None:
    shown = terminal.good("templates", "preview", org, "appointment", "--file", own).words
    assert "G'day John, see you tomorrow at 10:30 am." in shown
    assert "G'day, see you tomorrow at 10:30 am." in shown
    assert "--file needs the CASE" in terminal.bad("templates", "preview", org, "--file", own)
    assert "Ich sehe" in terminal.good("templates", "preview", org, "appointment", "--language", "de").words
    assert all(case in terminal.good("templates", "preview", org).out for case in BUILT_IN["en"])
    with database.reading() as connection:
        assert own_templates(connection, org) == {}


def test_a_stored_template_that_cannot_be_used_any_more(
    clinic: LiveClinic, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO reply_templates (organization_id, template, language, text) VALUES (:org, 'appointment', 'en', :t)"
            ),
            {"org": clinic.organization_id, "t": "{{ of_an_older_version }} for Zephyrina"},
        )
    try:
        assert said(clinic).startswith("Hi Anna! I see you have an appointment tomorrow at 2 pm")
        with database.reading() as connection:
            templates_of(connection, clinic.organization_id)
        assert "the template of 'appointment' in en cannot be used any more" in caplog.text
        assert "Zephyrina" not in caplog.text
    finally:
        with database.transaction() as connection:
            connection.execute(
                text("DELETE FROM reply_templates WHERE organization_id = :org"), {"org": clinic.organization_id}
            )


def test_the_language_of_a_clinic(terminal: Terminal, database: Database, organization_id: str) -> None:
    given = ("org", "add", organization_id, "--name", "Praxis", "--cliniko-key-env", "CLINIKO_UNSET", "--language")
    assert "tlh" in terminal.bad(*given, "tlh")
    terminal.good(*given, "de")
    shown = terminal.good("templates", "preview", organization_id, "stranger").words
    assert "Danke für Ihre Nachricht an Praxis" in shown
