"""The limits that a clinic holds its measures to, where they are not the defaults."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from contact_hub.store.organizations import organization


def measure_limits(connection: Connection, organization_id: str) -> Mapping[tuple[str, str], float]:
    """The smallest shares that pass, by asset and measure."""
    statement = text("SELECT asset, measure, at_least FROM measure_limits WHERE organization_id = :organization_id")
    rows = connection.execute(statement, {"organization_id": organization_id})
    return {(row.asset, row.measure): row.at_least for row in rows}


def set_limit(connection: Connection, organization_id: str, asset: str, measure: str, at_least: float | None) -> None:
    """Hold one measure of a clinic to another limit; None: to the default again.

    Raises:
        ConfigurationError: there is no such organization.
    """
    organization(connection, organization_id)
    parameters = {"organization_id": organization_id, "asset": asset, "measure": measure, "at_least": at_least}
    if at_least is None:
        statement = """
            DELETE FROM measure_limits
            WHERE organization_id = :organization_id AND asset = :asset AND measure = :measure
        """
    else:
        statement = """
            INSERT INTO measure_limits (organization_id, asset, measure, at_least)
            VALUES (:organization_id, :asset, :measure, :at_least)
            ON CONFLICT (organization_id, asset, measure) DO UPDATE SET at_least = excluded.at_least, updated_at = now()
        """
    connection.execute(text(statement), parameters)
