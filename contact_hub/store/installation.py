"""The installation's secret, as the database knows it: by a check value that tells it from another secret."""

from sqlalchemy import text

from contact_hub import settings
from contact_hub.errors import ConfigurationError
from contact_hub.store.database import Database
from contact_hub.store.installation_secret import check_value, installation_secret


def secret_of(database: Database) -> bytes:
    """The secret under which contact ids are derived.

    Raises:
        ConfigurationError: the database's ids were derived under another secret.
    """
    secret = installation_secret(settings.home())
    with database.transaction() as connection:
        check = connection.execute(text("SELECT secret_check FROM installation")).scalar_one_or_none()
        if check is None:
            connection.execute(text("LOCK TABLE installation IN EXCLUSIVE MODE"))
            connection.execute(
                text("INSERT INTO installation SELECT :check WHERE NOT EXISTS (SELECT FROM installation)"),
                {"check": check_value(secret)},
            )
            check = connection.execute(text("SELECT secret_check FROM installation")).scalar_one()
    if check != check_value(secret):
        raise ConfigurationError(
            "this installation's secret is not the one under which the database's contact ids were made; set "
            f"CONTACT_HUB_SECRET (or restore {settings.home() / 'installation-secret'}) as it was"
        )
    return secret
