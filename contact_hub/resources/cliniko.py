"""Cliniko, as Dagster's steps see it: one client an organization, its key read from the environment at that moment."""

import dagster as dg

from contact_hub import settings
from contact_hub.cliniko import DEFAULT_CONTACT, ClinikoAccount, ClinikoClient, Limiter, Unlimited
from contact_hub.errors import ConfigurationError
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization
from contact_hub.store.request_slots import KEPT_FOR_ANSWERS, SharedRequestSlots


class ClinikoResource(dg.ConfigurableResource):
    """Makes Cliniko clients. Holds no key: an organization names the environment variable that does."""

    requests_per_minute: int = 200
    """What Cliniko allows a user; 0 sends without a limit (for measuring against the sandbox)."""

    def client(self, database: Database, clinic: Organization) -> ClinikoClient:
        """A client of one clinic's Cliniko account.

        Raises:
            ConfigurationError: the clinic names no variable, the variable is empty, or its key is no Cliniko key.
        """
        if clinic.cliniko_key_env is None:
            raise ConfigurationError(f"{clinic.organization_id}: no Cliniko key variable is registered (--cliniko-key-env)")
        key = settings.secret(clinic.cliniko_key_env, purpose=f"the Cliniko API key of {clinic.organization_id}")
        account = ClinikoAccount.from_key(key, url=clinic.cliniko_url)
        return ClinikoClient(
            account, limiter=self._limiter(database, account), contact=settings.contact_email() or DEFAULT_CONTACT
        )

    def page_received(self, clinic: Organization, resource: str, received: int, expected: int) -> None:
        """Called after each page; a terminal shows its progress bar from here."""

    def _limiter(self, database: Database, account: ClinikoAccount) -> Limiter:
        if self.requests_per_minute == 0:
            return Unlimited()
        requests = max(1, self.requests_per_minute - KEPT_FOR_ANSWERS)
        return SharedRequestSlots(database.engine, account.limit_id, requests=requests)
