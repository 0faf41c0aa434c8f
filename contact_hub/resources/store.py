"""The store, as Dagster's steps, sensors and schedules see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import dagster as dg
from pydantic import PrivateAttr

from contact_hub.directory.clinic import Clinic, clinic_of
from contact_hub.resources.kept_connections import keep_connections
from contact_hub.resources.run_tags import missing_tags, organizations_of_run
from contact_hub.store.database import Database, open_database
from contact_hub.store.landing import imported_organizations
from contact_hub.store.locks import run_lock
from contact_hub.store.organizations import Organization, organization, organizations


class StoreResource(dg.ConfigurableResource):
    """PostgreSQL. In a run it holds the run lock of the run's organizations from the first step to the last."""

    _database: Database = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        self._database = open_database()
        if context.instance is not None:
            keep_connections(context.instance)
        try:
            if (run := context.run) and (instance := context.instance) and (tags := missing_tags(run, instance)):
                instance.add_run_tags(run.run_id, tags)
            with run_lock(self._database, organizations_of_run(context.run, context.instance)):
                yield self
        finally:
            self._database.close()

    @property
    def database(self) -> Database:
        return self._database

    def organization(self, organization_id: str) -> Organization:
        """One clinic; ConfigurationError if it is not registered."""
        with self._database.reading() as connection:
            return organization(connection, organization_id)

    def organizations(self) -> list[Organization]:
        """All clinics, disabled ones included."""
        with self._database.reading() as connection:
            return organizations(connection)

    def imported_organizations(self) -> set[str]:
        """The clinics whose patients have been imported completely at least once."""
        with self._database.reading() as connection:
            return imported_organizations(connection)

    def clinic(self, organization_id: str) -> Clinic:
        """What settling and deriving must know of one clinic; ConfigurationError if it is not registered."""
        return clinic_of(self._database, organization_id)
