"""Reports that were made, and the links that open them: whoever has a link may read that one page, and nothing else."""

import hashlib
import hmac
from datetime import date

from sqlalchemy import Connection, text

from contact_hub.store.changed_rows import Difference
from contact_hub.store.difference import Staging
from contact_hub.store.reporting_tables import clinic_reports

_KEY_LENGTH = 32


def write_report(connection: Connection, organization_id: str, day: date, html: str) -> Difference:
    """Keep the page of a day, if it differs."""
    staging = Staging(connection, clinic_reports, ["organization_id", "as_of", "html"])
    staging.copy([[organization_id, day, html]])
    return staging.merge({"organization_id": organization_id, "as_of": day}, delete_missing=False, touch="updated_at")


def read_report(connection: Connection, organization_id: str, day: date) -> str | None:
    """The page of a day; None if none was made."""
    statement = text("SELECT html FROM clinic_reports WHERE organization_id = :organization_id AND as_of = :day")
    return connection.execute(statement, {"organization_id": organization_id, "day": day}).scalar()


def report_path(secret: bytes, organization_id: str, day: date) -> str:
    """The path of a report at the gateway, with the key that opens it."""
    return f"/v1/{organization_id}/reports/{day.isoformat()}?key={_key(secret, organization_id, day.isoformat())}"


def opens(secret: bytes, organization_id: str, day: str, key: str) -> bool:
    """Whether a key opens the report of a day, named as in the link."""
    return hmac.compare_digest(_key(secret, organization_id, day).encode(), key.encode("utf-8", "surrogateescape"))


def _key(secret: bytes, organization_id: str, day: str) -> str:
    said = f"contact_hub report\0{organization_id}\0{day}".encode("utf-8", "surrogateescape")
    return hmac.new(secret, said, hashlib.sha256).hexdigest()[:_KEY_LENGTH]
