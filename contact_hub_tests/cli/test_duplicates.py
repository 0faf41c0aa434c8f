"""Duplicates at the terminal."""

from contact_hub.directory import ContactDirectory
from contact_hub.duplicates.merging import merge_certain
from contact_hub.store.database import Database
from contact_hub.store.duplicates import DuplicateSettings, duplicate_settings
from contact_hub_tests.cli.support import Terminal
from contact_hub_tests.directory.support import ClinicOfTests
from contact_hub_tests.duplicates.support import couple, find, full_clinic, turn_on


def clinic_of(database: Database, organization_id: str) -> ClinicOfTests:
    clinic = full_clinic(ClinicOfTests(database, ContactDirectory(database), organization_id))
    find(clinic)
    return clinic


def test_listing_and_showing(terminal: Terminal, database: Database, organization_id: str) -> None:
    clinic = clinic_of(database, organization_id)
    listed = terminal.good("duplicates", "list", organization_id)
    assert all(str(one) in listed.out for number in range(3) for one in couple(clinic, number))
    assert "for: " in listed.words
    possible = terminal.good("duplicates", "list", organization_id, "--decision", "possible")
    assert str(couple(clinic, 2)[0]) in possible.out
    assert str(couple(clinic, 0)[0]) not in possible.out
    shown = terminal.good("duplicates", "show", organization_id, *couple(clinic, 2))
    assert "not certain: " in shown.out
    assert "given name" in shown.words
    assert "possible" in shown.words
    assert "not certain" not in terminal.good("duplicates", "show", organization_id, *couple(clinic, 0)).out
    clinic.directory.close()


def test_patients_that_cliniko_has_twice(terminal: Terminal, database: Database, organization_id: str) -> None:
    clinic = clinic_of(database, organization_id)
    assert "1, 1000" in terminal.good("duplicates", "cliniko", organization_id).out.replace("1000, 1 ", "1, 1000")
    turn_on(clinic)
    merge_certain(database, organization_id)
    done = terminal.good("duplicates", "cliniko", organization_id)
    assert done.out.count("one contact") == 2
    assert done.out.count("two contacts") == 1
    clinic.directory.close()


def test_turning_automatic_merges_on_and_off(terminal: Terminal, database: Database, org: str) -> None:
    def chosen() -> DuplicateSettings:
        with database.reading() as connection:
            return duplicate_settings(connection, org)

    assert chosen() == DuplicateSettings(False, 0.02)
    terminal.good("duplicates", "automatic", org, "on", "--share", "0.05")
    assert chosen() == DuplicateSettings(True, 0.05)
    terminal.good("duplicates", "automatic", org, "off")
    assert chosen() == DuplicateSettings(False, 0.05)


def test_mistakes(terminal: Terminal, database: Database, org: str) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    assert "does not have both" in terminal.bad("duplicates", "show", org, unknown, unknown.replace("8", "9"))
    assert "two different" in terminal.bad("duplicates", "show", org, unknown, unknown)
    assert "--share" in terminal.bad("duplicates", "automatic", org, "on", "--share", "2")
    for command in (("list",), ("cliniko",), ("automatic", "on")):
        assert "no organization" in terminal.bad("duplicates", command[0], "org_nobody", *command[1:])
