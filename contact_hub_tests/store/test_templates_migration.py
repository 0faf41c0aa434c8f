"""The revision of templates and preferences goes down and up again, in a database of its own."""

from alembic import command
from sqlalchemy import create_engine, text

from contact_hub.store.database import Database
from contact_hub.store.migrate import alembic_config

THERE = text("""
    SELECT to_regclass('reply_templates') IS NOT NULL AND to_regclass('reminder_statements') IS NOT NULL
           AND to_regclass('contact_preferences') IS NOT NULL
           AND EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'organizations' AND column_name = 'language')
""")


def test_down_and_up(database: Database) -> None:
    name = "templates_up_and_down"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = create_engine(database.engine.url.set(database=name))
    try:
        with engine.connect() as connection:
            config = alembic_config(connection)
            found = []
            for go, revision in ((command.upgrade, "0007"), (command.downgrade, "0007-1"), (command.upgrade, "head")):
                go(config, revision)
                connection.commit()
                found.append(connection.execute(THERE).scalar_one())
                connection.commit()
            assert found == [True, False, True]
    finally:
        engine.dispose()
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
