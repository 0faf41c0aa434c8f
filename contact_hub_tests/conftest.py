"""What tests stand on: one installation a test process, with a real PostgreSQL and Dagster's real storage."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(tempfile.mkdtemp(prefix="contact_hub_tests_"))
os.environ.update(
    CONTACT_HUB_HOME=str(HOME),
    CONTACT_HUB_TIME_ZONE="Australia/Sydney",
    CONTACT_HUB_SECRET="a secret of the tests only",
    COLUMNS="250",  # what commands print is not cut short
)
for variable in ("CONTACT_HUB_DATABASE_URL", "DAGSTER_HOME", "CONTACT_HUB_HORIZON_DAYS"):
    os.environ.pop(variable, None)

from dagster import DagsterInstance  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402
from sqlalchemy import text  # noqa: E402

from contact_hub.installation import dagster_instance, prepare  # noqa: E402
from contact_hub.store.database import Database  # noqa: E402
from contact_hub.store.embedded.server import release, wait_until_stopped  # noqa: E402

# Drawing examples slowly says that the machine is busy, not that a test is wrong. The same code gets the same examples, so
# that a failure is somebody's change; `pytest --hypothesis-profile=exploring` looks for what nobody has thought of.
settings.register_profile("exploring", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("any_machine", settings.get_profile("exploring"), max_examples=100, derandomize=True)
settings.load_profile("any_machine")

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long groups first, the longest before all, so that no worker ends up with one while the others have nothing to do."""

    def minutes(item: pytest.Item) -> float:
        long = item.get_closest_marker("long")
        return long.kwargs.get("minutes", 0.5) if long else 0

    items.sort(key=minutes, reverse=True)


def pytest_unconfigure() -> None:
    release(HOME)
    wait_until_stopped(HOME)
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """The store of this test process, migrated. It forgets nothing while its server lives, which is long enough here."""
    database = prepare()
    with database.transaction() as connection:
        connection.execute(text("ALTER ROLE CURRENT_USER SET synchronous_commit = off"))
    database.engine.dispose()
    yield database
    database.close()


@pytest.fixture(scope="session")
def instance(database: Database) -> Iterator[DagsterInstance]:
    """Dagster's instance of this test process, on PostgreSQL as in production."""
    with dagster_instance() as instance:
        yield instance


@pytest.fixture
def organization_id() -> str:
    """An organization id that no other test uses, so that tests share one database."""
    return f"org_test_{next(_numbers)}"
