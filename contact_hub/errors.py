"""The errors that contact_hub raises on purpose.

A message says what is wrong and what to do about it. It never holds a name, phone, email, birth date or message text:
messages end up in Dagster's event log, in terminals and in alerts. Ids, counts, organization slugs and variable names only.
"""

import traceback


class ContactHubError(Exception):
    """Anything a user or an operator can cause and can mend; the command line prints its message and nothing else."""


class ConfigurationError(ContactHubError):
    """A setting, an environment variable or an organization's registration is missing or wrong."""


class StoreError(ContactHubError):
    """The database cannot be started, reached or used."""


def stack_of(error: BaseException) -> str:
    """Where an unexpected error happened: its types and frames, without messages, which may quote a row."""
    lines = []
    cause: BaseException | None = error
    while cause is not None:
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(cause.__traceback__)]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(lines)
