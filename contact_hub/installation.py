"""One installation, ready to use: database up and migrated, Dagster's home written, the environment of child processes set."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from contact_hub import settings
from contact_hub.errors import ConfigurationError
from contact_hub.resources.redaction import mask_errors
from contact_hub.store.database import Database, open_database
from contact_hub.store.migrate import upgrade

if TYPE_CHECKING:
    from dagster import DagsterInstance

DAGSTER_URL = "CONTACT_HUB_DAGSTER_URL"
PROJECT = Path(__file__).resolve().parents[1]


def prepare() -> Database:
    """Bring the installation up: start the embedded server if it is used, migrate, write DAGSTER_HOME. Idempotent.

    Raises:
        ContactHubError: with one line that says what is missing.
    """
    mask_errors()
    # Children inherit the settings whatever folder they run in.
    os.environ[settings.HOME] = str(settings.home())
    os.environ[settings.TIME_ZONE] = settings.time_zone()
    database = open_database()
    upgrade(database)
    write_dagster_home(database)
    return database


def dagster_instance() -> "DagsterInstance":
    """Dagster's instance of this installation; :func:`prepare` must have run."""
    from dagster import DagsterInstance  # slow to import, and the gateway and most commands do without

    from contact_hub.resources.kept_connections import keep_connections

    return keep_connections(DagsterInstance.get())


def project_file(name: str) -> Path:
    """A file beside the package (``dagster.yaml``, ``workspace.yaml``).

    Raises:
        ConfigurationError: the package was installed without its project.
    """
    path = PROJECT / name
    if not path.exists():
        raise ConfigurationError(f"{name} is not beside the package; install from a checkout (pip install -e .)")
    return path


def write_dagster_home(database: Database) -> None:
    """Say to Dagster where its storage is: DAGSTER_HOME with this version's dagster.yaml, and its database's URL."""
    os.environ[DAGSTER_URL] = database.dagster_url.render_as_string(hide_password=False)
    if "DAGSTER_HOME" in os.environ and (Path(os.environ["DAGSTER_HOME"]) / "dagster.yaml").exists():
        return
    home = settings.home() / "dagster"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = project_file("dagster.yaml").read_text()
    if not (home / "dagster.yaml").exists() or (home / "dagster.yaml").read_text() != text:
        (home / "dagster.yaml").write_text(text)
    os.environ["DAGSTER_HOME"] = str(home)
