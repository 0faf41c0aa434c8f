"""What is wrong with a set-up, and what to do about it. Looks, and changes nothing (it starts the embedded server)."""

from collections.abc import Iterator

from contact_hub.doctor.finding import Finding
from contact_hub.doctor.history import history_findings
from contact_hub.doctor.installation import database_findings, surroundings
from contact_hub.doctor.organizations import organization_findings
from contact_hub.errors import ContactHubError
from contact_hub.store.database import open_database
from contact_hub.store.organizations import organization, organizations


def examine(organization_id: str | None = None, *, online: bool = True, ui_port: int = 3000) -> Iterator[Finding]:
    """Findings as they are made: of the installation, then of each active organization, or of the one named.

    Args:
        online: ask Cliniko and Chatwoot, too: one or two requests each.

    Raises:
        ConfigurationError: there is no such organization.
    """
    yield from surroundings(ui_port)
    try:
        database = open_database()
    except ContactHubError as error:
        yield Finding("FAIL", "database", str(error), "start it, or mend the URL; nothing else can be looked at before")
        return
    try:
        migrated = True
        for finding in database_findings(database):
            migrated &= finding.subject != "migrations" or finding.level == "OK"
            yield finding
        if not migrated:
            return
        with database.reading() as connection:
            known = organizations(connection)
            named = None if organization_id is None else organization(connection, organization_id)
        active = [one for one in known if one.status == "active"]
        if not active:
            yield Finding("WARN", "organizations", "none is active", "contact-hub org add")
        yield from history_findings(database, len(active), organization_id)
        for clinic in [named] if named else active:
            yield from organization_findings(database, clinic, online=online)
    finally:
        database.close()


__all__ = ["Finding", "examine"]
