"""The errors that contact_hub raises on purpose.

A message says what is wrong and what to do about it. It never holds a name, phone, email, birth date or message text:
messages end up in Dagster's event log, in terminals and in alerts. Ids, counts, organization slugs and variable names only.
"""


class ContactHubError(Exception):
    """Anything a user or an operator can cause and can mend; the command line prints its message and nothing else."""


class ConfigurationError(ContactHubError):
    """A setting, an environment variable or an organization's registration is missing or wrong."""


class StoreError(ContactHubError):
    """The database cannot be started, reached or used."""
