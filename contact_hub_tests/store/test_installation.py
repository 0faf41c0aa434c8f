"""One database, one secret: contact ids derived under another one must never be written beside the first ones."""

import threading
from collections.abc import Iterator

import pytest
from dagster import AssetKey, DagsterInstance
from sqlalchemy import Engine, event, text

from contact_hub.automation.partitions import today
from contact_hub.errors import ConfigurationError
from contact_hub.sandbox import generate_clinic
from contact_hub.store.database import Database
from contact_hub.store.installation import secret_of
from contact_hub.store.installation_secret import SECRET, check_value
from contact_hub.sync import SyncFailed
from contact_hub_tests.support import sandbox_organization

ANOTHER = "another secret of the tests"


@pytest.fixture(autouse=True)
def known_secret(database: Database) -> bytes:
    """The database knows its secret."""
    return secret_of(database)


def checks(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(text("SELECT secret_check FROM installation")).scalars())


def test_the_database_keeps_a_check_value_and_not_the_secret(database: Database, known_secret: bytes) -> None:
    assert secret_of(database) == known_secret == b"a secret of the tests only"
    assert checks(database) == [check_value(known_secret)]


def test_another_secret_is_refused_with_what_to_do_and_without_either_secret(
    database: Database, known_secret: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET, ANOTHER)
    with pytest.raises(ConfigurationError, match="not the one under which") as raised:
        secret_of(database)
    message = str(raised.value)
    assert "CONTACT_HUB_SECRET" in message
    assert "installation-secret" in message
    assert "\n" not in message
    assert ANOTHER not in message
    assert known_secret.decode() not in message
    assert checks(database) == [check_value(known_secret)]


@pytest.fixture
def forgotten(database: Database, known_secret: bytes) -> Iterator[None]:
    """A database that has not seen its secret yet, as after the first migration."""
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM installation"))
    yield
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM installation"))
        connection.execute(text("INSERT INTO installation VALUES (:check)"), {"check": check_value(known_secret)})


@pytest.mark.usefixtures("forgotten")
def test_the_first_ones_at_once_write_one_check_value(database: Database, known_secret: bytes) -> None:
    secrets: list[bytes] = []
    threads = [threading.Thread(target=lambda: secrets.append(secret_of(database))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert secrets == [known_secret] * 8
    assert checks(database) == [check_value(known_secret)]


def test_a_sync_under_another_secret_says_so_and_derives_nothing(
    database: Database, instance: DagsterInstance, organization_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = generate_clinic(patients=20, today=today())
    with sandbox_organization(database, instance, organization_id, clinic=clinic) as organization:
        monkeypatch.setenv(SECRET, ANOTHER)
        with pytest.raises(SyncFailed, match="secret is not the one under which") as raised:
            organization.sync()
        assert "\n" not in str(raised.value)
        derived = ("channel_identity_links", "contacts", "active_patient_days")
        assert organization.snapshot(*derived) == {table: [] for table in derived}
        monkeypatch.undo()
        organization.sync()
        assert len(organization.snapshot("contacts")["contacts"]) >= 20


def test_dagsters_connections_are_kept_and_made_anew_when_they_were_cut(database: Database, instance: DagsterInstance) -> None:
    others = "SELECT {what} FROM pg_stat_activity WHERE datname = :dagster AND pid <> pg_backend_pid()"

    def of_dagster(what: str) -> int:
        with database.transaction() as connection:
            statement = text(others.format(what=what))
            return int(connection.execute(statement, {"dagster": database.dagster_url.database}).scalar_one())

    instance.get_runs_count()
    kept = of_dagster("count(*)")
    assert kept > 0
    assert of_dagster("count(pg_terminate_backend(pid, 5000))") == kept
    instance.get_runs_count()
    instance.add_dynamic_partitions("of_tests", ["one"])
    assert instance.get_dynamic_partitions("of_tests") == ["one"]
    assert of_dagster("count(*)") > 0


def test_dagster_asks_its_database_once_what_it_has(instance: DagsterInstance) -> None:
    """Left to itself it looks into the catalog with every event."""
    asked: list[str] = []

    def told(connection: object, cursor: object, statement: str, *others: object) -> None:
        asked.append(statement)

    def look() -> None:
        assert instance.event_log_storage.supports_asset_checks  # has a table
        assert instance.get_asset_records([AssetKey("of_tests")]) == []  # has columns

    look()
    event.listen(Engine, "before_cursor_execute", told)
    try:
        look()
    finally:
        event.remove(Engine, "before_cursor_execute", told)
    assert any("FROM asset_keys" in statement for statement in asked)
    assert [statement for statement in asked if "pg_catalog" in statement] == []
