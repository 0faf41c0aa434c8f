"""Organizations: what may be registered, and what the command line says when it may not."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance

from contact_hub.automation.partitions import first_day, today
from contact_hub.errors import ConfigurationError
from contact_hub.resources.run_tags import ORGANIZATION
from contact_hub.sandbox import DEFAULT_KEY, SandboxServer, generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization, disable, organization, organizations, register
from contact_hub_tests.cli.support import Terminal
from contact_hub_tests.support import KEY_VARIABLE

pytestmark = pytest.mark.long

COMMAND = Path(sys.executable).with_name("contact-hub")
KEY = "MS0xMjM0NTY3ODkwLWNhbmFyeQ-au1"


def clinic(organization_id: str = "org_of_tests", **fields: Any) -> Organization:
    return Organization(
        **{"organization_id": organization_id, "name": "A clinic", "time_zone": "Australia/Perth", "region": "AU",
           "cliniko_key_env": KEY_VARIABLE} | fields
    )  # fmt: skip


@pytest.mark.parametrize(
    "organization_id",
    ["", "A", "Org", "_a", "-a", "a b", "a|b", "a/b", "a.b", "a\n", "é", "a" * 64, "a'; DROP TABLE contacts; --", "[/]"],
)
def test_ids_that_could_not_be_partition_keys_are_refused(organization_id: str) -> None:
    with pytest.raises(ConfigurationError, match="must be 1 to 63 of a-z") as raised:
        clinic(organization_id)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("organization_id", ["a", "0", "org_surf-rehab", "a" * 63])
def test_ids_of_the_allowed_letters_are_taken(organization_id: str) -> None:
    assert clinic(organization_id).organization_id == organization_id


@pytest.mark.parametrize("region", ["", "A", "au", "AUS", "61", "ÀÀ", "AU\n"])
def test_regions_are_two_letter_countries(region: str) -> None:
    with pytest.raises(ConfigurationError, match="two-letter country code"):
        clinic(region=region)


@pytest.mark.parametrize("region", ["UK", "ZZ", "XX"])
def test_a_country_of_which_no_number_could_be_read_is_refused(database: Database, region: str) -> None:
    with database.transaction() as connection, pytest.raises(ConfigurationError, match="no country"):
        register(connection, clinic(region=region))


@pytest.mark.parametrize(
    "key", [KEY, KEY.removesuffix("-au1"), "sandbox-key-au1", "", " ", "CLINIKO KEY", "1KEY", "CLINIKO=KEY", "MY_KEY\n"]
)
def test_a_key_in_place_of_its_variables_name_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ConfigurationError, match="not the key") as raised:
        clinic(cliniko_key_env=key)
    assert not key.strip() or key.strip() not in str(raised.value)


@pytest.mark.parametrize("fields", [{"past_days": 0}, {"future_days": 0}, {"past_days": 367}, {"future_days": -1}])
def test_windows_are_a_day_to_a_leap_year(fields: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="1 to 366 days"):
        clinic(**fields)


def test_a_time_zone_that_does_not_exist_is_refused(database: Database, organization_id: str) -> None:
    with database.transaction() as connection, pytest.raises(ConfigurationError, match="not an IANA time zone"):
        register(connection, clinic(organization_id, time_zone="Australia/Atlantis"))


def test_registering_again_brings_up_to_date_and_says_that_it_is_not_new(database: Database, organization_id: str) -> None:
    first = clinic(organization_id)
    renamed = dataclasses.replace(first, name="Renamed", region="NZ", past_days=30, cliniko_url="http://127.0.0.1:1/v1")
    with database.transaction() as connection:
        assert register(connection, first) is True
        assert register(connection, first) is False
        assert organization(connection, organization_id) == first
        assert register(connection, renamed) is False
        assert organization(connection, organization_id) == renamed
        assert renamed in organizations(connection)


def test_a_disabled_organization_is_kept_and_can_come_back(database: Database, organization_id: str) -> None:
    with database.transaction() as connection:
        register(connection, clinic(organization_id))
        disable(connection, organization_id)
        disable(connection, organization_id)
        assert organization(connection, organization_id) == clinic(organization_id, status="disabled")
        assert register(connection, clinic(organization_id)) is False
        assert organization(connection, organization_id).status == "active"


def test_an_unknown_organization_is_named(database: Database) -> None:
    with database.transaction() as connection:
        for ask in (organization, disable):
            with pytest.raises(ConfigurationError, match="no organization 'org_nobody'; add it with: contact-hub org add"):
                ask(connection, "org_nobody")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed command, as a process of its own."""
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Terminal:
    """Runs commands in this process."""
    return Terminal(monkeypatch, capfd)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(generate_clinic(patients=20, today=today()), rate_limit=None) as server:
        yield server


def test_org_add_sync_list_and_disable(
    database: Database, instance: DagsterInstance, sandbox: SandboxServer, terminal: Terminal
) -> None:
    added = run("org", "add", "org_typed", "--cliniko-key-env", KEY_VARIABLE, "--cliniko-url", sandbox.url, "--sync")
    assert (added.returncode, added.stdout.splitlines()[0]) == (0, "org_typed: added"), added.stderr
    assert f"{today()}: " in added.stdout
    assert "org_typed" in instance.get_dynamic_partitions(ORGANIZATION)
    listed = terminal.good("org", "list").out
    assert "org_typed" in listed
    assert DEFAULT_KEY not in listed + added.stdout + added.stderr
    assert terminal.good("org", "disable", "org_typed").out == "org_typed: disabled\n"
    with database.reading() as connection:
        assert organization(connection, "org_typed").status == "disabled"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["org", "add", "Bad Slug", "--cliniko-key-env", "X"], "organization id 'Bad Slug' must be"),
        (["org", "add", "a", "--cliniko-key-env", "X", "--cliniko-url", "http://example.org/v1"], "must be https"),
        (["sync", "org_nobody"], "there is no organization 'org_nobody'"),
        (["sync", "a", "--day", "2026-01-01", "--from", "2026-01-01"], "give either --day, or --from and --to"),
        (["sync", "a", "--day", "2999-01-01"], "the days must lie in the past or be today"),
        (["sync", "a", "--from", "2026-01-02", "--to", "2026-01-01"], "the days must lie in the past or be today"),
    ],
)
def test_mistakes_end_with_one_clear_line(terminal: Terminal, arguments: list[str], says: str) -> None:
    assert says in terminal.bad(*arguments)


def test_the_installed_command_ends_with_one_clear_line_too() -> None:
    done = run("sync", "org_nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert [line for line in done.stderr.splitlines() if line.strip()][-1].startswith("error: there is no organization")
    assert "Traceback" not in done.stderr


def test_a_key_given_for_its_variables_name_is_not_repeated(terminal: Terminal) -> None:
    done = terminal.run("org", "add", "a", "--cliniko-key-env", KEY)
    assert done.code != 0
    assert "not the key" in done.err
    assert KEY not in done.out + done.err


def test_a_key_without_a_real_shard_is_refused_and_not_shown(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIKO_KEY_WITHOUT_SHARD", "MS0xMjM0-evil.example.org")
    done = terminal.run("org", "add", "a", "--cliniko-key-env", "CLINIKO_KEY_WITHOUT_SHARD")
    assert done.code != 0
    assert "does not end in a shard" in done.err
    assert "evil" not in done.out + done.err


def test_a_day_before_the_horizon_is_refused(terminal: Terminal, database: Database, organization_id: str) -> None:
    with database.transaction() as connection:
        register(connection, clinic(organization_id))
    assert f"2001-01-01 is not from {first_day()} to today" in terminal.bad("sync", organization_id, "--day", "2001-01-01")


@pytest.mark.parametrize("day", ["yesterday", "2026-02-29"])
def test_what_is_not_a_day_is_refused_as_usage(terminal: Terminal, day: str) -> None:
    done = terminal.run("sync", "a", "--day", day)
    assert (done.code, done.out) == (2, "")
    assert "is not a day (YYYY-MM-DD)" in done.err
    assert "Traceback" not in done.err


def test_an_unset_key_is_named_by_its_variable(terminal: Terminal, database: Database, organization_id: str) -> None:
    with database.transaction() as connection:
        register(connection, clinic(organization_id, cliniko_key_env="CLINIKO_KEY_THAT_IS_NOT_SET"))
    assert "CLINIKO_KEY_THAT_IS_NOT_SET is not set" in terminal.bad("sync", organization_id)
