"""No personal data in errors: Dagster masks exceptions of our code, and what it logs of them is stripped of messages.

A message of PostgreSQL or of a parser may quote a row. Dagster's masking keeps it out of the event log, but hands the
original to a logger that ends on stderr, which the compute logs capture. What is kept is where it happened.
"""

import logging
import os

from contact_hub.errors import stack_of

REDACTED_ERRORS = "dagster.redacted_errors"


class StackOnly(logging.Formatter):
    """Formats an exception as its types and frames, without messages."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        return f"{self.formatTime(record)} {record.getMessage()}\n{stack_of(error) if error else ''}"


def mask_errors() -> None:
    """Turn Dagster's masking on for this process and its children, and strip what it logs."""
    os.environ.setdefault("DAGSTER_REDACT_USER_CODE_ERRORS", "1")
    logger = logging.getLogger(REDACTED_ERRORS)
    if not any(isinstance(handler.formatter, StackOnly) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(StackOnly())
        logger.handlers = [handler]
        logger.propagate = False
