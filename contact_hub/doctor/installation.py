"""The machine, the settings and the database."""

import shutil
from collections.abc import Callable, Iterator

import requests
from sqlalchemy import text

from contact_hub import settings
from contact_hub.doctor.finding import Finding, judged
from contact_hub.errors import ConfigurationError, ContactHubError
from contact_hub.processes import is_free
from contact_hub.store.alerts import alert_targets
from contact_hub.store.database import Database
from contact_hub.store.installation import secret_of
from contact_hub.store.migrate import is_migrated

WANTED_GB, NEEDED_GB = 5.0, 1.0


def surroundings(ui_port: int) -> Iterator[Finding]:
    """Settings, disk and ports: what can be looked at without a database."""
    said: tuple[tuple[str, Callable[[], object]], ...] = (
        ("time zone", settings.time_zone),
        ("horizon", settings.horizon_days),
        ("gateway port", settings.gateway_port),
        ("gateway rate", settings.gateway_rate),
    )
    for subject, read in said:
        try:
            yield Finding("OK", subject, str(read()))
        except ConfigurationError as error:
            yield Finding("FAIL", subject, str(error), "set the variable to one, or unset it")
    yield disk()
    yield port("Dagster UI", ui_port, _is_ui)
    try:
        yield port("gateway", settings.gateway_port(), _is_gateway)
    except ConfigurationError:
        return  # said above


def disk() -> Finding:
    """How much room the home's disk has."""
    home = settings.home()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    message = f"{free:.1f} GB free where {settings.HOME} is"
    return judged("disk", -free, message, warn=-WANTED_GB, fail=-NEEDED_GB, remedy=f"make room: {WANTED_GB:.0f} GB are wanted")


def port(subject: str, number: int, is_ours: Callable[[str], bool]) -> Finding:
    """Whether a port is free, or serves what it is for."""
    name = f"port {number} ({subject})"
    if is_free(number):
        return Finding("OK", name, "free; nothing serves it now")
    if is_ours(f"http://127.0.0.1:{number}"):
        return Finding("OK", name, "served")
    return Finding("WARN", name, "taken by another program", "end it, or choose another port (--port, --gateway-port)")


def _is_ui(url: str) -> bool:
    return "dagster_webserver_version" in _json(f"{url}/server_info")


def _is_gateway(url: str) -> bool:
    return _json(f"{url}/healthz").get("status") == "ok"


def _json(url: str) -> dict[str, object]:
    try:
        answer = requests.get(url, timeout=3).json()
    except (requests.RequestException, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}


def database_findings(database: Database) -> Iterator[Finding]:
    """Version, migrations, the installation's secret, and the variables of alerts."""
    with database.reading() as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
        migrated = is_migrated(connection)
    yield Finding("OK", "database", f"PostgreSQL {version} at {database.url.host}:{database.url.port}/{database.url.database}")
    if not migrated:
        yield Finding("FAIL", "migrations", "the database has other revisions than this version", "contact-hub db upgrade")
        return
    yield Finding("OK", "migrations", "all applied")
    try:
        secret_of(database)
        yield Finding("OK", "secret", "the one under which the database's contact ids were made")
    except ContactHubError as error:
        yield Finding("FAIL", "secret", str(error), "restore it from the backup")
    with database.reading() as connection:
        targets = alert_targets(connection)
    for target in targets:
        needed = (target.address_env, *((settings.SMTP_URL,) if target.kind == "email" else ()))
        subject = f"alerts of {'all' if target.scope == '*' else target.scope} to {target.name}"
        yield from variables(subject, needed)


def variables(subject: str, needed: tuple[str, ...]) -> Iterator[Finding]:
    """Whether environment variables are set; their values are nobody's business."""
    for variable in needed:
        if settings.is_set(variable):
            yield Finding("OK", subject, f"{variable} is set")
        else:
            yield Finding("FAIL", subject, f"{variable} is not set here", f"export {variable} where contact_hub runs")
