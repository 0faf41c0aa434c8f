"""Chatwoot, as Dagster's steps see it: a client an account, its token read from the environment at that moment."""

import dagster as dg

from contact_hub.chatwoot import ChatwootClient, Patience
from contact_hub.store.chatwoot_access import account_of
from contact_hub.store.connections import ChannelConnection


class ChatwootResource(dg.ConfigurableResource):
    """Makes Chatwoot clients. Holds no token: a connection names the environment variable that does."""

    backoff_s: float = 1.0
    """The pause after the first broken answer; it doubles from one to the next."""
    read_timeout_s: float = 30.0
    """How long an answer may take."""

    def client(self, connection: ChannelConnection) -> ChatwootClient:
        """A client of the account that a connection with API access names; to be closed.

        Raises:
            ConfigurationError: the URL, account or token variable is missing, empty or not usable.
        """
        patience = Patience(backoff_s=self.backoff_s, longest_backoff_s=30.0 * self.backoff_s)
        return ChatwootClient(account_of(connection), patience=patience, read_timeout_s=self.read_timeout_s)
